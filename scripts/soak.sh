#!/usr/bin/env bash
# What `make soak` does: release builds, then `qairon-soak`, which lets honest callers, faults and hostile callers loose
# on the service for SOAK_MINUTES (30 when unset), draws what they saw, and checks the data in the end. It fails when
# something is wrong. SOAK_SEED repeats the calls and the order of events of an earlier run, which are printed with it.
# SOAK_CALLERS (12), SOAK_ROWS (50,000) and SOAK_BOUND_MS (200, the p99 allowed in quiet times) are the rest.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/ensure-postgres.sh
# Together, so that all of them share one build of their dependencies.
cargo build --release --quiet -p qairon-service -p qairon-cli -p qairon-soak
export QAIRON_BIN_DIR=${QAIRON_BIN_DIR:-$(realpath "${CARGO_TARGET_DIR:-target}/release")}
exec "${CARGO_TARGET_DIR:-target}/release/qairon-soak"
