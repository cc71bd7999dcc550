# PostgreSQL: a cluster of our own, for the user and database "tributary". Over its unix socket, in
# a folder that only the servers' user may enter, it trusts; over TCP it wants the password.
# Sourced by deploy/local/servers.
# shellcheck shell=bash disable=SC2154

# The newest installed; Debian keeps the programs of each release apart.
postgres_programs() {
    local folder
    folder=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
    [ -x "$folder/initdb" ] || die "no PostgreSQL here: run deploy/local/setup"
    printf '%s\n' "$folder"
}

postgres_make() {
    local folder=$1
    (umask 077 && head -c 18 /dev/urandom | base64 >"$folder/password")
    if is_root; then chown "$(server_user)" "$folder/password"; fi
    server_folder "$folder/data" 700
    (cd "$folder" && as_server "$(postgres_programs)/initdb" -D data -U tributary -E UTF8 \
        --locale=C.UTF-8 --auth-local=trust --auth-host=scram-sha-256 --pwfile=password) \
        >"$folder/initdb.log" 2>&1 || { cat "$folder/initdb.log" >&2; die "initdb failed"; }
    cat "$here/postgres/postgresql.conf" >>"$folder/data/postgresql.conf"
}

postgres_start() {
    local folder=$1
    server_folder "$folder/socket" 700
    [ -e "$folder/data/PG_VERSION" ] || postgres_make "$folder"
    launch postgres "$folder" "$(postgres_programs)/postgres" -D "$folder/data" \
        -p "$(port_of "$folder")" -k "$folder/socket"
}

postgres_psql() {
    local folder=$1
    shift
    (cd / && as_server psql -X -q -A -t -h "$folder/socket" -p "$(cat "$folder/port")" \
        -U tributary "$@")
}

postgres_answers() { postgres_psql "$1" -d postgres -c 'SELECT 1'; }

postgres_prepare() {
    [ -n "$(postgres_psql "$1" -d postgres -c "SELECT 1 FROM pg_database WHERE datname = 'tributary'")" ] ||
        postgres_psql "$1" -d postgres -c 'CREATE DATABASE tributary'
}

postgres_settings() {
    printf 'TRIBUTARY_POSTGRES_URI=postgresql://tributary@:%s/tributary?host=%s\n' \
        "$(cat "$1/port")" "$1/socket"
}
