//! The reported changes, and that nothing else changes.

use std::collections::BTreeMap;

use qairon::v1::{ApplyOptions, BulkObject, ChangeKind};
use qairon_integration_tests::World;
use serde_json::{Value, json};

use super::bundle::{applied, apply, masked, object};
use crate::stage::{Stage, entities, settable};

/// A value as qcli shows it: enums by their labels.
fn shown(value: &Value) -> String {
    let label =
        value.as_str().and_then(|text| text.strip_prefix("WATERMARK_").or(text.strip_prefix("ALLOWED_RELATIONSHIP_")));
    label.map_or_else(|| value.to_string(), |label| json!(label).to_string())
}

#[tokio::test]
async fn every_field_of_every_entity_is_set_and_told() {
    let stage = Stage::set().await;
    for entity in entities() {
        let mut world = World::new();
        let row = stage.factory.create_in(&entity.name, &mut world).await;
        for field in settable(entity).filter(|field| !entity.id_fields.contains(&field.name) && !field.immutable) {
            // A release of another deployment would not do.
            if field.name == "current_release_id" {
                continue;
            }
            let other = stage.factory.other_value(entity, field, &world).await;
            let present = stage.client.get(&entity.name, row.id()).await.expect("a row");
            if other == present[&field.name] {
                continue;
            }
            let object = object(&entity.name, json!({ "id": row.id(), &field.name: other }));
            let done = apply(&stage.server, ApplyOptions::default(), vec![object]).await;
            if let [error] = done.errors.as_slice() {
                // The rules between objects apply, as for an Update.
                let change = json!({ "id": row.id(), &field.name: other });
                let failure = stage.client.update(&entity.name, change).await.expect_err("an update is refused too");
                assert_eq!(error.message, failure.message, "{}.{}", entity.name, field.name);
                continue;
            }
            let before = present[&field.name].clone();
            let before = if before.is_null() { String::new() } else { shown(&before) };
            let told = [format!("{}.{}", entity.name, field.name), before, shown(&other)];
            let [change] = done.changes.as_slice() else { panic!("{told:?}: {done:?}") };
            let [told_field] = change.fields.as_slice() else { panic!("{told:?}: {done:?}") };
            let name = format!("{}.{}", change.resource, told_field.field);
            assert_eq!([name, told_field.before.clone(), told_field.after.clone()], told);
            let after = stage.client.get(&entity.name, row.id()).await.expect("a row");
            assert_eq!(after[&field.name], other, "{told:?}");
        }
    }
}

#[tokio::test]
async fn exactly_the_changes_are_told_and_a_rehearsal_tells_the_same() {
    let stage = Stage::set().await;
    let mut random = fastrand::Rng::with_seed(3);
    let service = |number: usize, artifact: &str, tier: u64| {
        let name = format!("v{number}");
        object(
            "service",
            json!({ "stack_id": "a:s", "name": name, "artifact_name": artifact, "defaults": { "tier": tier } }),
        )
    };
    let mut objects = vec![
        object("application", json!({ "id": "a" })),
        object("stack", json!({ "application_id": "a", "name": "s" })),
    ];
    objects.extend((0..400).map(|number| service(number, "x", 1)));
    assert_eq!(applied(&stage.server, ApplyOptions::default(), objects.clone()).await.counts(), [402, 0, 0, 0]);

    let mut expected = BTreeMap::new();
    for number in 0..400 {
        let (artifact, tier) = (["x", "y"][random.usize(..2)], random.u64(1..3));
        objects[number + 2] = service(number, artifact, tier);
        let mut fields = Vec::new();
        if artifact != "x" {
            fields.push(("artifact_name", "\"x\"".to_owned(), "\"y\"".to_owned()));
        }
        if tier != 1 {
            fields.push(("defaults", "{\"tier\":1}".to_owned(), "{\"tier\":2}".to_owned()));
        }
        if !fields.is_empty() {
            expected.insert(format!("a:s:v{number}"), fields);
        }
    }
    let done = applied(&stage.server, ApplyOptions::default(), objects).await;
    let changed = i64::try_from(expected.len()).expect("few");
    assert_eq!(done.counts(), [0, changed, 402 - changed, 0]);
    let told: BTreeMap<String, Vec<(&str, String, String)>> = done
        .changes
        .iter()
        .map(|change| {
            assert_eq!((change.kind(), change.resource.as_str()), (ChangeKind::Update, "service"));
            let fields = change.fields.iter().map(|f| (f.field.as_str(), f.before.clone(), f.after.clone()));
            (change.id.clone(), fields.collect())
        })
        .collect();
    assert_eq!(told, expected);
}

#[tokio::test]
async fn a_mask_clears_and_without_one_what_is_unset_stays() {
    let stage = Stage::set().await;
    let whole = json!({ "stack_id": "a:s", "name": "v", "artifact_name": "x", "defaults": { "b": 1.5, "a": [null] } });
    let parents = [("application", json!({ "id": "a" })), ("stack", json!({ "application_id": "a", "name": "s" }))];
    let mut objects: Vec<BulkObject> = parents.map(|(entity, value)| object(entity, value)).into();
    objects.insert(0, object("service", whole));
    let first = applied(&stage.server, ApplyOptions::default(), objects).await;
    let told = [
        "create application a",
        "create stack a:s application_id=\"a\" name=\"s\"",
        "create service a:s:v stack_id=\"a:s\" name=\"v\" artifact_name=\"x\" defaults={\"a\":[null],\"b\":1.5}",
    ];
    assert_eq!(first.told(), told);

    let bare = json!({ "stack_id": "a:s", "name": "v" });
    let left = applied(&stage.server, ApplyOptions::default(), vec![object("service", bare.clone())]).await;
    assert_eq!(left.counts(), [0, 0, 1, 0]);
    let done = applied(&stage.server, ApplyOptions::default(), vec![masked("service", bare, &["artifact_name"])]).await;
    assert_eq!(done.changes[0].fields.len(), 1);
    assert_eq!((&*done.changes[0].fields[0].before, &*done.changes[0].fields[0].after), ("\"x\"", ""));
    // By its ID alone, and everything that a caller can set.
    let done = masked("service", json!({ "id": "a:s:v", "stack_id": "a:s", "name": "v" }), &["*"]);
    let done = applied(&stage.server, ApplyOptions::default(), vec![done]).await;
    assert_eq!(done.told(), ["update service a:s:v defaults={\"a\":[null],\"b\":1.5}→{}"]);
}

#[tokio::test]
async fn what_changes_makes_room_for_what_is_new_whichever_comes_first() {
    let stage = Stage::set().await;
    let mut world = World::new();
    let partition = stage.factory.create_in("partition", &mut world).await.id().to_owned();
    let network = |cidr: &str| object("network", json!({ "partition_id": partition, "name": "n", "cidr": cidr }));
    let subnet = |name: &str, cidr: &str| {
        let network = format!("{partition}:n");
        object("subnet", json!({ "network_id": network, "name": name, "cidr": cidr }))
    };
    let objects = vec![network("10.0.0.0/24"), subnet("a", "10.0.0.0/26"), subnet("b", "10.0.0.64/26")];
    assert_eq!(applied(&stage.server, ApplyOptions::default(), objects).await.counts(), [3, 0, 0, 0]);
    // Wider, for a new subnet; and one moves away for another.
    let objects = vec![subnet("c", "10.0.0.0/26"), subnet("a", "10.0.8.0/26"), network("10.0.0.0/16")];
    assert_eq!(applied(&stage.server, ApplyOptions::default(), objects).await.counts(), [1, 2, 0, 0]);
    // Narrower, which only the subnet that moves in makes possible.
    let objects = vec![network("10.0.0.0/23"), subnet("a", "10.0.1.0/26")];
    assert_eq!(applied(&stage.server, ApplyOptions::default(), objects).await.counts(), [0, 2, 0, 0]);
}
