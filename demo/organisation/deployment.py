"""Deployments, their releases with artifacts, and the processes they run."""

from dataclasses import dataclass

from organisation.delivery import image_data, image_repo, source_repo
from organisation.stable import number

US, EU = "prod/us-east-1a/main-cluster", "prod/eu-west-1a/main-cluster"
STAGING, INT, DEV = "staging/us-east-1a/main-cluster", "int/us-east-1a/main-cluster", "dev/us-east-1a/main-cluster"
WAREHOUSES = ["prod/hall-a/warehouse", "prod/hall-b/warehouse"]

# Where the services of an application run; PLACES_OF_STACK and PLACES_OF_SERVICE go first.
PLACES = {
    "ecommerce": [US, EU, STAGING, INT, DEV],
    "identity": [US, EU, "prod/westeurope-1/office", STAGING, INT, DEV],
    "customer-care": [EU, STAGING, DEV],
    "analytics": ["prod/europe-west4-a/analytics", "staging/europe-west4-a/analytics"],
    "back-office": ["prod/westeurope-1/office", STAGING],
    "platform": [US, EU, "prod/europe-west4-a/tools", STAGING, DEV],
}
PLACES_OF_STACK = {
    ("logistics", "warehouse"): [*WAREHOUSES, STAGING, "dev/bench/warehouse"],
    ("logistics", "shipping"): [EU, STAGING, DEV],
}
PLACES_OF_SERVICE = {
    "ecommerce:catalog:image-resizer": [
        "prod/us-east-1a/batch", "prod/eu-west-1a/batch", "staging/us-east-1a/batch", DEV,
    ],
    "logistics:warehouse:label-printer": [*WAREHOUSES, "prod/hall-a/scanners", "dev/bench/warehouse"],
    "platform:mesh:edge-proxy": [
        "prod/us-east-1a/edge-cluster", "prod/eu-west-1a/edge-cluster", "staging/eu-west-1a/main-cluster", DEV,
    ],
    "back-office:finance:tax-engine": ["prod/westeurope-1/office", "prod/westeurope-1/erp", STAGING],
}
# What customers notice immediately also runs in other partitions.
SPREAD = {
    "ecommerce:checkout:order-processor": ["prod/us-east-1b/main-cluster", "prod/us-east-1c/main-cluster"],
    "ecommerce:checkout:cart": ["prod/us-east-1b/main-cluster"],
    "ecommerce:payments:gateway": ["prod/us-east-1b/main-cluster", "prod/eu-west-1b/main-cluster"],
    "ecommerce:payments:ledger": ["prod/us-east-1b/main-cluster"],
    "identity:accounts:session-store": ["prod/us-east-1b/main-cluster", "prod/eu-west-1b/main-cluster"],
}
CANARIES = [
    "ecommerce:checkout:order-processor", "ecommerce:payments:gateway", "ecommerce:storefront:web",
    "ecommerce:catalog:search",
]
# Experiments that have a place but no release yet.
PLANNED = ["ecommerce:storefront:recommendations", "ecommerce:checkout:promotions", "customer-care:outreach:survey"]

# How many builds an environment is behind the newest.
BEHIND = {"dev": 0, "int": 0, "staging": 1, "prod": 2}


@dataclass
class Deployment:
    """A deployment as the other modules need it."""

    id: str
    service: object
    target: object
    procs: dict
    replicas: int


def build(tables, services, builds, targets):
    """Adds every deployment with what belongs to it, and returns them by ID."""
    manifests = {
        environment: tables.add(
            "repo", repo_type_id="s3", name=f"manifests-{environment}", url=f"s3://larkspur-manifests-{environment}"
        )
        for environment in BEHIND
    }
    deployments = {}
    for service in services.values():
        stack_places = PLACES_OF_STACK.get((service.app, service.stack)) or PLACES[service.app]
        places = PLACES_OF_SERVICE.get(service.id, stack_places) + SPREAD.get(service.id, [])
        placed = [(targets[place], "default") for place in places]
        if service.id in CANARIES:
            placed.append((targets[US], "canary"))
        for target, tag in placed:
            made = add_deployment(tables, service, target, tag)
            deployments[made.id] = made
            add_releases(tables, made, tag, builds[service.id], manifests)
        if service.id in PLANNED:
            made = add_deployment(tables, service, targets["dev/us-east-1b/sandbox"], "default")
            deployments[made.id] = made
    return deployments


def add_deployment(tables, service, target, tag):
    production = target.environment == "prod"
    replicas = {1: 6, 2: 3, 3: 2, 4: 1}[service.tier] if production and tag == "default" else 1
    defaults = {"namespace": service.stack, "strategy": "canary" if tag == "canary" else "rolling"}
    deployment_id = tables.add(
        "deployment", deployment_target_id=target.id, service_id=service.id, tag=tag, defaults=defaults
    )
    # Where a partition of the application is not spread, links give the scheduler the zones.
    if production and service.tier == 1 and target.provider_type == "aws" and tag == "default":
        for zone in target.zones[:2]:
            tables.link("deployment", deployment_id, "zone", zone)
    procs = {}
    for proc_id, size in service.procs.items():
        # Schedulers elect a leader: two of them are enough.
        count = min(replicas, 2) if proc_id.endswith(":scheduler") else replicas
        made = tables.add("deployment_proc", deployment_id=deployment_id, proc_id=proc_id, defaults={"replicas": count})
        procs[made] = (size, count)
    return Deployment(deployment_id, service, target, procs, replicas)


def add_releases(tables, deployment, tag, builds, manifests):
    environment = deployment.target.environment
    behind = 0 if tag == "canary" else BEHIND[environment]
    newest = max(len(builds) - 1 - behind, 0)
    count = number(1, 3, "releases", deployment.id)
    chosen = builds[max(newest - count + 1, 0):newest + 1]
    rolled_back = len(chosen) > 1 and number(0, 9, "rolled back", deployment.id) == 0
    for build in chosen:
        note = {"rolled_back": "error budget spent"} if rolled_back and build is chosen[-1] else None
        release_id = tables.add(
            "release", build_id=build.id, deployment_id=deployment.id, build_num=build.number, defaults=note
        )
        add_artifacts(tables, release_id, deployment, build, manifests[environment])
        if build is chosen[-2 if rolled_back else -1]:
            tables.current_releases.append((deployment.id, release_id))


def add_artifacts(tables, release_id, deployment, build, manifests):
    """The image, copied to the registry next to the target, and the manifests made for this deployment."""
    service, target = deployment.service, deployment.target
    tables.add(
        "release_artifact", release_id=release_id, input_repo_id=image_repo(tables, service, "aws"),
        output_repo_id=image_repo(tables, service, target.provider_type), name="image", upload_path=build.image,
        data=image_data(build.image),
    )
    place = "/".join([*target.id.split(":")[3:], *deployment.id.split(":")[7:]])
    tables.add(
        "release_artifact", release_id=release_id, input_repo_id=source_repo(tables, service),
        output_repo_id=manifests, name="manifests", upload_path=f"{place}/{build.number}.tar.gz",
    )
