//! TraceImpact against a walk in Rust over everything that the API lists.

use std::collections::{BTreeMap, HashSet};

use qairon::model::Mood;
use qairon_integration_tests::{Client, Database, Server, find_entity, long, poll_until};
use serde_json::{Value, json};
use tonic::Code;

use crate::organisation::{Organisation, random_organisation};
use crate::stage::{Stage, entities};

/// An object: entity and ID.
type Object = (String, String);

/// What the trace says of an object: depth, via, parent.
type Told = (i64, String, Object);

/// A walk by the rules of `options.proto`, one object at a time.
fn walk(organisation: &Organisation, from: &Object, declared: bool, max_depth: i64) -> BTreeMap<Object, Told> {
    let mut told: BTreeMap<Object, Told> = BTreeMap::new();
    let mut seen: HashSet<(Object, Mood)> = HashSet::from([((from.clone()), Mood::AtHome)]);
    let mut front = vec![(from.clone(), Mood::AtHome)];
    let mut depth = 0;
    while !front.is_empty() && (max_depth == 0 || depth < max_depth) {
        depth += 1;
        let mut next = Vec::new();
        for (object, mood) in &front {
            let entity = find_entity(&object.0);
            let mut ways: Vec<(bool, String, Object, Mood)> = Vec::new();
            for relation in &entity.relations {
                let Some(after) = relation.dependents.and_then(|crossing| mood.after(crossing)) else { continue };
                for id in organisation.related(entity, relation, &object.1) {
                    ways.push((false, relation.name().to_owned(), (relation.target.clone(), id), after));
                }
            }
            if declared {
                let after = if *mood == Mood::Rising { Mood::Rising } else { Mood::AtHome };
                for (case, holder) in organisation.declared_on(object) {
                    ways.push((true, format!("dependency_case:{case}"), holder, after));
                }
            }
            for (is_declared, via, to, after) in ways {
                let parent = object.clone();
                if to != *from {
                    let better = |known: &Told| {
                        let rank = |via: &str| via.starts_with("dependency_case:");
                        known.0 == depth && (is_declared, &via, &parent) < (rank(&known.1), &known.1, &known.2)
                    };
                    match told.get(&to) {
                        Some(known) if !better(known) => {}
                        _ => _ = told.insert(to.clone(), (depth, via, parent)),
                    }
                }
                if seen.insert((to.clone(), after)) {
                    next.push((to, after));
                }
            }
        }
        front = next;
    }
    told
}

/// All rows of an impact as a map, which holds every object once.
fn as_map(rows: &[Value]) -> BTreeMap<Object, Told> {
    let text = |row: &Value, field: &str| row[field].as_str().unwrap_or_default().to_owned();
    let mut map = BTreeMap::new();
    for row in rows {
        let depth = row["depth"].as_i64().expect("a depth");
        let parent = (text(row, "parent_resource"), text(row, "parent_id"));
        let twice = map.insert((text(row, "resource"), text(row, "id")), (depth, text(row, "via"), parent));
        assert_eq!(twice, None, "an object comes once: {row}");
    }
    map
}

async fn impact(client: &Client, request: Value) -> Vec<Value> {
    let messages = client.stream("TraceImpact", request.clone()).await;
    let messages = messages.unwrap_or_else(|failure| panic!("{request}: {failure}"));
    messages.into_iter().flat_map(|message| message["rows"].as_array().cloned().unwrap_or_default()).collect()
}

#[tokio::test]
async fn impact_is_what_a_walk_over_all_objects_finds() {
    for seed in 0..2 {
        let stage = Stage::set().await;
        let organisation = random_organisation(&stage, seed).await;
        let mut compared = 0;
        let mut longest = 0;
        for entity in entities() {
            for id in organisation.ids(&entity.name) {
                let object = (entity.name.clone(), id.clone());
                for (declared, max_depth) in [(true, 0), (false, 0), (true, 2)] {
                    let rows = impact(
                        &stage.client,
                        json!({ "resource": entity.name, "id": id, "ignore_declared": !declared,
                                "max_depth": max_depth, "include_parents": true }),
                    )
                    .await;
                    let place = format!("seed {seed}, {object:?}, declared {declared}, depth {max_depth}");
                    let in_order = |row: &Value| {
                        (row["depth"].as_i64(), row["resource"].to_string(), row["id"].as_str().map(str::to_owned))
                    };
                    assert!(rows.is_sorted_by_key(in_order), "{place}: in the order of depth, resource and ID");
                    let wanted = walk(&organisation, &object, declared, max_depth);
                    assert_eq!(as_map(&rows), wanted, "{place}");
                    compared += wanted.len();
                    longest = longest.max(wanted.values().map(|told| told.0).max().unwrap_or_default());
                }
            }
        }
        // The comparison means something only if there was something to compare.
        assert!(compared > 2000 && longest > 6, "{compared} rows, {longest} steps");
    }
}

#[tokio::test]
async fn a_part_of_an_impact_is_that_part_of_the_whole() {
    let stage = Stage::set().await;
    let organisation = random_organisation(&stage, 7).await;
    for entity in ["environment", "region", "fleet", "build", "service", "zone"] {
        for id in organisation.ids(entity) {
            let whole = impact(&stage.client, json!({ "resource": entity, "id": id })).await;
            for to in entities() {
                let part = impact(&stage.client, json!({ "resource": entity, "id": id, "to": [to.name] })).await;
                let wanted: Vec<Value> =
                    whole.iter().filter(|row| row["resource"] == to.name.as_str()).cloned().collect();
                assert_eq!(part, wanted, "{entity} {id} to {}", to.name);
            }
            let two = impact(&stage.client, json!({ "resource": entity, "id": id, "to": ["service", "zone"] })).await;
            let wanted = whole.iter().filter(|row| row["resource"] == "service" || row["resource"] == "zone");
            assert_eq!(two, wanted.cloned().collect::<Vec<_>>());
            assert!(whole.iter().all(|row| row["parent_id"].as_str().unwrap_or_default().is_empty()));
        }
    }
}

/// A region with so many objects that its impact takes several messages.
async fn crowded(database: &Database) {
    database
        .execute(
            "INSERT INTO application (id) VALUES ('a'); INSERT INTO stack (application_id, name) VALUES ('a', 's');
             INSERT INTO service (stack_id, name) SELECT 'a:s', 'v' || n FROM generate_series(1, 40) n;
             INSERT INTO environment (id) VALUES ('e'); INSERT INTO provider_type (id) VALUES ('t');
             INSERT INTO provider (environment_id, provider_type_id, native_id) VALUES ('e', 't', 'n');
             INSERT INTO region (provider_id, name) VALUES ('e:t:n', 'r');
             INSERT INTO partition (region_id, name) VALUES ('e:t:n:r', 'p');
             INSERT INTO deployment_target_type (id) VALUES ('k');
             INSERT INTO deployment_target (partition_id, deployment_target_type_id, name)
                 SELECT 'e:t:n:r:p', 'k', 'd' || n FROM generate_series(1, 100) n;
             INSERT INTO deployment (deployment_target_id, service_id)
                 SELECT 'e:t:n:r:p:k:d' || d, 'a:s:v' || v FROM generate_series(1, 100) d, generate_series(1, 40) v;",
        )
        .await
        .expect("a crowded region");
}

#[tokio::test]
async fn a_broken_impact_is_taken_up_where_it_broke() {
    let database = Database::new().await;
    crowded(&database).await;
    let server = Server::start(&database, &[]).await;
    let client = server.client();
    let request = json!({ "resource": "region", "id": "e:t:n:r" });
    let messages = client.stream("TraceImpact", request.clone()).await.expect("an impact");
    assert!(messages.len() >= 4, "{} messages", messages.len());
    let rows = |messages: &[Value]| -> Vec<Value> {
        messages.iter().flat_map(|message| message["rows"].as_array().cloned().unwrap_or_default()).collect()
    };
    let whole = rows(&messages);
    // 1 partition, 100 targets, 4,000 deployments, 40 services, the stack, the application.
    assert_eq!(whole.len(), 4142 + 1);
    for (index, message) in messages.iter().enumerate() {
        let mut again = request.clone();
        again["resume_token"] = message["resume_token"].clone();
        let rest = impact(&client, again).await;
        assert_eq!([rows(&messages[..=index]), rest].concat(), whole, "after message {index}");
    }
    let token = messages[0]["resume_token"].clone();
    for other in [
        json!({ "resource": "partition", "id": "e:t:n:r:p" }),
        json!({ "resource": "region", "id": "e:t:n:r", "max_depth": 3 }),
        json!({ "resource": "region", "id": "e:t:n:r", "to": ["service"] }),
        json!({ "resource": "region", "id": "e:t:n:r", "ignore_declared": true }),
    ] {
        let mut request = other;
        request["resume_token"] = token.clone();
        let failure = client.stream("TraceImpact", request.clone()).await.expect_err("a token of another trace");
        assert_eq!(
            (failure.code, failure.reason.as_str()),
            (Code::InvalidArgument, "PAGE_TOKEN_MISMATCH"),
            "{request}"
        );
    }
}

#[tokio::test]
async fn readers_that_stop_reading_hold_nobody_up() {
    let database = Database::new().await;
    crowded(&database).await;
    // More than the windows of a connection hold.
    let more = "INSERT INTO deployment (deployment_target_id, service_id, tag)
        SELECT deployment_target_id, service_id, 't' || n FROM deployment, generate_series(1, 12) n";
    database.execute(more).await.expect("more deployments");
    let flags = ["--pool-size", "2", "--stream-stall-timeout", "2s", "--pool-timeout", "30s"];
    let server = Server::start(&database, &flags).await;
    let client = server.client();
    let request = json!({ "resource": "region", "id": "e:t:n:r" });
    let mut stalled = Vec::new();
    for _ in 0..3 {
        stalled.push(client.open("TraceImpact", request.clone()).await.expect("a stream"));
    }
    // Lists and writes have connections left, and streams without a reader end.
    client.page("application", json!({})).await.expect("a list beside streams");
    client.create("application", json!({ "id": "beside" })).await.expect("a write beside streams");
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state <> 'idle' \
               AND query LIKE 'WITH%'";
    poll_until(long(), "no stream is under way", || async { (database.number(sql).await == 0).then_some(()) }).await;
    let mut ends = Vec::new();
    for mut messages in stalled {
        let mut rows = 0;
        let mut last = json!("");
        let end = loop {
            match messages.next().await {
                Ok(Some(message)) => {
                    rows += message["rows"].as_array().map_or(0, Vec::len);
                    last = message["resume_token"].clone();
                }
                Ok(None) => break None,
                Err(failure) => break Some(failure),
            }
        };
        // What it has, and the rest after its last token, is everything.
        let rest = impact(&client, json!({ "resource": "region", "id": "e:t:n:r", "resume_token": last })).await;
        assert_eq!(rows + rest.len(), 4142 + 1 + 48_000);
        ends.push(end);
    }
    assert!(ends.iter().flatten().any(|end| end.code == Code::DeadlineExceeded), "{ends:?}");
}

#[tokio::test]
async fn requests_that_make_no_sense_are_refused() {
    let stage = Stage::set().await;
    for (request, code, reason, field) in [
        (json!({ "resource": "flet", "id": "x" }), Code::InvalidArgument, "INVALID_VALUE", "resource"),
        (json!({ "resource": "", "id": "x" }), Code::InvalidArgument, "INVALID_VALUE", "resource"),
        (json!({ "resource": "fleet", "id": "x" }), Code::InvalidArgument, "INVALID_ID", "id"),
        (json!({ "resource": "fleet", "id": "" }), Code::InvalidArgument, "REQUIRED", "id"),
        (
            json!({ "resource": "application", "id": "x", "to": ["srvice"] }),
            Code::InvalidArgument,
            "INVALID_VALUE",
            "to",
        ),
        (
            json!({ "resource": "application", "id": "x", "max_depth": -1 }),
            Code::InvalidArgument,
            "OUT_OF_RANGE",
            "max_depth",
        ),
        (
            json!({ "resource": "application", "id": "x", "resume_token": "?" }),
            Code::InvalidArgument,
            "INVALID_PAGE_TOKEN",
            "resume_token",
        ),
        (json!({ "resource": "application", "id": "x" }), Code::NotFound, "NOT_FOUND", ""),
    ] {
        let failure = stage.client.stream("TraceImpact", request.clone()).await.expect_err("refused");
        let told = failure.fields.first().map(String::as_str).unwrap_or_default();
        assert_eq!((failure.code, failure.reason.as_str(), told), (code, reason, field), "{request}");
        assert_eq!(failure.flaws(), Vec::<String>::new(), "{request}: {failure}");
    }
}

#[tokio::test]
async fn declared_dependencies_in_a_circle_and_on_oneself_come_to_an_end() {
    let stage = Stage::set().await;
    let client = &stage.client;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(stage.factory.create("application").await.id().to_owned());
    }
    let case = json!({ "id": "needs", "relatable_type": "Application", "related_type": "Application",
                       "allowed_relationship": "ALLOWED_RELATIONSHIP_OTM" });
    client.create("dependency_case", case).await.expect("a case");
    for (index, id) in ids.iter().enumerate() {
        let relatable = json!({ "relatable_type": "Application", "object_id": id });
        let relatable = client.create("relatable", relatable).await.expect("a relatable");
        let dependency = json!({ "dependency_case_id": "needs", "relatable_id": relatable.id(), "name": "d" });
        let dependency = client.create("dependency", dependency).await.expect("a dependency");
        // Each on the next in the circle, and on itself.
        for other in [&ids[(index + 1) % 3], id] {
            let related =
                json!({ "dependency_id": dependency.id(), "related_type": "Application", "object_id": other });
            client.create("related", related).await.expect("a related");
        }
    }
    let rows = impact(client, json!({ "resource": "application", "id": ids[0] })).await;
    let told: Vec<_> = rows.iter().map(|row| (row["id"].clone(), row["depth"].clone(), row["via"].clone())).collect();
    let via = "dependency_case:needs";
    assert_eq!(told, [(json!(ids[2]), json!(1), json!(via)), (json!(ids[1]), json!(2), json!(via))]);
    let none = impact(client, json!({ "resource": "application", "id": ids[0], "ignore_declared": true })).await;
    assert_eq!(none, Vec::<Value>::new());
}
