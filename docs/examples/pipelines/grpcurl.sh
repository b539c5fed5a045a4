#!/bin/bash
# The same as qcli.sh with nothing but grpcurl and jq. The service describes itself by reflection.
#
# QAIRON_ENDPOINT is host:port here, with or without `http://`; the other variables are those of qcli.sh.
#
# Every write carries a request_id made of what it records: when the answer is lost, the pipeline runs again and gets
# the first answer, for 24 hours, and nothing is recorded twice.
set -euo pipefail

: "${SERVICE_ID:?}" "${DEPLOYMENT_ID:?}" "${BUILD_NUM:?}" "${COMMIT:?}"
: "${SOURCE_REPO_ID:?}" "${BUILD_REPO_ID:?}" "${RELEASE_REPO_ID:?}" "${IMAGE:?}"

# call <service>/<method> <jq filter for the request> [jq options]: prints the response. Values reach the request as
# arguments of jq, so that no character in them means anything.
call() {
    local method=$1 filter=$2
    shift 2
    jq --compact-output --null-input "$@" "$filter" |
        grpcurl -plaintext -rpc-header "x-qairon-actor: ${QAIRON_ACTOR:-pipeline}" -d @ \
            "${QAIRON_ENDPOINT#http://}" "qairon.v1.$method"
}

# A request ID has 64 characters at most.
request_id() {
    printf '%s\n' "$@" | sha256sum | cut -c 1-64
}

BUILD_ID=$(call DeliveryService/CreateBuild \
    '{build: {service_id: $service, build_num: $num, vcs_ref: $commit}, request_id: $request}' \
    --arg service "$SERVICE_ID" --arg num "$BUILD_NUM" --arg commit "$COMMIT" \
    --arg request "$(request_id build "$SERVICE_ID" "$BUILD_NUM" "$COMMIT")" |
    jq --raw-output .build.id)

BUILD_ARTIFACT_ID=$(call DeliveryService/CreateBuildArtifact \
    '{build_artifact: {build_id: $build, input_repo_id: $from, output_repo_id: $to, name: "image", upload_path: $path},
      request_id: $request}' \
    --arg build "$BUILD_ID" --arg from "$SOURCE_REPO_ID" --arg to "$BUILD_REPO_ID" --arg path "$IMAGE:$COMMIT" \
    --arg request "$(request_id build_artifact "$BUILD_ID" "$IMAGE:$COMMIT")" |
    jq --raw-output .buildArtifact.id)

RELEASE_ID=$(call DeliveryService/CreateRelease \
    '{release: {build_id: $build, deployment_id: $deployment, build_num: $num}, request_id: $request}' \
    --arg build "$BUILD_ID" --arg deployment "$DEPLOYMENT_ID" --arg num "$BUILD_NUM" \
    --arg request "$(request_id release "$BUILD_ID" "$DEPLOYMENT_ID")" |
    jq --raw-output .release.id)

RELEASE_ARTIFACT_ID=$(call DeliveryService/CreateReleaseArtifact \
    '{release_artifact: {release_id: $release, input_repo_id: $from, output_repo_id: $to, name: "image",
                         upload_path: $path},
      request_id: $request}' \
    --arg release "$RELEASE_ID" --arg from "$BUILD_REPO_ID" --arg to "$RELEASE_REPO_ID" --arg path "$IMAGE:$BUILD_NUM" \
    --arg request "$(request_id release_artifact "$RELEASE_ID" "$IMAGE:$BUILD_NUM")" |
    jq --raw-output .releaseArtifact.id)

# The release is in effect from here on. grpcurl takes a field mask as the message that it is, a list of paths; in
# protobuf's own JSON it would be one text.
call DeploymentService/UpdateDeployment \
    '{deployment: {id: $deployment, current_release_id: $release}, update_mask: {paths: ["current_release_id"]},
      request_id: $request}' \
    --arg deployment "$DEPLOYMENT_ID" --arg release "$RELEASE_ID" \
    --arg request "$(request_id current "$DEPLOYMENT_ID" "$RELEASE_ID")" >/dev/null

# Where it runs, and how it is configured there.
TARGET_ID=$(call DeploymentService/GetDeployment '{$id, read_mask: {paths: ["deployment_target_id"]}}' --arg id "$DEPLOYMENT_ID" |
    jq --raw-output .deployment.deploymentTargetId)
TARGET=$(call InfrastructureService/GetDeploymentTarget '{$id}' --arg id "$TARGET_ID" | jq .deploymentTarget)
COMMIT_OF=$(call DeliveryService/GetBuild '{$id, read_mask: {paths: ["vcs_ref"]}}' --arg id "$BUILD_ID" |
    jq --raw-output .build.vcsRef)
# A page holds up to 1,000 objects; a deployment has fewer configurations.
CONFIGS=$(call ConfigService/ListDeploymentConfigs \
    '{filter: ("deployment_id = " + ($id | tojson)), page_size: 1000}' --arg id "$DEPLOYMENT_ID" |
    jq '[.deploymentConfigs[]? | {name, config}]')

jq --compact-output --null-input \
    --arg build "$BUILD_ID" --arg build_artifact "$BUILD_ARTIFACT_ID" \
    --arg release "$RELEASE_ID" --arg release_artifact "$RELEASE_ARTIFACT_ID" \
    --arg commit "$COMMIT_OF" --argjson target "$TARGET" --argjson configs "$CONFIGS" \
    '{$build, $build_artifact, $release, $release_artifact,
      deployment_target: $target.id,
      native_id: $target.nativeId,
      type: $target.deploymentTargetTypeId,
      $commit, $configs}'
