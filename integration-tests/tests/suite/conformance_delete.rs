//! Deleting every entity: refused under dependents, with force the object and what depends on it, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use qairon_integration_tests::{Report, World};
use serde_json::json;
use tonic::Code;

use crate::snapshot::{Snapshot, fill, full_world};
use crate::stage::{Stage, entities};

#[tokio::test]
async fn an_object_with_dependents_stays_and_the_refusal_counts_them() {
    let stage = Stage::set().await;
    let (client, mut report) = (&stage.client, Report::new());
    let world = full_world(&stage.factory, client).await;
    let before = Snapshot::take(&stage.database).await;
    for entity in entities() {
        let name = &entity.name;
        let id = world.id(name).expect("made");
        let (dependents, links) = before.dependents(before.uid(name, id).expect("there"));
        if links == 0 && dependents.iter().all(|uid| before.is_bare(uid)) {
            continue;
        }
        let refused = client.delete(name, id).await;
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        dependents.iter().for_each(|uid| *counts.entry(before.objects[*uid].0).or_default() += 1);
        if let Err(failure) = &refused {
            for (entity, count) in counts {
                let part = format!("{count} × {}", entity.replace('_', " "));
                report.check(failure.message.contains(&part), name, format!("no `{part}` in: {failure}"));
            }
            let named = dependents.iter().any(|uid| failure.message.contains(&format!("`{}`", before.id(uid))));
            report.check(dependents.is_empty() || named, name, format!("none is named in: {failure}"));
            report.equal(name, failure.resource.clone(), Some((name.clone(), id.to_owned())));
        }
        report.refused(name, refused, Code::FailedPrecondition, "HAS_DEPENDENTS", "");
    }
    report.check(Snapshot::take(&stage.database).await == before, "all", "a refused deletion has changed something");
    report.finish();
}

#[tokio::test]
async fn force_deletes_what_depends_on_an_object_and_nothing_else() {
    let stage = Stage::set().await;
    let (client, mut report) = (&stage.client, Report::new());
    full_world(&stage.factory, client).await;
    let mut world = World::new();
    for entity in entities() {
        let name = &entity.name;
        fill(&mut world, &stage.factory, client).await;
        let before = Snapshot::take(&stage.database).await;
        let id = &world.id(name).expect("made").to_owned();
        let gone = before.closure(before.uid(name, id).expect("there"));
        let force = json!({ "force": true });
        let Some(response) = report.accepted(name, client.delete_with(name, id, force).await) else { continue };
        let after = Snapshot::take(&stage.database).await;

        // What is gone has no ID any more; what stays keeps its own, and loses optional references and links.
        let mut expected = BTreeSet::new();
        for uid in &gone {
            expected.insert((before.objects[uid].0, before.id(uid), "", "AFFECTED_EFFECT_DELETED", Vec::new()));
        }
        for (uid, (_, references)) in before.shape().iter().filter(|(uid, _)| !gone.contains(*uid)) {
            let mut fields: Vec<_> = references
                .iter()
                .filter(|(_, target, required)| !required && gone.contains(target))
                .map(|(field, ..)| (*field).to_owned())
                .collect();
            for link in &qairon::model().target(before.objects[uid].0).links {
                let lost = |(table, owner, target): &(String, _, _)| {
                    *table == link.table && owner == uid && gone.contains(target)
                };
                fields.extend(before.links.iter().any(lost).then(|| link.relation.clone()));
            }
            if !fields.is_empty() {
                let id = before.id(uid);
                expected.insert((before.objects[uid].0, id, id, "AFFECTED_EFFECT_UNLINKED", fields));
            }
        }
        let objects = response["affected"]["objects"].as_array().cloned().unwrap_or_default();
        let text = |object: &serde_json::Value, key: &str| object[key].as_str().unwrap_or_default().to_owned();
        let found: BTreeSet<_> = objects
            .iter()
            .map(|object| {
                let fields: Vec<String> = serde_json::from_value(object["fields"].clone()).unwrap_or_default();
                let [resource, id, new_id, effect] =
                    ["resource", "id", "new_id", "effect"].map(|key| text(object, key));
                (resource, id, new_id, effect, fields)
            })
            .collect();
        let found: BTreeSet<_> = found
            .iter()
            .map(|(name, id, new, effect, fields)| (&**name, &**id, &**new, &**effect, fields.clone()))
            .collect();
        report.equal(format!("{name}: affected"), &found, &expected);
        let counts = response["affected"]["counts"].as_array().cloned().unwrap_or_default();
        let counted: BTreeMap<_, _> = counts
            .iter()
            .map(|count| ((text(count, "resource"), text(count, "effect")), count["count"].as_u64().expect("a number")))
            .collect();
        let mut wanted: BTreeMap<_, u64> = BTreeMap::new();
        expected.iter().for_each(|(name, _, _, effect, _)| {
            *wanted.entry(((*name).to_owned(), (*effect).to_owned())).or_default() += 1;
        });
        report.equal(format!("{name}: counts"), &counted, &wanted);
        report.equal(format!("{name}: first"), objects.first().map(|object| text(object, "id")), Some(id.to_owned()));
        let missing: BTreeSet<_> =
            before.objects.keys().filter(|uid| !after.objects.contains_key(*uid)).cloned().collect();
        report.equal(format!("{name}: gone"), &missing, &gone);

        // What stays is as it was, but that optional references to what is gone are unset.
        let (mut old, new) = (before.shape(), after.shape());
        old.retain(|uid, _| !gone.contains(uid));
        old.values_mut()
            .for_each(|(_, references)| references.retain(|(_, target, required)| *required || !gone.contains(target)));
        report.check(old == new, name, "what stays has changed");
        let links: BTreeSet<_> = before
            .links
            .iter()
            .filter(|(_, owner, target)| !gone.contains(owner) && !gone.contains(target))
            .cloned()
            .collect();
        report.equal(format!("{name}: links"), &after.links, &links);
        for (entity, id) in gone.iter().map(|uid| (before.objects[uid].0, before.id(uid))) {
            if world.id(entity) == Some(id) {
                world.forget(entity);
            }
        }
    }
    report.finish();
}

#[tokio::test]
async fn an_object_without_dependents_goes_alone() {
    let stage = Stage::set().await;
    let (client, mut report) = (&stage.client, Report::new());
    for entity in entities() {
        let name = &entity.name;
        let row = stage.factory.create(name).await;
        let rows = stage.rows().await;
        let response = client.delete(name, row.id()).await;
        let alone = json!([{
            "resource": name, "id": row.id(), "new_id": "", "effect": "AFFECTED_EFFECT_DELETED", "fields": []
        }]);
        report.equal(name, response.map(|response| response["affected"]["objects"].clone()), Ok(alone));
        // The links that it owns go with it: a fleet has that to its home.
        let homes = entity.links.iter().filter(|link| link.home.is_some()).count();
        report.equal(name, rows - stage.rows().await, 1 + i64::try_from(homes).expect("a few"));
        report.refused(name, client.get(name, row.id()).await, Code::NotFound, "NOT_FOUND", "");
        let again = client.create(name, json!(comparable(&row.0, entity))).await;
        report.accepted(format!("{name} again"), again);
    }
    report.finish();
}

#[tokio::test]
async fn what_was_declared_of_an_object_goes_with_it_when_it_relates_it_to_nothing() {
    let stage = Stage::set().await;
    let (client, mut report) = (&stage.client, Report::new());
    let names = |entity: &qairon::model::Entity| entity.fields.iter().any(|field| field.object_of.is_some());
    for entity in entities().iter().filter(|entity| !names(entity)) {
        let name = &entity.name;
        let (one, other) = (stage.factory.create(name).await, stage.factory.create(name).await);
        let case = json!({
            "id": format!("{name}-case"), "relatable_type": entity.type_name, "related_type": entity.type_name,
            "allowed_relationship": "ALLOWED_RELATIONSHIP_OTM"
        });
        let case = client.create("dependency_case", case).await.expect("a case");
        let relatable = json!({ "relatable_type": entity.type_name, "object_id": one.id() });
        let relatable = client.create("relatable", relatable).await.expect("a relatable");
        let dependency = json!({ "relatable_id": relatable.id(), "dependency_case_id": case.id(), "name": "d" });
        let dependency = client.create("dependency", dependency).await.expect("a dependency");
        let related = json!({
            "dependency_id": dependency.id(), "related_type": entity.type_name, "object_id": other.id()
        });
        let related = client.create("related", related).await.expect("a related");
        for id in [one.id(), other.id()] {
            let refused = client.delete(name, id).await;
            report.refused(name, refused, Code::FailedPrecondition, "HAS_DEPENDENTS", "");
        }
        client.delete("related", related.id()).await.expect("it goes");
        let Some(response) = report.accepted(name, client.delete(name, one.id()).await) else { continue };
        let gone: Vec<&str> = response["affected"]["objects"]
            .as_array()
            .expect("objects")
            .iter()
            .map(|object| object["id"].as_str().expect("an ID"))
            .collect();
        report.equal(name, gone, vec![one.id(), relatable.id(), dependency.id()]);
        report.accepted(name, client.delete(name, other.id()).await);
    }
    report.finish();
}

/// What callers set of an object.
fn comparable(row: &serde_json::Value, entity: &qairon::model::Entity) -> serde_json::Value {
    let mut object = json!({});
    for field in entity.fields.iter().filter(|field| field.is_settable() || field.number == 1) {
        if !row[&field.name].is_null() {
            object[&field.name] = row[&field.name].clone();
        }
    }
    object
}
