#!/usr/bin/env bash
# Makes sure that the shells are installed in which completion is tested: zsh, fish, and bash with bash-completion.
set -euo pipefail

missing=()
command -v zsh >/dev/null || missing+=(zsh)
command -v fish >/dev/null || missing+=(fish)
[[ -e /usr/share/bash-completion/bash_completion ]] || missing+=(bash-completion)
if ((${#missing[@]} == 0)); then
  exit 0
fi

fail() {
  echo "error: $1" >&2
  exit 1
}

command -v apt-get >/dev/null ||
  fail "not installed, and there is no apt-get to install it: ${missing[*]}; install it by hand"
as_root=()
if [[ $(id -u) != 0 ]]; then
  command -v sudo >/dev/null || fail "not installed: ${missing[*]}; run \`apt-get install ${missing[*]}\` as root, then try again"
  as_root=(sudo)
fi
echo "Not installed: ${missing[*]}; installing with apt-get" >&2
"${as_root[@]}" apt-get update -q >&2
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}" >&2
