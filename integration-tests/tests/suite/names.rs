//! Names that look the same are the same, on every way in; and objects that have other names since before can be used.

use qairon::model::{Entity, Field, Kind, Verb};
use qairon::v1::{ApplyOptions, LoadOptions};
use qairon_integration_tests::{Report, Row, World};
use serde_json::{Value, json};
use tonic::Code;

use crate::apply::{apply, object};
use crate::csv_import::Desk;
use crate::load::{each, loaded, message, packed, with};
use crate::stage::{Stage, entities, names};

/// Names that look like `café`, and what is said of them.
const LOOK_ALIKES: [(&str, &str); 4] = [
    ("caf\u{e9}\u{200b}", "U+200B at position 5"),
    ("\u{feff}caf\u{e9}", "U+FEFF at position 1"),
    ("ca\u{202e}f\u{e9}", "U+202E at position 3"),
    ("cafe\u{301}", "U+0065 at position 4"),
];

#[tokio::test(flavor = "multi_thread")]
async fn look_alikes_are_refused_on_every_way() {
    let stage = Stage::set().await;
    let mut world = World::new();
    let mut report = Report::new();
    for entity in entities() {
        let id = stage.factory.object_in(&entity.name, &mut world).await;
        for field in names(entity) {
            for (name, told) in LOOK_ALIKES {
                let draft = stage.factory.draft(&entity.name, &mut world).await;
                let draft = Row(draft).with(&field.name, name).0;
                let place = format!("{}.{} {name:?}", entity.name, field.name);
                let created = stage.client.create(&entity.name, draft.clone()).await;
                let message_of = created.as_ref().err().map(|failure| failure.message.clone()).unwrap_or_default();
                report.check(message_of.contains(told), &place, &message_of);
                report.refused(&place, created, Code::InvalidArgument, "INVALID_NAME", &field.name);
                report.refused(
                    &place,
                    rename(&stage, entity, field, &id, name).await,
                    Code::InvalidArgument,
                    "INVALID_NAME",
                    "",
                );
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
                    let wanted = (Code::InvalidArgument as i32, "INVALID_NAME", field.name.as_str());
                    report.equal(format!("{way} {place}"), found, wanted);
                    report.check(error.message.contains(told), &place, &error.message);
                }
            }
        }
    }
    report.finish();
}

async fn rename(
    stage: &Stage,
    entity: &Entity,
    field: &Field,
    id: &str,
    name: &str,
) -> Result<Value, qairon_integration_tests::Failure> {
    match field.number {
        1 => stage.client.update_with(&entity.name, json!({ "id": id }), json!({ "new_id": name })).await,
        _ => stage.client.update_with(&entity.name, json!({ "id": id, &field.name: name }), json!({})).await,
    }
}

/// Gives every name of every object a look-alike, as a server did that knew no better.
async fn as_before(stage: &Stage) {
    let session = stage.database.session().await;
    for entity in qairon::model().sequence() {
        for field in names(entity) {
            let (table, field) = (&entity.name, &field.name);
            let sql = format!(
                "ALTER TABLE {table} DISABLE TRIGGER {table}_{field}_name_changed; \
                 UPDATE {table} SET {field} = {field} || chr(8203) || 'e' || chr(769); \
                 ALTER TABLE {table} ENABLE TRIGGER {table}_{field}_name_changed"
            );
            session.batch_execute(&sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_with_names_of_before_are_read_changed_renamed_and_deleted() {
    let stage = Stage::set().await;
    let mut world = World::new();
    for entity in entities() {
        stage.factory.object_in(&entity.name, &mut world).await;
    }
    as_before(&stage).await;
    let mut report = Report::new();
    let upsert = || LoadOptions { upsert: true, ..Default::default() };
    for entity in qairon::model().sequence() {
        let name = &entity.name;
        for row in stage.client.list(name, "").await.expect("a list") {
            let id = row.id().to_owned();
            if names(entity).next().is_some() {
                report.check(id.contains('\u{200b}'), name, &id);
            }
            report.accepted(format!("Get {name}"), stage.client.get(name, &id).await);
            let batch = stage.client.standard(entity, Verb::BatchGet, json!({ "ids": [id] })).await;
            report.accepted(format!("BatchGet {name}"), batch);
            let found = stage.client.list(name, &format!("id = \"{id}\"")).await;
            report.equal(format!("filter {name}"), found.map(|rows| rows.len()).ok(), Some(1));
            let change = json!({ "id": id, "defaults": { "a": 1 } });
            report.accepted(format!("Update {name}"), stage.client.update(name, change).await);
            // The whole object as it was read, names included.
            let whole: serde_json::Map<_, _> = entity
                .fields
                .iter()
                .filter(|field| field.number == 1 || field.is_settable())
                .map(|field| (field.name.clone(), row[field.name.as_str()].clone()))
                .collect();
            let whole = Value::Object(whole);
            let mask = json!({ "update_mask": ["*"] });
            report.accepted(format!("Update {name} with *"), stage.client.update_with(name, whole.clone(), mask).await);
            let loaded = loaded(&stage.server, with(upsert(), vec![vec![packed(name, whole.clone())]])).await;
            report.equal(format!("upsert {name}: {:?}", loaded.errors), (loaded.refused, loaded.created), (0, 0));
            let applied = apply(&stage.server, ApplyOptions::default(), vec![object(name, whole)]).await;
            report.equal(format!("apply {name}"), applied.errors, Vec::new());
        }
    }
    // Renamed from the top, and what is below follows.
    for entity in qairon::model().sequence() {
        for field in names(entity) {
            for (index, row) in stage.client.list(&entity.name, "").await.expect("a list").iter().enumerate() {
                let renamed = rename(&stage, entity, field, row.id(), &format!("new-{}-{index}", field.name)).await;
                report.accepted(format!("rename {}.{}", entity.name, field.name), renamed);
            }
        }
    }
    for entity in entities() {
        for row in stage.client.list(&entity.name, "").await.expect("a list") {
            report.check(!row.id().contains('\u{200b}'), &entity.name, row.id());
        }
    }
    report.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_with_a_name_of_before_goes() {
    let stage = Stage::set().await;
    let mut world = World::new();
    let mut report = Report::new();
    for entity in entities() {
        stage.factory.object_in(&entity.name, &mut world).await;
    }
    as_before(&stage).await;
    for entity in entities() {
        for row in stage.client.list(&entity.name, "").await.expect("a list") {
            let force = json!({ "force": true });
            report.accepted(
                format!("delete {}", entity.name),
                stage.client.delete_with(&entity.name, row.id(), force).await,
            );
        }
    }
    report.finish();
    assert_eq!(stage.rows().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_says_which_character_it_is() {
    let desk = Desk::set().await;
    let mut report = Report::new();
    for (name, told) in LOOK_ALIKES {
        let csv = desk.file("application.csv", format!("id\n\"{name}\"\n"));
        for output in [
            desk.qcli.run(&["application", "create", name]).await,
            desk.import("application", &csv, &[]).await,
            desk.qcli.run(&["apply", "-f", &csv]).await,
        ] {
            let said = output.code == Some(1) && output.stderr.contains(told);
            report.check(said, name.escape_unicode(), format!("{output:?}"));
        }
    }
    report.finish();
    assert_eq!(desk.stage.rows().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_has_one_notation() {
    let stage = Stage::set().await;
    let mut report = Report::new();
    for entity in entities() {
        for field in entity.fields.iter().filter(|field| field.kind == Kind::Cidr && field.is_settable()) {
            for range in ["10.0.0.0/08", "10.0.0.0/+8", "10.0.0.0/255.0.0.0", "fd00::/048", "fd00::/+48"] {
                let draft = stage.factory.draft(&entity.name, &mut World::new()).await;
                let draft = Row(draft).with(&field.name, range).0;
                let place = format!("{}.{} {range}", entity.name, field.name);
                let created = stage.client.create(&entity.name, draft.clone()).await;
                report.refused(&place, created, Code::InvalidArgument, "INVALID_CIDR", &field.name);
                let errors = loaded(&stage.server, vec![message(vec![packed(&entity.name, draft)])]).await.errors;
                report.equal(&place, errors.first().map(|error| error.reason.as_str()), Some("INVALID_CIDR"));
                for filter in
                    [format!("{} = \"{range}\"", field.name), format!("overlaps({}, \"{range}\")", field.name)]
                {
                    let listed = stage.client.list(&entity.name, &filter).await;
                    report.refused(&filter, listed, Code::InvalidArgument, "INVALID_FILTER", "filter");
                }
            }
        }
    }
    report.finish();
}
