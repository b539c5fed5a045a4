"""Dependencies that are not in the hierarchy: what calls what, what replaces what on failure."""

# case: (type that depends, type it depends on, OTO or OTM, what it means)
CASES = {
    "service-calls": ("Service", "Service", "OTM", "calls at run time"),
    "stack-needs": ("Stack", "Stack", "OTM", "must be up first after an outage"),
    "deployment-failover": ("Deployment", "Deployment", "OTO", "traffic goes there when this one is down"),
    "target-failover": ("DeploymentTarget", "DeploymentTarget", "OTO", "workloads move there when this one is lost"),
    "network-peering": ("Network", "Network", "OTM", "routes to"),
    "repo-mirror": ("Repo", "Repo", "OTM", "is copied to"),
}

CALLS = {
    "ecommerce:storefront:web": ["ecommerce:catalog:product-api", "ecommerce:catalog:search", "ecommerce:checkout:cart",
                                 "ecommerce:storefront:recommendations", "identity:accounts:token-issuer"],
    "ecommerce:storefront:mobile-bff": ["ecommerce:catalog:product-api", "ecommerce:catalog:search",
                                        "ecommerce:checkout:cart", "identity:accounts:token-issuer"],
    "ecommerce:storefront:recommendations": ["analytics:ingest:event-collector", "ecommerce:catalog:product-api"],
    "ecommerce:checkout:cart": ["ecommerce:checkout:pricing", "identity:accounts:session-store"],
    "ecommerce:checkout:pricing": ["ecommerce:checkout:promotions", "back-office:finance:tax-engine"],
    "ecommerce:checkout:order-processor": ["ecommerce:checkout:pricing", "ecommerce:payments:gateway",
                                           "logistics:warehouse:stock-keeper", "logistics:shipping:carrier-gateway",
                                           "customer-care:outreach:mailer"],
    "ecommerce:payments:gateway": ["ecommerce:payments:fraud-check", "ecommerce:payments:ledger"],
    "ecommerce:payments:refunds": ["ecommerce:payments:gateway", "ecommerce:payments:ledger"],
    "ecommerce:catalog:search": ["ecommerce:catalog:product-api"],
    "identity:accounts:account-api": ["identity:accounts:session-store", "identity:access:audit-sink"],
    "identity:accounts:token-issuer": ["identity:accounts:session-store", "identity:access:policy-engine"],
    "logistics:warehouse:pick-planner": ["logistics:warehouse:stock-keeper", "logistics:warehouse:label-printer"],
    "logistics:shipping:tracking": ["logistics:shipping:carrier-gateway", "customer-care:outreach:mailer"],
    "logistics:shipping:returns": ["ecommerce:payments:refunds", "logistics:warehouse:stock-keeper"],
    "customer-care:helpdesk:ticket-api": ["identity:accounts:account-api", "logistics:shipping:tracking"],
    "analytics:reporting:dashboard-api": ["identity:accounts:token-issuer"],
    "analytics:reporting:cube-builder": ["analytics:ingest:stream-loader"],
    "analytics:ingest:stream-loader": ["analytics:ingest:event-collector"],
    "back-office:finance:invoicing": ["back-office:finance:tax-engine", "ecommerce:payments:ledger"],
    "back-office:merchandising:supplier-portal": ["identity:accounts:token-issuer"],
    "platform:delivery:build-runner": ["platform:delivery:artifact-signer"],
    "platform:mesh:edge-proxy": ["ecommerce:storefront:mobile-bff", "ecommerce:storefront:web"],
}


def build(tables, services, targets, deployments):
    for case, (relatable_type, related_type, allowed, meaning) in CASES.items():
        tables.add(
            "dependency_case", id=case, relatable_type=relatable_type, related_type=related_type,
            allowed_relationship=allowed, defaults={"meaning": meaning},
        )
    for caller, called in CALLS.items():
        relate(tables, "service-calls", caller, "runtime", called)
    for stack, needed in stacks_needed(services).items():
        relate(tables, "stack-needs", stack, "recovery", needed)
    failovers(tables, targets, deployments)
    peerings(tables)
    for repo, mirrors in repo_mirrors(tables).items():
        relate(tables, "repo-mirror", repo, "images", mirrors)


def relate(tables, case, object_id, name, others):
    """Relates an object to others; all of them must be in the tables by now."""
    relatable_type, related_type, _, _ = CASES[case]
    relatable_id = tables.ensure("relatable", relatable_type=relatable_type, object_id=object_id)
    dependency_id = tables.add("dependency", dependency_case_id=case, relatable_id=relatable_id, name=name)
    for other in others:
        tables.add("related", dependency_id=dependency_id, related_type=related_type, object_id=other)


def stacks_needed(services):
    """A stack needs the other stacks that its services call."""
    needed = {}
    for caller, called in CALLS.items():
        own = f"{services[caller].app}:{services[caller].stack}"
        for other in (f"{services[callee].app}:{services[callee].stack}" for callee in called):
            known = needed.setdefault(own, [])
            if other not in (own, *known):
                known.append(other)
    return {stack: others for stack, others in needed.items() if others}


def failovers(tables, targets, deployments):
    """Production in the United States fails over to Europe, one warehouse hall to the other."""
    pairs = [
        ("prod/us-east-1a/main-cluster", "prod/eu-west-1a/main-cluster"),
        ("prod/us-east-1a/edge-cluster", "prod/eu-west-1a/edge-cluster"),
        ("prod/us-east-1b/main-cluster", "prod/us-east-1c/main-cluster"),
        ("prod/us-east-1a/batch", "prod/eu-west-1a/batch"),
        ("prod/hall-a/warehouse", "prod/hall-b/warehouse"),
    ]
    for place, standby in pairs:
        target_id, standby_id = targets[place].id, targets[standby].id
        relate(tables, "target-failover", target_id, "standby", [standby_id])
        for deployment in list(deployments.values()):
            other = f"{standby_id}:{deployment.service.id}:default"
            if deployment.id == f"{target_id}:{deployment.service.id}:default" and other in deployments:
                relate(tables, "deployment-failover", deployment.id, "standby", [other])


def peerings(tables):
    """The main networks of an account are peered with each other, each pair named once."""
    by_account = {}
    for network_id in tables.rows["network"]:
        if network_id.endswith(":main-vpc"):
            by_account.setdefault(tuple(network_id.split(":")[:3]), []).append(network_id)
    for networks in by_account.values():
        for place, network_id in enumerate(networks[:-1]):
            relate(tables, "network-peering", network_id, "routes", networks[place + 1:])


def repo_mirrors(tables):
    """Images are built into ecr; the repos of the same name in other registries are copies."""
    mirrors = {}
    for repo_id, repo in tables.rows["repo"].items():
        if repo["repo_type_id"] in ("gar", "acr", "harbor"):
            mirrors.setdefault(f"ecr:{repo['name']}", []).append(repo_id)
    return mirrors
