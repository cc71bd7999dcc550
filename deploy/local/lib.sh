# Functions for the scripts of this folder; sourced by them, not run.
# shellcheck shell=bash

# shellcheck disable=SC2034 # read by the scripts that source this
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
kafka_version=4.3.1

# Numbers are read and written with a point, whatever the user's language.
export LC_ALL=C.UTF-8

say() { printf '%s\n' "$*" >&2; }
die() { say "error: $*"; exit 1; }

is_root() { [ "$(id -u)" -eq 0 ]; }

# Where fetched jars stay. As root not under the home folder: servers run as another user, who
# could not read it there.
cache_folder() {
    if [ -n "${TRIBUTARY_CACHE:-}" ]; then
        printf '%s\n' "$TRIBUTARY_CACHE"
    elif is_root; then
        printf '/var/cache/tributary\n'
    else
        printf '%s\n' "${XDG_CACHE_HOME:-$HOME/.cache}/tributary"
    fi
}
kafka_folder() { printf '%s/kafka-%s\n' "$(cache_folder)" "$kafka_version"; }

# Who servers run as: never root, which Postgres refuses anyway.
server_user() {
    if ! is_root; then
        id -un
    elif getent passwd postgres >/dev/null; then
        printf 'postgres\n'
    else
        printf 'nobody\n'
    fi
}

# Runs a command as that user, in its place.
as_server() {
    if is_root; then
        exec setpriv --reuid="$(server_user)" --regid="$(id -g "$(server_user)")" --clear-groups "$@"
    fi
    exec "$@"
}

# A folder that the servers' user owns.
server_folder() {
    mkdir -p "$1"
    chmod "$2" "$1"
    if is_root; then chown "$(server_user):" "$1"; fi
}

port_is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# A port of 127.0.0.1 that nobody listens on, below the range of outgoing connections.
free_port() {
    local port
    for _ in $(seq 1000); do
        port=$((10000 + (RANDOM * 32768 + RANDOM) % 22000))
        if port_is_free "$port"; then
            printf '%s\n' "$port"
            return
        fi
    done
    die "no free port"
}

# port_of FOLDER: the one of last time (FOLDER/port) if it is still free, else another.
port_of() {
    local file=$1/port port=''
    [ ! -s "$file" ] || read -r port <"$file"
    if [ -z "$port" ] || ! port_is_free "$port"; then port=$(free_port); fi
    printf '%s\n' "$port" >"$file"
    printf '%s\n' "$port"
}

# GET /PATH of 127.0.0.1:PORT, without a client to install.
get() {
    exec 3<>"/dev/tcp/127.0.0.1/$1"
    printf 'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "$2" >&3
    cat <&3
    exec 3<&-
}

# running PIDFILE: the process that wrote the file still lives. Its start time stands in the file
# too, so another process with the same id is not taken for it.
start_time() {
    local line
    { read -r line <"/proc/$1/stat"; } 2>/dev/null || return 0
    # shellcheck disable=SC2086 # into words: the state, …, the 20th is the start
    set -- ${line##*) }
    if [ "$1" != Z ]; then printf '%s\n' "${20}"; fi
}
running() {
    local pid started
    [ -s "$1" ] || return 1
    read -r pid started <"$1"
    [ -n "$started" ] && [ "$(start_time "$pid")" = "$started" ]
}

# launch NAME FOLDER COMMAND...: starts it in the background as the servers' user, in a session of
# its own, output appended to FOLDER/NAME.log, id in FOLDER/NAME.pid.
launch() {
    local name=$1 folder=$2 pid
    shift 2
    (cd "$folder" && as_server setsid "$@") >>"$folder/$name.log" 2>&1 </dev/null &
    pid=$!
    printf '%s %s\n' "$pid" "$(start_time "$pid")" >"$folder/$name.pid"
}

# wait_up NAME FOLDER SECONDS COMMAND...: until the command succeeds; shows that it waits.
wait_up() {
    local name=$1 folder=$2 seconds=$3 begun=$SECONDS
    shift 3
    printf '  %-9s' "$name" >&2
    until "$@" >/dev/null 2>&1; do
        if ! running "$folder/$name.pid"; then
            say " ended; the end of $folder/$name.log:"
            tail -n 20 "$folder/$name.log" >&2
            return 1
        fi
        if [ $((SECONDS - begun)) -ge "$seconds" ]; then
            say " not up after $seconds s; see $folder/$name.log"
            return 1
        fi
        printf '.' >&2
        sleep 0.2
    done
    say " up"
}

# stop NAME FOLDER SIGNAL SECONDS: by process id; SIGKILL when the time is over.
stop() {
    local name=$1 folder=$2 signal=$3 seconds=$4 pid begun=$SECONDS
    running "$folder/$name.pid" || { rm -f "$folder/$name.pid"; return 0; }
    read -r pid _ <"$folder/$name.pid"
    kill -s "$signal" "$pid" 2>/dev/null || true
    while running "$folder/$name.pid"; do
        if [ $((SECONDS - begun)) -ge "$seconds" ]; then
            say "  $name did not stop in $seconds s: killed"
            kill -s KILL "$pid" 2>/dev/null || true
            seconds=$((seconds + 5))
        fi
        sleep 0.1
    done
    rm -f "$folder/$name.pid"
}

# Kafka's ids are 16 bytes in base64 for URLs, without padding; none begins with a dash.
kafka_cluster_id() {
    local id
    id=$(head -c 16 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=')
    printf 'T%s\n' "${id#?}"
}
