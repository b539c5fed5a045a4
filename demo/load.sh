#!/bin/sh
# Loads the demo organisation into the service at QAIRON_ENDPOINT, with the qcli that QCLI names (default: from PATH).
#
# Safe to run again. If the demo is complete, it prints that and changes nothing. An interrupted load is resumed: a file
# is loaded as a whole or not at all, so that a file whose first object exists is done, and links may be added twice. A
# key in the `defaults` of one application, set last, marks the demo as complete.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
qcli=${QCLI:-qcli}
marked=platform
marker='{"demo": "loaded", "owner": "team-platform"}'

fail() {
    printf 'demo: %s\n' "$1" >&2
    exit "${2:-1}"
}

# Runs qcli without its output, which is shown when it fails. The loops below read their files from standard input.
run() {
    code=0
    output=$("$qcli" "$@" </dev/null 2>&1) || code=$?
    if [ "$code" -ne 0 ]; then
        printf '%s\n' "$output" >&2
        fail "\`qcli $*\` failed; correct the cause and run this again" "$code"
    fi
}

# Whether an object exists. Only a refusal (1) means that it does not: anything else ends the load.
exists() {
    code=0
    output=$("$qcli" "$1" get "$2" </dev/null 2>&1) || code=$?
    case $code in
        0) return 0 ;;
        1) return 1 ;;
    esac
    printf '%s\n' "$output" >&2
    fail "cannot ask for $1 \`$2\`; is the service running, and QAIRON_ENDPOINT right?" "$code"
}

complete() {
    exists application "$marked" || return 1
    run application get_field "$marked" defaults -o plain
    printf '%s\n' "$output" | grep -q '"demo": *"loaded"'
}

command -v "$qcli" >/dev/null || fail "there is no \`$qcli\`; name the program in QCLI" 2

if complete; then
    echo 'demo: it is loaded already'
    exit 0
fi

# The numbers in the names are the order of loading: an object comes after those it refers to.
for file in "$here"/[0-9][0-9]_*.csv; do
    name=$(basename "$file" .csv)
    resource=${name#??_}
    first=$(sed -n "s/^$resource,//p" "$here/first_ids.csv")
    [ -n "$first" ] || fail "\`first_ids.csv\` has no line for \`$resource\`; run \`python3 demo/generate.py\`"
    if exists "$resource" "$first"; then
        echo "demo: $resource is there"
    else
        run csv_import import_csv "$resource" "$file"
        echo "demo: $resource"
    fi
done

# The header names both ends: `service_id,repo_id` are links of a service under the relation `repos`.
for file in "$here"/links/*.csv; do
    {
        IFS=, read -r owner target
        owner=${owner%_id}
        relation=${target%_id}s
        while IFS=, read -r owner_id target_id; do
            run "$owner" link "$owner_id" "$relation" "$target_id"
        done
    } <"$file"
    echo "demo: $relation of ${owner}s"
done

# A deployment names its release in effect once the releases are there.
{
    read -r _
    while IFS=, read -r deployment release; do
        run deployment set_field "$deployment" current_release "$release"
    done
} <"$here/current_release.csv"
echo 'demo: current releases'

run application set_field "$marked" defaults "$marker"
echo 'demo: loaded'
