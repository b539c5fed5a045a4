#!/usr/bin/env bash
# Makes sure that the system knows German, and PostgreSQL's messages in it: a test runs a server that speaks it.
set -euo pipefail

name=de_DE.UTF-8

# Systems spell the encoding in one way or another.
known() {
  locale -a 2>/dev/null | grep -qixE 'de_DE\.utf-?8'
}

fail() {
  echo "error: $1" >&2
  exit 1
}

if known; then
  exit 0
fi
as_root=()
if [[ $(id -u) != 0 ]]; then
  command -v sudo >/dev/null || fail "the locale $name is missing; as root run \`localedef -i de_DE -f UTF-8 $name\`, then try again"
  as_root=(sudo)
fi
# Debian keeps the descriptions of locales in a package of its own.
if [[ ! -e /usr/share/i18n/locales/de_DE ]]; then
  command -v apt-get >/dev/null ||
    fail "the locale $name is missing and there is no apt-get to install its description; make it by hand"
  echo "The descriptions of locales are not installed; installing them with apt-get" >&2
  "${as_root[@]}" apt-get update -q >&2
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends locales >&2
fi
"${as_root[@]}" localedef -i de_DE -f UTF-8 "$name"
known || fail "\`localedef\` made no locale $name"
