//! Loading what may exist already.

use qairon::model::{Kind, Verb};
use qairon::v1::LoadOptions;
use qairon_integration_tests::{Row, World};
use serde_json::{Map, Value, json};

use super::super::stage::{Stage, entities};
use super::{counts, each, loaded, message, packed, with};

fn upsert(paths: &[&str]) -> LoadOptions {
    let mask = prost_types::FieldMask { paths: paths.iter().map(|path| (*path).to_owned()).collect() };
    LoadOptions { upsert: true, update_mask: Some(mask), ..Default::default() }
}

fn build(number: i64, vcs_ref: &str, defaults: Value) -> prost_types::Any {
    packed("build", json!({ "service_id": "a:s:v", "build_num": number, "vcs_ref": vcs_ref, "defaults": defaults }))
}

/// A service to build for.
async fn service(stage: &Stage) {
    let objects = vec![
        packed("application", json!({ "id": "a" })),
        packed("stack", json!({ "application_id": "a", "name": "s" })),
        packed("service", json!({ "stack_id": "a:s", "name": "v" })),
    ];
    assert_eq!(counts(&loaded(&stage.server, vec![message(objects)]).await), [3, 0, 0, 0]);
}

async fn builds(stage: &Stage) -> Vec<Row> {
    stage.client.list("build", "").await.expect("a list")
}

#[tokio::test]
async fn only_what_differs_is_written() {
    let stage = Stage::set().await;
    service(&stage).await;
    let first = (1..=40).map(|n| build(n, "x", json!({ "n": n }))).collect();
    assert_eq!(counts(&loaded(&stage.server, with(upsert(&[]), vec![first])).await), [40, 0, 0, 0]);
    let before = builds(&stage).await;
    // A tenth differs, and there are new ones, one of them twice.
    let mut second: Vec<_> =
        (1..=40).map(|n| build(n, if n % 10 == 0 { "y" } else { "x" }, json!({ "n": n }))).collect();
    second.extend([build(41, "x", json!({})), build(42, "x", json!({})), build(42, "z", json!({ "m": 1 }))]);
    let (one, two) = second.split_at(21);
    let rehearsal = LoadOptions { validate_only: true, ..upsert(&[]) };
    let messages = || vec![one.to_vec(), two.to_vec()];
    assert_eq!(counts(&loaded(&stage.server, with(rehearsal, messages())).await), [2, 5, 36, 0]);
    assert_eq!(builds(&stage).await, before, "a rehearsal writes nothing");
    assert_eq!(counts(&loaded(&stage.server, with(upsert(&[]), messages())).await), [2, 5, 36, 0]);
    let after = builds(&stage).await;
    for row in &before {
        let now = after.iter().find(|now| now.id() == row.id()).expect("it stays");
        let changed = row["build_num"].as_i64().expect("a number") % 10 == 0;
        assert_eq!(now == row, !changed, "{now:?} and {row:?}");
        assert_eq!(now.text("vcs_ref"), if changed { "y" } else { "x" });
        assert_eq!(now["last_updated_at"].is_null(), !changed);
    }
    let last = after.iter().find(|row| row["build_num"] == 42).expect("it is new");
    assert_eq!((last.text("vcs_ref"), &last["defaults"]), ("z", &json!({ "m": 1 })));
    // The same again changes nothing; the duplicate changes back and forth.
    assert_eq!(counts(&loaded(&stage.server, with(upsert(&[]), messages())).await), [0, 2, 41, 0]);
}

#[tokio::test]
async fn a_mask_sets_what_it_names_and_nothing_else() {
    let stage = Stage::set().await;
    service(&stage).await;
    loaded(&stage.server, vec![message(vec![build(1, "x", json!({ "n": 1 })), build(2, "x", json!({ "n": 2 }))])])
        .await;
    let objects = vec![build(1, "y", json!({})), build(2, "y", json!({ "n": 2 })), build(3, "y", json!({ "n": 3 }))];
    let done = loaded(&stage.server, with(upsert(&["defaults", "build_num"]), vec![objects.clone()])).await;
    assert_eq!(counts(&done), [1, 1, 1, 0]);
    let shown: Vec<_> =
        builds(&stage).await.iter().map(|row| (row.text("vcs_ref").to_owned(), row["defaults"].clone())).collect();
    let wanted = [("x", json!({})), ("x", json!({ "n": 2 })), ("y", json!({ "n": 3 }))];
    assert_eq!(shown, wanted.map(|(text, value)| (text.to_owned(), value)));
    // Without fields to set, what exists is left alone.
    assert_eq!(counts(&loaded(&stage.server, with(upsert(&["id"]), vec![objects.clone()])).await), [0, 0, 3, 0]);
    // What a mask names and an entity does not have is an error of each object.
    let done =
        loaded(&stage.server, with(LoadOptions { atomicity: each().atomicity, ..upsert(&["cidr"]) }, vec![objects]))
            .await;
    assert_eq!((counts(&done), done.errors[0].reason.as_str()), ([0, 0, 0, 3], "UNKNOWN_FIELD"));
    // An object can be found by its ID when it is not enough to be created.
    let by_id = |id: &str| packed("build", json!({ "id": id, "vcs_ref": "w" }));
    let options = LoadOptions { atomicity: each().atomicity, ..upsert(&[]) };
    let done = loaded(&stage.server, with(options, vec![vec![by_id("a:s:v:1"), by_id("a:s:v:9")]])).await;
    assert_eq!(counts(&done), [0, 1, 0, 1]);
    assert_eq!((done.errors[0].index, done.errors[0].reason.as_str()), (1, "REQUIRED"));
    assert_eq!(builds(&stage).await[0].text("vcs_ref"), "w");
}

#[tokio::test]
async fn every_entity_can_be_loaded_again() {
    let stage = Stage::set().await;
    let mut world = World::new();
    for entity in entities() {
        stage.factory.object_in(&entity.name, &mut world).await;
    }
    for entity in entities() {
        let name = &entity.name;
        let row = stage.client.get(name, world.id(name).expect("one of each")).await.expect("a row");
        let settable = entity.fields.iter().filter(|field| field.is_settable() || field.number == 1);
        let values = settable.map(|field| (field.name.clone(), row[&field.name].clone()));
        let object: Map<String, Value> = values.filter(|(_, value)| !value.is_null()).collect();
        let again = || vec![vec![packed(name, object.clone().into())]];
        for mask in [&[][..], &["*"]] {
            let done = loaded(&stage.server, with(upsert(mask), again())).await;
            assert_eq!(counts(&done), [0, 0, 1, 0], "{name}: {done:?}");
        }
        assert_eq!(stage.client.get(name, row.id()).await.expect("a row"), row, "{name} keeps its etag");
        // Every field that can change does, and is refused as an update would refuse it.
        for field in entity.fields.iter().filter(|field| field.is_settable() && field.number != 1) {
            if entity.id_fields.contains(&field.name) {
                continue;
            }
            let other = match field.kind {
                // Types are set once, and the factory knows one alone.
                Kind::EntityType => entities()[entities().len() - 1].type_name.clone().into(),
                _ => stage.factory.other_value(entity, field, &world).await,
            };
            let mut changed = object.clone();
            changed.insert(field.name.clone(), other);
            let request = json!({ name: changed.clone(), "update_mask": [field.name.clone()], "validate_only": true });
            let updated = stage.client.standard(entity, Verb::Update, request).await;
            let options = LoadOptions { validate_only: true, ..upsert(&[&field.name]) };
            let done = loaded(&stage.server, with(options, vec![vec![packed(name, changed.into())]])).await;
            match updated {
                Ok(_) => assert_eq!(counts(&done), [0, 1, 0, 0], "{name}.{}: {done:?}", field.name),
                Err(failure) => {
                    let told = done.errors.first().map(|error| (error.reason.clone(), error.message.clone()));
                    assert_eq!(told, Some((failure.reason, failure.message)), "{name}.{}", field.name);
                }
            }
        }
    }
}
