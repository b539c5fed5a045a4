"""What a CI/CD pipeline writes to Qairon and reads from it.

It records a build with its commit and the artifact it made, a release of it for a deployment and the release's
artifact, and makes the release the current one; then it asks where and with which configuration to deploy, and proves
that the deployment leads back to the commit.

    QAIRON_ENDPOINT=http://127.0.0.1:50051 python examples/pipeline.py --run 4711 --build 9001 --commit 6b733d1…

Run again with the same --run, it records nothing twice.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any, Callable

from google.protobuf import field_mask_pb2
from google.protobuf.message import Message

import qairon
from qairon.v1 import (
    build_artifact_pb2,
    build_pb2,
    deployment_config_pb2,
    deployment_pb2,
    release_artifact_pb2,
    release_pb2,
    trace_service_pb2,
)


def created(method: Callable[..., Any], request: Message) -> str:
    """The ID of what was created, or of what was there: a run of long ago, whose request_id is forgotten."""
    try:
        answer = method(request)
    except qairon.AlreadyExists as error:
        return error.resource_id
    return str(getattr(answer, answer.DESCRIPTOR.fields_by_number[1].name).id)


def record(client: qairon.Client, service_id: str, wanted: argparse.Namespace) -> str:
    """Records the build through to its release, and gives the ID of the release."""
    # What is written gets a request_id made of the run: the service does it once, however often the run is repeated.
    build = build_pb2.Build(service_id=service_id, build_num=wanted.build, vcs_ref=wanted.commit)
    build_id = created(
        client.delivery.CreateBuild,
        build_pb2.CreateBuildRequest(build=build, request_id=f"{wanted.run}/build"),
    )
    print("build            ", build_id)

    artifact = build_artifact_pb2.BuildArtifact(
        build_id=build_id,
        input_repo_id=wanted.sources,
        output_repo_id=wanted.images,
        name="image",
        upload_path=wanted.path,
    )
    artifact_id = created(
        client.delivery.CreateBuildArtifact,
        build_artifact_pb2.CreateBuildArtifactRequest(
            build_artifact=artifact, request_id=f"{wanted.run}/build-artifact"
        ),
    )
    print("build artifact   ", artifact_id)

    release = release_pb2.Release(build_id=build_id, deployment_id=wanted.deployment, build_num=wanted.build)
    release_id = created(
        client.delivery.CreateRelease,
        release_pb2.CreateReleaseRequest(release=release, request_id=f"{wanted.run}/release"),
    )
    print("release          ", release_id)

    baked = release_artifact_pb2.ReleaseArtifact(
        release_id=release_id,
        input_repo_id=wanted.images,
        output_repo_id=wanted.images,
        name="image",
        upload_path=wanted.path,
    )
    baked_id = created(
        client.delivery.CreateReleaseArtifact,
        release_artifact_pb2.CreateReleaseArtifactRequest(
            release_artifact=baked, request_id=f"{wanted.run}/release-artifact"
        ),
    )
    print("release artifact ", baked_id)
    return release_id


def deploy(client: qairon.Client, deployment_id: str, release_id: str, run: str) -> None:
    """Makes the release the current one, and asks for what deploying it needs."""
    client.deployment.UpdateDeployment(
        deployment_pb2.UpdateDeploymentRequest(
            deployment=deployment_pb2.Deployment(id=deployment_id, current_release_id=release_id),
            update_mask=field_mask_pb2.FieldMask(paths=["current_release_id"]),
            request_id=f"{run}/current-release",
        )
    )
    deployment = client.deployment.GetDeployment(deployment_pb2.GetDeploymentRequest(id=deployment_id)).deployment
    print("current release  ", deployment.current_release_id)
    print("deployment target", deployment.deployment_target_id)
    configs = client.items(
        client.config.ListDeploymentConfigs,
        deployment_config_pb2.ListDeploymentConfigsRequest(filter=f'deployment_id = "{deployment_id}"'),
    )
    for config in configs:
        print("config           ", config.name, config.config)


def prove(client: qairon.Client, deployment_id: str, commit: str) -> None:
    """The way back, from what is deployed now to the commit."""
    provenance = client.trace.TraceProvenance(trace_service_pb2.TraceProvenanceRequest(deployment_id=deployment_id))
    for artifact in provenance.release_artifacts:
        print("binary           ", artifact.location)
    print("commit           ", provenance.vcs_ref)
    if provenance.vcs_ref != commit:
        sys.exit(f"error: the deployment leads back to commit {provenance.vcs_ref}, not to {commit}")


def main() -> None:
    """Reads the command line and does it."""
    parser = argparse.ArgumentParser(description="Records a build through to its release, once.")
    parser.add_argument("--run", required=True, help="what the CI system calls this run")
    parser.add_argument("--commit", required=True, help="the commit that is built")
    parser.add_argument("--build", required=True, type=int, help="the build's number")
    parser.add_argument("--deployment", required=True, help="the ID of the deployment to release to")
    parser.add_argument("--sources", required=True, help="the ID of the repo of the source code")
    parser.add_argument("--images", required=True, help="the ID of the repo of the artifacts")
    parser.add_argument("--path", required=True, help="where in that repo the artifact is")
    wanted = parser.parse_args()
    try:
        with qairon.connect(actor=f"ci/run-{wanted.run}") as client:
            request = deployment_pb2.GetDeploymentRequest(id=wanted.deployment)
            deployment = client.deployment.GetDeployment(request).deployment
            release_id = record(client, deployment.service_id, wanted)
            deploy(client, deployment.id, release_id, wanted.run)
            prove(client, deployment.id, wanted.commit)
    except qairon.QaironError as error:
        # The field and the reason, for programs; the message, for people.
        sys.exit(f"error: {error}\n  reason {error.reason}, field {error.field!r}, request {error.request_id}")


if __name__ == "__main__":
    main()
