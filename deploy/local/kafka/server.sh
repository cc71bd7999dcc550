# Apache Kafka: one process, broker and controller. Sourced by deploy/local/servers.
# shellcheck shell=bash disable=SC2154

kafka_start() {
    local folder=$1 jars port controller
    jars=$(kafka_folder)/libs
    [ -e "$jars" ] || die "no Kafka in $jars: run deploy/local/setup"
    port=$(port_of "$folder")
    controller=$(free_port)
    cp "$here/kafka/jvm.options" "$here/kafka/log4j2.properties" "$folder"
    {
        cat "$here/kafka/server.properties"
        printf 'listeners=PLAIN://127.0.0.1:%s,CONTROLLER://127.0.0.1:%s\n' "$port" "$controller"
        printf 'advertised.listeners=PLAIN://127.0.0.1:%s\n' "$port"
        printf 'controller.quorum.voters=1@127.0.0.1:%s\n' "$controller"
        printf 'log.dirs=%s/data\n' "$folder"
    } >"$folder/server.properties"
    server_folder "$folder/data" 700
    if [ ! -e "$folder/data/meta.properties" ]; then
        (cd "$folder" && as_server java -cp "$jars/*" kafka.tools.StorageTool format \
            -t "$(kafka_cluster_id)" -c server.properties) >"$folder/format.log" 2>&1 ||
            { cat "$folder/format.log" >&2; die "cannot format Kafka's log folder"; }
    fi
    # -XX:-UsePerfData: nothing of it in /tmp.
    launch kafka "$folder" java @jvm.options -XX:-UsePerfData \
        -Dlog4j2.configurationFile=log4j2.properties -cp "$jars/*" kafka.Kafka server.properties
}

# The listener opens when the broker is ready for clients.
kafka_answers() { ! port_is_free "$(cat "$1/port")"; }

kafka_settings() { printf 'TRIBUTARY_KAFKA_BROKERS=127.0.0.1:%s\n' "$(cat "$1/port")"; }
