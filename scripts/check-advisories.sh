#!/usr/bin/env bash
# Checks the dependencies against the RustSec advisories, which are kept on GitHub. Where that cannot be reached the
# check says so and passes: a build must not depend on it.
set -euo pipefail
cd "$(dirname "$0")/.."
if fetched=$(cargo deny fetch db 2>&1); then
  cargo deny --workspace check advisories
else
  echo "NOT CHECKED: the advisories cannot be fetched from github.com/RustSec/advisory-db"
  echo "$fetched" | tail -n 1
fi
