#!/usr/bin/env bash
# Installs what is missing to build (`setup.sh build`) or to build and test (`setup.sh test`).
# Says what it does. Needs root or sudo only when something is missing.
set -euo pipefail

want_build=(build-essential cmake pkg-config)
want_test=(sip-tester baresip-core chromium redis-server postgresql espeak-ng sox rtpengine-daemon)

mode=${1:-build}
wanted=("${want_build[@]}")
[ "$mode" = test ] && wanted+=("${want_test[@]}")

missing=()
for package in "${wanted[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done

if [ ${#missing[@]} -gt 0 ]; then
  echo "setup: installing ${missing[*]}"
  as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "setup: run as root, or install: ${missing[*]}" >&2; exit 1; }
    as_root=(sudo)
  fi
  # Debian starts the servers it installs; ours run from temporary folders instead.
  policy=/usr/sbin/policy-rc.d
  made_policy=no
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod +x "$policy"
    made_policy=yes
  fi
  "${as_root[@]}" apt-get update -qq
  DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  [ "$made_policy" = yes ] && "${as_root[@]}" rm -f "$policy"
fi

command -v cargo >/dev/null || { echo "setup: Rust 1.95 or newer is needed (https://rustup.rs)" >&2; exit 1; }
command -v node >/dev/null || { echo "setup: Node 20.19 or newer is needed" >&2; exit 1; }
node -e '
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    console.error("setup: Node 20.19 or newer is needed, this is " + process.versions.node);
    process.exit(1);
  }'

if [ "$mode" = test ] && ! command -v cargo-nextest >/dev/null; then
  echo "setup: installing cargo-nextest"
  cargo install --locked --quiet cargo-nextest
fi
