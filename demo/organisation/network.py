"""Networks and their subnets. Every network keeps room in which further subnets can be allocated."""

from organisation.stable import digits

# name: the part of a /16 that the subnet takes (third octet, prefix length). 8.0/22 and all from 128.0 on are free.
MAIN_SUBNETS = {
    "public": ("0.0", 24),
    "endpoints": ("1.0", 26),
    "data": ("4.0", 22),
    "nodes": ("16.0", 20),
    "pods": ("64.0", 18),
}
DATA_SUBNETS = {"primary": ("0.0", 26), "replica": ("0.64", 26), "backup": ("0.192", 27)}
V6_SUBNETS = {"public": "0", "nodes": "10", "pods": "20"}


def build(tables, targets):
    """Adds a main network to every partition, and others where they are needed."""
    partitions = {}
    for target in targets.values():
        partitions.setdefault(target.partition_id, []).append(target)
    for place, (partition_id, members) in enumerate(partitions.items()):
        kind, environment = members[0].provider_type, members[0].environment
        nodes = add_main(tables, partition_id, kind, environment, 16 + place)
        if kind == "aws" and environment in ("prod", "staging"):
            add_data(tables, partition_id, kind, place)
        v6_nodes = None
        if kind in ("aws", "gcp") and environment in ("prod", "staging"):
            v6_nodes = add_v6(tables, partition_id, kind, place)
        for target in members:
            for fleet_id, (purpose, _) in target.fleets.items():
                tables.link("fleet", fleet_id, "subnet", nodes)
                if v6_nodes and purpose == "general":
                    tables.link("fleet", fleet_id, "subnet", v6_nodes)


def add_main(tables, partition_id, kind, environment, octet):
    name = "main-lan" if kind == "on-prem" else "main-vpc"
    defaults = None
    if kind != "on-prem":
        place = "/".join(partition_id.split(":")[3:])
        # The first production network keeps the path it had before states were split by place.
        first = partition_id == "prod:aws:123456789012:us-east-1:us-east-1a"
        path = f"{environment}/vpc.tfstate" if first else f"{environment}/{place}/vpc.tfstate"
        defaults = {"recon": {"terraform_state_path": f"s3://terraform-state/{path}"}}
    network_id = tables.add(
        "network", partition_id=partition_id, name=name, cidr=f"10.{octet}.0.0/16",
        native_id=native_id(kind, "vpc", partition_id, name), defaults=defaults,
    )
    for subnet, (start, length) in MAIN_SUBNETS.items():
        tables.add(
            "subnet", network_id=network_id, name=subnet, cidr=f"10.{octet}.{start}/{length}",
            native_id=native_id(kind, "subnet", network_id, subnet),
            defaults={"internet_facing": True} if subnet == "public" else None,
        )
    return f"{network_id}:nodes"


def add_data(tables, partition_id, kind, place):
    network_id = tables.add(
        "network", partition_id=partition_id, name="data-vpc", cidr=f"172.20.{place}.0/24",
        native_id=native_id(kind, "vpc", partition_id, "data-vpc"), defaults={"routed": False},
    )
    for subnet, (start, length) in DATA_SUBNETS.items():
        tables.add(
            "subnet", network_id=network_id, name=subnet, cidr=f"172.20.{place}.{start.split('.')[1]}/{length}",
            native_id=native_id(kind, "subnet", network_id, subnet),
        )


def add_v6(tables, partition_id, kind, place):
    prefix = f"2001:db8:{0x100 + place:x}"
    network_id = tables.add(
        "network", partition_id=partition_id, name="main-vpc-v6", cidr=f"{prefix}::/48",
        native_id=native_id(kind, "vpc", partition_id, "main-vpc-v6"),
    )
    for subnet, group in V6_SUBNETS.items():
        start = f"{prefix}::" if group == "0" else f"{prefix}:{group}::"
        tables.add(
            "subnet", network_id=network_id, name=subnet, cidr=f"{start}/64",
            native_id=native_id(kind, "subnet", network_id, subnet),
        )
    return f"{network_id}:nodes"


def native_id(kind, what, *key):
    return f"{what}-{digits(17, what, *key)}" if kind == "aws" else None
