//! The answers to a list of bad requests, each with its code, its reason, the invalid fields and its message.

use std::fmt::Write;

use qairon_integration_tests::{Client, Database, Report, Server};
use serde_json::{Value, json};

/// What there is before the first bad request.
async fn create_objects(client: &Client) {
    let objects = [
        ("application", json!({ "id": "app" })),
        ("stack", json!({ "application_id": "app", "name": "stack" })),
        ("service", json!({ "stack_id": "app:stack", "name": "web" })),
        ("service", json!({ "stack_id": "app:stack", "name": "api" })),
        ("build", json!({ "service_id": "app:stack:web", "build_num": 1, "vcs_ref": "v1" })),
        ("build", json!({ "service_id": "app:stack:api", "build_num": 1, "vcs_ref": "v1" })),
        ("environment", json!({ "id": "prod" })),
        ("provider_type", json!({ "id": "aws" })),
        ("provider", json!({ "environment_id": "prod", "provider_type_id": "aws", "native_id": "1" })),
        ("region", json!({ "provider_id": "prod:aws:1", "name": "east" })),
        ("region", json!({ "provider_id": "prod:aws:1", "name": "west" })),
        ("zone", json!({ "region_id": "prod:aws:1:west", "name": "a" })),
        ("partition", json!({ "region_id": "prod:aws:1:east", "name": "p" })),
        ("network", json!({ "partition_id": "prod:aws:1:east:p", "name": "net", "cidr": "10.0.0.0/30" })),
        ("subnet", json!({ "network_id": "prod:aws:1:east:p:net", "name": "s", "cidr": "10.0.0.0/31" })),
        ("deployment_target_type", json!({ "id": "kube" })),
        (
            "deployment_target",
            json!({ "partition_id": "prod:aws:1:east:p", "deployment_target_type_id": "kube", "name": "main" }),
        ),
        ("fleet_type", json!({ "provider_type_id": "aws", "name": "node" })),
        ("fleet", json!({ "deployment_target_id": TARGET, "fleet_type_id": "aws:node", "name": "f" })),
        ("deployment", json!({ "deployment_target_id": TARGET, "service_id": "app:stack:web" })),
        ("deployment", json!({ "deployment_target_id": TARGET, "service_id": "app:stack:web", "tag": "blue" })),
        (
            "release",
            json!({ "deployment_id": format!("{TARGET}:app:stack:web:blue"), "build_id": "app:stack:web:1", "build_num": 1 }),
        ),
        ("allocation_type", json!({ "id": "cpu", "unit": "cores" })),
        (
            "dependency_case",
            json!({ "id": "one", "relatable_type": "Application", "related_type": "Service", "allowed_relationship": "ALLOWED_RELATIONSHIP_OTO" }),
        ),
        ("relatable", json!({ "relatable_type": "Application", "object_id": "app" })),
        ("relatable", json!({ "relatable_type": "Stack", "object_id": "app:stack" })),
        ("dependency", json!({ "dependency_case_id": "one", "relatable_id": "Application:app", "name": "d" })),
        (
            "related",
            json!({ "dependency_id": "one:Application:app:d", "related_type": "Service", "object_id": "app:stack:web" }),
        ),
    ];
    for (entity, object) in objects {
        client.create(entity, object.clone()).await.unwrap_or_else(|failure| panic!("{entity} {object}: {failure}"));
    }
}

const TARGET: &str = "prod:aws:1:east:p:kube:main";
const FLEET: &str = "prod:aws:1:east:p:kube:main:aws:node:f";
const NETWORK: &str = "prod:aws:1:east:p:net";

fn bad_requests() -> Vec<(&'static str, Value)> {
    let deployment = format!("{TARGET}:app:stack:web:default");
    let subnet = |cidr: &str| json!({ "subnet": { "network_id": NETWORK, "name": "t", "cidr": cidr } });
    let relate = |kind: &str, object: &str| json!({ "related": { "dependency_id": "one:Application:app:d", "related_type": kind, "object_id": object } });
    let request_id = |id: &str| json!({ "application": { "id": "new" }, "request_id": id });
    vec![
        // Reads.
        ("GetApplication", json!({})),
        ("GetApplication", json!({ "id": "nowhere" })),
        ("GetApplication", json!({ "id": "a b" })),
        ("GetStack", json!({ "id": "app" })),
        ("GetStack", json!({ "id": "app:stack", "read_mask": ["colour"] })),
        ("BatchGetStacks", json!({ "ids": ["app:stack", "app:nowhere"] })),
        ("BatchGetStacks", json!({ "ids": [] })),
        ("ListStacks", json!({ "page_size": -1 })),
        ("ListStacks", json!({ "page_token": "garbage" })),
        ("ListStacks", json!({ "filter": "name = " })),
        ("ListStacks", json!({ "filter": "colour = \"red\"" })),
        ("ListBuilds", json!({ "filter": "build_num = \"many\"" })),
        ("ListStacks", json!({ "order_by": "colour desc" })),
        ("ListStacks", json!({ "skip": -1 })),
        // Creates.
        ("CreateApplication", json!({})),
        ("CreateApplication", json!({ "application": {} })),
        ("CreateApplication", json!({ "application": { "id": "a:b" } })),
        ("CreateApplication", json!({ "application": { "id": "app" } })),
        ("CreateApplication", request_id("not a UUID \u{1}")),
        ("CreateStack", json!({ "stack": { "application_id": "app" } })),
        ("CreateStack", json!({ "stack": { "application_id": "app", "name": "" } })),
        ("CreateStack", json!({ "stack": { "application_id": "app", "name": "n".repeat(254) } })),
        ("CreateStack", json!({ "stack": { "application_id": "nowhere", "name": "s" } })),
        ("CreateStack", json!({ "stack": { "application_id": "app", "name": "stack" } })),
        ("CreateBuild", json!({ "build": { "service_id": "app:stack:web", "build_num": -1, "vcs_ref": "v" } })),
        ("CreateCapacity", json!({ "capacity": { "fleet_id": FLEET, "allocation_type_id": "cpu", "value": "NaN" } })),
        (
            "CreateDependencyCase",
            json!({ "dependency_case": { "id": "c", "relatable_type": "stack", "related_type": "Stack", "allowed_relationship": "ALLOWED_RELATIONSHIP_OTO" } }),
        ),
        (
            "CreateDependencyCase",
            json!({ "dependency_case": { "id": "c", "relatable_type": "Stack", "related_type": "Stack", "allowed_relationship": 7 } }),
        ),
        // Rules.
        ("CreateSubnet", subnet("10.0.0.1/30")),
        ("CreateSubnet", subnet("10.0.1.0/31")),
        ("CreateSubnet", subnet("10.0.0.1/32")),
        ("AllocateSubnet", json!({ "network_id": NETWORK, "additional_mask_bits": 0, "name": "all" })),
        ("AllocateSubnet", json!({ "network_id": NETWORK, "additional_mask_bits": 9, "name": "t" })),
        ("UpdateNetwork", json!({ "network": { "id": NETWORK, "cidr": "10.0.0.2/31" } })),
        (
            "CreateRelease",
            json!({ "release": { "deployment_id": deployment, "build_id": "app:stack:api:1", "build_num": 1 } }),
        ),
        (
            "UpdateDeployment",
            json!({ "deployment": { "id": deployment, "current_release_id": format!("{TARGET}:app:stack:web:blue:1") } }),
        ),
        (
            "PromoteDeployment",
            json!({ "source_id": deployment, "destination_id": format!("{TARGET}:app:stack:web:blue") }),
        ),
        ("AddDeploymentZone", json!({ "deployment_id": deployment, "zone_id": "prod:aws:1:west:a" })),
        ("AddDeploymentZone", json!({ "deployment_id": deployment, "zone_id": "prod:aws:1:west:b" })),
        ("RemoveFleetDeploymentTarget", json!({ "fleet_id": FLEET, "deployment_target_id": TARGET })),
        ("CreateRelatable", json!({ "relatable": { "relatable_type": "Stack", "object_id": "app:nowhere" } })),
        (
            "CreateDependency",
            json!({ "dependency": { "dependency_case_id": "one", "relatable_id": "Stack:app:stack", "name": "d" } }),
        ),
        ("CreateRelated", relate("Stack", "app:stack")),
        ("CreateRelated", relate("Service", "app:stack:api")),
        // Changes and deletions.
        ("UpdateStack", json!({ "stack": { "id": "app:nowhere", "name": "s" } })),
        ("UpdateStack", json!({ "stack": { "id": "app:stack", "name": "s" }, "update_mask": ["colour"] })),
        ("UpdateStack", json!({ "stack": { "id": "app:stack" }, "update_mask": ["name"] })),
        ("UpdateStack", json!({ "stack": { "id": "app:stack", "name": "s", "etag": "old" } })),
        ("UpdateDependencyCase", json!({ "dependency_case": { "id": "one", "related_type": "Stack" } })),
        ("DeleteApplication", json!({ "id": "app" })),
        ("DeleteApplication", json!({ "id": "nowhere" })),
        ("DeleteService", json!({ "id": "app:stack:web", "etag": "old" })),
    ]
}

/// Every answer. None of the requests changes anything, so their order does not matter.
pub async fn answers() -> String {
    let database = Database::new().await;
    let server = Server::start(&database, &[]).await;
    let client = server.client();
    create_objects(&client).await;
    let mut report = Report::new();
    let mut text = String::new();
    for (method, request) in bad_requests() {
        let answer = client.call(method, request.clone()).await;
        let shown = request.to_string().replace(&"n".repeat(254), "<254 bytes>");
        let Err(failure) = answer else {
            report.check(false, format!("{method} {shown}"), "accepted");
            continue;
        };
        for flaw in failure.flaws() {
            report.check(false, format!("{method} {shown}"), format!("{flaw}: {failure}"));
        }
        report.check(true, method, "");
        let fields = if failure.fields.is_empty() { String::new() } else { format!(" {}", failure.fields.join(", ")) };
        let resource = failure.resource.map(|(kind, name)| format!(" [{kind} {name}]")).unwrap_or_default();
        let message = failure.message.replace(&"n".repeat(254), "<254 bytes>");
        writeln!(text, "{method} {shown}\n  {:?} {}{fields}{resource}\n  {message}\n", failure.code, failure.reason)
            .expect("a text takes what is written to it");
    }
    report.finish();
    text
}
