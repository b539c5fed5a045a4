#!/usr/bin/env bash
# Generates the Python messages and stubs from proto/ into stubs/python/src/qairon/v1, with their types. `--check`
# generates elsewhere and fails if the committed files differ.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/python-env.sh
bin=$PWD/.tools/python/bin
committed=stubs/python/src/qairon/v1

generate() {
  local out=$1
  mkdir -p "$out"
  # google/api is not generated: at run time it comes from googleapis-common-protos, under the same names.
  PATH=$bin:$PATH "$bin/python" -m grpc_tools.protoc --proto_path=proto --python_out="$out" --pyi_out="$out" \
    --grpc_python_out="$out" --mypy_grpc_out="quiet:$out" proto/qairon/v1/*.proto
  # A file without services gets an empty module.
  for stub in "$out"/qairon/v1/*_pb2_grpc.py; do
    grep -q '^class .*Stub' "$stub" || rm "$stub" "${stub}i"
  done
  "$bin/python" -m grpc_tools.protoc --proto_path=proto --descriptor_set_out="$out/descriptors" proto/qairon/v1/*.proto
  "$bin/python" scripts/stubs-python-names.py "$out/descriptors" "$out/qairon/v1"
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
generate "$scratch"
if [[ ${1:-} == --check ]]; then
  diff -r --brief --exclude=__pycache__ "$scratch/qairon/v1" "$committed" >&2 || {
    echo "error: stubs/python is not current; run \`make stubs\` and commit the changes" >&2
    exit 1
  }
else
  rm -rf "$committed"
  mkdir -p "$(dirname "$committed")"
  cp -r "$scratch/qairon/v1" "$committed"
fi
