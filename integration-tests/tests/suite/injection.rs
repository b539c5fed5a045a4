//! Texts that mean something to SQL, shells, JSON or filters: kept as they are, or refused, and never more.

use qairon::model::{Field, Kind, check_name};
use qairon_integration_tests::{Report, Row, World};
use serde_json::json;
use tonic::Code;

use crate::stage::{Stage, entities, settable};

const CORPUS: [&str; 26] = [
    "'",
    "\"",
    "\\",
    "''",
    "';--",
    "'; DROP TABLE stack; --",
    "\"; DROP TABLE stack; --",
    "' OR '1'='1",
    "x' UNION SELECT 1 --",
    "%",
    "_",
    "%%_\\",
    "$1",
    "$$",
    "?",
    "??",
    "{}",
    "\\x00",
    "\\u0000",
    "/*",
    "*",
    "${PATH}",
    "`id`",
    "\u{202e}abc",
    "\u{feff}",
    "𝕏🎈e\u{301}",
];

#[tokio::test]
async fn every_text_field_keeps_what_it_is_given_or_refuses_it() {
    let stage = Stage::set().await;
    let (client, mut report) = (&stage.client, Report::new());
    for entity in entities() {
        let name = &entity.name;
        let texts = settable(entity).filter(|field| {
            matches!(field.kind, Kind::Text | Kind::Name) && field.reference.is_none() && field.object_of.is_none()
        });
        let given = entity.fields.iter().filter(|field| field.number == 1 && entity.id_is_given());
        let mut world = World::new();
        let fields: Vec<&Field> = texts.chain(given).collect();
        let is_component = |field: &Field| field.kind == Kind::Name || field.number == 1;
        for text in CORPUS {
            let place = format!("{name} {text:?}");
            let mut draft = stage.factory.draft(name, &mut world).await;
            draft["defaults"] = json!({ text: [text, { text: text }] });
            for field in &fields {
                let mut alone = draft.clone();
                alone[&field.name] = text.into();
                if is_component(field) && check_name(text).is_err() {
                    let created = client.create(name, alone).await;
                    report.refused(&place, created, Code::InvalidArgument, "INVALID_NAME", &field.name);
                } else {
                    draft = alone;
                }
            }
            let Some(row) = report.accepted(&place, client.create(name, draft.clone()).await) else { continue };
            report.equal(&place, client.get(name, row.id()).await.as_ref(), Ok(&row));
            for (field, value) in draft.as_object().expect("an object") {
                report.equal(&place, &row[field.as_str()], value);
            }
            // Only this object is found by its value.
            for field in fields.iter().filter(|field| draft[&field.name] == text).take(2) {
                let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('*', "\\*");
                let filter = format!("{} = \"{escaped}\"", field.name);
                let found = client.list(name, &filter).await;
                let found = found.map(|rows| rows.iter().map(|row| row.id().to_owned()).collect::<Vec<_>>());
                report.equal(format!("{place}: {filter}"), found, Ok(vec![row.id().to_owned()]));
            }
            report.accepted(&place, client.delete(name, row.id()).await);
        }
    }
    report.finish();
}

#[tokio::test]
async fn every_parameter_is_data() {
    let stage = Stage::set().await;
    let (client, mut report) = (&stage.client, Report::new());
    for entity in entities() {
        let name = &entity.name;
        let row = stage.factory.create(name).await;
        let rows = stage.rows().await;
        for text in CORPUS.into_iter().step_by(3) {
            let mut outcomes = vec![
                client.get(name, text).await.map(|_| ()),
                client.delete(name, text).await.map(|_| ()),
                client.update(name, json!({ "id": text, "defaults": { "x": 1 } })).await.map(|_| ()),
                client.page(name, json!({ "order_by": text })).await.map(|_| ()),
                client.page(name, json!({ "page_token": text })).await.map(|_| ()),
            ];
            outcomes.push(client.page(name, json!({ "read_mask": [text] })).await.map(|_| ()));
            let mask = json!({ "update_mask": [text] });
            outcomes.push(client.update_with(name, json!({ "id": row.id() }), mask).await.map(|_| ()));
            let etag = json!({ "etag": text });
            outcomes.push(client.delete_with(name, row.id(), etag).await.map(|_| ()));
            for outcome in outcomes {
                report.check(outcome.is_err(), name, format!("{text:?} was taken"));
                let flaws = outcome.err().map(|failure| (failure.flaws(), failure));
                report.check(
                    flaws.as_ref().is_none_or(|(flaws, _)| flaws.is_empty()),
                    name,
                    format!("{text:?}: {flaws:?}"),
                );
            }
            // A filter may be fine; what it is not is an error of the database.
            if let Err(failure) = client.list(name, text).await {
                report.check(
                    failure.flaws().is_empty() && failure.reason == "INVALID_FILTER",
                    name,
                    format!("{text:?}: {failure}"),
                );
            }
        }
        report.equal(name, stage.rows().await, rows);
        report.equal(name, client.get(name, row.id()).await.as_ref().map(Row::etag), Ok(row.etag()));
    }
    report.finish();
}
