#!/usr/bin/env bash
# What `make test` does: every check of the project, the quick ones first, with the time of each. It stops at the first
# that fails. `scripts/test.sh lint` leaves out the tests themselves.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH=$PWD/.tools/bin:$PATH

step() {
  local name=$1 began=$SECONDS
  shift
  echo "==> $name"
  "$@" || {
    echo "FAILED: $name ($*)" >&2
    exit 1
  }
  times+=("$(printf '%5d s  %s' $((SECONDS - began)) "$name")")
}

times=()
step "tools" scripts/tools.sh
step "protos: lint" buf lint
step "protos: breaking changes" buf breaking --against buf/baseline.binpb
step "formatting" cargo fmt --all --check
step "demo data is current" python3 demo/generate.py --check
step "licences, bans and sources of dependencies" cargo deny --workspace --log-level error check licenses bans sources
step "security advisories" scripts/check-advisories.sh
step "Python: tools" scripts/python-env.sh
step "stubs are those of the protos" scripts/stubs.sh --check
step "Go stubs: build, vet and format" bash -c 'cd stubs/go && go build ./... && go vet ./... && [[ -z $(gofmt -l . | tee /dev/stderr) ]]'
step "clippy" cargo clippy --quiet --workspace --all-targets -- -D warnings
step "generated server traits" cargo check --quiet -p qairon --features server
if [[ ${1:-} != lint ]]; then
  step "PostgreSQL" scripts/ensure-postgres.sh
  step "shells" scripts/ensure-shells.sh
  step "locales" scripts/ensure-locales.sh
  step "programs" cargo build --quiet --workspace --bins
  step "tests: build" cargo test --quiet --workspace --no-run
  step "tests" cargo test --quiet --workspace
  step "tour of the readme" env -u QAIRON_ENDPOINT scripts/check-tour.sh
fi
printf '%s\n' "==> everything passed" "${times[@]}"
printf '%5d s  in all\n' "$SECONDS"
