#!/usr/bin/env bash
# What `make run` does: a service on a private PostgreSQL with the demo organisation in it, and a first answer.
# It serves until Ctrl-C; with QAIRON_RUN_ONCE=1 it stops after the answer.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/service.sh

cluster=prod:aws:123456789012:us-east-1:us-east-1a:eks:main-cluster

first_answer() {
  local question=(deployment_target get_field "$cluster" deployments -f service_id -f tag) answer
  # Read whole before it is cut, so that a failure is not hidden by the pipe.
  answer=$(qcli "${question[@]}" -o table)
  cat <<END

What runs on the main production cluster, under which tag?

\$ qcli ${question[*]}
$(head -n 8 <<<"$answer")
… $(($(wc -l <<<"$answer") - 8)) more lines

To try next, in another terminal:

  export PATH=$(bin_dir):$PWD/.tools/bin:\$PATH QAIRON_ENDPOINT=$QAIRON_ENDPOINT
  qcli service get ecommerce:checkout:order-processor
  qcli network allocate_subnet ${cluster%:eks:*}:main-vpc 6 first-try
  grpcurl -plaintext -d '{"filter": "stack_id = \"ecommerce:checkout\""}' ${QAIRON_ENDPOINT#http://} qairon.v1.CatalogService/ListServices

grpcurl is installed by \`make grpcurl\`. README.md has a tour of five minutes.
END
}

if [[ -z ${DATABASE_URL:-} ]]; then
  scripts/ensure-postgres.sh
  if [[ -z ${QAIRON_DATA_DIR:-} ]]; then
    # Beside the sources, except for root: PostgreSQL then runs as another user, who may not enter a home of root.
    QAIRON_DATA_DIR=$PWD/.qairon/data
    if [[ $(id -u) == 0 ]]; then
      QAIRON_DATA_DIR=/var/lib/qairon
    fi
    export QAIRON_DATA_DIR
  fi
fi

echo "building the service and qcli (the first time takes minutes)"
build_programs

address=${QAIRON_LISTEN:-127.0.0.1:50051}
export QAIRON_ENDPOINT=http://$address
if qcli environment list >/dev/null 2>&1; then
  echo "a service is running at $address already; using that one"
  demo/load.sh
  first_answer
  exit
fi

mkdir -p .qairon
log=$PWD/.qairon/service.log
trap stop_service EXIT
trap 'echo; echo "stopping"; exit 0' INT TERM
# A private PostgreSQL is migrated in any case; one that was named, for the demo as well.
start_service "$log" --migrate
# A DATABASE_URL may hold a password and is not shown.
echo "serving at ${QAIRON_ENDPOINT#http://}, data in ${QAIRON_DATA_DIR:-the database of DATABASE_URL}, log in $log"
demo/load.sh
first_answer
if [[ -z ${QAIRON_RUN_ONCE:-} ]]; then
  echo
  echo "serving until Ctrl-C"
  wait "$service_pid"
fi
