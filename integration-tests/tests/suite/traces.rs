//! The traces that follow the well-known relations: where a service runs, its neighbours, and where its binary is.

mod delivery;
mod path;
mod streams;

use qairon_integration_tests::{Client, find_entity};
use serde_json::{Value, json};
use tonic::Code;

use crate::organisation::{Organisation, random_organisation};
use crate::stage::{Stage, entities, unknown_id};

/// All rows of a trace.
pub async fn rows(client: &Client, method: &str, request: Value) -> Vec<Value> {
    let messages = client.stream(method, request.clone()).await;
    rows_of(&messages.unwrap_or_else(|failure| panic!("{method} {request}: {failure}")))
}

/// The rows of messages.
pub fn rows_of(messages: &[Value]) -> Vec<Value> {
    messages.iter().flat_map(|message| message["rows"].as_array().cloned().unwrap_or_default()).collect()
}

fn related(organisation: &Organisation, entity: &str, relation: &str, id: &str) -> Vec<String> {
    let entity = find_entity(entity);
    let relation = entity.relation(relation).unwrap_or_else(|| panic!("no {relation} of {}", entity.name));
    let mut ids = organisation.related(entity, relation, id);
    ids.sort();
    ids
}

fn only(organisation: &Organisation, entity: &str, relation: &str, id: &str) -> String {
    related(organisation, entity, relation, id).remove(0)
}

#[tokio::test]
async fn infrastructure_and_neighbors_are_what_the_relations_say() {
    let stage = Stage::set().await;
    let organisation = random_organisation(&stage, 3).await;
    let mut compared = 0;
    for service in organisation.ids("service") {
        let mut wanted = Vec::new();
        for deployment in related(&organisation, "service", "deployments", &service) {
            let target = only(&organisation, "deployment", "deployment_target", &deployment);
            let partition = only(&organisation, "deployment_target", "partition", &target);
            let region = only(&organisation, "partition", "region", &partition);
            let provider = only(&organisation, "region", "provider", &region);
            let environment = only(&organisation, "provider", "environment", &provider);
            let fleets = related(&organisation, "deployment_target", "fleets", &target);
            compared += 1 + fleets.len();
            wanted.push(json!({
                "id": deployment, "deployment_target_id": target, "fleet_ids": fleets, "partition_id": partition,
                "region_id": region, "provider_id": provider, "environment_id": environment,
            }));
        }
        let request = json!({ "service_id": service });
        assert_eq!(rows(&stage.client, "TraceInfrastructure", request).await, wanted, "{service}");
    }
    assert!(compared > organisation.ids("service").len(), "there was something to compare");
    let mut neighbors = 0;
    for deployment in organisation.ids("deployment") {
        let target = only(&organisation, "deployment", "deployment_target", &deployment);
        let mut wanted = Vec::new();
        for other in related(&organisation, "deployment_target", "deployments", &target) {
            if other != deployment {
                let row = stage.client.get("deployment", &other).await.expect("a deployment");
                wanted.push(json!({
                    "id": other, "deployment_target_id": target, "service_id": row["service_id"], "tag": row["tag"],
                    "current_release_id": row["current_release_id"],
                }));
            }
        }
        neighbors += wanted.len();
        let found = rows(&stage.client, "TraceNeighbors", json!({ "deployment_id": deployment })).await;
        // A field that is unset may be left out.
        let same = found
            .iter()
            .zip(&wanted)
            .all(|(found, wanted)| wanted.as_object().into_iter().flatten().all(|(name, value)| found[name] == *value));
        assert!(same && found.len() == wanted.len(), "{deployment}: {found:?} instead of {wanted:?}");
    }
    assert!(neighbors > 0, "some deployments share a target");
}

#[tokio::test]
async fn what_is_not_there_or_makes_no_sense_is_refused() {
    let stage = Stage::set().await;
    let unknown = |entity: &str| unknown_id(find_entity(entity));
    let (service, deployment) = (unknown("service"), unknown("deployment"));
    let (artifact, release) = (unknown("build_artifact"), unknown("release"));
    let application = stage.factory.create("application").await.id().to_owned();
    let nowhere = json!({ "from_resource": "application", "from_id": application, "to_resource": "stack" });
    let path = |field: &str, value: Value| {
        let mut request = nowhere.clone();
        request["to_id"] = unknown("stack").into();
        request[field] = value;
        request
    };
    let cases = [
        ("TraceInfrastructure", json!({ "service_id": service }), "NOT_FOUND", ""),
        ("TraceInfrastructure", json!({ "service_id": "x" }), "INVALID_ID", "service_id"),
        ("TraceInfrastructure", json!({}), "REQUIRED", "service_id"),
        (
            "TraceInfrastructure",
            json!({ "service_id": service, "resume_token": "?" }),
            "INVALID_PAGE_TOKEN",
            "resume_token",
        ),
        ("TraceNeighbors", json!({ "deployment_id": deployment }), "NOT_FOUND", ""),
        ("TraceNeighbors", json!({ "deployment_id": "a::b" }), "INVALID_ID", "deployment_id"),
        ("TraceProvenance", json!({ "deployment_id": deployment }), "NOT_FOUND", ""),
        ("TraceProvenance", json!({ "deployment_id": deployment, "release_id": "x" }), "INVALID_ID", "release_id"),
        ("TraceProvenance", json!({ "deployment_id": deployment, "release_id": release }), "NOT_FOUND", ""),
        ("TraceProvenance", json!({ "release_id": release }), "REQUIRED", "deployment_id"),
        ("TraceLineage", json!({ "resource": "build_artifact", "id": artifact }), "NOT_FOUND", ""),
        ("TraceLineage", json!({ "resource": "release_artifact", "id": artifact }), "INVALID_ID", "id"),
        ("TraceLineage", json!({ "resource": "build", "id": "a:b:c:1" }), "INVALID_VALUE", "resource"),
        ("TraceLineage", json!({ "resource": "artifact", "id": "x" }), "INVALID_VALUE", "resource"),
        ("TraceBuilds", json!({}), "REQUIRED", "vcs_ref"),
        ("TraceBuilds", json!({ "vcs_ref": "abc", "prefix": true }), "INVALID_VALUE", "vcs_ref"),
        ("TraceBuilds", json!({ "vcs_ref": "x".repeat(2001) }), "VALUE_TOO_LARGE", "vcs_ref"),
        ("TraceBuilds", json!({ "vcs_ref": "a\0bcd" }), "INVALID_VALUE", "vcs_ref"),
        ("TracePath", path("from_resource", "stak".into()), "INVALID_VALUE", "from_resource"),
        ("TracePath", path("to_id", "x".into()), "INVALID_ID", "to_id"),
        ("TracePath", path("to_id", unknown("stack").into()), "NOT_FOUND", ""),
        ("TracePath", path("max_length", 33.into()), "OUT_OF_RANGE", "max_length"),
        ("TracePath", path("max_length", (-1).into()), "OUT_OF_RANGE", "max_length"),
        ("TracePath", path("max_paths", 101.into()), "OUT_OF_RANGE", "max_paths"),
    ];
    for (method, request, reason, field) in cases {
        let streams = matches!(method, "TraceInfrastructure" | "TraceNeighbors" | "TraceBuilds");
        let failure = if streams {
            stage.client.stream(method, request.clone()).await.expect_err("refused")
        } else {
            stage.client.call(method, request.clone()).await.expect_err("refused")
        };
        let code = if reason == "NOT_FOUND" { Code::NotFound } else { Code::InvalidArgument };
        let told = failure.fields.first().map(String::as_str).unwrap_or_default();
        assert_eq!((failure.code, failure.reason.as_str(), told), (code, reason, field), "{method} {request}");
        assert_eq!(failure.flaws(), Vec::<String>::new(), "{method} {request}: {failure}");
        assert_eq!(failure.resource.is_some(), reason == "NOT_FOUND", "{method} {request} names what is not there");
    }
}

/// Every entity has objects between which a path can be requested, with any form of IDs.
#[tokio::test]
async fn every_entity_has_ways() {
    let stage = Stage::set().await;
    for entity in entities() {
        let id = stage.factory.create(&entity.name).await.id().to_owned();
        let request = json!({ "from_resource": entity.name, "from_id": id, "to_resource": entity.name, "to_id": id });
        let answer = stage.client.call("TracePath", request).await.expect("an object and itself");
        let step = json!({ "relation": "", "resource": entity.name, "id": id });
        assert_eq!(answer, json!({ "paths": [{ "steps": [step] }], "truncated": false }));
    }
}
