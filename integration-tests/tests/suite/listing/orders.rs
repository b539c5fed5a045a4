//! Orders: by own fields, over references, and what pages make of them.

use qairon::model::{Entity, Field, Kind};
use qairon_integration_tests::{Report, World};
use serde_json::json;
use tonic::Code;

use super::some;
use crate::stage::{Stage, entities};

fn orderable(entity: &Entity) -> impl Iterator<Item = &Field> {
    entity.fields.iter().filter(|field| field.is_column() && field.kind != Kind::Json)
}

#[tokio::test]
async fn every_field_orders_both_ways_and_pages_follow_the_order() {
    let stage = Stage::set().await;
    let (client, mut report) = (&stage.client, Report::new());
    for entity in entities() {
        let name = &entity.name;
        some(&stage, entity).await;
        for field in orderable(entity) {
            for direction in ["", " desc"] {
                let order_by = format!("{}{direction}", field.name);
                let sql = format!("SELECT id FROM \"{name}\" ORDER BY \"{}\"{direction}, id", field.name);
                let wanted: Vec<String> =
                    stage.database.query(&sql).await.into_iter().filter_map(|mut row| row.remove(0)).collect();
                for page_size in [2, 1000] {
                    let listed = client.list_with(name, json!({ "order_by": order_by, "page_size": page_size })).await;
                    let found = listed.map(|rows| rows.iter().map(|row| row.id().to_owned()).collect::<Vec<_>>());
                    report.equal(format!("{name} by {order_by} in pages of {page_size}"), found, Ok(wanted.clone()));
                }
            }
        }
        let several = "last_updated_at desc, created_at asc, uid desc";
        let sql = format!("SELECT id FROM \"{name}\" ORDER BY {several}, id");
        let wanted: Vec<String> =
            stage.database.query(&sql).await.into_iter().filter_map(|mut row| row.remove(0)).collect();
        let listed = client.list_with(name, json!({ "order_by": several, "page_size": 2 })).await;
        report.equal(
            format!("{name} by {several}"),
            listed.map(|rows| rows.iter().map(|row| row.id().to_owned()).collect()),
            Ok(wanted),
        );
        for bad in [
            "no_such",
            "id asc desc",
            "id,",
            "id id",
            "id, id",
            "defaults",
            "etag",
            "id; DROP TABLE stack",
            "1",
            "\"id\"",
            "id NULLS FIRST",
        ] {
            let result = client.page(name, json!({ "order_by": bad })).await;
            report.refused(format!("{name} by {bad:?}"), result, Code::InvalidArgument, "INVALID_ORDER_BY", "order_by");
        }
    }
    report.finish();
}

/// The references of an entity, with the entities they lead to.
fn to_one(entity: &'static Entity) -> impl Iterator<Item = (&'static Field, &'static str, &'static Entity)> {
    entity.references().filter_map(|field| {
        let reference = field.reference.as_ref()?;
        Some((field, reference.relation.as_str(), qairon::model().target(&reference.entity)))
    })
}

/// The orders of an entity over one reference and over two, with their SQL.
fn orders_over_references(entity: &'static Entity) -> Vec<(String, String)> {
    let mut orders = Vec::new();
    for (field, relation, target) in to_one(entity) {
        let join = format!("LEFT JOIN \"{}\" a ON a.id = e.\"{}\"", target.name, field.name);
        for inner in orderable(target) {
            orders.push((
                format!("{relation}.{} desc", inner.name),
                format!("{join} ORDER BY a.\"{}\" DESC", inner.name),
            ));
        }
        for (further, next, end) in to_one(target) {
            let join = format!("{join} LEFT JOIN \"{}\" b ON b.id = a.\"{}\"", end.name, further.name);
            orders.push((
                format!("{relation}.{next}.created_at, {relation}.uid desc"),
                format!("{join} ORDER BY b.created_at, a.uid DESC"),
            ));
            // The ID at the end is in the reference to it.
            orders.push((format!("{relation}.{next}.id"), format!("{join} ORDER BY b.id")));
        }
    }
    orders
}

#[tokio::test]
async fn orders_follow_references_and_pages_follow_the_order() {
    let stage = Stage::set().await;
    let (client, mut report) = (&stage.client, Report::new());
    for entity in entities() {
        let name = &entity.name;
        for _ in 0..3 {
            some(&stage, entity).await;
        }
        for (order_by, sql) in orders_over_references(entity) {
            let sql = format!("SELECT e.id FROM \"{name}\" e {sql}, e.id");
            let wanted: Vec<String> =
                stage.database.query(&sql).await.into_iter().filter_map(|mut row| row.remove(0)).collect();
            let listed = client.list_with(name, json!({ "order_by": order_by, "page_size": 4 })).await;
            let found = listed.map(|rows| rows.iter().map(|row| row.id().to_owned()).collect::<Vec<_>>());
            report.equal(format!("{name} by {order_by}"), found, Ok(wanted));
        }
        for relation in entity.relations.iter().filter(|relation| !relation.is_to_one()) {
            let order_by = format!("{}.id", relation.name());
            let result = client.page(name, json!({ "order_by": order_by })).await;
            let told = result.as_ref().err().map(|failure| failure.message.clone()).unwrap_or_default();
            report.check(told.contains("leads to many objects"), name, &told);
            report.refused(name, result, Code::InvalidArgument, "INVALID_ORDER_BY", "order_by");
        }
    }
    report.finish();
}

#[tokio::test]
async fn objects_without_a_reference_keep_their_place_in_orders_over_it() {
    let Stage { client, factory, server: _server, database: _database } = Stage::set().await;
    let mut world = World::new();
    let mut deployments = Vec::new();
    for number in 0..6 {
        let deployment = factory.create_in("deployment", &mut world).await.id().to_owned();
        if number % 2 == 0 {
            let release = factory.create_in("release", &mut world).await.id().to_owned();
            let current = json!({ "id": deployment, "current_release_id": release });
            client.update("deployment", current).await.expect("its own release");
        }
        deployments.push(deployment);
    }
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for (number, id) in deployments.into_iter().enumerate() {
        if number % 2 == 0 { with.push(id) } else { without.push(id) }
    }
    without.sort();
    // The factory counts upwards, and unset comes last.
    let ascending: Vec<String> = with.iter().chain(&without).cloned().collect();
    let descending: Vec<String> = without.iter().chain(with.iter().rev()).cloned().collect();
    for (order_by, wanted) in
        [("current_release.build_num", &ascending), ("current_release.build_num desc", &descending)]
    {
        for page_size in [1, 2, 4, 100] {
            let listed = client.list_with("deployment", json!({ "order_by": order_by, "page_size": page_size })).await;
            let found: Vec<String> = listed.expect("a listing").iter().map(|row| row.id().to_owned()).collect();
            assert_eq!(&found, wanted, "{order_by} in pages of {page_size}");
        }
    }
    // A total is counted without the joins of the order, and is the same.
    let request = json!({ "order_by": "current_release.build_num", "include_total_size": true, "page_size": 1 });
    let response = client.call("ListDeployments", request).await.expect("a page");
    assert_eq!(response["total_size"], json!(6));
}
