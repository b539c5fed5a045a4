"""Repos, builds and their artifacts: how a commit becomes an image."""

from dataclasses import dataclass

from organisation import recon
from organisation.stable import digits, number

REPO_TYPES = {
    "git": {"protocol": "https"},
    "ecr": {"recon": recon.IMAGE_REGISTRY},
    "gar": {"format": "docker"},
    "acr": {"format": "docker"},
    "harbor": {"format": "docker"},
    "s3": {"region": "us-east-1"},
}

# Where images come from in each kind of provider: (repo type, host).
REGISTRIES = {
    "aws": ("ecr", "123456789012.dkr.ecr.us-east-1.amazonaws.com"),
    "gcp": ("gar", "europe-west4-docker.pkg.dev/larkspur-prod-4821"),
    "azure": ("acr", "larkspur.azurecr.io"),
    "on-prem": ("harbor", "harbor.rotterdam.larkspur.example"),
}

COMMITS_PER_STACK = 9


@dataclass
class Build:
    """A build as deployments need it."""

    id: str
    number: int
    image: str


def build(tables, services):
    """Adds repos and builds; returns the builds of each service, oldest first."""
    for name, defaults in REPO_TYPES.items():
        tables.add("repo_type", id=name, defaults=defaults)
    evidence = tables.add("repo", repo_type_id="s3", name="build-evidence", url="s3://larkspur-build-evidence")
    builds = {}
    for service in services.values():
        source = source_repo(tables, service)
        images = image_repo(tables, service, "aws")
        tables.link("service", service.id, "repo", source)
        tables.link("service", service.id, "repo", images)
        builds[service.id] = add_builds(tables, service, source, images, evidence)
    return builds


def source_repo(tables, service):
    """One git repo holds the services of a stack."""
    path = f"{service.app}/{service.stack}"
    return tables.ensure(
        "repo", repo_type_id="git", name=f"{service.app}-{service.stack}",
        url=f"https://git.larkspur.example/{path}.git", defaults={"default_branch": "main"},
    )


def image_repo(tables, service, provider_type):
    """The repo of a service's images in the registry of a provider type."""
    repo_type, host = REGISTRIES[provider_type]
    defaults = {"recon": {"repository": f"{service.app}/{service.name}"}} if repo_type == "ecr" else None
    return tables.ensure(
        "repo", repo_type_id=repo_type, name=f"{service.app}-{service.name}", url=host, defaults=defaults
    )


def add_builds(tables, service, source, images, evidence):
    """The pipeline of a stack numbers its commits; a service is built from those that touch it, and from the last."""
    builds = []
    # The pipelines of old stacks have run more often.
    first = number(40, 900, "pipeline", service.app, service.stack)
    for step in range(COMMITS_PER_STACK):
        if number(0, 3, "touched", service.id, step) == 0 and step < COMMITS_PER_STACK - 1:
            continue
        build_num = first + step * number(2, 5, "pace", service.app, service.stack)
        commit = digits(40, "commit", service.app, service.stack, step)
        hotfix = number(0, 11, "hotfix", service.app, service.stack, step) == 0
        vcs_ref = f"refs/tags/hotfix/{build_num}+{commit[:7]}" if hotfix else commit
        build_id = tables.add(
            "build", service_id=service.id, build_num=build_num, vcs_ref=vcs_ref,
            defaults={"branch": f"hotfix/{build_num}" if hotfix else "main", "ci": "build-runner"},
        )
        image = f"{service.app}/{service.name}:{build_num}-{commit[:7]}"
        tables.add(
            "build_artifact", build_id=build_id, input_repo_id=source, output_repo_id=images, name="image",
            upload_path=image, data=image_data(image),
        )
        # Bills of materials are kept for what may still be released.
        if step >= COMMITS_PER_STACK - 3:
            tables.add(
                "build_artifact", build_id=build_id, input_repo_id=source, output_repo_id=evidence, name="sbom",
                upload_path=f"{service.app}/{service.name}/{build_num}.spdx.json", data={"format": "spdx-2.3"},
            )
        builds.append(Build(build_id, build_num, image))
    return builds


def image_data(image):
    return {"digest": f"sha256:{digits(64, image)}", "size_mib": number(38, 410, "size", image)}
