//! Search, held against a reading of all IDs: what is found, as which kind of match, in which order and in which pages.

mod wanted;

use std::collections::BTreeMap;

use qairon::model::Kind;
use qairon_integration_tests::{Client, Database, Failure, Report, World, find_entity, merged};
use serde_json::{Value, json};
use tonic::Code;

use crate::filter_docs::load_demo;
use crate::stage::{Stage, entities};

use wanted::{everything, wanted};

/// Match, resource and ID of what was found.
type Found = (String, String, String);

/// Names that a search could mistake for something else.
const NAMES: [&str; 8] =
    ["Checkout-API", "under_score", "per%cent", "back\\slash", "quo'te\"d", "größe", "a-b-c", "prod.eu_west%1"];

/// One page.
async fn page(client: &Client, method: &str, request: Value) -> Result<(Vec<Found>, String), Failure> {
    let response = client.call(method, request).await?;
    let objects = response["objects"].as_array().cloned().unwrap_or_default();
    let text = |object: &Value, field: &str| object[field].as_str().unwrap_or_default().to_owned();
    let found = objects.iter().map(|object| (text(object, "match"), text(object, "resource"), text(object, "id")));
    Ok((found.collect(), response["next_page_token"].as_str().unwrap_or_default().to_owned()))
}

/// All pages; every one but the last is full.
async fn all_pages(client: &Client, method: &str, request: Value, size: usize) -> Result<Vec<Found>, Failure> {
    let (mut all, mut token) = (Vec::new(), String::new());
    loop {
        let paged = json!({ "page_size": size, "page_token": token });
        let (found, next) = page(client, method, merged(request.clone(), paged)).await?;
        assert!(found.len() == size || (next.is_empty() && found.len() < size), "a page of {} of {size}", found.len());
        all.extend(found);
        if next.is_empty() {
            return Ok(all);
        }
        token = next;
    }
}

async fn find(client: &Client, text: &str, size: usize) -> Result<Vec<Found>, Failure> {
    all_pages(client, "FindObjects", json!({ "text": text }), size).await
}

/// Objects of every entity below roots with the names above.
async fn organisation(stage: &Stage) {
    for name in NAMES {
        let mut world = World::new();
        for root in entities().iter().filter(|entity| entity.id_is_given()) {
            if root.references().count() == 0 && root.fields.iter().all(|field| field.kind != Kind::EntityType) {
                let mut object = stage.factory.draft(&root.name, &mut world).await;
                object["id"] = name.into();
                let row = stage.client.create(&root.name, object).await.expect("a name like any other");
                world.put(&root.name, row.id());
            }
        }
        for entity in entities() {
            stage.factory.create_in(&entity.name, &mut world).await;
        }
        // A name below the root, too.
        let mut stack = stage.factory.draft("stack", &mut world).await;
        stack["name"] = format!("{name}.{name}").into();
        stage.client.create("stack", stack).await.expect("a name like any other");
    }
}

/// Numbers that look random and are the same every time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % limit
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn any_part_of_any_id_is_found() {
    let stage = Stage::set().await;
    organisation(&stage).await;
    let all = everything(&stage.database).await;
    let (mut report, mut numbers) = (Report::new(), Numbers(7));
    let mut texts: Vec<String> = NAMES.iter().map(|name| (*name).to_owned()).collect();
    texts.extend(
        [
            "%", "_", "\\", "'", "\"", ":", "-", "t-a", "-api:", ":n1", "n1:", "high", "igh", "Service", "loyme",
            "GRÖSSE",
        ]
        .map(str::to_owned),
    );
    texts.extend(
        [
            "a::b",
            "::",
            "nowhere",
            "a b",
            "*",
            "(",
            "per%",
            "%cent",
            "_score:n",
            "1:2",
            "t:",
            "a-b-c:a-b-c.a-b-c",
            "n1",
            "n1:n2",
        ]
        .map(str::to_owned),
    );
    for _ in 0..220 {
        let id: Vec<char> = all[numbers.below(all.len())].1.chars().collect();
        let start = numbers.below(id.len());
        let longest = if numbers.below(4) == 0 { 60 } else { 9 };
        let length = 1 + numbers.below(longest);
        let part = id[start..].iter().take(length);
        let cased = part.map(|c| if numbers.below(2) == 0 { c.to_ascii_uppercase() } else { *c });
        texts.push(cased.collect());
    }
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for text in &texts {
        let found = find(&stage.client, text, 1000).await;
        let wanted = wanted(&all, text);
        wanted.iter().for_each(|(kind, _, _)| *kinds.entry(kind.clone()).or_default() += 1);
        report.equal(format!("{text:?}"), found, Ok(wanted));
    }
    report.equal("kinds of match that came up", kinds.len(), 5);
    report.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_any_size_are_the_same_in_a_row() {
    let stage = Stage::set().await;
    organisation(&stage).await;
    let all = everything(&stage.database).await;
    let mut report = Report::new();
    for text in ["Checkout", "Checkout-API", "Checkout-API:n", "a-b-c", "or", "n2", "n1"] {
        let wanted = wanted(&all, text);
        report.check(wanted.len() > 10, text, "there is too little to divide");
        for size in [1, 2, 5] {
            report.equal(format!("{text:?} by {size}"), find(&stage.client, text, size).await, Ok(wanted.clone()));
        }
    }
    report.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_frequent_is_found_as_well() {
    let stage = Stage::set().await;
    let sql = "INSERT INTO application (id) VALUES ('shop'), ('svc'), ('a');
        INSERT INTO stack (application_id, name) VALUES ('shop', 'web'), ('svc', 'Svc-main'), ('shop', 'main'), ('a', 'b');
        INSERT INTO service (stack_id, name) SELECT 'shop:web', 'svc-' || n FROM generate_series(1, 6000) n;
        INSERT INTO service (stack_id, name) SELECT 'svc:Svc-main', 'one-' || n FROM generate_series(1, 40) n;
        INSERT INTO service (stack_id, name) VALUES ('shop:main', 'one-77'), ('a:b', 'a-b');
        INSERT INTO proc (service_id, name) SELECT id, 'main' FROM service;
        INSERT INTO proc (service_id, name) SELECT id, 'mainly' FROM service WHERE name LIKE '%77';
        INSERT INTO build (service_id, build_num, vcs_ref) SELECT 'shop:web:svc-1', n, 'x' FROM generate_series(1, 2500) n;
        ANALYZE";
    stage.database.execute(sql).await.expect("rows like any others");
    let all = everything(&stage.database).await;
    let mut report = Report::new();
    for text in [
        "svc",
        "web",
        "MAIN",
        "main",
        "shop",
        "svc-59",
        "svc-599",
        "shop:web:svc-4",
        "eb:sv",
        "sv",
        "one",
        "77",
        ":svc-1:2",
        "shop:web:svc-1",
        "svc-1",
        "web:svc-1",
        "svc-77",
        "one-77:mainly",
        "one-77",
        "a:b",
        "b",
        "a",
        "1",
    ] {
        let wanted = wanted(&all, text);
        for size in [1000, 333] {
            report.equal(format!("{text:?} by {size}"), find(&stage.client, text, size).await, Ok(wanted.clone()));
        }
        let among =
            all_pages(&stage.client, "FindObjects", json!({ "text": text, "resources": ["proc", "stack"] }), 700);
        let wanted = wanted.into_iter().filter(|(_, resource, _)| resource == "proc" || resource == "stack").collect();
        report.equal(format!("{text:?} among procs and stacks"), among.await, Ok(wanted));
    }
    report.finish();
}

/// The names of the repositories begin with the name of an application. Whoever looks for it wants the parts of it.
#[tokio::test]
async fn what_has_the_text_as_a_component_comes_before_names_that_begin_with_it() {
    let stage = Stage::set().await;
    load_demo(&stage).await;
    let all = everything(&stage.database).await;
    let found = find(&stage.client, "ecommerce", 300).await.expect("an answer");
    let mut resources: Vec<&str> = found.iter().map(|(_, resource, _)| resource.as_str()).collect();
    resources.dedup();
    assert_eq!(resources[..4], ["application", "stack", "service", "deployment"]);
    let repo = found.iter().position(|(_, resource, _)| resource == "repo").expect("a repo");
    let (before, after) = found.split_at(repo);
    for entity in ["stack", "service", "deployment"] {
        let place = find_entity(entity).index;
        let parts = all.iter().filter(|(index, id, _)| *index == place && format!(":{id}:").contains(":ecommerce:"));
        let first = before.iter().filter(|(_, resource, _)| resource == entity).count();
        assert_eq!((first, first > 3), (parts.count(), true), "{entity}");
    }
    assert!(before[1..].iter().all(|(kind, _, _)| kind == "MATCH_COMPONENT"), "{before:?}");
    assert!(after.iter().all(|(kind, _, _)| kind != "MATCH_COMPONENT"), "{after:?}");
    assert_eq!(found, wanted(&all, "ecommerce"));
}

#[tokio::test]
async fn searches_that_make_no_sense_are_refused() {
    let Stage { client, server: _server, database: _database, .. } = Stage::set().await;
    let mut report = Report::new();
    let long = "x".repeat(257);
    for (request, reason, field) in [
        (json!({}), "REQUIRED", "text"),
        (json!({ "text": long }), "VALUE_TOO_LARGE", "text"),
        (json!({ "text": "a\0b" }), "INVALID_VALUE", "text"),
        (json!({ "text": "a", "resources": ["stack", "servise"] }), "INVALID_VALUE", "resources"),
        (json!({ "text": "a", "resources": [""] }), "INVALID_VALUE", "resources"),
        (json!({ "text": "a", "page_size": -1 }), "OUT_OF_RANGE", "page_size"),
        (json!({ "text": "a", "page_token": "%" }), "INVALID_PAGE_TOKEN", "page_token"),
    ] {
        let result = client.call("FindObjects", request.clone()).await;
        if field == "resources" && request["resources"][1] == "servise" {
            let told = result.as_ref().is_err_and(|failure| failure.message.contains("did you mean `service`?"));
            report.check(told, "servise", "the closest resource is not named");
        }
        report.refused(request.to_string(), result, Code::InvalidArgument, reason, field);
    }
    for (request, reason, field) in [
        (json!({}), "REQUIRED", "native_id"),
        (json!({ "native_id": "x".repeat(2001) }), "VALUE_TOO_LARGE", "native_id"),
        (json!({ "native_id": "\0" }), "INVALID_VALUE", "native_id"),
        (json!({ "native_id": "a", "page_size": -1 }), "OUT_OF_RANGE", "page_size"),
        (json!({ "native_id": "a", "page_token": "AAAA" }), "INVALID_PAGE_TOKEN", "page_token"),
    ] {
        let result = client.call("FindByNativeId", request.clone()).await;
        report.refused(request.to_string(), result, Code::InvalidArgument, reason, field);
    }
    report.equal("256 characters", find(&client, &"ö".repeat(256), 10).await, Ok(vec![]));
    for id in ["abc1", "abc2", "abc3"] {
        client.create("application", json!({ "id": id })).await.expect("an application");
    }
    let (_, token) = page(&client, "FindObjects", json!({ "text": "abc", "page_size": 1 })).await.expect("a page");
    for (method, request) in [
        ("FindObjects", json!({ "text": "ab", "page_token": token })),
        ("FindObjects", json!({ "text": "abc", "resources": ["application"], "page_token": token })),
        ("FindByNativeId", json!({ "native_id": "abc", "page_token": token })),
    ] {
        let result = client.call(method, request.clone()).await;
        report.refused(request.to_string(), result, Code::InvalidArgument, "PAGE_TOKEN_MISMATCH", "page_token");
    }
    let result = page(&client, "FindObjects", json!({ "text": "abc", "page_size": 5, "page_token": token })).await;
    report.equal("another size", result.map(|(found, _)| found.len()), Ok(2));
    report.finish();
}

#[tokio::test]
async fn a_providers_own_identifier_is_found_wherever_it_is() {
    let Stage { client, factory, server: _server, database: _database } = Stage::set().await;
    let mut report = Report::new();
    let mut wanted = Vec::new();
    for entity in entities().iter().filter(|entity| entity.field("native_id").is_some()) {
        for _ in 0..2 {
            let mut object = factory.draft(&entity.name, &mut World::new()).await;
            object["native_id"] = "arn-shared".into();
            let row = client.create(&entity.name, object).await.expect("an object");
            wanted.push((entity.index, row.id().to_owned()));
        }
    }
    report.check(wanted.len() > 4, "native_id", "too few entities have one");
    wanted.sort();
    let wanted: Vec<Found> =
        wanted.into_iter().map(|(index, id)| (String::new(), entities()[index].name.clone(), id)).collect();
    for size in [1, 2, 5, 1000] {
        let found = all_pages(&client, "FindByNativeId", json!({ "native_id": "arn-shared" }), size).await;
        report.equal(format!("pages of {size}"), found, Ok(wanted.clone()));
    }
    let response = client.call("FindByNativeId", json!({ "native_id": "arn-shared" })).await.expect("an answer");
    report.equal("the identifier", &response["objects"][0]["native_id"], &json!("arn-shared"));
    // Whole and as recorded.
    for other in ["arn", "ARN-SHARED", "arn-share_", "arn-shared ", "%"] {
        let found = all_pages(&client, "FindByNativeId", json!({ "native_id": other }), 10).await;
        report.equal(other, found, Ok(vec![]));
    }
    report.finish();
}

#[tokio::test]
async fn filters_are_explained() {
    let Stage { client, server: _server, database: _database, .. } = Stage::set().await;
    let mut report = Report::new();
    let request = json!({ "resource": "deployment", "filter": "tag=canary", "order_by": "tag desc" });
    let response = client.call("ExplainFilter", request).await.expect("an answer");
    report.equal("the filter", &response["filter"], &json!("tag = canary"));
    report.equal("the order", &response["order_by"], &json!("tag desc"));
    for (request, reason, field) in [
        (json!({ "resource": "deploymint" }), "INVALID_VALUE", "resource"),
        (json!({ "resource": "deployment", "filter": "tag =" }), "INVALID_FILTER", "filter"),
        (json!({ "resource": "deployment", "order_by": "colour" }), "INVALID_ORDER_BY", "order_by"),
    ] {
        let result = client.call("ExplainFilter", request.clone()).await;
        report.refused(request.to_string(), result, Code::InvalidArgument, reason, field);
    }
    report.finish();
}

/// A search is as quick as its slowest entity: one without this index would be read from beginning to end.
#[tokio::test]
async fn every_component_that_an_object_adds_to_its_id_is_indexed() {
    let database = Database::new().await;
    let mut report = Report::new();
    for entity in entities() {
        let fields = entity.id_fields.iter().map(|name| entity.field(name).expect("a field"));
        let columns: Vec<String> = match entity.id_is_given() {
            true => vec!["id gin_trgm_ops".to_owned()],
            false => fields
                .filter(|field| field.reference.is_none())
                .filter_map(|field| match field.kind {
                    Kind::Name | Kind::Text => Some(format!("{} gin_trgm_ops", field.name)),
                    Kind::Integer => Some(format!("({}::text) gin_trgm_ops", field.name)),
                    _ => None,
                })
                .collect(),
        };
        if columns.is_empty() {
            continue;
        }
        let sql = format!(
            "SELECT pg_get_indexdef(indexrelid, 0, true) FROM pg_index \
             WHERE indexrelid = to_regclass('{0}_search_idx') AND indrelid = '\"{0}\"'::regclass AND indisvalid",
            entity.name
        );
        let rows = database.query(&sql).await;
        let found = rows.first().and_then(|row| row[0].clone()).unwrap_or_default();
        let wanted = format!("USING gin ({})", columns.join(", "));
        report.check(
            found.contains(&wanted),
            format!("{}_search_idx", entity.name),
            format!("`{found}`, not {wanted}"),
        );
    }
    report.finish();
}

#[test]
fn what_people_look_for_comes_first() {
    let first: Vec<&str> = (0..6).map(|rank| qairon::model().ranked(rank).name.as_str()).collect();
    assert_eq!(first, ["application", "stack", "service", "deployment_target", "deployment", "allocation"]);
}
