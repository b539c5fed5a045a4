"""The rows of all entities while they are put together, and the CSV files they become."""

import json

# Every entity with the fields that make up its ID, an entity after those it refers to: the order of loading.
ENTITIES = {
    "application": ["id"],
    "stack": ["application_id", "name"],
    "service": ["stack_id", "name"],
    "proc": ["service_id", "name"],
    "environment": ["id"],
    "provider_type": ["id"],
    "provider": ["environment_id", "provider_type_id", "native_id"],
    "region": ["provider_id", "name"],
    "zone": ["region_id", "name"],
    "partition": ["region_id", "name"],
    "deployment_target_type": ["id"],
    "deployment_target": ["partition_id", "deployment_target_type_id", "name"],
    "fleet_type": ["provider_type_id", "name"],
    "fleet": ["deployment_target_id", "fleet_type_id", "name"],
    "network": ["partition_id", "name"],
    "subnet": ["network_id", "name"],
    "repo_type": ["id"],
    "repo": ["repo_type_id", "name"],
    "build": ["service_id", "build_num"],
    "build_artifact": ["build_id", "name"],
    "deployment": ["deployment_target_id", "service_id", "tag"],
    "release": ["deployment_id", "build_num"],
    "release_artifact": ["release_id", "name"],
    "deployment_proc": ["deployment_id", "proc_id"],
    "language": ["id"],
    "config_template": ["id"],
    "stack_config": ["stack_id", "config_template_id", "name", "tag"],
    "service_config": ["service_id", "config_template_id", "name", "tag"],
    "deployment_config": ["deployment_id", "config_template_id", "name", "tag"],
    "allocation_type": ["id"],
    "allocation": ["deployment_proc_id", "allocation_type_id", "watermark"],
    "capacity": ["fleet_id", "allocation_type_id"],
    "dependency_case": ["id"],
    "relatable": ["relatable_type", "object_id"],
    "dependency": ["dependency_case_id", "relatable_id", "name"],
    "related": ["related_type", "dependency_id", "object_id"],
}

# The JSON columns, last in a file because they are long.
JSON_COLUMNS = ["data", "defaults"]


class Tables:
    """Rows by entity and ID, links by table, and the release in effect for each deployment."""

    def __init__(self):
        self.rows = {entity: {} for entity in ENTITIES}
        self.links = {}
        self.current_releases = []

    def add(self, entity, **fields):
        """Adds a row and returns the ID that the service will give it. A field that is None stays unset."""
        identifier = ":".join(str(fields[name]) for name in ENTITIES[entity])
        if identifier in self.rows[entity]:
            raise ValueError(f"{entity} `{identifier}` is there twice")
        self.rows[entity][identifier] = fields
        return identifier

    def ensure(self, entity, **fields):
        """Adds a row unless there is one with its ID."""
        identifier = ":".join(str(fields[name]) for name in ENTITIES[entity])
        self.rows[entity].setdefault(identifier, fields)
        return identifier

    def link(self, owner, owner_id, target, target_id):
        pairs = self.links.setdefault((owner, target), [])
        if (owner_id, target_id) not in pairs:
            pairs.append((owner_id, target_id))

    def files(self):
        """The text of every file, by its path below the demo's directory."""
        found = {}
        for place, (entity, rows) in enumerate(self.rows.items(), start=1):
            found[f"{place:02}_{entity}.csv"] = entity_csv(list(rows.values()))
        for (owner, target), pairs in self.links.items():
            found[f"links/{owner}_{target}.csv"] = csv([[f"{owner}_id", f"{target}_id"], *pairs])
        found["current_release.csv"] = csv([["deployment_id", "release_id"], *self.current_releases])
        # With these, an interrupted load knows which files it has loaded already.
        first = [[entity, next(iter(rows))] for entity, rows in self.rows.items()]
        found["first_ids.csv"] = csv([["resource", "id"], *first])
        return found


def entity_csv(rows):
    columns = list(dict.fromkeys(name for row in rows for name in row if name not in JSON_COLUMNS))
    columns += [name for name in JSON_COLUMNS if any(row.get(name) for row in rows)]
    return csv([columns, *([row.get(name) for name in columns] for row in rows)])


def csv(lines):
    return "".join(",".join(map(cell, line)) + "\n" for line in lines)


def cell(value):
    if value is None:
        return ""
    if isinstance(value, dict):
        value = json.dumps(value, sort_keys=True)
    text = f"{value:g}" if isinstance(value, float) else str(value)
    if any(mark in text for mark in '",\n'):
        return '"' + text.replace('"', '""') + '"'
    return text
