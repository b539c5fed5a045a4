#!/bin/bash
# Records a build through to a release, puts the release into effect, and asks where to deploy it, with qcli.
#
# QAIRON_ENDPOINT names the service. A CI system sets the rest:
#   SERVICE_ID DEPLOYMENT_ID   what is built, and where it goes
#   BUILD_NUM COMMIT           which build of it, from which commit
#   SOURCE_REPO_ID             where the source is
#   BUILD_REPO_ID              where the build artifact is published
#   RELEASE_REPO_ID            where the release artifact is published
#   IMAGE                      the name of the image, without its tag
#
# The last line of the output is one JSON object: what was recorded, and what a deployment has to know.
set -euo pipefail

: "${SERVICE_ID:?}" "${DEPLOYMENT_ID:?}" "${BUILD_NUM:?}" "${COMMIT:?}"
: "${SOURCE_REPO_ID:?}" "${BUILD_REPO_ID:?}" "${RELEASE_REPO_ID:?}" "${IMAGE:?}"

# Build. A command that creates something prints its ID.
BUILD_ID=$(qcli build create "$SERVICE_ID" "$BUILD_NUM" "$COMMIT")
BUILD_ARTIFACT_ID=$(qcli build_artifact create "$BUILD_ID" "$SOURCE_REPO_ID" "$BUILD_REPO_ID" image "$IMAGE:$COMMIT")

# Release.
RELEASE_ID=$(qcli release create "$BUILD_ID" "$DEPLOYMENT_ID" "$BUILD_NUM")
RELEASE_ARTIFACT_ID=$(qcli release_artifact create "$RELEASE_ID" "$BUILD_REPO_ID" "$RELEASE_REPO_ID" image \
    "$IMAGE:$BUILD_NUM")

# The release is in effect from here on.
qcli -q deployment set_field "$DEPLOYMENT_ID" current_release_id "$RELEASE_ID"

# Where it runs, and how it is configured there.
TARGET=$(qcli deployment get "$DEPLOYMENT_ID" -o json \
    -f deployment_target_id,deployment_target.native_id,deployment_target.type.id,current_release.build.vcs_ref)
CONFIGS=$(qcli deployment get_field "$DEPLOYMENT_ID" configs -f name,config -o json)

jq --compact-output --null-input \
    --arg build "$BUILD_ID" --arg build_artifact "$BUILD_ARTIFACT_ID" \
    --arg release "$RELEASE_ID" --arg release_artifact "$RELEASE_ARTIFACT_ID" \
    --argjson target "$TARGET" --argjson configs "$CONFIGS" \
    '{$build, $build_artifact, $release, $release_artifact,
      deployment_target: $target.deployment_target_id,
      native_id: $target["deployment_target.native_id"],
      type: $target["deployment_target.type.id"],
      commit: $target["current_release.build.vcs_ref"],
      $configs}'
