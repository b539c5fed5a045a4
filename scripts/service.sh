# Functions for a running service, sourced by other scripts of this folder. shellcheck shell=bash

# start_service <log> [flags…]: starts target/$QAIRON_PROFILE/qairon-service and waits until it is ready.
# Sets service_pid and QAIRON_ENDPOINT.
start_service() {
  local log=$1 ready=
  shift
  # It prints one line on standard output when it is ready, with its addresses.
  exec {service_output}< <(exec "$(bin_dir)/qairon-service" serve --print-ready "$@" 2>"$log")
  service_pid=$!
  if ! IFS= read -r -t 120 ready <&"$service_output" || [[ $ready != *'"listen":"'* ]]; then
    echo "error: the service did not start; the end of its log, $log:" >&2
    tail -n 20 "$log" >&2
    return 1
  fi
  ready=${ready#*'"listen":"'}
  export QAIRON_ENDPOINT="http://${ready%%'"'*}"
}

# Asks the service to stop, and waits until it and its PostgreSQL have.
stop_service() {
  if [[ -n ${service_pid:-} ]]; then
    kill -TERM "$service_pid" 2>/dev/null || true
    wait "$service_pid" 2>/dev/null || true
    service_pid=
  fi
}

# Where cargo put the programs.
bin_dir() {
  echo "${CARGO_TARGET_DIR:-$PWD/target}/${QAIRON_PROFILE:-debug}"
}

# Builds what the scripts run, and puts it on the PATH. The debug profile of the whole workspace is what the tests use:
# with another profile, or a part of the workspace and so other features, all dependencies would be compiled twice.
build_programs() {
  local flags=(--workspace --bins)
  if [[ ${QAIRON_PROFILE:-debug} == release ]]; then
    flags+=(--release)
  fi
  cargo build "${flags[@]}"
  local bin_dir
  bin_dir=$(bin_dir)
  export QCLI=$bin_dir/qcli PATH=$bin_dir:$PWD/.tools/bin:$PATH
}
