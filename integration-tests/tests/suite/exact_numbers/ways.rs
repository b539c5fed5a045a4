//! Every double comes back bit for bit.

use qairon::model::Verb;
use qairon::v1::{ApplyOptions, LoadOptions};
use qairon_integration_tests::{Report, World, find_entity};
use serde_json::{Value, json};

use super::{check_numbers, doubles, holding};
use crate::apply::{applied, object};
use crate::csv_import::{Desk, text};
use crate::load::{loaded, message, packed, with};
use crate::stage::Stage;

/// How many numbers there are for each way.
const NUMBERS: usize = 400;

fn application(id: &str, defaults: Value) -> Value {
    json!({ "id": id, "defaults": defaults })
}

/// Writes the same numbers on every way of the API, each into an object of its own. Returns their IDs.
async fn written(stage: &Stage, numbers: &[f64]) -> Vec<&'static str> {
    let wanted = holding(numbers);
    let client = &stage.client;
    client.create("application", application("create", wanted.clone())).await.expect("a new one");
    let other = || json!({ "list": [1, 2] });
    for id in ["update", "upsert", "apply-update"] {
        client.create("application", application(id, other())).await.expect("a new one");
    }
    client.update("application", application("update", wanted.clone())).await.expect("an update");
    let missing = json!({ "allow_missing": true });
    client.update_with("application", application("missing", wanted.clone()), missing).await.expect("a new one");
    let packed = |id: &str| packed("application", application(id, wanted.clone()));
    let done = loaded(&stage.server, vec![message(vec![packed("load")])]).await;
    assert_eq!((done.created, done.refused), (1, 0), "{done:?}");
    let upsert = LoadOptions { upsert: true, ..Default::default() };
    let done = loaded(&stage.server, with(upsert, vec![vec![packed("upsert"), packed("upsert-new")]])).await;
    assert_eq!((done.created, done.updated, done.refused), (1, 1, 0), "{done:?}");
    let import = qairon::v1::ImportObjectsRequest { objects: vec![packed("import")], ..Default::default() };
    let mut bulk = qairon::v1::bulk_service_client::BulkServiceClient::new(stage.server.channel());
    bulk.import_objects(tokio_stream::once(import)).await.expect("an import");
    let objects = ["apply", "apply-update"].map(|id| object("application", application(id, wanted.clone())));
    applied(&stage.server, ApplyOptions::default(), objects.to_vec()).await;
    vec!["create", "update", "missing", "load", "upsert", "upsert-new", "import", "apply", "apply-update"]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_double_comes_back_on_every_way_of_the_api() {
    let stage = Stage::set().await;
    let numbers = doubles(NUMBERS, 1);
    let ids = written(&stage, &numbers).await;
    let mut report = Report::new();
    for id in &ids {
        let row = stage.client.get("application", id).await.expect("it is there");
        check_numbers(&mut report, &format!("Get {id}"), &row["defaults"], &numbers);
    }
    let batch = stage.client.standard(find_entity("application"), Verb::BatchGet, json!({ "ids": ids })).await;
    let batch = batch.expect("a batch");
    let listed = stage.client.list("application", "").await.expect("a list");
    assert_eq!(listed.len(), ids.len());
    let masked = stage.client.list_with("application", json!({ "read_mask": ["defaults"] })).await.expect("a list");
    for row in listed.iter().chain(&masked) {
        check_numbers(&mut report, &format!("List {}", row.id()), &row["defaults"], &numbers);
    }
    for row in batch["applications"].as_array().expect("a list") {
        check_numbers(&mut report, &format!("BatchGet {}", row["id"]), &row["defaults"], &numbers);
    }
    let exported = stage.client.stream("ExportObjects", json!({ "resources": ["application"] })).await;
    let exported: Vec<Value> = exported.expect("an export");
    let objects = exported.iter().flat_map(|part| part["objects"].as_array().expect("a list"));
    let mut count = 0;
    for object in objects {
        check_numbers(&mut report, "Export", &object["object"]["defaults"], &numbers);
        count += 1;
    }
    assert_eq!(count, ids.len());
    // What was read is written back and changes nothing.
    let objects = ids.iter().map(|id| object("application", application(id, holding(&numbers))));
    let again = applied(&stage.server, ApplyOptions::default(), objects.collect()).await;
    report.equal("apply again", again.counts(), [0, 0, i64::try_from(ids.len()).expect("few"), 0]);
    report.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn embedded_objects_have_every_double() {
    let stage = Stage::set().await;
    let numbers = doubles(NUMBERS, 2);
    let mut report = Report::new();
    let mut world = World::new();
    for (entity, field) in stage.fill(&mut world).await {
        let embedded = field.embed.as_ref().expect("it embeds");
        let change = json!({ "id": world.id(&embedded.entity), "defaults": holding(&numbers) });
        stage.client.update(&embedded.entity, change).await.expect("an update");
        let row = stage.client.get(&entity.name, world.id(&entity.name).expect("it is there")).await.expect("a row");
        let place = format!("{}.{}", entity.name, field.name);
        check_numbers(&mut report, &place, &row[field.name.as_str()]["defaults"], &numbers);
    }
    report.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_any_bit_is_a_change() {
    let stage = Stage::set().await;
    let mut report = Report::new();
    stage.client.create("application", application("a", json!({ "n": 1 }))).await.expect("a new one");
    for pair in [[0.0, -0.0], [0.1, 0.1 + f64::EPSILON / 16.0], [1e300, f64::from_bits(1e300f64.to_bits() + 1)]] {
        for number in [pair[0], pair[1], pair[0]] {
            let wanted = application("a", json!({ "n": number }));
            let upsert = LoadOptions { upsert: true, ..Default::default() };
            loaded(&stage.server, with(upsert, vec![vec![packed("application", wanted)]])).await;
            let row = stage.client.get("application", "a").await.expect("it is there");
            let found = row["defaults"]["n"].as_f64().map(f64::to_bits);
            report.equal(format!("upsert {number:e}"), found, Some(number.to_bits()));
        }
        for number in [pair[1], pair[0]] {
            let wanted = object("application", application("a", json!({ "n": number })));
            applied(&stage.server, ApplyOptions::default(), vec![wanted]).await;
            let row = stage.client.get("application", "a").await.expect("it is there");
            let found = row["defaults"]["n"].as_f64().map(f64::to_bits);
            report.equal(format!("apply {number:e}"), found, Some(number.to_bits()));
        }
    }
    report.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_exact_value_is_found() {
    let stage = Stage::set().await;
    let numbers = doubles(150, 3);
    let mut report = Report::new();
    let defaults = json!({ "n": numbers });
    stage.client.create("application", application("a", defaults)).await.expect("a new one");
    for (index, number) in numbers.iter().enumerate() {
        let literal = qairon::numbers::shown(*number);
        let path = format!("defaults.n.{index}");
        let document = |op: &str, val: &str| {
            format!("{{\"filters\": [{{\"name\": \"{path}\", \"op\": \"{op}\", \"val\": {val}}}]}}")
        };
        for filter in [
            format!("{path} = {literal}"),
            format!("{path}:{literal}"),
            format!("defaults.n:{literal}"),
            format!("{path} <= {literal} AND {path} >= {literal}"),
            format!("in({path}, {literal})"),
            format!("NOT {path} != {literal}"),
            document("eq", &literal),
            document("in", &format!("[{literal}]")),
        ] {
            let found = stage.client.list("application", &filter).await.map(|rows| rows.len());
            report.equal(&filter, found.map_err(|failure| failure.to_string()), Ok(1));
        }
        let other = qairon::numbers::shown(f64::from_bits(number.to_bits() ^ 1));
        let found = stage.client.list("application", &format!("{path} = {other}")).await.map(|rows| rows.len());
        report.equal(format!("{path} = {other}"), found.map_err(|failure| failure.to_string()), Ok(0));
    }
    report.finish();
}

/// Every format that qcli writes and reads.
#[tokio::test(flavor = "multi_thread")]
async fn every_double_survives_every_format_of_the_command_line() {
    let from = Desk::set().await;
    let numbers = doubles(NUMBERS, 4);
    let mut report = Report::new();
    let whole = json!({ "id": "a", "defaults": holding(&numbers) });
    from.stage.client.create("application", whole).await.expect("a new one");
    for (ending, format) in [("yaml", "yaml"), ("json", "json"), ("jsonl", "jsonl")] {
        let to = Desk::set().await;
        let bundle = to.file(&format!("bundle.{ending}"), from.qcli.text(&["export", "-o", format]).await);
        to.qcli.text(&["apply", "-f", &bundle]).await;
        let row = to.stage.client.get("application", "a").await.expect("it is there");
        check_numbers(&mut report, format, &row["defaults"], &numbers);
        let diff = to.qcli.run(&["diff", "-f", &bundle]).await;
        report.equal(format!("diff of {format}"), (diff.code, diff.stdout), (Some(0), String::new()));
    }
    let to = Desk::set().await;
    let file = text(&to.path("application.csv"));
    from.qcli.text(&["csv_import", "export_csv", "application", &file]).await;
    let imported = to.import("application", &file, &[]).await;
    assert_eq!(imported.code, Some(0), "{imported:?}");
    let row = to.stage.client.get("application", "a").await.expect("it is there");
    check_numbers(&mut report, "csv_import", &row["defaults"], &numbers);
    let applied = Desk::set().await;
    applied.qcli.text(&["apply", "-f", &file]).await;
    let row = applied.stage.client.get("application", "a").await.expect("it is there");
    check_numbers(&mut report, "apply of CSV", &row["defaults"], &numbers);
    // What is printed can be given as an argument.
    for args in [
        &["application", "get_field", "a", "defaults"][..],
        &["application", "get_field", "a", "defaults", "-o", "plain"],
    ] {
        let printed = from.qcli.text(args).await;
        check_numbers(&mut report, &args.join(" "), &serde_json::from_str(&printed).expect("JSON"), &numbers);
        to.qcli.text(&["application", "set_field", "a", "defaults", &printed]).await;
        let row = to.stage.client.get("application", "a").await.expect("it is there");
        check_numbers(&mut report, "set_field", &row["defaults"], &numbers);
    }
    for format in ["json", "jsonl"] {
        let printed = from.qcli.text(&["application", "get", "a", "-o", format]).await;
        let printed: Value = serde_json::from_str(&printed).expect("JSON");
        check_numbers(&mut report, format, &printed["defaults"], &numbers);
    }
    report.finish();
}
