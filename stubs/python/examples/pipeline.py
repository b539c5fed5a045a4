"""What a CI/CD pipeline writes to Qairon and reads from it.

It records a build with its commit and the artifact it made, a release of it for a deployment and the release's
artifact, and makes the release the current one; then it asks where and with which configuration to deploy, and proves
that the deployment leads back to the commit.

    QAIRON_ENDPOINT=http://127.0.0.1:50051 python examples/pipeline.py --run 4711 --build 9001 --commit 6b733d1…

Run again, it records nothing twice.
"""

from __future__ import annotations

import argparse
import sys

import qairon
from qairon import v1


def record(client: qairon.Client, service_id: str, wanted: argparse.Namespace) -> None:
    """Records the build through to its release, and makes that the current one."""
    # What is recorded already is left alone: a job that failed halfway is simply run again.
    build = client.record_build(
        service_id=service_id,
        build_num=wanted.build,
        vcs_ref=wanted.commit,
        artifacts=[
            v1.BuildArtifact(
                input_repo_id=wanted.sources, output_repo_id=wanted.images, name="image", upload_path=wanted.path
            )
        ],
    )
    print("build            ", build.id)
    print("build artifact   ", qairon.id_of(v1.BuildArtifact(build_id=build.id, name="image")))

    # This job builds and releases. A release by another job has that job's number.
    release = client.record_release(
        wanted.deployment,
        build.id,
        build_num=wanted.build,
        artifacts=[
            v1.ReleaseArtifact(
                input_repo_id=wanted.images, output_repo_id=wanted.images, name="image", upload_path=wanted.path
            )
        ],
        current=True,
    )
    print("release          ", release.id)
    print("release artifact ", qairon.id_of(v1.ReleaseArtifact(release_id=release.id, name="image")))


def deploy(client: qairon.Client, deployment_id: str) -> None:
    """Asks for what deploying the release needs."""
    deployment = client.deployment.GetDeployment(v1.GetDeploymentRequest(id=deployment_id)).deployment
    print("current release  ", deployment.current_release_id)
    print("deployment target", deployment.deployment_target_id)
    configs = client.items(
        client.config.ListDeploymentConfigs,
        v1.ListDeploymentConfigsRequest(filter=f'deployment_id = "{deployment_id}"'),
    )
    for config in configs:
        print("config           ", config.name, config.config)


def prove(client: qairon.Client, deployment_id: str, commit: str) -> None:
    """The way back, from what is deployed now to the commit."""
    provenance = client.trace.TraceProvenance(v1.TraceProvenanceRequest(deployment_id=deployment_id))
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
    parser.add_argument("--build", required=True, type=int, help="the number of the job, for the build and its release")
    parser.add_argument("--deployment", required=True, help="the ID of the deployment to release to")
    parser.add_argument("--sources", required=True, help="the ID of the repo of the source code")
    parser.add_argument("--images", required=True, help="the ID of the repo of the artifacts")
    parser.add_argument("--path", required=True, help="where in that repo the artifact is")
    wanted = parser.parse_args()
    try:
        with qairon.connect(actor=f"ci/run-{wanted.run}") as client:
            request = v1.GetDeploymentRequest(id=wanted.deployment)
            deployment = client.deployment.GetDeployment(request).deployment
            record(client, deployment.service_id, wanted)
            deploy(client, deployment.id)
            prove(client, deployment.id, wanted.commit)
    except qairon.QaironError as error:
        # The field and the reason, for programs; the message, for people.
        sys.exit(f"error: {error}\n  reason {error.reason}, field {error.field!r}, request {error.request_id}")


if __name__ == "__main__":
    main()
