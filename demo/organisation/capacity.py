"""What deployed processes are allotted, and fleets large enough for it."""

import math

UNITS = {
    "cpu": ("cores", "what the scheduler may hand out"),
    "memory": ("GiB", "what the scheduler may hand out"),
    "storage": ("GiB", "local disk"),
}

# A share of production's size.
SCALE = {"prod": 1.0, "staging": 0.5, "int": 0.25, "dev": 0.25}


def build(tables, targets, deployments):
    for name, (unit, note) in UNITS.items():
        tables.add("allocation_type", id=name, unit=unit, defaults={"note": note})
    wanted = {}
    for deployment in deployments.values():
        target = deployment.target
        total = wanted.setdefault(target.id, {"cpu": 0.0, "memory": 0.0})
        for proc_id, (size, replicas) in deployment.procs.items():
            for kind, amount in zip(("cpu", "memory"), size):
                high = amount * replicas * SCALE[target.environment]
                total[kind] += high
                add_allocation(tables, proc_id, kind, "HIGH", high)
                # Below production nothing is reserved.
                if target.environment == "prod":
                    add_allocation(tables, proc_id, kind, "LOW", high / 2)
    for target in targets.values():
        add_capacities(tables, target, wanted.get(target.id, {"cpu": 0.0, "memory": 0.0}))


def add_allocation(tables, proc_id, kind, watermark, value):
    tables.add(
        "allocation", deployment_proc_id=proc_id, allocation_type_id=kind, watermark=watermark, value=float(value)
    )


def add_capacities(tables, target, wanted):
    """Each fleet of a target is large enough that all of them hold the high marks with a third to spare. A system
    fleet has two machines beside that."""
    general = [machine for purpose, machine in target.fleets.values() if purpose == "general"]
    for fleet_id, (purpose, (cores, memory, disk)) in target.fleets.items():
        machines = 2
        if purpose == "general":
            share = max(wanted["cpu"] / cores, wanted["memory"] / memory) * 1.33 / len(general)
            machines = max(2, math.ceil(share))
        scaling = {"autoscaling": {"max": machines, "min": max(1, machines // 2)}}
        for kind, size in (("cpu", cores), ("memory", memory), ("storage", disk)):
            tables.add(
                "capacity", fleet_id=fleet_id, allocation_type_id=kind, value=float(machines * size),
                defaults=scaling if kind == "cpu" else None,
            )
