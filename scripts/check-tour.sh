#!/usr/bin/env bash
# Checks the tour of README.md against the service at QAIRON_ENDPOINT or, when that is unset, one of its own.
set -euo pipefail
cd "$(dirname "$0")/.."
if [[ -z ${QAIRON_ENDPOINT:-} ]]; then
  scripts/tools.sh
  exec scripts/with-demo.sh python3 scripts/check-tour.py README.md
fi
exec python3 scripts/check-tour.py README.md
