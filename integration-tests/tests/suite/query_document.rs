//! The JSON query document as the filter of a List, from any client and from the command line.

use std::collections::BTreeMap;

use qairon::model::{Field, Kind};
use qairon_integration_tests::{Client, Qcli, Report, Row, World};
use serde_json::{Value, json};
use tonic::Code;

use crate::stage::{Stage, entities};

async fn ids(client: &Client, entity: &str, filter: &Value) -> Vec<String> {
    let rows = client.list(entity, &filter.to_string()).await.unwrap_or_else(|failure| panic!("{filter}: {failure}"));
    rows.iter().map(|row| row.id().to_owned()).collect()
}

/// The value of a field as a document has it; `None` for what cannot be compared.
fn value(field: &Field, row: &Row) -> Option<Value> {
    match (&field.kind, &row[field.name.as_str()]) {
        (Kind::Json | Kind::Etag | Kind::Object | Kind::Objects, _) => None,
        (Kind::Enum(descriptor), Value::String(name)) => Some(Kind::enum_label(descriptor, name).into()),
        (_, value) => Some(value.clone()),
    }
}

#[tokio::test]
async fn every_field_of_every_entity_is_compared() {
    let Stage { client, factory, server: _server, database: _database } = Stage::set().await;
    let mut report = Report::new();
    for entity in entities() {
        let name = &entity.name;
        let mut world = World::new();
        let row = factory.create_in(name, &mut world).await;
        factory.create(name).await;
        let all = client.list(name, "").await.expect("a listing");
        for field in &entity.fields {
            let Some(value) = value(field, &row) else { continue };
            let same = |other: &&Row| other[field.name.as_str()] == row[field.name.as_str()];
            let equal: Vec<Row> = all.iter().filter(same).cloned().collect();
            let others: Vec<Row> = all.iter().filter(|row| !same(row)).cloned().collect();
            for (op, wanted) in [("==", &equal), ("does_not_equal", &others)] {
                let document = json!([{ "name": field.name, "op": op, "val": value }]).to_string();
                report.equal(format!("{name}: {document}"), client.list(name, &document).await, Ok(wanted.clone()));
            }
        }
    }
    report.finish();
}

/// Three services of one stack and one of another, with deployments.
async fn services(stage: &Stage) -> Vec<String> {
    let (client, factory) = (&stage.client, &stage.factory);
    let mut world = World::new();
    let target = factory.object_in("deployment_target", &mut world).await;
    client.create("application", json!({ "id": "shop" })).await.expect("an application");
    let mut made = Vec::new();
    for (stack, name, artifact) in
        [("back", "api", Some("api")), ("back", "jobs", None), ("back", "a*b", Some("x")), ("web", "api", None)]
    {
        // Some of them exist.
        _ = client.create("stack", json!({ "application_id": "shop", "name": stack })).await;
        let draft = json!({ "stack_id": format!("shop:{stack}"), "name": name, "artifact_name": artifact });
        made.push(client.create("service", draft).await.expect("a service").id().to_owned());
    }
    for (service, tag) in [(0, "blue"), (0, "green"), (1, "blue")] {
        let draft = json!({ "service_id": made[service], "deployment_target_id": target, "tag": tag });
        client.create("deployment", draft).await.expect("a deployment");
    }
    made
}

#[tokio::test]
async fn operators_find_what_they_say() {
    let stage = Stage::set().await;
    let made = services(&stage).await;
    let one = |name: &str, op: &str, val: Value| json!([{ "name": name, "op": op, "val": val }]);
    let blue = || json!({ "name": "tag", "op": "eq", "val": "blue" });
    let green = || json!({ "name": "tag", "op": "eq", "val": "green" });
    for (document, found) in [
        (json!([]), vec![0, 1, 2, 3]),
        (one("name", "eq", json!("api")), vec![0, 3]),
        (one("name", "eq", json!("a*b")), vec![2]),
        (one("name", "eq", json!("a*")), vec![]),
        (one("name", "eq", json!("stack_id")), vec![]),
        (one("name", "gt", json!("api")), vec![1]),
        (one("name", "like", json!("a%")), vec![0, 2, 3]),
        (one("name", "ilike", json!("AP_")), vec![0, 3]),
        (one("name", "not_like", json!("a%")), vec![1]),
        (one("name", "in", json!(["jobs", "a*b"])), vec![1, 2]),
        (one("name", "in", json!([])), vec![]),
        (one("name", "not_in", json!(["jobs"])), vec![0, 2, 3]),
        (one("artifact_name", "is_null", Value::Null), vec![1, 3]),
        (one("artifact_name", "ne", json!("api")), vec![1, 2, 3]),
        (one("stack.name", "eq", json!("web")), vec![3]),
        (one("stack.application.id", "==", json!("shop")), vec![0, 1, 2, 3]),
        (one("stack", "has", json!({ "name": "name", "op": "eq", "val": "back" })), vec![0, 1, 2]),
        (one("deployments", "any", blue()), vec![0, 1]),
        (one("deployments", "any", json!([blue(), green()])), vec![]),
        (one("deployments", "any", json!({ "or": [blue(), green()] })), vec![0, 1]),
        (one("deployments", "any", json!([])), vec![0, 1]),
        (json!([one("deployments", "any", blue())[0], one("deployments", "any", green())[0]]), vec![0]),
        (json!([{ "not": one("deployments", "any", green())[0] }]), vec![1, 2, 3]),
        (json!([{ "name": "artifact_name", "op": "eq", "field": "name" }]), vec![0]),
        (json!([{ "name": "name", "op": "gt", "field": "stack.name" }]), vec![1]),
        (json!({ "filters": [{ "or": [one("name", "eq", json!("jobs"))[0], { "and": [] }] }] }), vec![0, 1, 2, 3]),
    ] {
        let mut wanted: Vec<String> = found.into_iter().map(|index: usize| made[index].clone()).collect();
        wanted.sort();
        assert_eq!(ids(&stage.client, "service", &document).await, wanted, "{document}");
    }
}

#[tokio::test]
async fn a_limit_is_for_all_pages_together() {
    let Stage { client, factory, server: _server, database: _database } = Stage::set().await;
    let mut report = Report::new();
    for entity in entities() {
        let name = &entity.name;
        let mut world = World::new();
        for _ in 0..5 {
            factory.create_in(name, &mut world).await;
        }
        let all = client.list_with(name, json!({ "order_by": "created_at desc" })).await.expect("a listing");
        for (limit, offset, page_size) in
            [(0, 0, 2), (1, 0, 2), (2, 0, 2), (3, 1, 2), (3, 0, 1), (4, 0, 100), (5, 0, 3), (9, 2, 2), (9, 9, 2)]
        {
            let order_by = json!([{ "field": "created_at", "direction": "desc" }]);
            let document = json!({ "order_by": order_by, "limit": limit, "offset": offset });
            let request = json!({ "filter": document.to_string(), "page_size": page_size });
            let wanted: Vec<Row> = all.iter().skip(offset).take(limit).cloned().collect();
            let place = format!("{name}: {limit} from {offset} in pages of {page_size}");
            report.equal(&place, client.list_with(name, request.clone()).await, Ok(wanted.clone()));
            // The limit takes no part in the total.
            let counted = qairon_integration_tests::merged(request, json!({ "include_total_size": true }));
            let response = client.standard(entity, qairon::model::Verb::List, counted).await;
            let total = response.map(|response| response["total_size"].clone());
            report.equal(&place, total, Ok(json!(all.len())));
        }
    }
    report.finish();
}

#[tokio::test]
async fn a_document_and_its_request_do_not_contradict_each_other() {
    let Stage { client, factory, server: _server, database: _database } = Stage::set().await;
    let mut report = Report::new();
    let mut world = World::new();
    for _ in 0..3 {
        factory.create_in("stack", &mut world).await;
    }
    let document = json!({ "order_by": [{ "field": "name", "direction": "desc" }], "offset": 1 }).to_string();
    let page = |more: Value| {
        let request = json!({ "filter": document, "page_size": 1 });
        client.page("stack", qairon_integration_tests::merged(request, more))
    };
    let (first, token) = page(json!({})).await.expect("a page");
    let (second, _) = page(json!({ "page_token": token })).await.expect("a page");
    assert!(first[0].text("name") > second[0].text("name"), "descending");
    let same = page(json!({ "order_by": " name  DESC", "skip": 1 })).await.expect("the same said twice");
    assert_eq!(same.0, first);
    let refused = page(json!({ "order_by": "name" })).await;
    report.refused("order", refused, Code::InvalidArgument, "INVALID_ORDER_BY", "order_by");
    let refused = page(json!({ "skip": 2 })).await;
    report.refused("skip", refused, Code::InvalidArgument, "INVALID_VALUE", "skip");
    let other = json!({ "order_by": [{ "field": "name" }], "offset": 1 }).to_string();
    let refused = client.page("stack", json!({ "filter": other, "page_size": 1, "page_token": token })).await;
    report.refused("token", refused, Code::InvalidArgument, "PAGE_TOKEN_MISMATCH", "page_token");
    report.finish();
}

#[tokio::test]
async fn errors_name_the_place_in_the_document() {
    let Stage { client, server: _server, .. } = Stage::set().await;
    for (document, reason, told) in [
        (
            "{\"filters\": [{\"name\": \"id\", \"op\": \"eq\", \"val\": \"x\"},\n{\"name\": \"name\", \"op\": \"lik\", \"val\": \"x\"}]}",
            "INVALID_FILTER",
            "`filter`, `filters[1].op` (line 2, column 24): unknown operator `lik`; did you mean `like`?",
        ),
        (
            "[{\"name\": \"services\", \"op\": \"any\", \"val\": {\"name\": \"nmae\", \"op\": \"eq\", \"val\": 1}}]",
            "INVALID_FILTER",
            "`filter`, `[0].val.name` (line 1, column 52): `service` has no field or relation `nmae`; did you mean `name`?",
        ),
        (
            "{\"order_by\": [{\"field\": \"defaults\"}]}",
            "INVALID_ORDER_BY",
            "`filter`, `order_by[0].field` (line 1, column 25): `defaults` has no order, being JSON; order by a field of \
             another type",
        ),
        ("{\"filters\"", "INVALID_FILTER", "`filter`, line 1, column 11: expected `:`, found the end"),
    ] {
        let failure = client.page("stack", json!({ "filter": document })).await.expect_err(document);
        assert_eq!((failure.code, failure.reason.as_str()), (Code::InvalidArgument, reason), "{document}");
        assert_eq!(failure.message, told);
        assert_eq!(failure.fields, ["filter"]);
        assert!(failure.flaws().is_empty(), "{:?}", failure.flaws());
    }
}

#[tokio::test]
async fn the_command_line_sends_documents_as_they_are() {
    let stage = Stage::set().await;
    let made = services(&stage).await;
    let qcli = Qcli::new(&stage.server);
    let document = r#"{"filters":[{"name":"stack.name","op":"eq","val":"back"}],"order_by":[{"field":"name","direction":"desc"}],"limit":2}"#;
    let rows = qcli.json(&["service", "query", document]).await;
    let found: Vec<&str> = rows.as_array().expect("a list").iter().filter_map(|row| row["id"].as_str()).collect();
    assert_eq!(found, [made[1].as_str(), made[0].as_str()]);
    assert_eq!(qcli.json(&["service", "query", r#"[{"name":"name","op":"eq","val":"no"}]"#]).await, json!([]));
    assert_eq!(
        qcli.json(&["service", "get_field_query", "name", document]).await,
        json!(["jobs", "api"]),
        "one field of each"
    );
    let refused = qcli.run(&["service", "query", r#"[{"name":"nmae","op":"eq","val":"x"}]"#]).await;
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("did you mean `name`?") && refused.stderr.contains("[0].name"), "{refused:?}");
    assert!(refused.stdout.is_empty());

    let filter = "stack.name = back";
    assert_eq!(qcli.text(&["service", "list", "--filter", filter, "--count"]).await, "3");
    assert_eq!(qcli.text(&["service", "list", "--count"]).await, "4");
    assert_eq!(
        qcli.json(&["service", "list", "--filter", document, "--count", "-o", "json"]).await,
        json!({ "resource": "service", "count": 3 })
    );
    let by = ["service", "list", "--order-by", "stack.name desc, name", "--limit", "2", "--skip", "1", "-f", "id"];
    let rows = qcli.json(&by).await;
    assert_eq!(rows, json!([{ "id": made[2] }, { "id": made[0] }]));
}

#[tokio::test]
async fn filters_are_explained_in_the_filter_language() {
    let stage = Stage::set().await;
    let qcli = Qcli::new(&stage.server);
    let document = r#"{"filters":[{"name":"stack.name","op":"eq","val":"back"}],"order_by":[{"field":"name","direction":"desc"}]}"#;
    let explained = "stack.name = \"back\"\norder by name desc";
    assert_eq!(qcli.text(&["service", "query", document, "--explain-filter"]).await, explained);
    assert_eq!(
        qcli.json(&["service", "list", "--filter", "a b OR c", "--explain-filter", "-o", "json"]).await,
        json!({ "resource": "service", "filter": "a AND (b OR c)", "order_by": "" })
    );
    let refused = qcli.run(&["service", "list", "--filter", "nmae = x", "--explain-filter"]).await;
    assert!(refused.code == Some(1) && refused.stderr.contains("did you mean `name`?"), "{refused:?}");
}

#[tokio::test]
async fn related_objects_of_many_are_read_in_few_calls() {
    let stage = Stage::set().await;
    let (client, factory) = (&stage.client, &stage.factory);
    let mut world = World::new();
    let target = factory.object_in("deployment_target", &mut world).await;
    let service = factory.object_in("service", &mut world).await;
    let zones = [factory.create_in("zone", &mut world).await, factory.create_in("zone", &mut world).await];
    let (mut deployments, mut wanted) = (Vec::new(), BTreeMap::new());
    for number in 0..40 {
        let draft = json!({ "service_id": service, "deployment_target_id": target, "tag": format!("t{number:02}") });
        let id = client.create("deployment", draft).await.expect("a deployment").id().to_owned();
        let linked: Vec<&Row> = zones.iter().take(number % 3).collect();
        for zone in &linked {
            client.add_link("deployment", &id, "zones", zone.id()).await.expect("a link");
        }
        let mut found: Vec<Value> = linked.iter().map(|zone| json!({ "id": zone.id() })).collect();
        found.sort_by_key(ToString::to_string);
        wanted.insert(id.clone(), Value::from(found));
        deployments.push(id);
    }
    deployments.sort();
    let qcli = Qcli::new(&stage.server);
    let lists = async || stage.server.metric("qairon_requests_total", &["List"]).await;
    let before = lists().await;
    let found = qcli.json(&["deployment", "get_field_query", "zones", "[]", "-f", "id"]).await;
    let by_id: Vec<Value> = deployments.iter().map(|id| wanted[id].clone()).collect();
    assert_eq!(found, Value::from(by_id));
    let calls = lists().await - before;
    assert!((1.0..=4.0).contains(&calls), "{calls} calls");

    let before = lists().await;
    let found = qcli.json(&["service", "get_field_query", "deployments", "[]", "-f", "tag"]).await;
    let tags: Vec<Value> = (0..40).map(|number| json!({ "tag": format!("t{number:02}") })).collect();
    assert_eq!(found, json!([tags]));
    let whole = qcli.json(&["service", "get_field_query", "deployments", "[]"]).await;
    assert_eq!(whole[0][0]["resource"], "deployment");
    assert_eq!(lists().await - before, 4.0);
}
