//! Update in all its forms, etags and duplicates, over every entity.

use qairon::model::{Entity, Field, Kind};
use qairon_integration_tests::{Report, Row, World};
use serde_json::{Value, json};
use tonic::Code;

use crate::stage::{Stage, entities, settable, unknown_id};

/// Fields that can change to any other valid value without touching what depends on the object.
fn changeable(entity: &Entity) -> impl Iterator<Item = &Field> {
    settable(entity).filter(|field| field.kind != Kind::EntityType && !(field.reference.is_some() && field.nullable))
}

#[tokio::test]
async fn an_update_sets_what_its_mask_names_and_nothing_else() {
    let Stage { client, factory, server: _server, database: _database } = Stage::set().await;
    let mut report = Report::new();
    for entity in entities() {
        let name = &entity.name;
        for field in changeable(entity) {
            let mut world = World::new();
            let row = factory.create_in(name, &mut world).await;
            // Every field has another value, but the mask names one.
            let mut object = json!({ "id": row.id() });
            for other in changeable(entity) {
                object[&other.name] = factory.other_value(entity, other, &world).await;
            }
            let place = format!("{name}.{}", field.name);
            let mask = json!({ "update_mask": [field.name] });
            let Some(response) = report.accepted(&place, client.update_with(name, object.clone(), mask).await) else {
                continue;
            };
            let after = Row(response[name].clone());
            report.equal(&place, &after[field.name.as_str()], &object[&field.name]);
            for other in settable(entity).filter(|other| other.name != field.name) {
                let found = &after[other.name.as_str()];
                report.equal(format!("{place} beside `{}`", other.name), found, &row[other.name.as_str()]);
            }
            report.equal(&place, after.text("uid"), row.text("uid"));
            report.equal(&place, after.text("created_at"), row.text("created_at"));
            report.check(after["last_updated_at"].is_string(), &place, "`last_updated_at` is not set");
            report.check(after.etag() != row.etag(), &place, "the etag is the same");
            report.equal(&place, client.get(name, after.id()).await.as_ref(), Ok(&after));
            let rekeys = entity.id_fields.contains(&field.name);
            report.equal(format!("{place} new ID"), after.id() != row.id(), rekeys);
            report.equal(format!("{place} affected"), response["affected"].is_object(), rekeys);
            if rekeys {
                report.refused(&place, client.get(name, row.id()).await, Code::NotFound, "NOT_FOUND", "");
            }
        }
    }
    report.finish();
}

#[tokio::test]
async fn a_field_that_the_mask_names_and_the_object_lacks_is_cleared() {
    let Stage { client, factory, server: _server, database: _database } = Stage::set().await;
    let mut report = Report::new();
    for entity in entities() {
        let name = &entity.name;
        for field in settable(entity) {
            let row = factory.create(name).await;
            let place = format!("{name}.{}", field.name);
            let mask = json!({ "update_mask": [field.name] });
            let result = client.update_with(name, json!({ "id": row.id() }), mask).await;
            if field.required {
                report.refused(&place, result, Code::InvalidArgument, "REQUIRED", &field.name);
                continue;
            }
            let Some(response) = report.accepted(&place, result) else { continue };
            let wanted = match (&field.kind, &field.default) {
                _ if field.nullable => Value::Null,
                (_, Some(default)) => json!(default),
                (Kind::Json, _) => json!({}),
                _ => json!(""),
            };
            report.equal(&place, &response[name][&field.name], &wanted);
        }
    }
    report.finish();
}

#[tokio::test]
async fn a_whole_object_replaces_or_changes_depending_on_the_mask() {
    let Stage { client, factory, server: _server, database: _database } = Stage::set().await;
    let mut report = Report::new();
    for entity in entities() {
        let name = &entity.name;
        let mut world = World::new();
        let draft = factory.draft(name, &mut world).await;
        let Some(row) = report.accepted(name, client.create(name, draft.clone()).await) else { continue };
        // Without a mask: what is there is set, what is not stays.
        let Some(same) =
            report.accepted(name, client.update(name, json!({ "id": row.id(), "defaults": { "new": 1 } })).await)
        else {
            continue;
        };
        for field in settable(entity).filter(|field| field.name != "defaults") {
            report.equal(format!("{name}.{}", field.name), &same[field.name.as_str()], &row[field.name.as_str()]);
        }
        report.equal(name, &same["defaults"], &json!({ "new": 1 }));
        // With the mask `*`: missing fields are cleared.
        let mut bare = json!({ "id": row.id() });
        for field in settable(entity).filter(|field| field.required || field.default.is_some()) {
            bare[&field.name] = draft[&field.name].clone();
        }
        let Some(response) =
            report.accepted(name, client.update_with(name, bare, json!({ "update_mask": ["*"] })).await)
        else {
            continue;
        };
        for field in settable(entity).filter(|field| field.nullable) {
            report.equal(format!("{name}.{}", field.name), &response[name][&field.name], &Value::Null);
        }
        report.equal(name, &response[name]["defaults"], &json!({}));
        report.equal(name, response[name]["id"].as_str(), Some(row.id()));
    }
    report.finish();
}

#[tokio::test]
async fn masks_name_fields_of_the_entity() {
    let Stage { client, factory, server: _server, database: _database } = Stage::set().await;
    let mut report = Report::new();
    for entity in entities() {
        let name = &entity.name;
        let row = factory.create(name).await;
        for path in ["no_such", "defaults..x", "", "id; DROP TABLE stack", "defaults,no_such", "DEFAULTS"] {
            let mask = json!({ "update_mask": [path] });
            let result = client.update_with(name, json!({ "id": row.id() }), mask).await;
            report.refused(format!("{name} {path:?}"), result, Code::InvalidArgument, "UNKNOWN_FIELD", "update_mask");
        }
        report.equal(name, client.get(name, row.id()).await.as_ref(), Ok(&row));
    }
    report.finish();
}

#[tokio::test]
async fn every_write_moves_the_etag_and_an_old_one_is_refused() {
    let Stage { client, factory, server: _server, database: _database } = Stage::set().await;
    let mut report = Report::new();
    for entity in entities() {
        let name = &entity.name;
        let row = factory.create(name).await;
        let write = |etag: &str| client.update(name, json!({ "id": row.id(), "etag": etag, "defaults": { "x": 1 } }));
        let Some(second) = report.accepted(name, write(row.etag()).await) else { continue };
        let Some(third) = report.accepted(name, write(second.etag()).await) else { continue };
        let etags = [row.etag(), second.etag(), third.etag()];
        report.check(etags[0] != etags[1] && etags[1] != etags[2] && etags[0] != etags[2], name, format!("{etags:?}"));
        for old in [etags[0], etags[1], "not an etag"] {
            report.refused(format!("update {name}"), write(old).await, Code::Aborted, "ETAG_MISMATCH", "");
            let delete = client.delete_with(name, row.id(), json!({ "etag": old })).await;
            report.refused(format!("delete {name}"), delete, Code::Aborted, "ETAG_MISMATCH", "");
        }
        report.equal(name, client.get(name, row.id()).await.as_ref(), Ok(&third));
        // An object that takes the place of another does not take its etag.
        report.accepted(name, client.delete_with(name, row.id(), json!({ "etag": third.etag() })).await);
        report.refused(name, client.get(name, row.id()).await, Code::NotFound, "NOT_FOUND", "");
    }
    report.finish();
}

#[tokio::test]
async fn an_update_may_create_what_is_missing() {
    let Stage { client, factory, server: _server, database: _database } = Stage::set().await;
    let mut report = Report::new();
    for entity in entities() {
        let name = &entity.name;
        let mut draft = factory.draft(name, &mut World::new()).await;
        let Some(row) = report.accepted(name, client.create(name, draft.clone()).await) else { continue };
        report.accepted(name, client.delete(name, row.id()).await);
        draft["id"] = row.id().into();
        let may = json!({ "allow_missing": true });
        report.refused(name, client.update(name, draft.clone()).await, Code::NotFound, "NOT_FOUND", "");
        let Some(response) = report.accepted(name, client.update_with(name, draft.clone(), may.clone()).await) else {
            continue;
        };
        let created = Row(response[name].clone());
        report.equal(name, created.id(), row.id());
        report.check(created.text("uid") != row.text("uid"), name, "another object has the same uid");
        for (field, value) in draft.as_object().expect("an object") {
            report.equal(format!("{name}.{field}"), &created[field.as_str()], value);
        }
        // What is there is changed, not created.
        draft["defaults"] = json!({ "again": true });
        let Some(response) = report.accepted(name, client.update_with(name, draft.clone(), may.clone()).await) else {
            continue;
        };
        report.equal(name, response[name]["uid"].as_str(), Some(created.text("uid")));
        if !entity.id_is_given() {
            draft["id"] = unknown_id(entity).into();
            let field = "id".to_owned();
            let result = client.update_with(name, draft, may).await;
            report.refused(name, result, Code::InvalidArgument, "INVALID_ID", &field);
        }
    }
    report.finish();
}

#[tokio::test]
async fn an_id_is_given_once() {
    let Stage { client, factory, server: _server, database: _database } = Stage::set().await;
    let mut report = Report::new();
    for entity in entities() {
        let name = &entity.name;
        let mut world = World::new();
        let draft = factory.draft(name, &mut world).await;
        let Some(row) = report.accepted(name, client.create(name, draft.clone()).await) else { continue };
        let again = client.create(name, draft.clone()).await;
        let resource = again.as_ref().err().and_then(|failure| failure.resource.clone());
        report.equal(name, resource, Some((name.clone(), row.id().to_owned())));
        report.refused(name, again, Code::AlreadyExists, "ALREADY_EXISTS", "");
        // Nor by a change of ID.
        let other = factory.create_in(name, &mut world).await;
        let taking = if entity.id_is_given() {
            client.update_with(name, json!({ "id": other.id() }), json!({ "new_id": row.id() })).await
        } else {
            let mut change = json!({ "id": other.id() });
            for part in entity.id_fields.iter().filter_map(|part| entity.field(part)).filter(|part| part.is_settable())
            {
                change[&part.name] = draft[&part.name].clone();
            }
            client.update_with(name, change, json!({})).await
        };
        report.refused(format!("rename {name}"), taking, Code::AlreadyExists, "ALREADY_EXISTS", "");
        report.equal(name, client.get(name, other.id()).await.as_ref(), Ok(&other));
    }
    report.finish();
}
