//! Renaming and moving every entity: the object, everything below it, its links and what names it.

use std::collections::{BTreeMap, BTreeSet};

use qairon::model::{Entity, Field, Kind};
use qairon_integration_tests::{Report, Row, World};
use serde_json::{Value, json};

use crate::snapshot::{Snapshot, full_world};
use crate::stage::{Stage, entities};

/// Moves that violate rules in a world where everything is connected: the entity's field and the reason.
const REFUSED_MOVES: [(&str, &str, &str); 7] = [
    // Zones and deployments that are linked are in one region.
    ("zone", "region_id", "ISOLATION"),
    ("partition", "region_id", "ISOLATION"),
    // A fleet and all its deployment targets are in one partition.
    ("deployment_target", "partition_id", "ISOLATION"),
    // Releases are of builds of the deployment's service, and its procs of that service.
    ("build", "service_id", "SERVICE_MISMATCH"),
    ("proc", "service_id", "SERVICE_MISMATCH"),
    ("deployment", "service_id", "SERVICE_MISMATCH"),
    // The current release is the deployment's own.
    ("release", "deployment_id", "FOREIGN_RELEASE"),
];

#[tokio::test]
async fn a_rename_takes_everything_along() {
    let stage = Stage::set().await;
    let mut report = Report::new();
    let world = full_world(&stage.factory, &stage.client).await;
    // What does not belong to the world stays as it is.
    full_world(&stage.factory, &stage.client).await;
    let first = Snapshot::take(&stage.database).await;
    let uids: BTreeMap<&str, String> = entities()
        .iter()
        .map(|entity| {
            let id = world.id(&entity.name).expect("made");
            (
                entity.name.as_str(),
                first.uid(&entity.name, id).unwrap_or_else(|| panic!("{} {id}", entity.name)).clone(),
            )
        })
        .collect();
    for entity in entities() {
        for field in parts(entity) {
            let before = Snapshot::take(&stage.database).await;
            let mut world = World::new();
            uids.iter().for_each(|(entity, uid)| world.put(entity, before.id(uid)));
            rekey(&stage, &mut report, entity, field, &world, &uids[entity.name.as_str()]).await;
        }
    }
    report.finish();
}

/// The parts of an entity's ID that can change; `None` is a whole ID that callers give.
fn parts(entity: &Entity) -> Vec<Option<&Field>> {
    if entity.id_is_given() {
        return vec![None];
    }
    let fields = entity.id_fields.iter().filter_map(|name| entity.field(name));
    fields.filter(|field| !field.immutable && field.kind != Kind::EntityType).map(Some).collect()
}

async fn rekey(stage: &Stage, report: &mut Report, entity: &Entity, field: Option<&Field>, world: &World, uid: &str) {
    let Stage { client, factory, database, .. } = stage;
    let name = &entity.name;
    let id = world.id(name).expect("made").to_owned();
    let place = format!("{name}.{}", field.map_or("id", |field| &field.name));
    let (object, options) = match field {
        None => (json!({ "id": id }), json!({ "new_id": factory.name() })),
        Some(field) => (json!({ "id": id, &field.name: factory.other_value(entity, field, world).await }), json!({})),
    };
    let before = Snapshot::take(database).await;
    let mut validating = options.clone();
    validating["validate_only"] = true.into();
    let dry = client.update_with(name, object.clone(), validating).await;
    report.check(Snapshot::take(database).await == before, &place, "validate_only has changed something");
    let real = client.update_with(name, object, options).await;
    let after = Snapshot::take(database).await;
    let affected =
        |result: &Result<Value, _>| result.as_ref().map(|response| response["affected"].clone()).map_err(Clone::clone);
    report.equal(format!("{place}: the validated answer"), affected(&dry), affected(&real));
    let refusal = REFUSED_MOVES.iter().find(|(of, by, _)| of == name && field.is_some_and(|field| field.name == *by));
    let response = match real {
        Ok(response) => response,
        Err(failure) => {
            let expected = refusal.is_some_and(|(.., reason)| *reason == failure.reason);
            report.check(expected && failure.flaws().is_empty(), &place, &failure);
            report.check(after == before, &place, "a refused change has changed something");
            return;
        }
    };
    report.check(refusal.is_none(), &place, "a move was not refused");

    // The ID of exactly those objects has changed that the answer names, and to what it says.
    let changed: BTreeSet<(String, String, String)> = before
        .objects
        .keys()
        .filter(|uid| before.id(uid) != after.id(uid))
        .map(|uid| (before.objects[uid].0.to_owned(), before.id(uid).to_owned(), after.id(uid).to_owned()))
        .collect();
    let told = response["affected"]["objects"].as_array().cloned().unwrap_or_default();
    let told: BTreeSet<_> = told
        .iter()
        .map(|object| ["resource", "id", "new_id"].map(|key| object[key].as_str().unwrap_or_default().to_owned()))
        .map(|[resource, id, new_id]| (resource, id, new_id))
        .collect();
    report.equal(format!("{place}: affected"), &told, &changed);
    let effects = response["affected"]["objects"].as_array().into_iter().flatten().map(|object| &object["effect"]);
    report.check(effects.into_iter().all(|effect| *effect == "AFFECTED_EFFECT_RENAMED"), &place, "another effect");
    report.check(!changed.is_empty(), &place, "no ID has changed");
    let mut counts: BTreeMap<&str, i64> = BTreeMap::new();
    changed.iter().for_each(|(resource, ..)| *counts.entry(resource).or_default() += 1);
    let counted: Vec<_> = counts
        .iter()
        .map(|(resource, count)| json!({ "resource": resource, "count": count, "effect": "AFFECTED_EFFECT_RENAMED" }))
        .collect();
    report.equal(format!("{place}: counts"), &response["affected"]["counts"], &json!(counted));
    report.equal(&place, response[name]["id"].as_str(), Some(after.id(uid)));
    report.equal(&place, client.get(name, after.id(uid)).await, Ok(Row(response[name].clone())));

    // Everything else is what it was, and refers to what it referred to.
    let (mut old, mut new) = (before.shape(), after.shape());
    for shape in [&mut old, &mut new] {
        let (row, references) = shape.get_mut(uid).expect("the object is there");
        if let Some(field) = field {
            row.as_object_mut().expect("a row").remove(&field.name);
            references.retain(|(of, ..)| *of != field.name);
        }
    }
    let differing: Vec<_> =
        old.iter().filter(|(uid, shape)| new.get(*uid) != Some(shape)).map(|(uid, _)| before.id(uid)).collect();
    report.check(
        old.len() == new.len() && differing.is_empty(),
        &place,
        format!("other objects have changed: {differing:?}"),
    );
    // A fleet that moves to another home is linked to that instead.
    let homes = |snapshot: &Snapshot| {
        let moved_home = entity
            .links
            .iter()
            .find(|link| link.home.is_some() && field.is_some_and(|field| link.home.as_ref() == Some(&field.name)));
        let kept = snapshot
            .links
            .iter()
            .filter(|(table, owner, _)| moved_home.is_none_or(|link| *table != link.table || owner != uid));
        kept.cloned().collect::<BTreeSet<_>>()
    };
    report.equal(format!("{place}: links"), homes(&after), homes(&before));
}
