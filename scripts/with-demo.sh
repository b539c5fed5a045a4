#!/usr/bin/env bash
# with-demo.sh <command…>: runs a command with its own service that holds the demo organisation and listens on a free
# port. QAIRON_ENDPOINT is its address; qcli, grpcurl and qairon-service are on the PATH.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/service.sh

unset DATABASE_URL QAIRON_LISTEN QAIRON_METRICS_LISTEN
# Nobody's own settings.
export QAIRON_CONFIG=/dev/null
scripts/ensure-postgres.sh
build_programs
scratch=$(mktemp -d)
# The service hands the data directory to an unprivileged user when root starts it; that user has to reach it.
chmod 711 "$scratch"
trap 'stop_service; rm -rf "$scratch"' EXIT
start_service "$scratch/service.log" --listen 127.0.0.1:0 --metrics-listen 127.0.0.1:0 --data-dir "$scratch/data"
demo/load.sh >&2
"$@"
