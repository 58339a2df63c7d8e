#!/usr/bin/env bash
# Everything that can fail: Rust tests over SQLite and PostgreSQL, screens with axe, and calls
# placed by real clients. `test.sh long` adds the long simulations and fuzz runs.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh test

echo "== screens"
make --no-print-directory screens
(cd console/web && npm run --silent check && npm run --silent test)

echo "== PostgreSQL"
eval "$(hctc/scripts/postgres.sh start)"
trap 'hctc/scripts/postgres.sh stop "$HCTC_TEST_POSTGRES_DIR"' EXIT

echo "== Rust, real clients included"
[ "${1:-}" = long ] && export HCTC_LONG=1
cargo nextest run --locked --workspace

echo "== screens in a browser"
(cd console/web && npm run --silent test:screens)
