# Redis: a cache, nothing on disk. Sourced by deploy/local/servers.
# shellcheck shell=bash disable=SC2154

redis_start() {
    local folder=$1
    cp "$here/redis/redis.conf" "$folder"
    launch redis "$folder" redis-server redis.conf --port "$(port_of "$folder")" \
        --unixsocket "$folder/redis.sock" --dir "$folder"
}

redis_answers() { [ "$(redis-cli -h 127.0.0.1 -p "$(cat "$1/port")" ping 2>/dev/null)" = PONG ]; }

redis_settings() { printf 'TRIBUTARY_REDIS_ADDRESS=127.0.0.1:%s\n' "$(cat "$1/port")"; }
