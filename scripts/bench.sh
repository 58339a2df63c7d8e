#!/usr/bin/env bash
# Every benchmark, one after the other: what the routing engine decides in a second, what setting up a call
# costs, what a relayed session and what a bridged and recorded call costs beside rtpengine in the same run. Raw figures are printed
# beside the reference figures. It fails when a rival is missing, a comparison is unfair or calls fail.
#
#   scripts/bench.sh          all of them
#   scripts/bench.sh calls    one: acd, setup, relay, calls or web
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh test
only=${1:-all}
case $only in all | acd | setup | relay | calls | web) ;; *) echo "bench: acd, setup, relay, calls or web, not \"$only\"" >&2; exit 2 ;; esac

if [ "$only" = acd ]; then
  # The engine alone: neither the server nor a browser leg is built for it.
  cargo build --release --locked -q -p load-tests --bin bench_acd
elif [ "$only" = relay ]; then
  # The media plane alone.
  cargo build --release --locked -q -p load-tests --bin bench_relay
else
  cargo build --release --locked -q -p hctc
  cargo build --release --locked -q -p load-tests --features web
fi
bin=${CARGO_TARGET_DIR:-target}/release

# Servers under test have the first core to themselves, what loads them has the second.
pin=() core=()
if [ "$(nproc)" -ge 2 ]; then
  pin=(taskset -c 1) core=(--core 0)
fi

status=0
bench() {
  [ "$only" = all ] || [ "$only" = "$1" ] || return 0
  echo "== $2"
  shift 2
  "${pin[@]}" "$@" || { status=1; echo "bench: FAILED"; }
  echo
}

bench acd "routing: commands per second" "$bin/bench_acd"
bench setup "setting up calls: INVITE to 200, SIPp" "$bin/bench_setup" "${core[@]}"
bench relay "sessions relayed by the media plane alone; rtpengine in the same run" "$bin/bench_relay" "${core[@]}"
bench calls "bridged and recorded calls, agents at desk phones; rtpengine in the same run" "$bin/bench_calls" "${core[@]}"
bench web "bridged and recorded calls, agents on WebRTC legs; rtpengine in the same run" "$bin/bench_web_calls" "${core[@]}"
exit $status
