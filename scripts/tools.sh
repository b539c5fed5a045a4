#!/usr/bin/env bash
# Installs the tools of the checks into .tools, at the versions below, if they are missing. Each comes from the registry
# of its language, so only Rust and Go are needed on the machine. `scripts/tools.sh grpcurl` installs grpcurl alone, which
# is what the tour needs.
set -euo pipefail
cd "$(dirname "$0")/.."

BUF=1.75.0
GRPCURL=1.9.4
CARGO_DENY=0.20.2
PROTOC_GEN_GO=1.36.12
PROTOC_GEN_GO_GRPC=1.6.2

tools=$PWD/.tools
mkdir -p "$tools/bin" "$tools/installed"

# install <name> <version> <command…>: the marker names the installed version.
install() {
  local name=$1 version=$2 marker="$tools/installed/$1-$2"
  shift 2
  if [[ -e $marker && -x $tools/bin/$name ]]; then
    return
  fi
  echo "installing $name $version into .tools" >&2
  "$@" >&2
  # Digits follow, so that `protoc-gen-go` leaves the marker of `protoc-gen-go-grpc` alone.
  rm -f "$tools/installed/$name"-[0-9]*
  touch "$marker"
}

need() {
  command -v "$1" >/dev/null || {
    echo "error: \`$1\` is not installed; it is needed to install $2" >&2
    exit 1
  }
}

install_grpcurl() {
  install grpcurl $GRPCURL env GOBIN="$tools/bin" \
    go install -ldflags "-X main.version=v$GRPCURL" "github.com/fullstorydev/grpcurl/cmd/grpcurl@v$GRPCURL"
}

if [[ ${1:-} == grpcurl ]]; then
  need go "grpcurl"
  install_grpcurl
  exit
fi
need go "buf, grpcurl and the generators of the Go stubs"
need cargo "cargo-deny"
install_grpcurl
install buf $BUF env GOBIN="$tools/bin" go install "github.com/bufbuild/buf/cmd/buf@v$BUF"
install protoc-gen-go $PROTOC_GEN_GO env GOBIN="$tools/bin" \
  go install "google.golang.org/protobuf/cmd/protoc-gen-go@v$PROTOC_GEN_GO"
install protoc-gen-go-grpc $PROTOC_GEN_GO_GRPC env GOBIN="$tools/bin" \
  go install "google.golang.org/grpc/cmd/protoc-gen-go-grpc@v$PROTOC_GEN_GO_GRPC"
# An unoptimised build takes a third of the time, and still checks in a second.
install cargo-deny $CARGO_DENY env CARGO_TARGET_DIR="$tools/build" CARGO_PROFILE_DEV_DEBUG=0 \
  cargo install cargo-deny --version "$CARGO_DENY" --locked --debug --no-default-features --force --root "$tools" --quiet
rm -rf "$tools/build"
