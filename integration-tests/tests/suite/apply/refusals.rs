//! Bundles with refused objects: every error is reported, and nothing changes.

use qairon::v1::{ApplyOptions, BulkObject};
use qairon_integration_tests::{Database, Failure, Server};
use serde_json::json;
use tonic::Code;

use super::bundle::{apply, masked, object, rehearse_and_apply, try_apply};
use crate::stage::Stage;

#[tokio::test]
async fn every_refusal_is_told_and_nothing_changes() {
    let stage = Stage::set().await;
    let known = [
        object("application", json!({ "id": "a" })),
        object(
            "dependency_case",
            json!({
                "id": "case", "relatable_type": "Stack", "related_type": "Stack",
                "allowed_relationship": "ALLOWED_RELATIONSHIP_OTO"
            }),
        ),
    ];
    assert_eq!(apply(&stage.server, ApplyOptions::default(), known.to_vec()).await.counts(), [2, 0, 0, 0]);
    let rows = stage.rows().await;
    let stack = |value| object("stack", value);
    let any = prost_types::Any { type_url: "type.googleapis.com/qairon.v1.Nothing".to_owned(), value: vec![] };
    let cases: Vec<(BulkObject, (i32, &str, &str))> = vec![
        (BulkObject { object: Some(any), ..Default::default() }, (3, "INVALID_VALUE", "object")),
        (BulkObject::default(), (3, "INVALID_VALUE", "object")),
        (stack(json!({ "application_id": "nobody", "name": "s" })), (5, "REFERENCE_NOT_FOUND", "application_id")),
        (stack(json!({ "application_id": "a", "name": "b c" })), (3, "INVALID_NAME", "name")),
        (stack(json!({ "name": "s" })), (3, "REQUIRED", "application_id")),
        (stack(json!({ "id": "a:s", "application_id": "a", "name": "t" })), (3, "INVALID_ID", "id")),
        (stack(json!({ "id": "a:missing" })), (3, "REQUIRED", "application_id")),
        (stack(json!({ "id": "a" })), (3, "INVALID_ID", "id")),
        (object("application", json!({})), (3, "REQUIRED", "id")),
        (masked("application", json!({ "id": "a" }), &["colour"]), (3, "UNKNOWN_FIELD", "fields")),
        (object("dependency_case", json!({ "id": "case", "relatable_type": "Service" })), (9, "", "")),
        (stack(json!({ "application_id": "a", "name": "twice" })), (0, "", "")),
        (stack(json!({ "id": "a:twice" })), (3, "INVALID_VALUE", "object")),
        // Those that need what is refused are refused with it.
        (object("service", json!({ "stack_id": "a:s", "name": "v" })), (5, "REFERENCE_NOT_FOUND", "stack_id")),
    ];
    let objects: Vec<BulkObject> = cases.iter().map(|(object, _)| object.clone()).collect();
    let done = rehearse_and_apply(&stage.server, ApplyOptions::default(), objects).await;
    let mut told = done.errors.iter();
    for (index, (_, (code, reason, field))) in cases.iter().enumerate().filter(|(_, (_, (code, ..)))| *code != 0) {
        let error = told.next().unwrap_or_else(|| panic!("nothing is reported for {index}: {done:?}"));
        assert_eq!(error.index, i64::try_from(index).expect("few"), "{error:?}");
        if *code == 9 {
            let change = json!({ "id": "case", "relatable_type": "Service" });
            let failure = stage.client.update("dependency_case", change).await.expect_err("an update is refused");
            assert_eq!((error.code, &error.message), (failure.code as i32, &failure.message));
            assert_eq!(error.reason, "IMMUTABLE");
            continue;
        }
        assert_eq!((error.code, error.reason.as_str(), error.field.as_str()), (*code, *reason, *field), "{error:?}");
        assert!(error.field.is_empty() || error.message.contains('`'), "{error:?}");
    }
    assert_eq!(told.next(), None);
    assert!(done.errors.iter().any(|error| error.message.contains("is object 11 of the bundle already")), "{done:?}");
    let summary = &done.summary;
    assert_eq!((done.changes.len(), done.counts(), summary.refused, summary.committed), (0, [0; 4], 13, false));
    assert_eq!(stage.rows().await, rows);
}

#[tokio::test]
async fn more_refusals_than_are_told_are_counted() {
    let stage = Stage::set().await;
    let lost = |number: usize| object("stack", json!({ "application_id": "nobody", "name": format!("s{number}") }));
    let mut objects: Vec<BulkObject> = (0..1200).map(lost).collect();
    objects.push(object("application", json!({ "id": "a" })));
    let done = apply(&stage.server, ApplyOptions::default(), objects).await;
    assert_eq!((done.errors.len(), done.summary.refused, done.summary.committed), (1000, 1200, false));
    assert!(done.errors.iter().map(|error| error.index).eq(0..1000));
    assert_eq!(stage.rows().await, 0);
}

#[tokio::test]
async fn a_bundle_beyond_the_limit_is_refused_with_the_remedy() {
    let database = Database::new().await;
    let server = Server::start(&database, &["--max-apply-objects", "10"]).await;
    let applications = |count: usize| (0..count).map(|n| object("application", json!({ "id": format!("a{n}") })));
    let done = apply(&server, ApplyOptions::default(), applications(10).collect()).await;
    assert_eq!(done.counts(), [10, 0, 0, 0]);
    let status = try_apply(&server, ApplyOptions::default(), applications(11).collect()).await.expect_err("too many");
    let failure = Failure::new(&status);
    assert_eq!((failure.code, failure.reason.as_str()), (Code::ResourceExhausted, "TOO_MANY_AFFECTED"));
    assert!(failure.message.contains("--max-apply-objects"), "{failure:?}");
    assert_eq!(database.number("SELECT count(*) FROM application").await, 10);
}

#[tokio::test]
async fn big_values_come_in_messages_that_clients_take() {
    let stage = Stage::set().await;
    let text = |letter: &str| letter.repeat(1_000_000);
    let template = |number: usize, letter: &str| {
        let defaults = json!({ "text": text("z") });
        let id = format!("t{number}");
        object("config_template", json!({ "id": id, "language_id": "l", "doc": text(letter), "defaults": defaults }))
    };
    let mut objects: Vec<BulkObject> = Vec::new();
    for letter in ["x", "\u{1}"] {
        for number in 0..3 {
            objects = vec![object("language", json!({ "id": "l" })), template(number, letter)];
            let done = apply(&stage.server, ApplyOptions::default(), objects.clone()).await;
            assert_eq!(done.errors, []);
            let fields = &done.changes.last().expect("a change").fields;
            assert!(fields.iter().any(|field| field.field == "doc"), "a change is reported with all its fields");
        }
    }
    assert_eq!(apply(&stage.server, ApplyOptions::default(), objects).await.counts(), [0, 0, 2, 0]);
}
