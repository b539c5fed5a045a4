#!/usr/bin/env bash
# Generates the Go stubs from proto/ into stubs/go/qairon/v1, or into the same place below another directory.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH=$PWD/.tools/bin:$PATH
buf generate --template buf.gen.go.yaml --output "${1:-.}"
