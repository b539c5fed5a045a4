#!/usr/bin/env bash
# Generates the stubs of all languages from proto/. With --check it generates them elsewhere and compares: what is
# committed must be what the protos and the plugins of scripts/tools.sh make.
set -euo pipefail
cd "$(dirname "$0")/.."

# A generator takes the directory below which to write; each writes to the same paths as in the sources.
generate() {
  local script
  for script in scripts/stubs-go.sh scripts/stubs-python.sh; do
    if [[ -x $script ]]; then
      "$script" "$1"
    fi
  done
}

if [[ ${1:-} != --check ]]; then
  generate "$PWD"
  exit
fi
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
generate "$fresh"
failed=
# Folders that hold generated files hold nothing else, so that a file which is no longer generated shows as well.
while IFS= read -r folder; do
  diff -rq --exclude=__pycache__ "$folder" "$fresh/$folder" >&2 || failed=1
done < <(cd "$fresh" && find stubs -type f -printf '%h\n' | sort -u)
if [[ -n $failed ]]; then
  echo "error: the stubs are not those of proto/; run \`make stubs\` and commit what it changes" >&2
  exit 1
fi
