#!/usr/bin/env bash
# A throw-away PostgreSQL server for tests, on a free loopback port, in a folder of its own.
#
#   postgres.sh start [FOLDER]   starts it, prints its URL
#   postgres.sh stop  [FOLDER]   stops it by its pid and removes the folder
#   postgres.sh run COMMAND...   starts one, runs the command with HCTC_TEST_POSTGRES set, stops it
#
# PostgreSQL refuses to run as root: as root it runs as the user `postgres` that its package makes.
# Nothing in it is meant to outlive a test: it does not wait for the disk.
set -euo pipefail

default_folder="${TMPDIR:-/tmp}/hctc-postgres-$(id -u)"

find_programs() {
    local folder
    for folder in "$(dirname "$(command -v pg_ctl || echo /nowhere/x)")" $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -rV); do
        if [ -x "$folder/pg_ctl" ] && [ -x "$folder/initdb" ]; then
            echo "$folder"
            return
        fi
    done
    echo "postgres.sh: no PostgreSQL server programs found (Debian: apt-get install postgresql)" >&2
    exit 1
}

as_server() {
    if [ "$(id -u)" -eq 0 ]; then
        (cd / && runuser -u postgres -- "$@")
    else
        "$@"
    fi
}

start() {
    local folder="$1" programs port attempt
    programs="$(find_programs)"
    if [ -e "$folder/data/postmaster.pid" ]; then
        echo "postgres.sh: one is running in $folder: stop it first" >&2
        exit 1
    fi
    mkdir -p "$folder"
    chmod 700 "$folder"
    [ "$(id -u)" -ne 0 ] || chown postgres "$folder"
    if [ ! -e "$folder/data" ]; then
        as_server "$programs/initdb" -D "$folder/data" -U hctc -A trust -E UTF8 --no-locale -N >"$folder.log" 2>&1 \
            || { cat "$folder.log" >&2; exit 1; }
    fi
    for attempt in 1 2 3 4 5 6 7 8 9 10; do
        port="$(shuf -i 20000-32000 -n 1)"
        if as_server "$programs/pg_ctl" -w -t 30 -D "$folder/data" -l "$folder/server.log" \
            -o "-F -p $port -h 127.0.0.1 -k $folder -c max_connections=300" start >"$folder.log" 2>&1; then
            rm -f "$folder.log"
            echo "postgres://hctc@127.0.0.1:$port/postgres"
            return
        fi
    done
    cat "$folder.log" >&2
    exit 1
}

stop() {
    local folder="$1" pid
    if pid="$(head -n 1 "$folder/data/postmaster.pid" 2>/dev/null)"; then
        # SIGINT: close the connections and shut down at once.
        kill -INT "$pid" 2>/dev/null || true
        for _ in $(seq 100); do
            kill -0 "$pid" 2>/dev/null || break
            sleep 0.1
        done
    fi
    rm -rf "$folder" "$folder.log"
}

case "${1:-}" in
    start) start "${2:-$default_folder}" ;;
    stop) stop "${2:-$default_folder}" ;;
    run)
        shift
        folder="$(mktemp -d "${TMPDIR:-/tmp}/hctc-postgres.XXXXXX")"
        trap 'stop "$folder"' EXIT
        HCTC_TEST_POSTGRES="$(start "$folder")"
        export HCTC_TEST_POSTGRES
        "$@"
        ;;
    *)
        sed -n '2,7p' "$0" | sed 's/^# \{0,1\}//' >&2
        exit 2
        ;;
esac
