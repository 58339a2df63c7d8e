#!/usr/bin/env bash
# Takes the pictures of the README: starts a demo centre of its own in a temporary folder, lets a few
# people use it in Chromium, and writes docs/pictures/*.png.
#
#   HCTC_BINARY=target/debug/hctc scripts/pictures.sh
set -euo pipefail
cd "$(dirname "$0")/.."
binary=$(realpath "${HCTC_BINARY:-target/release/hctc}")
[ -x "$binary" ] || { echo "pictures: $binary is not there; run \`make build\` first" >&2; exit 1; }
command -v "${HCTC_CHROMIUM:-/usr/bin/chromium}" >/dev/null || { echo "pictures: Chromium is needed (scripts/setup.sh test)" >&2; exit 1; }
[ -d console/web/node_modules/playwright-core ] || (cd console/web && npm ci --no-audit --no-fund --silent)

folder=$(mktemp -d)
export HCTC_DATA_DIR=$folder/data HCTC_HTTP_LISTEN=127.0.0.1:0 HCTC_SIP_LISTEN=127.0.0.1:0
export HCTC_WEBRTC_LISTEN=127.0.0.1:0 HCTC_RTP_PORTS=0
"$binary" serve --demo >"$folder/log" 2>&1 &
centre=$!
stop() {
  # Asked once it drains, asked twice it ends at once; what still runs then is not waited for.
  for signal in TERM TERM KILL; do
    kill -"$signal" "$centre" 2>/dev/null || break
    for _ in $(seq 30); do kill -0 "$centre" 2>/dev/null || break 2; sleep 0.1; done
  done
  rm -rf "$folder"
}
trap stop EXIT

for _ in $(seq 100); do
  [ -e "$HCTC_DATA_DIR/ready.json" ] && break
  kill -0 "$centre" 2>/dev/null || { cat "$folder/log" >&2; exit 1; }
  sleep 0.1
done
HCTC_BINARY=$binary node scripts/pictures.mjs docs/pictures || { tail -n 30 "$folder/log" >&2; exit 1; }
