//! CompleteIds, compared with what the list of all IDs says.

use std::collections::BTreeSet;

use fastrand::Rng;
use qairon_integration_tests::{Client, Report};
use serde_json::{Value, json};
use tonic::Code;

use crate::stage::Stage;

/// Ways to go on, with whether each is an ID, and whether there are more.
type Answer = (Vec<(String, bool)>, bool);

/// What the answer has to be, by hand: read all, group, and go on while there is one way only.
fn naive(ids: &BTreeSet<String>, prefix: &str, limit: usize) -> Answer {
    let begun: Vec<&String> = ids.iter().filter(|id| id.starts_with(prefix)).collect();
    if begun.len() <= limit {
        return (begun.into_iter().map(|id| (id.clone(), true)).collect(), false);
    }
    let way = |id: &String| match id[prefix.len()..].find(':') {
        Some(colon) => (id[..=prefix.len() + colon].to_owned(), false),
        None => (id.clone(), true),
    };
    let ways: BTreeSet<(String, bool)> = begun.into_iter().map(way).collect();
    match ways.first() {
        Some((only, false)) if ways.len() == 1 => naive(ids, &only.clone(), limit),
        _ => (ways.iter().take(limit).cloned().collect(), ways.len() > limit),
    }
}

async fn ask(client: &Client, request: Value) -> Answer {
    let answer =
        client.call("CompleteIds", request.clone()).await.unwrap_or_else(|error| panic!("{request}: {error:?}"));
    let completions = answer["completions"].as_array().cloned().unwrap_or_default();
    let completions = completions
        .iter()
        .map(|way| (way["text"].as_str().unwrap_or_default().to_owned(), way["whole"].as_bool().unwrap_or_default()));
    (completions.collect(), answer["truncated"].as_bool().unwrap_or_default())
}

#[tokio::test]
async fn ids_go_on_as_the_list_of_all_says() {
    let Stage { client, server: _server, database, .. } = Stage::set().await;
    let mut random = Rng::with_seed(7);
    // Characters around the colon, wildcards of LIKE, and more than one byte.
    let names = ["a", "a-b", "a;b", "ab", "a_b", "a%b", "b", "b.c", "ö", "öx", "z~"];
    let mut pick = || names[random.usize(..names.len())].to_owned();
    let mut ids: BTreeSet<String> = (0..400).map(|_| [pick(), pick(), pick()].join(":")).collect();
    // One way for a long time.
    ids.extend((0..20).map(|n| format!("only:one:s{n}")));
    let parts = |depth: usize| -> BTreeSet<String> {
        ids.iter().map(|id| id.split(':').take(depth).collect::<Vec<_>>().join(":")).collect()
    };
    let rows = |parents: &BTreeSet<String>| {
        let rows = parents.iter().map(|id| id.rsplit_once(':').unwrap_or(("", id)));
        rows.map(|(parent, name)| format!("('{parent}', '{name}')")).collect::<Vec<_>>().join(", ")
    };
    let applications: Vec<String> = parts(1).iter().map(|id| format!("('{id}')")).collect();
    let sql = format!(
        "INSERT INTO application (id) VALUES {}; INSERT INTO stack (application_id, name) VALUES {}; \
         INSERT INTO service (stack_id, name) VALUES {}",
        applications.join(", "),
        rows(&parts(2)),
        rows(&ids)
    );
    database.execute(&sql).await.expect("valid rows");
    let mut report = Report::new();
    let prefixes = [
        "",
        "a",
        "a:",
        "a:a",
        "a-b:",
        "a_",
        "a%",
        "ö",
        "öx:a",
        "o",
        "only",
        "only:one",
        "only:one:s1",
        "x",
        ":",
        "z~:",
    ];
    for prefix in prefixes {
        for limit in [1, 2, 3, 5, 10, 50, 1000] {
            let place = format!("`{prefix}`, {limit}");
            let request = json!({ "resource": "service", "prefix": prefix, "max_results": limit });
            report.equal(&place, ask(&client, request.clone()).await, naive(&ids, prefix, limit));
            let among: BTreeSet<String> =
                ids.iter().filter(|id| id.ends_with(":a") || id.ends_with("b")).cloned().collect();
            let mut filtered = request;
            filtered["filter"] = r#"name = "a" OR name = "*b""#.into();
            report.equal(format!("{place}, filtered"), ask(&client, filtered).await, naive(&among, prefix, limit));
        }
    }
    report.finish();
}

#[tokio::test]
async fn what_cannot_be_completed_is_refused() {
    let Stage { client, server: _server, database: _database, .. } = Stage::set().await;
    let mut report = Report::new();
    for (request, reason, field) in [
        (json!({}), "INVALID_VALUE", "resource"),
        (json!({ "resource": "servise" }), "INVALID_VALUE", "resource"),
        (json!({ "resource": "service", "filter": "name =" }), "INVALID_FILTER", "filter"),
        (json!({ "resource": "service", "max_results": -1 }), "OUT_OF_RANGE", "max_results"),
        (json!({ "resource": "service", "prefix": "a\0" }), "INVALID_VALUE", "prefix"),
        (json!({ "resource": "service", "prefix": "a".repeat(10_000) }), "VALUE_TOO_LARGE", "prefix"),
    ] {
        let result = client.call("CompleteIds", request.clone()).await;
        let place: String = request.to_string().chars().take(80).collect();
        report.refused(place, result, Code::InvalidArgument, reason, field);
    }
    report.finish();
}
