#!/usr/bin/env bash
# Generates the stubs of all languages from proto/. With --check it writes nothing, and fails when the committed ones
# are not current.
set -euo pipefail
cd "$(dirname "$0")/.."
for script in scripts/stubs-go.sh scripts/stubs-python.sh; do
  if [[ -x $script ]]; then
    "$script" "$@"
  fi
done
