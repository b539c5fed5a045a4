#!/usr/bin/env bash
# Generates the Go stubs from proto/. With --check it writes nothing, and fails when the committed ones differ.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH=$PWD/.tools/bin:$PATH
folder=stubs/go/qairon/v1

if [[ ${1:-} != --check ]]; then
  exec buf generate --template buf.gen.go.yaml
fi
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
buf generate --template buf.gen.go.yaml --output "$fresh"
# The folder has nothing else, so this also finds files that are no longer generated.
diff -rq "$folder" "$fresh/$folder" >&2 || {
  echo "error: $folder is not current; run \`make stubs\` and commit the changes" >&2
  exit 1
}
