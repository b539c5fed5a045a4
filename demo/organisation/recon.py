"""What is kept in `defaults` of types and of some objects: the patterns that compare what runs with what should run.

A pattern on a type serves every object of the type; an object holds only what is particular to it."""

PROVIDER_TYPES = {
    "aws": {
        "vpc_jq": '.values.root_module.resources[] | select(.type == "aws_vpc") '
                  "| {native_id: .values.id, cidr: .values.cidr_block}",
        "qairon_network_jq": "{native_id: .native_id, cidr: .cidr}",
    },
    "gcp": {
        "vpc_jq": '.values.root_module.resources[] | select(.type == "google_compute_subnetwork") '
                  "| {native_id: .values.self_link, cidr: .values.ip_cidr_range}",
        "qairon_network_jq": "{native_id: .native_id, cidr: .cidr}",
    },
    "azure": {
        "vpc_jq": '.values.root_module.resources[] | select(.type == "azurerm_virtual_network") '
                  "| {native_id: .values.id, cidr: .values.address_space[0]}",
        "qairon_network_jq": "{native_id: .native_id, cidr: .cidr}",
    },
    "on-prem": None,
}

RUNNING_IMAGES = (
    "[.items[] | {service: .metadata.name, namespace: .metadata.namespace, "
    "image: .spec.template.spec.containers[0].image}] | sort_by(.service)"
)

KUBERNETES = {
    # Scripts for Kubernetes alone read the first; those for any kind of target the second.
    "k8s_jq": RUNNING_IMAGES,
    "actual_jq": RUNNING_IMAGES,
    "qairon_jq": '[.[] | {service: (.service_id | split(":") | .[-1]), '
                 'namespace: (.service_id | split(":") | .[1]), '
                 "image: .current_release.release_artifacts[0].upload_path}] | sort_by(.service)",
}

# The environment holds the patterns for what has no type of its own.
PRODUCTION = {
    "spreadsheet_jq": "[.[] | {service: .service, stack: .stack, app: .application}] | sort_by(.service)",
    "qairon_service_jq": '[.[] | .id | split(":") | {app: .[0], stack: .[1], service: .[2]}] | sort_by(.service)',
}

IMAGE_REGISTRY = {
    "ecr_jq": '[.imageDetails[] | .imageTags[] | {image: ($repo + ":" + .)}] | sort_by(.image)',
    "qairon_jq": "[.[] | {image: .upload_path}] | sort_by(.image)",
}
