#!/usr/bin/env bash
# Creates the Python environment of the checks in .tools/python, if it is missing: the generators and tools of
# stubs/python/requirements-dev.txt at the versions named there, and the distribution itself, in place.
set -euo pipefail
cd "$(dirname "$0")/.."

requirements=stubs/python/requirements-dev.txt
environment=$PWD/.tools/python
stamp=$environment/installed
wanted=$(cat "$requirements" stubs/python/pyproject.toml)
if [[ -f $stamp && $(cat "$stamp") == "$wanted" && -x $environment/bin/python ]]; then
  exit
fi
command -v python3 >/dev/null || {
  echo "error: \`python3\` is not installed; install Python 3.9 or newer" >&2
  exit 1
}
echo "installing the Python tools into .tools/python" >&2
rm -rf "$environment"
# Debian keeps venv in a package of its own.
python3 -m venv "$environment" || {
  echo "error: python3 has no venv; on Debian, install python3-venv" >&2
  exit 1
}
"$environment/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$requirements" --editable stubs/python >&2
printf '%s\n' "$wanted" >"$stamp"
