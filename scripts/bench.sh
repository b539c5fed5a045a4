#!/usr/bin/env bash
# What `make bench` does: release builds of everything, then `qairon-bench`, which prints the service's rates next to
# those of pgbench and psql. It takes about ten minutes; BENCH_SECONDS=1 BENCH_REPEATS=1 makes it quick and rough.
# Arguments choose operations: get, list, create, qcli, complete (against `psql -c 'select 1'`), start; import, export
# and apply, whose files have BENCH_IMPORT_ROWS rows (100,000 when unset); and ask, which fills a PostgreSQL with
# BENCH_ROWS rows (one million when unset).
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/ensure-postgres.sh
# Together, so that all of them share one build of their dependencies.
cargo build --release --quiet -p qairon-service -p qairon-cli -p qairon-bench
exec "${CARGO_TARGET_DIR:-target}/release/qairon-bench" "$@"
