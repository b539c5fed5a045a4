"""Configuration of stacks, services and deployments: the values that the templates are rendered with."""

import json

from organisation.stable import number, pick
from organisation.templates import LANGUAGES, TEMPLATES

FLAGS = ["new-address-form", "dark-mode", "fast-lane", "bulk-export", "strict-validation", "second-opinion"]


def build(tables, services, deployments):
    for name, defaults in LANGUAGES.items():
        tables.add("language", id=name, defaults=defaults)
    for name, (language, doc) in TEMPLATES.items():
        tables.add("config_template", id=name, language_id=language, doc=doc, defaults={"owner": "team-platform"})
    for stack_id in dict.fromkeys(f"{service.app}:{service.stack}" for service in services.values()):
        add_stack_configs(tables, stack_id)
    for service in services.values():
        add_service_configs(tables, service)
    for deployment in deployments.values():
        if deployment.target.environment == "prod":
            add_values(tables, deployment)


def add_stack_configs(tables, stack_id):
    flags = {flag: number(0, 1, "flag", stack_id, flag) == 1 for flag in FLAGS if number(0, 1, "has", stack_id, flag)}
    for tag, overrides in (("default", {}), ("beta", {flag: True for flag in flags})):
        tables.add(
            "stack_config", stack_id=stack_id, config_template_id="feature-flags", name="flags", tag=tag,
            config=json.dumps({"flags": {**flags, **overrides}}, sort_keys=True),
        )
    rule = {
        "alert": "TooManyErrors", "expr": "rate(errors_total[5m]) > 0.01", "for": "10m",
        "severity": pick(["page", "ticket"], "severity", stack_id),
    }
    tables.add(
        "stack_config", stack_id=stack_id, config_template_id="alert-rules", name="alerts", tag="default",
        config=json.dumps({"rules": [rule]}, sort_keys=True),
    )


def add_service_configs(tables, service):
    env = {"HTTP_PORT": "8080", "SHUTDOWN_SECONDS": str(number(5, 30, "shutdown", service.id))}
    add_service_config(tables, service, "service-env", "runtime", {"env": env, "log_level": "info"})
    if service.tier <= 2:
        add_service_config(tables, service, "logging", "log", {"level": pick(["info", "warn"], "log", service.id)})
    if service.kind in ("transactional", "stateful", "api"):
        pool = {"size": number(1, 8, "pool", service.id) * 8, "timeout_ms": 1500}
        add_service_config(tables, service, "connection-pool", "database", pool)
    if service.kind == "frontend":
        host = {"host": f"{service.name}.larkspur.example"}
        add_service_config(tables, service, "virtual-host", "public", host)


def add_service_config(tables, service, template, name, values):
    tables.add(
        "service_config", service_id=service.id, config_template_id=template, name=name, tag="default",
        config=json.dumps(values, sort_keys=True),
    )


def add_values(tables, deployment):
    """The values of a production deployment repeat what its first process is allotted, for one replica."""
    (cores, memory), _ = next(iter(deployment.procs.values()))
    resources = {
        "cpu": {"high": f"{cores:g}", "low": f"{cores / 2:g}"},
        "memory": {"high": f"{memory:g}Gi", "low": f"{memory / 2:g}Gi"},
    }
    tables.add(
        "deployment_config", deployment_id=deployment.id, config_template_id="helm-values", name="values",
        tag="default", config=json.dumps({"replicas": deployment.replicas, "resources": resources}, sort_keys=True),
    )
