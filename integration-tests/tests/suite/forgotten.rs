//! A value that was forgotten is missed by its name, and zero is a value: of every entity, on every way in.

use prost::Message;
use prost_reflect::DynamicMessage;
use qairon::model::{Entity, Field, Kind, Verb};
use qairon::v1::{ApplyOptions, LoadOptions};
use qairon_integration_tests::{Client, Report, World};
use serde_json::json;
use tonic::Code;

use crate::apply::{apply, object};
use crate::load::{each, loaded, message, packed, with};
use crate::stage::{Stage, entities, settable};

/// The numbers that callers set.
fn numbers(entity: &Entity) -> impl Iterator<Item = &Field> {
    settable(entity).filter(|field| matches!(field.kind, Kind::Integer | Kind::Double))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_required_and_forgotten_is_missed_by_its_name() {
    let stage = Stage::set().await;
    let mut report = Report::new();
    for entity in entities() {
        let mut world = World::new();
        for field in settable(entity).filter(|field| field.required) {
            let mut draft = stage.factory.draft(&entity.name, &mut world).await;
            draft.as_object_mut().expect("an object").remove(&field.name);
            let place = format!("{} without `{}`", entity.name, field.name);
            let created = stage.client.create(&entity.name, draft.clone()).await;
            report.refused(&place, created, Code::InvalidArgument, "REQUIRED", &field.name);
            let upsert = LoadOptions { upsert: true, ..each() };
            let packed = packed(&entity.name, draft.clone());
            let bundle = vec![object(&entity.name, draft)];
            for (way, errors) in [
                ("load", loaded(&stage.server, vec![message(vec![packed.clone()])]).await.errors),
                ("upsert", loaded(&stage.server, with(upsert, vec![vec![packed]])).await.errors),
                ("apply", apply(&stage.server, ApplyOptions::default(), bundle).await.errors),
            ] {
                let error = errors.first().cloned().unwrap_or_default();
                let found = (error.code, error.reason.as_str(), error.field.as_str());
                let wanted = (Code::InvalidArgument as i32, "REQUIRED", field.name.as_str());
                report.equal(format!("{way} {place}"), found, wanted);
            }
        }
    }
    report.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zero_that_is_sent_is_kept_and_comes_back() {
    let stage = Stage::set().await;
    let mut report = Report::new();
    for entity in entities() {
        for field in numbers(entity) {
            let (name, number) = (&entity.name, &field.name);
            let place = format!("{name}.{number}");
            let mut draft = stage.factory.draft(name, &mut World::new()).await;
            draft[number] = json!(0);
            let Some(created) = report.accepted(&place, stage.client.create(name, draft).await) else { continue };
            let other = json!({ "id": created.id(), number: 7 });
            let Some(seven) = report.accepted(&place, stage.client.update(name, other).await) else { continue };
            // Without a mask, what has a value is set; with one, what it names.
            let zero = json!({ "id": seven.id(), number: 0 });
            let Some(again) = report.accepted(&place, stage.client.update(name, zero).await) else { continue };
            report.equal(&place, again.id(), created.id());
            let named = json!({ "update_mask": [number] });
            let zero = json!({ "id": again.id(), number: 0 });
            report.accepted(&place, stage.client.update_with(name, zero, named).await);
            let found = got(&stage, entity, again.id()).await;
            report.check(found.has_field(&field.descriptor), &place, "is unset");
        }
    }
    report.finish();
}

/// The object as it is on the wire, where JSON does not tell unset from zero.
async fn got(stage: &Stage, entity: &Entity, id: &str) -> DynamicMessage {
    let method = qairon::model().method(entity, Verb::Get);
    let request = Client::message(&method.descriptor.input(), json!({ "id": id })).encode_to_vec();
    let answer = stage.client.call_encoded(method, request).await.expect("it is there");
    let object = answer.get_field_by_number(1).expect("the object");
    object.as_message().expect("a message").clone()
}
