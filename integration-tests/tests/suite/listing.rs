//! List, over every entity: pages under concurrent writes, order, filters, tokens, totals.

mod orders;

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use qairon::model::{Entity, Field, Kind, Verb};
use qairon_integration_tests::{Client, Report, Row, World};
use serde_json::{Value, json};
use tonic::Code;

use crate::stage::{Stage, entities};

const STANDING: usize = 60;

/// Page sizes.
const SIZES: [u32; 5] = [1, 5, 16, 53, 100];

/// The orders of an entity, with page sizes: by ID in pages of every size, and by every field that the writers here leave
/// as it is.
fn pagings(entity: &Entity) -> Vec<(u32, String)> {
    let moves = |field: &Field| field.name == "last_updated_at" || matches!(field.kind, Kind::Json | Kind::Etag);
    let fixed = entity.fields.iter().filter(|field| field.is_column() && !moves(field));
    let by_field = fixed.enumerate().map(|(index, field)| {
        (SIZES[1 + index % 4], format!("{}{}", field.name, if index % 2 == 0 { " desc" } else { "" }))
    });
    SIZES.iter().map(|size| (*size, "id".to_owned())).chain(by_field).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_stands_throughout_comes_exactly_once_under_concurrent_writes() {
    let Stage { client, factory, server: _server, database: _database } = Stage::set().await;
    let mut report = Report::new();
    for entity in entities() {
        let name = &entity.name;
        let mut world = World::new();
        let mut standing = HashSet::new();
        let mut passing = Vec::new();
        for index in 0..STANDING {
            standing.insert(factory.create_in(name, &mut world).await.id().to_owned());
            // Between the permanent ones are others, which a writer keeps deleting and creating.
            if index % 4 == 0 {
                let draft = factory.draft(name, &mut world).await;
                passing.push(draft);
            }
        }
        let done = Arc::new(AtomicBool::new(false));
        let writer = tokio::spawn(write_until(client.clone(), entity, passing, standing.clone(), done.clone()));
        for (page_size, order_by) in pagings(entity) {
            let request = json!({ "page_size": page_size, "order_by": order_by, "read_mask": ["id"] });
            let Some(listed) = report.accepted(name, client.list_with(name, request).await) else { continue };
            let place = format!("{name}, pages of {page_size} by {order_by}");
            let found: Vec<&str> = listed.iter().map(Row::id).filter(|id| standing.contains(*id)).collect();
            report.equal(format!("{place}: rows"), found.len(), standing.len());
            report.equal(format!("{place}: distinct rows"), found.iter().collect::<HashSet<_>>().len(), standing.len());
        }
        done.store(true, Ordering::Relaxed);
        let written = writer.await.expect("the writer does not panic");
        report.check(written > 0, name, "nothing was written meanwhile");
    }
    report.finish();
}

/// A change of what a list is ordered by moves the object, to where the pages are to come or where they have been. The
/// others come exactly once all the same.
#[tokio::test]
async fn only_an_object_whose_place_changes_may_be_missed_or_come_again() {
    let Stage { client, factory, server: _server, database: _database } = Stage::set().await;
    let mut report = Report::new();
    for entity in entities() {
        let (name, mut world) = (&entity.name, World::new());
        let mut ids = Vec::new();
        for index in 0..9 {
            let row = factory.create_in(name, &mut world).await;
            let object = json!({ "id": row.id(), "defaults": { "n": index } });
            client.update(name, object).await.unwrap_or_else(|failure| panic!("{name}: {failure}"));
            ids.push(row.id().to_owned());
        }
        for order_by in ["last_updated_at", "last_updated_at desc"] {
            let (mut found, mut token) = (Vec::new(), String::new());
            loop {
                let request = json!({ "order_by": order_by, "page_size": 2, "page_token": token, "read_mask": ["id"] });
                let Some((rows, next)) = report.accepted(name, client.page(name, request).await) else { break };
                found.extend(rows.into_iter().map(|row| row.id().to_owned()));
                token = next;
                if token.is_empty() {
                    break;
                }
                // One of those that are written comes first now in one order, and last in the other.
                let touched = &ids[if found.len() % 4 == 0 { 0 } else { 4 }];
                let object = json!({ "id": touched, "defaults": { "n": found.len() + 10 } });
                client.update(name, object).await.unwrap_or_else(|failure| panic!("{name}: {failure}"));
            }
            for (_, id) in ids.iter().enumerate().filter(|(index, _)| ![0, 4].contains(index)) {
                let times = found.iter().filter(|other| *other == id).count();
                report.equal(format!("{name} `{id}` by {order_by}"), times, 1);
            }
        }
    }
    report.finish();
}

/// Creates, changes and deletes objects until it is stopped; returns the number of writes.
async fn write_until(
    client: Client,
    entity: &Entity,
    drafts: Vec<Value>,
    standing: HashSet<String>,
    done: Arc<AtomicBool>,
) -> usize {
    let mut written = 0;
    let touched = standing.iter().next().expect("there are some").clone();
    while !done.load(Ordering::Relaxed) {
        for draft in &drafts {
            let created = client
                .create(&entity.name, draft.clone())
                .await
                .unwrap_or_else(|failure| panic!("{}: {failure}", entity.name));
            client
                .update(&entity.name, json!({ "id": touched, "defaults": { "n": written } }))
                .await
                .expect("it is listed");
            client.delete(&entity.name, created.id()).await.expect("it was just created");
            written += 3;
            if done.load(Ordering::Relaxed) {
                break;
            }
        }
    }
    written
}

/// A few objects of an entity, half of them with optional fields unset.
async fn some(stage: &Stage, entity: &Entity) -> Vec<Row> {
    let mut world = World::new();
    let mut rows = Vec::new();
    for index in 0..5 {
        let mut draft = stage.factory.draft(&entity.name, &mut world).await;
        if index % 2 == 1 {
            let fields = entity
                .fields
                .iter()
                .filter(|field| field.number != 1 && !field.required && !entity.id_fields.contains(&field.name));
            fields.for_each(|field| _ = draft.as_object_mut().expect("an object").remove(&field.name));
        }
        let mut row = stage
            .client
            .create(&entity.name, draft)
            .await
            .unwrap_or_else(|failure| panic!("{}: {failure}", entity.name));
        if index % 3 == 0 {
            row = stage
                .client
                .update(&entity.name, json!({ "id": row.id(), "defaults": { "x": index } }))
                .await
                .expect("it is there");
        }
        rows.push(row);
    }
    rows
}

/// A value in the notation of filters; `None` for kinds that have none.
fn literal(field: &Field, value: &Value) -> Option<String> {
    match (&field.kind, value) {
        (Kind::Json | Kind::Etag | Kind::Object | Kind::Objects, _) => None,
        (_, Value::Null) => Some("null".into()),
        (Kind::Enum(descriptor), Value::String(name)) => Some(Kind::enum_label(descriptor, name)),
        (_, Value::String(text)) => Some(quoted(text)),
        (_, number) => Some(number.to_string()),
    }
}

/// A text in the notation of filters, without wildcards.
fn quoted(text: &str) -> String {
    let escaped: String =
        text.chars().flat_map(|c| if matches!(c, '"' | '\\' | '*') { vec!['\\', c] } else { vec![c] }).collect();
    format!("\"{escaped}\"")
}

#[tokio::test]
async fn every_field_filters() {
    let stage = Stage::set().await;
    let (client, mut report) = (&stage.client, Report::new());
    for entity in entities() {
        let name = &entity.name;
        let created = some(&stage, entity).await;
        let all = client.list(name, "").await.expect("a listing");
        for field in &entity.fields {
            // The first has all its fields, the second lacks the optional ones.
            for row in created.iter().take(2) {
                let Some(literal) = literal(field, &row[field.name.as_str()]) else { continue };
                let filter = format!("{} = {literal}", field.name);
                let equal = |other: &&Row| other[field.name.as_str()] == row[field.name.as_str()];
                let wanted: Vec<&Row> = all.iter().filter(equal).collect();
                let found = client.list(name, &filter).await;
                let Some(found) = report.accepted(format!("{name}: {filter}"), found) else { continue };
                report.equal(format!("{name}: {filter}"), found.iter().collect::<Vec<_>>(), wanted.clone());
                let negated = format!("NOT {filter}");
                let Some(found) = report.accepted(format!("{name}: {negated}"), client.list(name, &negated).await)
                else {
                    continue;
                };
                report.equal(format!("{name}: {negated}"), found.len(), all.len() - wanted.len());
            }
        }
        let Some(found) = report.accepted(name, client.list(name, "defaults.x >= 3").await) else { continue };
        report.equal(format!("{name}: defaults.x >= 3"), found.len(), 1);
        for bad in [
            "no_such = 1",
            "id =",
            "id = \"",
            "(",
            "id = \"x\" AND",
            "' OR 1=1 --",
            "id = 'x'; DROP TABLE stack",
            "etag = \"x\"",
            "no_such.id = \"x\"",
            "[{\"name\": \"no_such\", \"op\": \"eq\", \"val\": 1}]",
            "{\"filters\": [",
        ] {
            let result = client.list(name, bad).await;
            report.refused(format!("{name}: {bad:.40}"), result, Code::InvalidArgument, "INVALID_FILTER", "filter");
        }
        for large in ["(".repeat(100), "a ".repeat(300), "x".repeat(20_000), "[{\"not\":".repeat(100)] {
            let result = client.list(name, &large).await;
            report.refused(format!("{name}: {large:.20}"), result, Code::InvalidArgument, "FILTER_TOO_LARGE", "filter");
        }
    }
    report.finish();
}

#[tokio::test]
async fn every_relation_filters_from_both_sides() {
    let Stage { client, factory, server: _server, database: _database } = Stage::set().await;
    let mut report = Report::new();
    for entity in entities() {
        for field in entity.references().filter(|field| field.required) {
            let reference = field.reference.as_ref().expect("it is one");
            let mut world = World::new();
            let row = factory.create_in(&entity.name, &mut world).await;
            factory.create(&entity.name).await;
            let target = row.text(&field.name);
            let ids = |rows: Vec<Row>| rows.iter().map(|row| row.id().to_owned()).collect::<Vec<_>>();
            for filter in [
                format!("{}.id = {}", reference.relation, quoted(target)),
                format!("{} = {}", field.name, quoted(target)),
            ] {
                let found = client.list(&entity.name, &filter).await;
                report.equal(format!("{}: {filter}", entity.name), found.map(ids), Ok(vec![row.id().to_owned()]));
            }
            for inverse in &reference.inverse {
                let filter = format!("{inverse}.id = {}", quoted(row.id()));
                let found = client.list(&reference.entity, &filter).await;
                report.equal(format!("{}: {filter}", reference.entity), found.map(ids), Ok(vec![target.to_owned()]));
            }
        }
    }
    report.finish();
}

#[tokio::test]
async fn page_tokens_belong_to_their_listing() {
    let Stage { client, factory, server: _server, database: _database } = Stage::set().await;
    let mut report = Report::new();
    let mut foreign = String::new();
    for entity in entities() {
        let name = &entity.name;
        let mut world = World::new();
        for _ in 0..3 {
            factory.create_in(name, &mut world).await;
        }
        let Some((_, token)) = report.accepted(name, client.page(name, json!({ "page_size": 1 })).await) else {
            continue;
        };
        report.check(!token.is_empty(), name, "there is no token for the second page");
        let with = |token: &str, more: Value| {
            client.page(name, qairon_integration_tests::merged(json!({ "page_token": token }), more))
        };
        let mismatched = [
            ("filter", json!({ "filter": "NOT id = \"*nobody*\"" })),
            ("order", json!({ "order_by": "created_at" })),
            ("skip", json!({ "skip": 1 })),
        ];
        for (what, more) in mismatched {
            let result = with(&token, more).await;
            report.refused(
                format!("{name}: another {what}"),
                result,
                Code::InvalidArgument,
                "PAGE_TOKEN_MISMATCH",
                "page_token",
            );
        }
        if !foreign.is_empty() {
            let result = with(&foreign, json!({})).await;
            report.refused(
                format!("{name}: another entity"),
                result,
                Code::InvalidArgument,
                "PAGE_TOKEN_MISMATCH",
                "page_token",
            );
        }
        for garbage in ["x", "'; DROP TABLE stack; --", "AAAA", "\u{e9}", &"A".repeat(10_000), &token[1..], "%00"] {
            let result = with(garbage, json!({})).await;
            let reason = result.as_ref().err().map(|failure| failure.reason.clone()).unwrap_or_default();
            let known = ["INVALID_PAGE_TOKEN", "PAGE_TOKEN_MISMATCH"].contains(&reason.as_str());
            report.check(known, name, format!("token {garbage:.20}: {reason}"));
            report.refused(name, result, Code::InvalidArgument, &reason, "page_token");
        }
        // The size of the page is not part of the query.
        let second = with(&token, json!({ "page_size": 2 })).await;
        report.equal(name, second.map(|(rows, _)| rows.len()), Ok(2));
        foreign = token;
    }
    report.finish();
}

#[tokio::test]
async fn totals_skips_and_sizes() {
    let stage = Stage::set().await;
    let (client, mut report) = (&stage.client, Report::new());
    for entity in entities() {
        let name = &entity.name;
        some(&stage, entity).await;
        let all = client.list(name, "").await.expect("a listing");
        let total = |request: Value| client.standard(entity, Verb::List, request);
        let count = |response: Result<Value, _>| response.map(|response| response["total_size"].clone());
        let len = json!(all.len());
        report.equal(name, count(total(json!({ "include_total_size": true, "page_size": 2 })).await), Ok(len.clone()));
        report.equal(
            name,
            count(total(json!({ "include_total_size": true, "page_size": 2, "skip": 5 })).await),
            Ok(len),
        );
        report.equal(name, count(total(json!({ "page_size": 2 })).await), Ok(Value::Null));
        let none = json!({ "include_total_size": true, "filter": "id = \"*nobody*\"" });
        report.equal(name, count(total(none).await), Ok(json!(0)));
        for skip in [0, 3, all.len(), all.len() + 5] {
            let rest = client.list_with(name, json!({ "skip": skip, "page_size": 2 })).await;
            report.equal(format!("{name} skip {skip}"), rest, Ok(all.iter().skip(skip).cloned().collect()));
        }
        report.refused(
            name,
            client.page(name, json!({ "skip": -1 })).await,
            Code::InvalidArgument,
            "OUT_OF_RANGE",
            "skip",
        );
        report.refused(
            name,
            client.page(name, json!({ "page_size": -1 })).await,
            Code::InvalidArgument,
            "OUT_OF_RANGE",
            "page_size",
        );
        report.accepted(name, client.page(name, json!({ "page_size": i32::MAX })).await);
    }
    report.finish();
}

#[tokio::test]
async fn a_page_is_cut_by_rows_and_by_bytes() {
    let Stage { client, factory, server: _server, database } = Stage::set().await;
    database
        .execute("INSERT INTO application (id) SELECT 'a' || lpad(n::text, 5, '0') FROM generate_series(1, 1500) n")
        .await
        .expect("names");
    let (rows, next) = client.page("application", json!({})).await.expect("a page");
    assert_eq!((rows.len(), next.is_empty()), (100, false));
    let (rows, next) = client.page("application", json!({ "page_size": 5000 })).await.expect("a page");
    assert_eq!((rows.len(), next.is_empty()), (1000, false));

    // Ten objects of a mebibyte each do not fit into one message.
    let mut world = World::new();
    for _ in 0..10 {
        let mut draft = factory.draft("stack", &mut world).await;
        draft["defaults"] = json!({ "text": "x".repeat(1024 * 1024 - 100) });
        client.create("stack", draft).await.expect("it is small enough");
    }
    let (rows, next) = client.page("stack", json!({})).await.expect("a page");
    assert!((1..4).contains(&rows.len()) && !next.is_empty(), "{} rows", rows.len());
    assert_eq!(client.list("stack", "").await.expect("all pages").len(), 10);
}
