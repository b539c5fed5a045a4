//! A whole organisation, taken from one database and applied to another.

use std::collections::BTreeMap;

use fastrand::Rng;
use qairon::model::Entity;
use qairon::v1::{ApplyOptions, BulkObject, LinkSet};
use qairon_integration_tests::Row;
use serde_json::{Map, Value};

use super::bundle::{applied, apply, object};
use crate::organisation::{Organisation, random_organisation};
use crate::stage::{Stage, entities, settable};

/// What callers set of an object, and the ID where they give it.
fn content(entity: &Entity, row: &Row) -> Value {
    let given = entity.fields.iter().filter(|field| field.number == 1 && entity.id_is_given());
    let fields = given.chain(settable(entity)).map(|field| (field.name.clone(), row[&field.name].clone()));
    fields.collect::<Map<_, _>>().into()
}

async fn rows(stage: &Stage) -> BTreeMap<(String, String), Row> {
    let mut all = BTreeMap::new();
    for entity in entities() {
        for row in stage.client.list(&entity.name, "").await.expect("a list") {
            all.insert((entity.name.clone(), row.id().to_owned()), row);
        }
    }
    all
}

fn contents(rows: &BTreeMap<(String, String), Row>) -> BTreeMap<&(String, String), Value> {
    rows.iter().map(|(key, row)| (key, content(qairon::model().target(&key.0), row))).collect()
}

async fn links(stage: &Stage) -> Vec<Vec<Option<String>>> {
    let mut all = Vec::new();
    for link in entities().iter().flat_map(|entity| &entity.links) {
        let sql =
            format!("SELECT '{}', {}, {} FROM {0} ORDER BY 2, 3", link.table, link.owner_column, link.target_column);
        all.extend(stage.database.query(&sql).await);
    }
    all
}

/// Everything, with links listed by their owners.
fn bundle(organisation: &Organisation, rows: &BTreeMap<(String, String), Row>) -> Vec<BulkObject> {
    let objects = rows.iter().map(|((name, id), row)| {
        let entity = qairon::model().target(name);
        let owned = entity.links.iter().map(|link| {
            let relation = entity.relation(&link.relation).expect("a relation");
            LinkSet { relation: link.relation.clone(), ids: organisation.related(entity, relation, id) }
        });
        BulkObject { links: owned.collect(), ..object(name, content(entity, row)) }
    });
    objects.collect()
}

#[tokio::test]
async fn an_organisation_arrives_whole_in_any_order_and_then_nothing_differs() {
    let (source, target) = tokio::join!(Stage::set(), Stage::set());
    let organisation = random_organisation(&source, 11).await;
    let before = rows(&source).await;
    let mut objects = bundle(&organisation, &before);
    let count = i64::try_from(objects.len()).expect("a few objects");
    assert!(count > 100, "too few to be meaningful");

    Rng::with_seed(5).shuffle(&mut objects);
    let first = applied(&target.server, ApplyOptions::default(), objects.clone()).await;
    assert_eq!(first.counts(), [count, 0, 0, 0]);
    let arrived = rows(&target).await;
    assert_eq!(contents(&arrived), contents(&before));
    assert_eq!(links(&target).await, links(&source).await);
    let late = arrived.values().filter(|row| row["current_release_id"].is_string());
    assert!(late.count() > 0, "no deployment has a release to set late");

    // Applied once more, there and where it came from, in another order: nothing differs, and not one etag moves.
    Rng::with_seed(6).shuffle(&mut objects);
    for (stage, known) in [(&target, &arrived), (&source, &before)] {
        let again = applied(&stage.server, ApplyOptions::default(), objects.clone()).await;
        assert_eq!((again.counts(), again.changes), ([0, 0, count, 0], Vec::new()));
        assert_eq!(&rows(stage).await, known);
    }
}

#[tokio::test]
async fn objects_that_name_each_other_come_in_an_order_that_works() {
    let stage = Stage::set().await;
    let chain = |number: usize| {
        let (kind, id) = match number {
            0 => ("Application".to_owned(), "a".to_owned()),
            number => ("Relatable".to_owned(), format!("{}Application:a", "Relatable:".repeat(number - 1))),
        };
        object("relatable", serde_json::json!({ "relatable_type": kind, "object_id": id }))
    };
    let mut objects: Vec<BulkObject> = (0..6).rev().map(chain).collect();
    objects.push(object("application", serde_json::json!({ "id": "a" })));
    let done = apply(&stage.server, ApplyOptions::default(), objects.clone()).await;
    assert_eq!(done.errors, []);
    assert_eq!(done.counts(), [7, 0, 0, 0]);
    assert_eq!(apply(&stage.server, ApplyOptions::default(), objects).await.counts(), [0, 0, 7, 0]);
}
