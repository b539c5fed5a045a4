//! One key of a JSON field is set or removed, and its siblings stay: of every entity, also under several writers.

use futures_util::future::join_all;
use qairon::model::{Entity, Field, Kind};
use qairon_integration_tests::{Failure, Report, World};
use serde_json::{Value, json};
use tonic::Code;

use crate::stage::{Stage, entities, settable};

fn json_fields(entity: &Entity) -> impl Iterator<Item = &Field> {
    settable(entity).filter(|field| field.kind == Kind::Json)
}

/// Sets what the paths name to what the object has there.
async fn set(stage: &Stage, entity: &str, object: Value, paths: &[&str]) -> Result<Value, Failure> {
    let response = stage.client.update_with(entity, object, json!({ "update_mask": paths })).await?;
    Ok(response[entity].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_any_json_field_is_set_and_removed_beside_the_others() {
    let stage = Stage::set().await;
    let mut report = Report::new();
    for entity in entities() {
        for field in json_fields(entity) {
            let (name, json) = (&entity.name, &field.name);
            let mut world = World::new();
            let row = stage.factory.create_in(name, &mut world).await;
            let place = format!("{name}.{json}");
            let whole = json!({ "id": row.id(), json: { "team": { "name": "a", "size": 3 }, "tier": 1 } });
            let Some(before) = report.accepted(&place, stage.client.update(name, whole).await) else { continue };
            let change = json!({ "id": row.id(), json: { "team": { "name": "b" }, "new": { "deep": [1] } } });
            let paths = [format!("{json}.team.name"), format!("{json}.new.deep"), format!("{json}.tier")];
            let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
            let Some(after) = report.accepted(&place, set(&stage, name, change, &paths).await) else { continue };
            let wanted = json!({ "team": { "name": "b", "size": 3 }, "new": { "deep": [1] } });
            report.check(after[json] == wanted, &place, &after[json]);
            report.check(after["etag"] != before["etag"], &place, "the etag is the same");
            for other in settable(entity).filter(|other| other.number != field.number) {
                report.equal(&place, &after[&other.name], &before[other.name.as_str()]);
            }
        }
    }
    report.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_of_different_keys_keep_what_the_others_set() {
    let stage = Stage::set().await;
    let row = stage.factory.create("stack").await;
    let keys: Vec<String> = (0..40).map(|number| format!("key{number}")).collect();
    let writes = keys.iter().enumerate().map(|(number, key)| {
        let (stage, id) = (&stage, row.id());
        async move {
            let object = json!({ "id": id, "defaults": { "all": { key: number } } });
            set(stage, "stack", object, &[&format!("defaults.all.{key}")]).await
        }
    });
    for written in join_all(writes).await {
        written.expect("no writer is refused");
    }
    let after = stage.client.get("stack", row.id()).await.expect("it is there");
    let wanted: Value = keys.iter().enumerate().map(|(number, key)| (key.clone(), json!(number))).collect();
    assert_eq!(after["defaults"]["all"], wanted);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_set_is_refused_by_its_path_and_nothing_changes() {
    let stage = Stage::set().await;
    let mut report = Report::new();
    let row = stage.factory.create("stack").await;
    let before = json!({ "id": row.id(), "defaults": { "list": [1], "text": "t", "on": true, "nothing": null } });
    let before = stage.client.update("stack", before).await.expect("JSON");
    let object = |defaults: Value| json!({ "id": row.id(), "defaults": defaults });
    for (path, held) in [("list", "a list"), ("text", "a text"), ("on", "a boolean")] {
        for defaults in [json!({ path: { "below": 1 } }), json!({})] {
            let mask = format!("defaults.{path}.below");
            let refused = set(&stage, "stack", object(defaults), &[&mask]).await;
            let message = refused.as_ref().err().map(|failure| failure.message.clone()).unwrap_or_default();
            report.check(message.contains(&format!("`defaults.{path}` holds {held}")), path, &message);
            report.refused(path, refused, Code::FailedPrecondition, "RULE", &format!("defaults.{path}"));
        }
    }
    let long = format!("defaults.{}", vec!["a"; 26].join("."));
    for mask in ["defaults.", "defaults..a", "defaults.\"a", &long, "name.a", "etag.a", "nothing.a"] {
        let refused = set(&stage, "stack", object(json!({})), &[mask]).await;
        report.refused(mask, refused, Code::InvalidArgument, "UNKNOWN_FIELD", "update_mask");
    }
    let nan = set(&stage, "stack", object(json!({ "a": { "b": "\u{0}" } })), &["defaults.a.b"]).await;
    report.refused("a null character", nan, Code::InvalidArgument, "INVALID_VALUE", "defaults.a.b");
    let mut deep = json!(1);
    (0..22).for_each(|_| deep = json!([deep]));
    let deep = json!({ "a": { "b": { "c": { "d": deep } } } });
    let refused = set(&stage, "stack", object(deep), &["defaults.a.b.c.d"]).await;
    report.refused("too deep", refused, Code::InvalidArgument, "INVALID_VALUE", "defaults.a.b.c.d");
    let after = stage.client.get("stack", row.id()).await.expect("it is there");
    report.equal("unchanged", &after, &before);

    // Null is no value to keep, and a value to set.
    let set_null = object(json!({ "nothing": { "below": 1 }, "null": null }));
    let after = set(&stage, "stack", set_null, &["defaults.nothing.below", "defaults.null"]).await.expect("set");
    report.equal("null", &after["defaults"]["nothing"], &json!({ "below": 1 }));
    report.check(after["defaults"].get("null").is_some_and(Value::is_null), "null", &after["defaults"]);
    report.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn single_keys_do_not_add_up_to_more_than_an_object_may_have() {
    let stage = Stage::set().await;
    let row = stage.factory.create("stack").await;
    let half = "x".repeat(700 * 1024);
    let object = |key: &str| json!({ "id": row.id(), "defaults": { key: half } });
    set(&stage, "stack", object("a"), &["defaults.a"]).await.expect("it is small enough");
    set(&stage, "stack", object("b"), &["defaults.b"]).await.expect("it is small enough");
    let refused = set(&stage, "stack", object("c"), &["defaults.c"]).await.expect_err("too large");
    assert_eq!((refused.code, refused.reason.as_str()), (Code::FailedPrecondition, "RULE"), "{refused}");
    assert!(refused.message.contains("1.5 MiB"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn rehearsals_etags_and_missing_objects_are_as_with_fields() {
    let stage = Stage::set().await;
    let row = stage.factory.create("stack").await;
    let object = json!({ "id": row.id(), "etag": row.etag(), "defaults": { "a": 1 } });
    let mask = json!({ "update_mask": ["defaults.a"], "validate_only": true });
    let rehearsed = stage.client.update_with("stack", object.clone(), mask).await.expect("valid");
    assert_eq!(rehearsed["stack"]["defaults"]["a"], json!(1));
    assert_eq!(stage.client.get("stack", row.id()).await.expect("it is there"), row);
    set(&stage, "stack", object.clone(), &["defaults.a"]).await.expect("its etag");
    let outdated = set(&stage, "stack", object, &["defaults.a"]).await.expect_err("an old etag");
    assert_eq!(outdated.reason, "ETAG_MISMATCH");
    let missing = json!({ "id": format!("{}x", row.id()), "defaults": { "a": 1 } });
    let missing = set(&stage, "stack", missing, &["defaults.a"]).await.expect_err("there is none");
    assert_eq!(missing.reason, "NOT_FOUND");
}
