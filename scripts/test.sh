#!/usr/bin/env bash
# Everything that can fail: Rust tests over SQLite and PostgreSQL, screens with axe, and calls
# placed by real clients. `test.sh long` adds the long simulations and fuzz runs.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh test

echo "== screens"
make --no-print-directory screens
(cd console/web && npm run --silent check && npm run --silent test)

echo "== Rust: SQLite, PostgreSQL, real clients"
if [ "${1:-}" = long ]; then
  # More simulated centres and more hostile bytes.
  export HCTC_SEEDS=2000 PROPTEST_CASES=20000
fi
hctc/scripts/postgres.sh run cargo nextest run --locked --workspace

echo "== screens in a browser"
(cd console/web && npm run --silent test:screens)
