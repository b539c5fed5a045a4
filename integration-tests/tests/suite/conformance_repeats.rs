//! `validate_only` and `request_id`, over every entity.

use futures_util::future::join_all;
use qairon::model::Verb;
use qairon_integration_tests::{Report, World};
use serde_json::{Value, json};
use tonic::Code;

use crate::stage::{Stage, entities, unknown_id};

/// A response without what cannot be the same in two calls.
fn comparable(mut response: Value) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(members) => {
                for volatile in ["uid", "etag", "created_at", "last_updated_at"] {
                    members.remove(volatile);
                }
                members.values_mut().for_each(strip);
            }
            Value::Array(items) => items.iter_mut().for_each(strip),
            _ => {}
        }
    }
    strip(&mut response);
    response
}

#[tokio::test]
async fn a_validated_create_answers_as_the_real_one_and_leaves_nothing() {
    let stage = Stage::set().await;
    let (client, factory, mut report) = (&stage.client, &stage.factory, Report::new());
    for entity in entities() {
        let name = &entity.name;
        let draft = factory.draft(name, &mut World::new()).await;
        let create = |object: &Value, validate_only: bool| {
            client.standard(entity, Verb::Create, json!({ name: object, "validate_only": validate_only }))
        };
        let before = stage.rows().await;
        let dry = create(&draft, true).await.map(comparable);
        report.equal(name, stage.rows().await, before);
        let real = create(&draft, false).await.map(comparable);
        report.equal(name, dry.as_ref(), real.as_ref());
        report.accepted(name, real);
        // Refusals are the same as well: the ID is taken, a field is missing, a reference leads nowhere.
        let mut bad = vec![draft.clone()];
        for field in entity.fields.iter().filter(|field| field.is_settable()) {
            let mut without = draft.clone();
            without.as_object_mut().expect("an object").remove(&field.name);
            bad.push(without);
            if let Some(reference) = &field.reference {
                let mut nowhere = draft.clone();
                nowhere[&field.name] = unknown_id(qairon::model().target(&reference.entity)).into();
                bad.push(nowhere);
            }
        }
        for object in bad {
            let dry = create(&object, true).await.map(comparable);
            let real = create(&object, false).await.map(comparable);
            report.equal(format!("{name} {object}"), dry, real);
        }
    }
    report.finish();
}

#[tokio::test]
async fn a_validated_update_answers_as_the_real_one_and_changes_nothing() {
    let Stage { client, factory, server: _server, database: _database } = Stage::set().await;
    let mut report = Report::new();
    for entity in entities() {
        let name = &entity.name;
        let mut world = World::new();
        let row = factory.create_in(name, &mut world).await;
        let mut changes = vec![(json!({ "id": row.id(), "defaults": { "a": 1 } }), json!({}))];
        changes.push((json!({ "id": row.id(), "defaults": {} }), json!({ "update_mask": ["no_such"] })));
        changes.push((json!({ "id": row.id(), "etag": "old" }), json!({})));
        for field in
            entity.fields.iter().filter_map(|field| field.reference.as_ref().map(|reference| (field, reference)))
        {
            let nowhere = unknown_id(qairon::model().target(&field.1.entity));
            changes.push((json!({ "id": row.id(), &field.0.name: nowhere }), json!({})));
        }
        // The last one changes the ID.
        if entity.id_is_given() {
            changes.push((json!({ "id": row.id() }), json!({ "new_id": factory.name() })));
        } else if let Some(field) =
            entity.id_fields.iter().rev().filter_map(|part| entity.field(part)).find(|part| !part.immutable)
        {
            let other = factory.other_value(entity, field, &world).await;
            changes.push((json!({ "id": row.id(), &field.name: other }), json!({})));
        }
        let mut present = row.clone();
        for (object, options) in changes {
            let place = format!("{name} {object} {options}");
            let mut validating = options.clone();
            validating["validate_only"] = true.into();
            let dry = client.update_with(name, object.clone(), validating).await;
            report.equal(&place, client.get(name, present.id()).await.as_ref(), Ok(&present));
            let real = client.update_with(name, object, options).await;
            if let Ok(response) = &real {
                present = qairon_integration_tests::Row(response[name].clone());
            }
            report.equal(&place, dry.map(comparable), real.map(comparable));
        }
        report.check(present.id() != row.id() || entity.id_fields.is_empty(), name, "the ID was not changed");
    }
    report.finish();
}

#[tokio::test]
async fn a_validated_delete_answers_as_the_real_one_and_deletes_nothing() {
    let stage = Stage::set().await;
    let (client, factory, mut report) = (&stage.client, &stage.factory, Report::new());
    for entity in entities() {
        let name = &entity.name;
        let mut world = World::new();
        let row = factory.create_in(name, &mut world).await;
        // Something that depends on it, when anything can.
        let referring = entities().iter().find(|other| {
            other
                .references()
                .any(|field| field.required && field.reference.as_ref().is_some_and(|to| to.entity == *name))
        });
        if let Some(referring) = referring {
            factory.create_in(&referring.name, &mut world).await;
        }
        for options in [
            json!({}),
            json!({ "force": true, "etag": "old" }),
            json!({ "force": true }),
            json!({ "allow_missing": true }),
            json!({}),
        ] {
            let before = stage.rows().await;
            let mut validating = options.clone();
            validating["validate_only"] = true.into();
            let dry = client.delete_with(name, row.id(), validating).await;
            report.equal(format!("{name} {options}"), stage.rows().await, before);
            let real = client.delete_with(name, row.id(), options.clone()).await;
            report.equal(format!("{name} {options}"), dry, real);
        }
        report.refused(name, client.get(name, row.id()).await, Code::NotFound, "NOT_FOUND", "");
    }
    report.finish();
}

#[tokio::test]
async fn a_repeated_request_returns_the_first_result() {
    let stage = Stage::set().await;
    let (client, factory, mut report) = (&stage.client, &stage.factory, Report::new());
    for entity in entities() {
        let name = &entity.name;
        let draft = factory.draft(name, &mut World::new()).await;
        let request_id = || uuid();
        let create_id = request_id();
        let create = json!({ name: draft, "request_id": create_id });
        let first = client.standard(entity, Verb::Create, create.clone()).await;
        let rows = stage.rows().await;
        report.equal(name, client.standard(entity, Verb::Create, create.clone()).await, first.clone());
        report.equal(name, stage.rows().await, rows);
        let Some(first) = report.accepted(name, first) else { continue };
        let id = first[name]["id"].as_str().expect("an ID").to_owned();

        let mut other = create.clone();
        other[name]["defaults"] = json!({ "other": true });
        let reused = client.standard(entity, Verb::Create, other).await;
        report.refused(name, reused, Code::InvalidArgument, "REQUEST_ID_REUSED", "request_id");
        let reused = client.delete_with(name, &id, json!({ "request_id": create_id })).await;
        report.refused(name, reused, Code::InvalidArgument, "REQUEST_ID_REUSED", "request_id");

        let update = json!({ name: { "id": id, "defaults": { "x": 1 } }, "request_id": request_id() });
        let updated = client.standard(entity, Verb::Update, update.clone()).await;
        report.equal(name, client.standard(entity, Verb::Update, update).await, updated.clone());
        let updated = updated.map(|response| response[name]["etag"].clone());
        report.equal(name, client.get(name, &id).await.map(|row| row["etag"].clone()), updated);

        // A refused call leaves no trace of its request ID.
        let delete_id = request_id();
        let old = client.delete_with(name, &id, json!({ "request_id": delete_id, "etag": "old" })).await;
        report.refused(name, old, Code::Aborted, "ETAG_MISMATCH", "");
        let delete = json!({ "request_id": delete_id });
        let deleted = client.delete_with(name, &id, delete.clone()).await;
        report.equal(name, client.delete_with(name, &id, delete).await, deleted.clone());
        report.accepted(name, deleted);
        // Even the creation is still remembered, though the object is gone.
        report.equal(name, client.standard(entity, Verb::Create, create).await, Ok(first));
        report.refused(name, client.get(name, &id).await, Code::NotFound, "NOT_FOUND", "");
    }
    report.finish();
}

#[tokio::test]
async fn repetitions_at_the_same_time_have_one_effect() {
    let stage = Stage::set().await;
    let (client, factory, mut report) = (&stage.client, &stage.factory, Report::new());
    for entity in entities() {
        let name = &entity.name;
        let draft = factory.draft(name, &mut World::new()).await;
        let create = json!({ name: draft, "request_id": uuid() });
        let before = stage.rows().await;
        let results = join_all((0..6).map(|_| client.standard(entity, Verb::Create, create.clone()))).await;
        let once = stage.rows().await - before;
        // A fleet brings the link to its home.
        let homes = entity.links.iter().filter(|link| link.home.is_some()).count();
        report.equal(name, once, 1 + i64::try_from(homes).expect("a few"));
        report.check(results.iter().all(|result| result == &results[0]), name, format!("{results:?}"));
        let Some(first) = report.accepted(name, results[0].clone()) else { continue };
        let update = json!({ name: { "id": first[name]["id"], "defaults": { "x": 1 } }, "request_id": uuid() });
        let results = join_all((0..6).map(|_| client.standard(entity, Verb::Update, update.clone()))).await;
        report.check(
            results.iter().all(|result| result.is_ok() && result == &results[0]),
            name,
            format!("{results:?}"),
        );
    }
    report.finish();
}

/// There is one principal so far, so another's call is put into the table by hand: one of the very same request, whose
/// response would be the answer.
#[tokio::test]
async fn a_request_id_belongs_to_its_principal() {
    let stage = Stage::set().await;
    let (client, factory, mut report) = (&stage.client, &stage.factory, Report::new());
    for entity in entities() {
        let name = &entity.name;
        let draft = factory.draft(name, &mut World::new()).await;
        let request_id = uuid();
        let create = json!({ name: draft, "request_id": request_id });
        let first = client.standard(entity, Verb::Create, create.clone()).await;
        let Some(first) = report.accepted(name, first) else { continue };
        let id = first[name]["id"].as_str().expect("an ID").to_owned();
        report.accepted(name, client.delete(name, &id).await);
        let others = format!(
            "WITH own AS (DELETE FROM idempotency WHERE request_id = '{request_id}' RETURNING *) \
             INSERT INTO idempotency (principal, request_id, method, digest, response) \
             SELECT 'somebody', request_id, method, digest, response FROM own"
        );
        stage.database.execute(&others).await.expect("another's call");
        let second = client.standard(entity, Verb::Create, create.clone()).await;
        let Some(second) = report.accepted(name, second) else { continue };
        report.check(second[name]["uid"] != first[name]["uid"], name, "the answer is that of another principal");
        let uid = client.get(name, &id).await.map(|row| row["uid"].clone());
        report.equal(name, uid, Ok(second[name]["uid"].clone()));
        // The two are kept side by side.
        report.equal(name, client.standard(entity, Verb::Create, create.clone()).await, Ok(second));
        let principals = "SELECT string_agg(principal, ' ' ORDER BY principal) FROM idempotency WHERE request_id = ";
        let kept = stage.database.query(&format!("{principals}'{request_id}'")).await;
        report.equal(name, kept, vec![vec![Some("anonymous somebody".to_owned())]]);
    }
    report.finish();
}

#[tokio::test]
async fn request_ids_have_a_form() {
    let Stage { client, factory, server: _server, database: _database } = Stage::set().await;
    let mut report = Report::new();
    for entity in entities() {
        let name = &entity.name;
        let draft = factory.draft(name, &mut World::new()).await;
        for bad in ["a b", "\u{e9}", "a\n", "a\0", &"x".repeat(65), " "] {
            let create = client.standard(entity, Verb::Create, json!({ name: draft, "request_id": bad })).await;
            report.refused(
                format!("{name} {bad:?}"),
                create,
                Code::InvalidArgument,
                "INVALID_REQUEST_ID",
                "request_id",
            );
        }
        let longest = format!("{name}{}", "~".repeat(64 - name.len()));
        report
            .accepted(name, client.standard(entity, Verb::Create, json!({ name: draft, "request_id": longest })).await);
    }
    report.finish();
}

fn uuid() -> String {
    uuid::Uuid::new_v4().to_string()
}
