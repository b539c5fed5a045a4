//! Create, Get, BatchGet and read masks, over every entity.

use qairon::model::{Entity, Kind, Verb};
use qairon_integration_tests::{Failure, Report, Row, World};
use serde_json::{Value, json};
use tonic::Code;

use crate::stage::{Stage, entities, unknown_id};

#[tokio::test]
async fn what_is_created_is_what_is_read() {
    let Stage { client, factory, server: _server, database: _database } = Stage::set().await;
    let mut report = Report::new();
    for entity in entities() {
        let name = &entity.name;
        let draft = factory.draft(name, &mut World::new()).await;
        let Some(created) = report.accepted(name, client.create(name, draft.clone()).await) else { continue };
        for (field, value) in draft.as_object().expect("an object") {
            report.equal(format!("{name}.{field}"), &created[field.as_str()], value);
        }
        let got = client.get(name, created.id()).await;
        report.equal(format!("get {name}"), got.as_ref(), Ok(&created));
        report.check(created["created_at"].is_string(), name, "`created_at` is not set");
        report.check(created["last_updated_at"].is_null(), name, "`last_updated_at` is set before the first update");
        let uid = created.text("uid");
        report.check(uid.as_bytes().get(14) == Some(&b'7'), name, format!("`uid` is no UUID of version 7: {uid}"));
        report.check(!created.etag().is_empty(), name, "there is no etag");
        let parts = entity.id_fields.iter().map(|part| component(&created[part.as_str()]));
        let composed = parts.collect::<Vec<_>>().join(":");
        report.check(
            entity.id_is_given() || created.id() == composed,
            name,
            format!("{} is not {composed}", created.id()),
        );
    }
    report.finish();
}

/// A value as part of an ID.
fn component(value: &Value) -> String {
    match value {
        // An enum's value without the enum's name.
        Value::String(text) => text.strip_prefix("WATERMARK_").unwrap_or(text).to_owned(),
        other => other.to_string(),
    }
}

#[tokio::test]
async fn what_is_left_out_is_unset_or_has_its_default() {
    let Stage { client, factory, server: _server, database: _database } = Stage::set().await;
    let mut report = Report::new();
    for entity in entities() {
        let name = &entity.name;
        let draft = factory.minimal_draft(name, &mut World::new()).await;
        let Some(created) = report.accepted(name, client.create(name, draft.clone()).await) else { continue };
        for field in entity.fields.iter().filter(|field| field.is_settable() && !field.required) {
            let wanted = match (&field.default, &field.kind) {
                (Some(default), _) => json!(default),
                (None, Kind::Json) if !field.nullable => json!({}),
                _ if field.nullable => Value::Null,
                _ => json!(""),
            };
            report.equal(format!("{name}.{}", field.name), &created[field.name.as_str()], &wanted);
        }
    }
    report.finish();
}

#[tokio::test]
async fn output_only_fields_of_a_request_are_ignored() {
    let Stage { client, factory, server: _server, database: _database } = Stage::set().await;
    let mut report = Report::new();
    for entity in entities() {
        let name = &entity.name;
        let mut draft = factory.draft(name, &mut World::new()).await;
        let clean = draft.clone();
        let mut ignored = Vec::new();
        for field in entity.fields.iter().filter(|field| !field.is_settable()) {
            if field.number == 1 && entity.id_is_given() {
                continue;
            }
            draft[&field.name] = match field.kind {
                Kind::Timestamp => json!("2001-01-01T00:00:00Z"),
                Kind::Uuid => json!("00000000-0000-7000-8000-000000000000"),
                Kind::Object => json!({}),
                Kind::Objects => json!([{}]),
                _ => json!("not for callers"),
            };
            ignored.push(&field.name);
        }
        let sent = draft.clone();
        let Some(created) = report.accepted(name, client.create(name, draft).await) else { continue };
        for field in ignored {
            report.check(created[field.as_str()] != sent[field], name, format!("`{field}` was taken from the request"));
        }
        for (field, value) in clean.as_object().expect("an object") {
            report.equal(format!("{name}.{field}"), &created[field.as_str()], value);
        }
    }
    report.finish();
}

#[tokio::test]
async fn a_batch_comes_in_the_order_of_its_request_or_not_at_all() {
    let Stage { client, factory, server: _server, database: _database } = Stage::set().await;
    let mut report = Report::new();
    for entity in entities() {
        let name = &entity.name;
        let mut world = World::new();
        let mut rows = Vec::new();
        for _ in 0..3 {
            rows.push(factory.create_in(name, &mut world).await);
        }
        let ids = |order: &[usize]| order.iter().map(|&index| rows[index].id().to_owned()).collect::<Vec<_>>();
        for order in [&[2, 0, 1][..], &[1, 0], &[0, 0]] {
            let found = client.standard(entity, Verb::BatchGet, json!({ "ids": ids(order) })).await;
            let wanted: Vec<&Value> = order.iter().map(|&index| &rows[index].0).collect();
            let Some(found) = report.accepted(name, found) else { continue };
            report.equal(
                format!("{name} {order:?}"),
                found[&entity.plural].as_array(),
                Some(&wanted.into_iter().cloned().collect()),
            );
        }
        let get = |ids: Vec<String>| client.standard(entity, Verb::BatchGet, json!({ "ids": ids }));
        let with_unknown = [ids(&[0, 1]), vec![unknown_id(entity)]].concat();
        report.refused(name, get(with_unknown).await, Code::NotFound, "NOT_FOUND", "ids");
        report.refused(name, get(vec![]).await, Code::InvalidArgument, "OUT_OF_RANGE", "ids");
        report.refused(
            name,
            get(vec![rows[0].id().to_owned(); 1001]).await,
            Code::InvalidArgument,
            "OUT_OF_RANGE",
            "ids",
        );
        let most = json!({ "ids": vec![rows[0].id(); 1000], "read_mask": ["id"] });
        report.accepted(name, client.standard(entity, Verb::BatchGet, most).await);
        report.refused(name, get(vec!["a b".into()]).await, Code::InvalidArgument, "INVALID_ID", "ids");
    }
    report.finish();
}

#[tokio::test]
async fn a_read_mask_returns_its_fields_and_no_others() {
    let Stage { client, factory, server: _server, database: _database } = Stage::set().await;
    let mut report = Report::new();
    for entity in entities() {
        let name = &entity.name;
        let row = factory.create(name).await;
        let empty = Row(qairon_integration_tests::empty(entity));
        let get = |mask: Vec<&str>| {
            let request = json!({ "id": row.id(), "read_mask": mask });
            client.standard(entity, Verb::Get, request)
        };
        for field in &entity.fields {
            if field.embed.as_ref().is_some_and(|embed| embed.nested_only) {
                let refused = get(vec![&field.name]).await;
                let suggests_itself = refused.as_ref().is_err_and(|failure| failure.message.contains("did you mean"));
                report.check(!suggests_itself, name, format!("{refused:?}"));
                report.refused(name, refused, Code::InvalidArgument, "UNKNOWN_FIELD", "read_mask");
                continue;
            }
            let Some(found) = report.accepted(name, get(vec![&field.name]).await) else { continue };
            // The ID always comes along.
            let wanted = empty.clone().with("id", row.id()).with(&field.name, row[field.name.as_str()].clone());
            let found = Row(found[name].clone());
            report.check(
                found.same_as(&wanted),
                format!("{name} with mask `{}`", field.name),
                format!("{:?}", found.0),
            );
        }
        let Some(found) = report.accepted(name, get(vec!["*"]).await) else { continue };
        report.equal(format!("{name} with mask `*`"), &found[name], &row.0);
        report.refused(name, get(vec!["no_such"]).await, Code::InvalidArgument, "UNKNOWN_FIELD", "read_mask");
        report.refused(name, get(vec!["id", "defaults.x"]).await, Code::InvalidArgument, "UNKNOWN_FIELD", "read_mask");
        let (rows, _) = client.page(name, json!({ "read_mask": ["id"] })).await.expect("a page");
        report.check(rows.iter().all(|row| row["uid"] == ""), name, "a listing ignores its read mask");
        let batch = json!({ "ids": [row.id()], "read_mask": ["id"] });
        let batch = client.standard(entity, Verb::BatchGet, batch).await.expect("a batch");
        report.equal(format!("{name} batch"), &batch[&entity.plural][0]["uid"], &json!(""));
    }
    report.finish();
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let Stage { client, server: _server, database: _database, .. } = Stage::set().await;
    let mut report = Report::new();
    for entity in entities() {
        let name = &entity.name;
        let id = unknown_id(entity);
        let missing = client.get(name, &id).await;
        let resource = missing.as_ref().err().and_then(|failure| failure.resource.clone());
        report.equal(format!("{name} resource"), resource, Some((name.clone(), id.clone())));
        report.refused(format!("get {name}"), missing, Code::NotFound, "NOT_FOUND", "");
        report.refused(format!("delete {name}"), client.delete(name, &id).await, Code::NotFound, "NOT_FOUND", "");
        let update = client.update(name, json!({ "id": id, "defaults": { "a": 1 } })).await;
        report.refused(format!("update {name}"), update, Code::NotFound, "NOT_FOUND", "");
        let gone = client.delete_with(name, &id, json!({ "allow_missing": true })).await;
        report.accepted(format!("delete {name} with allow_missing"), gone);
    }
    report.finish();
}

#[tokio::test]
async fn malformed_ids_are_refused_everywhere() {
    let Stage { client, server: _server, database: _database, .. } = Stage::set().await;
    let mut report = Report::new();
    for entity in entities() {
        let name = &entity.name;
        for (id, reason) in malformed(&unknown_id(entity), entity) {
            let field = "id".to_owned();
            let place = |method| format!("{method} {name} {id:?}");
            report.refused(place("get"), client.get(name, &id).await, Code::InvalidArgument, reason, "id");
            report.refused(place("delete"), client.delete(name, &id).await, Code::InvalidArgument, reason, "id");
            let update = client.update(name, json!({ "id": id, "defaults": {} })).await;
            report.refused(place("update"), update, Code::InvalidArgument, reason, &field);
        }
    }
    report.finish();
}

fn malformed(good: &str, entity: &Entity) -> Vec<(String, &'static str)> {
    let mut bad = vec![
        (String::new(), "REQUIRED"),
        (format!("{good}:"), "INVALID_ID"),
        (format!(":{good}"), "INVALID_ID"),
        (format!("{good} "), "INVALID_ID"),
        (format!("{good}\u{a0}"), "INVALID_ID"),
        (format!("{good}\t"), "INVALID_ID"),
        (format!("{good}\0"), "INVALID_ID"),
        (format!("{good}{}", "x".repeat(254)), "INVALID_ID"),
        ("x".repeat(100_000), "INVALID_ID"),
    ];
    if !qairon::model().id_components(entity).1 {
        bad.push((format!("{good}:more"), "INVALID_ID"));
    }
    bad
}

#[tokio::test]
async fn the_typed_clients_speak_the_same_protocol() {
    use qairon::v1::catalog_service_client::CatalogServiceClient;
    use qairon::v1::{Application, CreateApplicationRequest, GetApplicationRequest};
    let Stage { client, server, database: _database, .. } = Stage::set().await;
    let mut typed = CatalogServiceClient::new(server.channel());
    let application = Some(Application { id: "shop".into(), ..Application::default() });
    let created = typed.create_application(CreateApplicationRequest { application, ..Default::default() }).await;
    let created = created.expect("it is new").into_inner().application.expect("the object");
    let got = typed.get_application(GetApplicationRequest { id: "shop".into(), read_mask: None }).await;
    assert_eq!(got.expect("it is there").into_inner().application, Some(created.clone()));
    assert_eq!(client.get("application", "shop").await.expect("it is there").text("uid"), created.uid);
    let missing = typed.get_application(GetApplicationRequest { id: "nobody".into(), read_mask: None }).await;
    let failure = Failure::new(&missing.expect_err("there is none"));
    assert_eq!((failure.code, failure.reason.as_str(), failure.flaws().len()), (Code::NotFound, "NOT_FOUND", 0));
}
