//! Declaring a dependency in one call, taking it back, and what is declared of an object.

use futures_util::future::join_all;
use qairon_integration_tests::{Failure, Report};
use serde_json::{Value, json};
use tonic::Code;

use crate::stage::Stage;

async fn declare(stage: &Stage, request: Value) -> Result<Value, Failure> {
    stage.client.call("DeclareDependency", request).await
}

async fn remove(stage: &Stage, request: Value) -> Result<Value, Failure> {
    stage.client.call("RemoveDependency", request).await
}

/// What is declared of an object: direction, resource, ID, case.
async fn declared(stage: &Stage, resource: &str, id: &str) -> Vec<[String; 4]> {
    let request = json!({ "resource": resource, "id": id });
    let messages = stage.client.stream("TraceDependencies", request).await.expect("a trace");
    let rows = messages.iter().flat_map(|message| message["rows"].as_array().expect("rows"));
    let text = |row: &Value, field: &str| {
        row[field].as_str().expect(field).trim_start_matches("DEPENDENCY_DIRECTION_").to_owned()
    };
    rows.map(|row| ["direction", "resource", "id", "dependency_case_id"].map(|field| text(row, field))).collect()
}

fn listed(objects: &Value) -> Vec<String> {
    let objects = objects.as_array().expect("objects").iter();
    objects
        .map(|object| {
            format!("{} {}", object["resource"].as_str().expect("a resource"), object["id"].as_str().expect("an ID"))
        })
        .collect()
}

/// A service and a network that it depends on.
async fn pair(stage: &Stage) -> (String, String, Value) {
    let (service, network) = (stage.factory.create("service").await, stage.factory.create("network").await);
    let (service, network) = (service.id().to_owned(), network.id().to_owned());
    let request = json!({ "resource": "service", "id": service, "related_resource": "network", "related_id": network });
    (service, network, request)
}

#[tokio::test(flavor = "multi_thread")]
async fn one_call_declares_and_one_takes_back() {
    let stage = Stage::set().await;
    let (service, network, request) = pair(&stage).await;
    let rows = stage.rows().await;
    let rehearsed =
        declare(&stage, qairon_integration_tests::merged(request.clone(), json!({ "validate_only": true }))).await;
    let done = declare(&stage, request.clone()).await.expect("declared");
    let relatable = format!("Service:{service}");
    let dependency = format!("service-on-network:{relatable}:default");
    let related = format!("Network:{dependency}:{network}");
    let created = [
        "dependency_case service-on-network".to_owned(),
        format!("relatable {relatable}"),
        format!("dependency {dependency}"),
        format!("related {related}"),
    ];
    assert_eq!(listed(&done["created"]), created);
    assert_eq!(listed(&rehearsed.expect("valid")["created"]), created);
    assert_eq!((&done["dependency"]["id"], &done["related"]["id"]), (&json!(dependency), &json!(related)));
    assert_eq!(stage.client.get("related", &related).await.expect("it is there").0, done["related"]);
    assert_eq!(stage.rows().await, rows + 4);

    // Again, and many at once: nothing more.
    let again = join_all((0..20).map(|_| declare(&stage, request.clone()))).await;
    for done in again {
        let done = done.expect("declared");
        assert_eq!((&done["dependency"]["id"], &done["created"]), (&json!(dependency), &json!([])));
    }
    assert_eq!(stage.rows().await, rows + 4);
    let row =
        |direction: &str, resource: &str, id: &str| [direction, resource, id, "service-on-network"].map(str::to_owned);
    assert_eq!(declared(&stage, "service", &service).await, [row("DEPENDS_ON", "network", &network)]);
    assert_eq!(declared(&stage, "network", &network).await, [row("NEEDED_BY", "service", &service)]);

    let gone = [format!("related {related}"), format!("dependency {dependency}"), format!("relatable {relatable}")];
    let removed = remove(&stage, request.clone()).await.expect("removed");
    assert_eq!(listed(&removed["affected"]["objects"]), gone);
    let nothing = remove(&stage, request.clone()).await.expect("nothing to remove");
    assert_eq!(nothing["affected"]["objects"], json!([]));
    assert_eq!(declared(&stage, "service", &service).await, Vec::<[String; 4]>::new());
    // The case stays.
    assert_eq!(stage.rows().await, rows + 1);
    stage.client.delete("service", &service).await.expect("nothing depends on it");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_declare_and_remove_at_once_and_nothing_is_half_there() {
    let stage = Stage::set().await;
    let (service, _, first) = pair(&stage).await;
    let mut requests = vec![first];
    for _ in 0..3 {
        let (_, network, _) = pair(&stage).await;
        requests.push(
            json!({ "resource": "service", "id": service, "related_resource": "network", "related_id": network }),
        );
    }
    for round in 0..5 {
        let calls = requests.iter().enumerate().flat_map(|(number, request)| {
            let stage = &stage;
            (0..4).map(move |turn| async move {
                match (number + turn + round) % 2 {
                    0 => declare(stage, request.clone()).await,
                    _ => remove(stage, request.clone()).await,
                }
            })
        });
        for called in join_all(calls).await {
            called.expect("neither is refused");
        }
    }
    for request in &requests {
        declare(&stage, request.clone()).await.expect("declared");
    }
    assert_eq!(declared(&stage, "service", &service).await.len(), requests.len());
    for request in &requests {
        remove(&stage, request.clone()).await.expect("removed");
    }
    for resource in ["related", "dependency", "relatable"] {
        assert_eq!(stage.client.list(resource, "").await.expect("a list").len(), 0, "{resource}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_case_is_the_named_one_or_the_only_one() {
    let stage = Stage::set().await;
    let mut report = Report::new();
    let (service, network, request) = pair(&stage).await;
    let case = |id: &str, related: &str, allowed: &str| json!({ "id": id, "relatable_type": "Service", "related_type": related, "allowed_relationship": allowed });
    stage.client.create("dependency_case", case("needs", "Network", "ALLOWED_RELATIONSHIP_OTO")).await.expect("a case");
    let done = declare(&stage, request.clone()).await.expect("declared");
    report.equal("the only case", &done["dependency"]["dependency_case_id"], &json!("needs"));
    // It allows one object, so another one is another dependency.
    let (_, other, _) = pair(&stage).await;
    let mut second = request.clone();
    second["related_id"] = json!(other);
    let refused = declare(&stage, second.clone()).await;
    report.refused("one to one", refused, Code::FailedPrecondition, "CARDINALITY", "");
    second["name"] = json!("second");
    report.accepted("another name", declare(&stage, second.clone()).await);
    report.equal("both", declared(&stage, "service", &service).await.len(), 2);

    stage.client.create("dependency_case", case("uses", "Network", "ALLOWED_RELATIONSHIP_OTM")).await.expect("a case");
    let refused = declare(&stage, request.clone()).await;
    let message = refused.as_ref().err().map(|failure| failure.message.clone()).unwrap_or_default();
    report.check(message.contains("`needs`, `uses`"), "two cases", &message);
    report.refused("two cases", refused, Code::FailedPrecondition, "RULE", "case_id");
    let mut named = request.clone();
    named["case_id"] = json!("uses");
    report.accepted("a named case", declare(&stage, named.clone()).await);
    let removed = remove(&stage, named).await.expect("removed");
    report.equal("of the named case", removed["affected"]["objects"].as_array().map(Vec::len), Some(2));
    let removed = remove(&stage, request.clone()).await.expect("removed");
    report.equal("of any", removed["affected"]["objects"].as_array().map(Vec::len), Some(2));
    let removed = remove(&stage, second).await.expect("removed");
    report.equal("the last", removed["affected"]["objects"].as_array().map(Vec::len), Some(3));

    stage.client.create("dependency_case", case("other", "Stack", "ALLOWED_RELATIONSHIP_OTM")).await.expect("a case");
    let with = |field: &str, value: &str| {
        let mut request = request.clone();
        request[field] = json!(value);
        request
    };
    for (request, code, reason, field) in [
        (with("case_id", "other"), Code::FailedPrecondition, "TYPE_MISMATCH", "case_id"),
        (with("case_id", "a:b"), Code::InvalidArgument, "INVALID_ID", "case_id"),
        (with("name", "a:b"), Code::InvalidArgument, "INVALID_NAME", "name"),
        (with("resource", "servcie"), Code::InvalidArgument, "INVALID_VALUE", "resource"),
        (with("id", "a"), Code::InvalidArgument, "INVALID_ID", "id"),
        (with("id", "a:b:c"), Code::NotFound, "NOT_FOUND", "id"),
        (with("related_id", ""), Code::InvalidArgument, "REQUIRED", "related_id"),
        (with("related_id", &format!("{network}x")), Code::NotFound, "NOT_FOUND", "related_id"),
    ] {
        let place = request.to_string();
        report.refused(format!("declare {place}"), declare(&stage, request.clone()).await, code, reason, field);
        if reason != "TYPE_MISMATCH" {
            report.refused(format!("remove {place}"), remove(&stage, request).await, code, reason, field);
        }
    }
    report.equal("nothing is left", stage.client.list("relatable", "").await.expect("a list").len(), 0);
    report.finish();
}
