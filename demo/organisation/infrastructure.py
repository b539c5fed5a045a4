"""Environments, provider accounts, regions, zones, partitions, deployment targets and fleets."""

from dataclasses import dataclass, field

from organisation import recon
from organisation.stable import digits, number

ENVIRONMENTS = {
    "prod": {"change_window": "tue-thu 09:00-15:00", "recon": recon.PRODUCTION, "tier": "production"},
    "staging": {"change_window": "any", "tier": "pre-production"},
    "int": {"change_window": "any", "tier": "integration"},
    "dev": {"change_window": "any", "tier": "development"},
}

# (environment, provider type, account, region, zones, {partition: [(target type, target, fleet types)]})
REGIONS = [
    ("prod", "aws", "123456789012", "us-east-1", ["us-east-1a", "us-east-1b", "us-east-1c"], {
        "us-east-1a": [
            ("eks", "main-cluster", ["m6i", "c7g"]),
            ("eks", "edge-cluster", ["c7g"]),
            ("ecs", "batch", ["m6i-spot"]),
        ],
        "us-east-1b": [("eks", "main-cluster", ["m6i", "c7g"])],
        "us-east-1c": [("eks", "main-cluster", ["m6i"])],
    }),
    ("prod", "aws", "123456789012", "eu-west-1", ["eu-west-1a", "eu-west-1b", "eu-west-1c"], {
        "eu-west-1a": [
            ("eks", "main-cluster", ["m6i", "c7g"]),
            ("eks", "edge-cluster", ["c7g"]),
            ("ecs", "batch", ["m6i-spot"]),
        ],
        "eu-west-1b": [("eks", "main-cluster", ["m6i"])],
    }),
    ("prod", "gcp", "larkspur-prod-4821", "europe-west4", ["europe-west4-a", "europe-west4-b", "europe-west4-c"], {
        "europe-west4-a": [("gke", "analytics", ["n2", "n2-highmem"]), ("gke", "tools", ["n2"])],
    }),
    ("prod", "azure", "7d1c0a52-5be4-4c0e-9a41-0d6f3b1e8c77", "westeurope", ["westeurope-1", "westeurope-2"], {
        "westeurope-1": [("aks", "office", ["dsv5"]), ("vm-group", "erp", ["esv5"])],
    }),
    ("prod", "on-prem", "rotterdam-dc", "rotterdam", ["hall-a", "hall-b"], {
        "hall-a": [("k3s", "warehouse", ["rack-2u"]), ("vm-group", "scanners", ["rack-1u"])],
        "hall-b": [("k3s", "warehouse", ["rack-2u"])],
    }),
    ("staging", "aws", "210987654321", "us-east-1", ["us-east-1a", "us-east-1b", "us-east-1c"], {
        "us-east-1a": [("eks", "main-cluster", ["m6i", "c7g"]), ("ecs", "batch", ["m6i-spot"])],
    }),
    ("staging", "aws", "210987654321", "eu-west-1", ["eu-west-1a", "eu-west-1b"], {
        "eu-west-1a": [("eks", "main-cluster", ["m6i"])],
    }),
    ("staging", "gcp", "larkspur-staging-1177", "europe-west4", ["europe-west4-a", "europe-west4-b"], {
        "europe-west4-a": [("gke", "analytics", ["n2"])],
    }),
    ("int", "aws", "345678901234", "us-east-1", ["us-east-1a", "us-east-1b"], {
        "us-east-1a": [("eks", "main-cluster", ["m6i", "m6i-spot"])],
    }),
    ("dev", "aws", "456789012345", "us-east-1", ["us-east-1a", "us-east-1b"], {
        "us-east-1a": [("eks", "main-cluster", ["m6i-spot"])],
        "us-east-1b": [("eks", "sandbox", ["m6i-spot"])],
    }),
    ("dev", "on-prem", "delft-lab", "delft", ["bench"], {
        "bench": [("k3s", "warehouse", ["rack-1u"])],
    }),
]

TARGET_TYPES = {
    "eks": {"orchestrator": "kubernetes", "recon": recon.KUBERNETES},
    "gke": {"orchestrator": "kubernetes", "recon": recon.KUBERNETES},
    "aks": {"orchestrator": "kubernetes", "recon": recon.KUBERNETES},
    "k3s": {"orchestrator": "kubernetes", "recon": recon.KUBERNETES},
    "ecs": {"orchestrator": "ecs"},
    "vm-group": {"orchestrator": "systemd"},
}

# provider type: {fleet type: (CPU cores, GiB of memory, GiB of disk) of one machine}
FLEET_TYPES = {
    "aws": {"m6i": (16, 64, 200), "c7g": (16, 32, 100), "m6i-spot": (8, 32, 100)},
    "gcp": {"n2": (16, 64, 200), "n2-highmem": (16, 128, 500)},
    "azure": {"dsv5": (8, 32, 150), "esv5": (8, 64, 500)},
    "on-prem": {"rack-1u": (24, 96, 960), "rack-2u": (48, 256, 3840)},
}


@dataclass
class Target:
    """A deployment target as the other modules need it."""

    id: str
    environment: str
    provider_type: str
    region_id: str
    partition_id: str
    zones: list
    fleets: dict = field(default_factory=dict)


def build(tables):
    """Adds the topology and returns the targets by `environment/partition/name`."""
    for environment, defaults in ENVIRONMENTS.items():
        tables.add("environment", id=environment, defaults=defaults)
    for name, patterns in recon.PROVIDER_TYPES.items():
        tables.add("provider_type", id=name, defaults={"recon": {"terraform": patterns}} if patterns else None)
    for name, defaults in TARGET_TYPES.items():
        tables.add("deployment_target_type", id=name, defaults=defaults)
    for provider_type, machines in FLEET_TYPES.items():
        for name, (cores, memory, disk) in machines.items():
            machine = {"machine": {"cpu_cores": cores, "disk_gib": disk, "memory_gib": memory}}
            tables.add("fleet_type", provider_type_id=provider_type, name=name, defaults=machine)
    targets = {}
    for environment, kind, account, region, zones, partitions in REGIONS:
        provider_id = tables.ensure(
            "provider", environment_id=environment, provider_type_id=kind, native_id=account,
            defaults={"billing_code": f"LK-{number(1000, 9999, account)}", "owner": "team-platform"},
        )
        region_id = tables.add("region", provider_id=provider_id, name=region, native_id=region)
        zone_ids = [
            tables.add("zone", region_id=region_id, name=zone, native_id=zone_native_id(kind, account, zone))
            for zone in zones
        ]
        for partition, members in partitions.items():
            partition_id = tables.add("partition", region_id=region_id, name=partition)
            made = [
                add_target(tables, (environment, kind, account, region), region_id, partition_id, zone_ids, member)
                for member in members
            ]
            for (_, name, _), target in zip(members, made):
                targets[f"{environment}/{partition}/{name}"] = target
            share_fleets(tables, made)
    return targets


def add_target(tables, place, region_id, partition_id, zone_ids, member):
    environment, kind, account, region = place
    target_type, name, fleet_types = member
    defaults = {"owner": "team-platform"}
    if "recon" in TARGET_TYPES[target_type]:
        defaults["recon"] = {"k8s_context": f"{environment}-{target_type}-{partition_id.split(':')[-1]}-{name}"}
    # One context has the short name that runbooks use.
    if partition_id == "prod:aws:123456789012:us-east-1:us-east-1a" and name == "main-cluster":
        defaults["recon"]["k8s_context"] = "prod-eks-main-cluster"
    native = {
        "aws": f"arn:aws:{target_type}:{region}:{account}:cluster/{name}-{digits(4, partition_id)}",
        "gcp": f"//container.googleapis.com/projects/{account}/locations/{region}/clusters/{name}",
        "azure": f"/subscriptions/{account}/resourceGroups/{name}/{target_type}",
        "on-prem": None,
    }
    target_id = tables.add(
        "deployment_target", partition_id=partition_id, deployment_target_type_id=target_type, name=name,
        native_id=native[kind], defaults=defaults,
    )
    target = Target(target_id, environment, kind, region_id, partition_id, zone_ids)
    purposes = ["general", "system"] if target_type in ("eks", "gke", "aks") else ["general"]
    for fleet_type in fleet_types:
        for purpose in purposes:
            fleet_name = f"{name}-{purpose}"
            group = digits(8, target_id, fleet_type, purpose)
            arn = f"arn:aws:autoscaling:{region}:{account}:autoScalingGroup:{group}"
            fleet_id = tables.add(
                "fleet", deployment_target_id=target_id, fleet_type_id=f"{kind}:{fleet_type}", name=fleet_name,
                native_id=arn if kind == "aws" else None,
            )
            target.fleets[fleet_id] = (purpose, FLEET_TYPES[kind][fleet_type])
    return target


def share_fleets(tables, targets):
    """The first target's general fleets also take work of the other targets of their partition."""
    for fleet_id, (purpose, _) in targets[0].fleets.items():
        if purpose == "general":
            for other in targets[1:]:
                tables.link("fleet", fleet_id, "deployment_target", other.id)


def zone_native_id(kind, account, zone):
    if kind == "aws":
        # Zone letters differ between accounts; this identifier is the same for the same building.
        parts = zone.split("-")
        return f"{parts[0]}{parts[1][0]}{parts[2][0]}-az{number(1, 6, account, zone)}"
    return zone if kind in ("gcp", "azure") else None
