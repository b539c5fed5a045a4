#!/usr/bin/env bash
# Makes sure that the programs of PostgreSQL 14 or newer are installed. The service runs them itself, on a private
# data directory; no cluster of the system is used.
set -euo pipefail

# Debian keeps each major version in a folder of its own, outside the PATH.
installed() {
  local initdb version
  for initdb in "$(command -v initdb || true)" /usr/lib/postgresql/*/bin/initdb; do
    [[ -x $initdb && -x "$(dirname "$initdb")/postgres" ]] || continue
    version=$("$initdb" --version | grep -oE '[0-9]+' | head -n 1)
    if ((version >= 14)); then
      return 0
    fi
  done
  return 1
}

fail() {
  echo "error: $1" >&2
  exit 1
}

if installed; then
  exit 0
fi
command -v apt-get >/dev/null ||
  fail "PostgreSQL 14 or newer is not installed and there is no apt-get to install it; install its server programs by hand"
as_root=()
if [[ $(id -u) != 0 ]]; then
  command -v sudo >/dev/null ||
    fail "PostgreSQL 14 or newer is not installed; run \`apt-get install postgresql\` as root, then try again"
  as_root=(sudo)
fi
echo "PostgreSQL is not installed; installing it with apt-get" >&2
"${as_root[@]}" apt-get update -q >&2
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends postgresql >&2
installed || fail "apt-get installed a PostgreSQL older than 14; install a newer one, as from apt.postgresql.org"
