//! Rows that no server wrote. Whoever can write to the database can store what the API has no value for, or no longer
//! has: such a row is given as well as it can be, or named, and leaves the rows beside it readable.

use qairon::model::{Entity, Field, Kind, Verb};
use qairon::v1::ListApplicationsRequest;
use qairon::v1::catalog_service_client::CatalogServiceClient;
use qairon_integration_tests::{Failure, Report, World, find_entity};
use serde_json::json;

use crate::stage::{Stage, entities};

/// Neither triggers nor foreign keys get in the way.
const ALONE: &str = "SET session_replication_role = replica";

/// Expressions for columns of a kind that are hard to give. What the constraints forbid is left out by the database.
fn strange(field: &Field) -> &'static [&'static str] {
    match field.kind {
        Kind::Timestamp => &[
            "'infinity'",
            "'-infinity'",
            "'294276-12-31 23:59:59.999999+00'",
            "'4713-01-01 00:00:00+00 BC'",
            "'0001-01-01 00:00:00+00'",
            "'10000-01-01 00:00:00+00'",
        ],
        Kind::Json => &[
            r#"'{"n": 1e400, "m": -1e400, "o": [1e-400, {"p": 1e16000}]}'"#,
            r#"'{"n": 0.000, "m": 12345678901234567890123456789012345678901234567890.5, "o": 9007199254740993}'"#,
            r#"jsonb_build_object('a', repeat('[', 30)::text || repeat(']', 30))"#,
            r#"('{"a": ' || repeat('[', 30) || repeat(']', 30) || '}')::jsonb"#,
            r#"('{"a": ' || repeat('[', 3000) || '1' || repeat(']', 3000) || '}')::jsonb"#,
            r#"(repeat('{"a": ', 500) || '"\"{["' || repeat('}', 500))::jsonb"#,
            r#"'{"": {"\"\\\n\u0001\u2028": "\ud83e\udd80\u200b"}, "a.b": null}'"#,
            "jsonb_build_object('t', repeat('x', 2000000))",
            "jsonb_build_object('t', repeat('x', 6000000))",
            "jsonb_build_object('n', (SELECT jsonb_agg(1e300) FROM generate_series(1, 100) n))",
        ],
        Kind::Text if field.reference.is_none() && field.object_of.is_none() && field.number != 1 && !field.derived => {
            &["''", "chr(8203) || chr(8238) || chr(1) || E'\\n'", "repeat('é', 900)", "repeat('x', 5000000)"]
        }
        Kind::Double => &["'NaN'", "'Infinity'", "-1", "5e-324", "1.7976931348623157e308", "'-0'"],
        Kind::Integer => &["9223372036854775807", "-9223372036854775808"],
        Kind::Cidr => &["'0.0.0.0/0'", "'::/0'", "'255.255.255.255/32'", "'::ffff:1.2.3.4/128'"],
        Kind::Enum(_) | Kind::EntityType => &["'FUTURE'", "''"],
        Kind::Uuid => &["'00000000-0000-0000-0000-000000000000'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'"],
        Kind::Etag => &["9223372036854775806", "-1"],
        _ => &[],
    }
}

/// The kinds there are, by the number of strange values that reached a table.
#[derive(Default)]
struct Stored(std::collections::BTreeMap<String, usize>);

fn kind_name(kind: &Kind) -> String {
    format!("{kind:?}").split(['(', ' ']).next().unwrap_or_default().to_owned()
}

/// Writes a value into a column of every entity that has the like; returns the tables that took it.
async fn store(stage: &Stage, place: usize, stored: &mut Stored) -> bool {
    let session = stage.database.session().await;
    session.batch_execute(ALONE).await.expect("a superuser");
    let mut more = false;
    for entity in entities() {
        for field in &entity.fields {
            let Some(value) = strange(field).get(place) else { continue };
            more = true;
            let column = if field.kind == Kind::Etag { "version" } else { &field.name };
            let all = format!("UPDATE {} SET {column} = {value}", entity.name);
            let one = format!("{all} WHERE ctid = (SELECT min(ctid) FROM {})", entity.name);
            // Large ones go into one row: the others are to be read beside it.
            let is_large = value.contains("000000)");
            if !is_large && session.batch_execute(&all).await.is_ok() || session.batch_execute(&one).await.is_ok() {
                *stored.0.entry(kind_name(&field.kind)).or_default() += 1;
            }
        }
    }
    more
}

/// Whether a call gives what it was asked for, or says which object it cannot give, and why.
fn is_named(failure: &Failure) -> bool {
    let named = failure.message.contains('`') && failure.message.contains("read_mask");
    // An ID with an empty component can be listed, and nothing can be asked for by it.
    let is_no_id = failure.reason == "INVALID_ID" && failure.message.contains("component \"\"");
    (is_no_id || failure.reason == "MESSAGE_TOO_LARGE" && named) && failure.flaws().is_empty()
}

async fn read_all(stage: &Stage, entity: &Entity, place: usize, report: &mut Report) {
    let at = |what: &str| format!("{what} of {} with value {place}", entity.name);
    let sql = format!("SELECT id FROM {} ORDER BY id", entity.name);
    let ids: Vec<String> = stage.database.query(&sql).await.into_iter().flatten().flatten().collect();
    let mut whole = true;
    for id in &ids {
        let given = stage.client.get(&entity.name, id).await;
        whole &= given.is_ok();
        match given {
            Ok(row) => report.equal(at("Get"), row.id(), id.as_str()),
            Err(failure) => report.check(is_named(&failure) && failure.message.contains(id), at("Get"), &failure),
        }
        if id.split(':').all(|component| !component.is_empty()) {
            let bare = stage.client.standard(entity, Verb::Get, json!({ "id": id, "read_mask": ["id"] })).await;
            report.accepted(at("Get with a mask"), bare);
        }
    }
    // As bytes: some of it has no form in protobuf's JSON.
    for options in [json!({ "page_size": 1000 }), json!({ "page_size": 1 }), json!({ "order_by": "created_at desc" })] {
        match stage.client.list_with(&entity.name, options).await {
            Ok(rows) => {
                let mut found: Vec<_> = rows.iter().map(|row| row.id().to_owned()).collect();
                found.sort();
                report.equal(at("List"), found, ids.clone());
            }
            Err(failure) => report.check(!whole && is_named(&failure), at("List"), &failure),
        }
    }
    let batch = stage.client.standard(entity, Verb::BatchGet, json!({ "ids": ids })).await;
    if let Err(failure) = batch {
        report.check(is_named(&failure), at("BatchGet"), &failure);
    }
    let exported = stage.client.stream("ExportObjects", json!({ "resources": [entity.name] })).await;
    match exported {
        Ok(parts) => {
            let count: usize = parts.iter().map(|part| part["objects"].as_array().map_or(0, Vec::len)).sum();
            report.equal(at("Export"), count, ids.len());
        }
        Err(failure) => report.check(!whole && is_named(&failure), at("Export"), &failure),
    }
    // It can be set right.
    if let Some(id) = ids.first() {
        let change = json!({ "id": id, "defaults": {} });
        let repaired = stage.client.update_with(&entity.name, change, json!({ "validate_only": true })).await;
        if let Err(failure) = repaired {
            report.check(failure.reason != "INTERNAL", at("Update"), &failure);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_stored_value_makes_a_page_fail() {
    let stage = Stage::set().await;
    let mut world = World::new();
    let embedding = stage.fill(&mut world).await;
    assert!(!embedding.is_empty(), "what is embedded is read in another way");
    for entity in entities() {
        stage.factory.create(&entity.name).await;
    }
    // Labels of a newer server.
    let session = stage.database.session().await;
    for entity in entities() {
        for field in entity.fields.iter().filter(|field| matches!(field.kind, Kind::Enum(_))) {
            let (table, field) = (&entity.name, &field.name);
            let drop = format!("ALTER TABLE {table} DROP CONSTRAINT {table}_{field}_enum_check");
            session.batch_execute(&drop).await.expect("it is there");
        }
    }
    let (mut report, mut stored) = (Report::new(), Stored::default());
    for place in 0.. {
        if !store(&stage, place, &mut stored).await {
            break;
        }
        for entity in entities() {
            read_all(&stage, entity, place, &mut report).await;
        }
        let found = stage.client.call("FindObjects", json!({ "text": "n" })).await;
        report.accepted(format!("FindObjects with value {place}"), found);
    }
    for kind in ["Timestamp", "Json", "Text", "Double", "Integer", "Cidr", "Enum", "EntityType", "Uuid", "Etag"] {
        report.check(stored.0.get(kind).is_some_and(|count| *count > 0), kind, "no strange value was stored");
    }
    report.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_held_is_given_as_the_nearest() {
    let stage = Stage::set().await;
    stage
        .database
        .execute(
            r#"INSERT INTO application (id, created_at, last_updated_at, defaults) VALUES
                 ('a', 'infinity', '-infinity', '{"huge": -1e400, "tiny": 1e-400, "long": 0.10000000000000000001}'),
                 ('b', now(), now(), (repeat('{"a": ', 26) || '1.50' || repeat('}', 26))::jsonb)"#,
        )
        .await
        .expect("the rows");
    let a = stage.client.get("application", "a").await.expect("it is given");
    assert_eq!(a["defaults"], json!({ "huge": f64::MIN, "tiny": 0, "long": 0.1 }));
    assert_eq!(a["created_at"], "9999-12-31T23:59:59.999999Z");
    assert_eq!(a["last_updated_at"], "0001-01-01T00:00:00Z");
    let b = stage.client.get("application", "b").await.expect("it is given");
    let inner = (0..25).fold(&b["defaults"], |value, _| &value["a"]);
    assert_eq!(inner, "{\"a\": 1.50}");
}

/// JSON of few bytes in a row can have many in a message.
#[tokio::test(flavor = "multi_thread")]
async fn pages_end_before_what_makes_them_too_large() {
    let stage = Stage::set().await;
    let digits = "jsonb_build_object('n', (SELECT jsonb_agg(n % 10) FROM generate_series(1, 100000) n))";
    let sql = format!("INSERT INTO application (id, defaults) SELECT 'a' || n, {digits} FROM generate_series(1, 6) n");
    stage.database.execute(&sql).await.expect("the rows");
    let mut report = Report::new();
    let (mut token, mut found) = (String::new(), 0);
    loop {
        let request = ListApplicationsRequest { page_size: 1000, page_token: token, ..Default::default() };
        let mut catalog = CatalogServiceClient::new(stage.server.channel());
        let page = catalog.list_applications(request).await.expect("a page that clients take").into_inner();
        report.check(!page.applications.is_empty(), "a page", "it is empty");
        found += page.applications.len();
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    report.equal("all pages", found, 6);
    let ids: Vec<String> = (1..=6).map(|n| format!("a{n}")).collect();
    let batch = stage.client.standard(find_entity("application"), Verb::BatchGet, json!({ "ids": ids })).await;
    report.refused("BatchGet", batch, tonic::Code::ResourceExhausted, "MESSAGE_TOO_LARGE", "ids");
    report.finish();
}
