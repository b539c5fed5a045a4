//! Links of every many-to-many relation: adding, removing, both sides, scopes.

use qairon::model::{Entity, Link};
use qairon_integration_tests::{Report, Row, World, find_entity};
use serde_json::json;
use tonic::Code;

use crate::stage::{Stage, entities, unknown_id};

fn links() -> impl Iterator<Item = (&'static Entity, &'static Link)> {
    entities().iter().flat_map(|entity| entity.links.iter().map(move |link| (entity, link)))
}

#[tokio::test]
async fn a_link_is_added_and_removed_once_and_seen_from_both_sides() {
    let stage = Stage::set().await;
    let (client, mut report) = (&stage.client, Report::new());
    for (owner, link) in links() {
        let place = format!("{}.{}", owner.name, link.relation);
        let mut world = World::new();
        let one = stage.factory.create_in(&owner.name, &mut world).await;
        let other = stage.factory.create_in(&link.target, &mut world).await;
        let seen = async || {
            let ids = |rows: Vec<Row>| rows.iter().map(|row| row.id().to_owned()).collect::<Vec<_>>();
            let from_owner =
                client.list(&owner.name, &format!("{}.id = \"{}\"", link.relation, other.id())).await.map(ids);
            let from_target =
                client.list(&link.target, &format!("{}.id = \"{}\"", link.inverse, one.id())).await.map(ids);
            // A fleet's home is linked from the start.
            let from_target = from_target.map(|ids| ids.into_iter().filter(|id| id == other.id()).collect::<Vec<_>>());
            (from_owner, from_target)
        };
        let (neither, both) =
            ((Ok(vec![]), Ok(vec![])), (Ok(vec![one.id().to_owned()]), Ok(vec![other.id().to_owned()])));
        let call = |add, options| client.link(add, &owner.name, one.id(), &link.relation, other.id(), options);
        let etag = one.etag().to_owned();

        report.equal(&place, seen().await, neither.clone());
        report.equal(&place, call(true, json!({ "validate_only": true })).await, Ok(true));
        report.equal(&place, seen().await, neither.clone());
        let request = json!({ "request_id": format!("add-{place}") });
        report.equal(&place, call(true, request.clone()).await, Ok(true));
        report.equal(&place, seen().await, both.clone());
        report.equal(&place, call(true, json!({})).await, Ok(false));
        report.equal(format!("{place} repeated"), call(true, request).await, Ok(true));
        report.equal(&place, seen().await, both.clone());

        // The target is held, and the owner is not.
        let held = client.delete(&link.target, other.id()).await;
        report.refused(&place, held, Code::FailedPrecondition, "HAS_DEPENDENTS", "");
        report.accepted(&place, client.delete_with(&owner.name, one.id(), json!({ "validate_only": true })).await);

        report.equal(&place, call(false, json!({ "validate_only": true })).await, Ok(true));
        report.equal(&place, seen().await, both);
        report.equal(&place, call(false, json!({})).await, Ok(true));
        report.equal(&place, seen().await, neither);
        report.equal(&place, call(false, json!({})).await, Ok(false));
        report.equal(&place, client.get(&owner.name, one.id()).await.map(|row| row.etag().to_owned()), Ok(etag));
        report.accepted(&place, client.delete(&link.target, other.id()).await);
    }
    report.finish();
}

#[tokio::test]
async fn links_to_nothing_and_malformed_ends_are_refused() {
    let Stage { client, factory, server: _server, database: _database } = Stage::set().await;
    let mut report = Report::new();
    for (owner, link) in links() {
        let place = format!("{}.{}", owner.name, link.relation);
        let mut world = World::new();
        let one = factory.create_in(&owner.name, &mut world).await;
        let other = factory.create_in(&link.target, &mut world).await;
        let (nobody, nothing) = (unknown_id(owner), unknown_id(find_entity(&link.target)));
        for add in [true, false] {
            let call = |one: &str, other: &str| {
                let (one, other) = (one.to_owned(), other.to_owned());
                let client = client.clone();
                async move { client.link(add, &owner.name, &one, &link.relation, &other, json!({})).await }
            };
            report.refused(&place, call(&nobody, other.id()).await, Code::NotFound, "NOT_FOUND", &link.owner_column);
            report.refused(&place, call(one.id(), &nothing).await, Code::NotFound, "NOT_FOUND", &link.target_column);
            report.refused(
                &place,
                call("a b", other.id()).await,
                Code::InvalidArgument,
                "INVALID_ID",
                &link.owner_column,
            );
            report.refused(
                &place,
                call(one.id(), "::").await,
                Code::InvalidArgument,
                "INVALID_ID",
                &link.target_column,
            );
            report.refused(&place, call("", other.id()).await, Code::InvalidArgument, "REQUIRED", &link.owner_column);
            report.refused(&place, call(one.id(), "").await, Code::InvalidArgument, "REQUIRED", &link.target_column);
        }
    }
    report.finish();
}

#[tokio::test]
async fn a_link_never_leaves_its_scope() {
    let Stage { client, factory, server: _server, database: _database } = Stage::set().await;
    let mut report = Report::new();
    for (owner, link) in links() {
        let place = format!("{}.{}", owner.name, link.relation);
        let one = factory.create(&owner.name).await;
        let far = factory.create(&link.target).await;
        for validate_only in [true, false] {
            let options = json!({ "validate_only": validate_only });
            let result = client.link(true, &owner.name, one.id(), &link.relation, far.id(), options).await;
            match link.scope {
                Some(_) => report.refused(&place, result, Code::FailedPrecondition, "ISOLATION", &link.target_column),
                None => report.equal(&place, result, Ok(true)),
            }
        }
    }
    report.finish();
}

#[tokio::test]
async fn a_home_is_linked_from_the_start_and_stays() {
    let Stage { client, factory, server: _server, database: _database } = Stage::set().await;
    let mut report = Report::new();
    for (owner, link) in links() {
        let Some(home) = &link.home else { continue };
        let mut world = World::new();
        let one = factory.create_in(&owner.name, &mut world).await;
        let place = format!("{}.{}", owner.name, link.relation);
        let linked = |target: &str| format!("{}.id = \"{target}\"", link.relation);
        let count = |rows: Vec<Row>| rows.len();
        report.equal(&place, client.list(&owner.name, &linked(one.text(home))).await.map(count), Ok(1));
        let removed = client.remove_link(&owner.name, one.id(), &link.relation, one.text(home)).await;
        report.refused(&place, removed, Code::FailedPrecondition, "HOME_LINK", "");
        // Another home takes its place.
        let other = factory.create_in(&link.target, &mut world).await;
        let moved = client.update(&owner.name, json!({ "id": one.id(), home: other.id() })).await;
        report.accepted(&place, moved);
        report.equal(&place, client.list(&owner.name, &linked(other.id())).await.map(count), Ok(1));
        report.equal(&place, client.list(&owner.name, &linked(one.text(home))).await.map(count), Ok(0));
    }
    report.finish();
}
