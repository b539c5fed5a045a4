"""Applications, stacks, services and their processes."""

from dataclasses import dataclass

# application: (owning team, {stack: {service: (kind, tier, programming language)}})
APPLICATIONS = {
    "ecommerce": ("commerce", {
        "checkout": {
            "order-processor": ("transactional", 1, "rust"),
            "cart": ("api", 1, "go"),
            "pricing": ("api", 2, "kotlin"),
            "promotions": ("api", 3, "kotlin"),
        },
        "payments": {
            "gateway": ("transactional", 1, "rust"),
            "fraud-check": ("stream", 2, "python"),
            "ledger": ("transactional", 1, "kotlin"),
            "refunds": ("worker", 2, "kotlin"),
        },
        "catalog": {
            "product-api": ("api", 1, "go"),
            "search": ("api", 2, "rust"),
            "image-resizer": ("worker", 3, "go"),
        },
        "storefront": {
            "web": ("frontend", 1, "typescript"),
            "mobile-bff": ("api", 1, "typescript"),
            "recommendations": ("api", 3, "python"),
        },
    }),
    "identity": ("identity", {
        "accounts": {
            "account-api": ("api", 1, "go"),
            "session-store": ("stateful", 1, "rust"),
            "token-issuer": ("api", 1, "rust"),
        },
        "access": {
            "policy-engine": ("api", 2, "go"),
            "audit-sink": ("stream", 2, "go"),
        },
    }),
    "logistics": ("logistics", {
        "warehouse": {
            "stock-keeper": ("transactional", 1, "kotlin"),
            "pick-planner": ("worker", 2, "python"),
            "label-printer": ("edge", 2, "go"),
        },
        "shipping": {
            "carrier-gateway": ("api", 2, "kotlin"),
            "tracking": ("stream", 2, "kotlin"),
            "returns": ("api", 3, "kotlin"),
        },
    }),
    "customer-care": ("care", {
        "helpdesk": {
            "ticket-api": ("api", 3, "typescript"),
            "chat-relay": ("edge", 3, "typescript"),
        },
        "outreach": {
            "mailer": ("worker", 3, "go"),
            "survey": ("api", 4, "typescript"),
        },
    }),
    "analytics": ("insight", {
        "ingest": {
            "event-collector": ("stream", 2, "rust"),
            "stream-loader": ("stream", 3, "kotlin"),
        },
        "reporting": {
            "dashboard-api": ("api", 3, "python"),
            "cube-builder": ("batch", 3, "python"),
            "exporter": ("batch", 4, "python"),
        },
    }),
    "back-office": ("finance", {
        "finance": {
            "invoicing": ("worker", 2, "kotlin"),
            "tax-engine": ("api", 2, "kotlin"),
        },
        "merchandising": {
            "assortment-planner": ("batch", 4, "python"),
            "supplier-portal": ("frontend", 3, "typescript"),
        },
    }),
    "platform": ("platform", {
        "delivery": {
            "build-runner": ("worker", 3, "go"),
            "artifact-signer": ("api", 2, "rust"),
        },
        "observability": {
            "metrics-gateway": ("stream", 2, "go"),
            "log-shipper": ("edge", 2, "rust"),
            "alert-router": ("api", 1, "go"),
        },
        "mesh": {
            "edge-proxy": ("edge", 1, "rust"),
        },
    }),
}

# kind: {process: (CPU cores, GiB of memory) of one replica in production}
PROCS = {
    "transactional": {"server": (1.0, 2.0), "worker": (2.0, 4.0), "scheduler": (0.25, 0.5)},
    "api": {"server": (1.0, 1.0), "worker": (0.5, 1.0)},
    "frontend": {"server": (0.5, 1.0), "renderer": (1.0, 2.0)},
    "worker": {"worker": (1.0, 2.0), "scheduler": (0.25, 0.5)},
    "stream": {"consumer": (2.0, 4.0), "compactor": (0.5, 2.0)},
    "stateful": {"server": (2.0, 8.0), "replicator": (0.5, 1.0)},
    "batch": {"job": (4.0, 16.0), "scheduler": (0.25, 0.5)},
    "edge": {"proxy": (0.5, 0.5)},
}


@dataclass
class Service:
    """A service as the other modules need it."""

    id: str
    app: str
    stack: str
    name: str
    kind: str
    tier: int
    procs: dict


def build(tables):
    """Adds the catalog and returns the services by ID."""
    services = {}
    for app, (team, stacks) in APPLICATIONS.items():
        defaults = {"owner": f"team-{team}"}
        if app == "ecommerce":
            defaults["recon"] = {"spreadsheet_path": "/shared/docs/ecommerce-deployments.csv"}
        tables.add("application", id=app, defaults=defaults)
        for stack, members in stacks.items():
            owner = {"owner": f"team-{team}", "slack": f"#{app}-{stack}"}
            stack_id = tables.add("stack", application_id=app, name=stack, defaults=owner)
            for name, (kind, tier, language) in members.items():
                about = {"kind": kind, "language": language, "oncall": f"{team}-primary", "tier": tier}
                service_id = tables.add(
                    "service", stack_id=stack_id, name=name, artifact_name=f"{app}-{name}", defaults=about
                )
                procs = {}
                for proc, size in PROCS[kind].items():
                    ports = {"ports": {"http": 8080, "metrics": 9464}} if proc in ("server", "proxy") else None
                    procs[tables.add("proc", service_id=service_id, name=proc, defaults=ports)] = size
                services[service_id] = Service(service_id, app, stack, name, kind, tier, procs)
    return services
