//! The plans of what the server really runs, on tables large enough that they matter: no declared query reads a large
//! table from one end to the other.
//!
//! PostgreSQL itself reports the plans: `auto_explain` writes those of this database to its log, with the values,
//! prepared statements and settings the server has. Only one test may do so at a time, for the log is that of all.

use std::collections::BTreeSet;
use std::path::PathBuf;

use qairon::model::Verb;
use qairon_integration_tests::{Client, Cluster, Database, Report, Row, Server, find_entity, poll_until, soon};
use serde_json::{Value, json};

/// Tables with more rows are large.
const LARGE: i64 = 5000;

/// An entity, a filter and an order that have to be fast for any number of objects. Each is asked for its first page,
/// for the next page if there is one, and for the count.
const SHAPES: [(&str, &str, &str); 24] = [
    // Own fields, references among them.
    ("build", r#"vcs_ref = "5f4dcc3b5aa765d61d8327deb882cf99""#, ""),
    ("fleet", r#"native_id = "arn:5f4dcc3b5aa765d61d8327deb882cf99""#, ""),
    ("service", r#"stack_id = "app-7:stack-3""#, ""),
    ("service", r#"stack_id = "app-7:stack-3""#, "name desc"),
    ("release", r#"build_id = "app-7:stack-3:service-5:1""#, "build_num desc"),
    // IDs and their beginnings.
    ("service", r#"id = ("app-7:stack-3:service-1" OR "app-9:stack-1:service-2")"#, ""),
    ("service", r#"in(id, "app-7:stack-3:service-1", "app-9:stack-1:service-2")"#, ""),
    ("service", r#"id = "app-7:*""#, ""),
    ("service", r#"starts_with(id, "app-7:stack-3:")"#, "id desc"),
    ("deployment", r#"id = "prod:aws:account-1:region-2:*""#, ""),
    // Parents and ancestors.
    ("service", r#"stack.application_id = "app-7""#, ""),
    ("deployment", r#"deployment_target.partition.region.provider_id = "prod:aws:account-1""#, ""),
    ("release", r#"deployment.deployment_target.partition.region_id = "prod:aws:account-1:region-2""#, ""),
    // Over two relations; the first is not the beginning of the ID.
    ("deployment", r#"service.stack_id = "app-7:stack-3""#, ""),
    ("release", r#"build.service_id = "app-7:stack-3:service-5""#, ""),
    ("deployment", r#"service.stack_id = "app-7:stack-3" AND deployment_target.type = "eks""#, ""),
    // To many, and over links from both sides.
    ("stack", r#"services.id = "app-7:stack-3:service-5""#, ""),
    ("service", r#"deployments.deployment_target.partition_id = "prod:aws:account-1:region-2:partition-1""#, ""),
    ("subnet", r#"fleets.id = "prod:aws:account-1:region-2:partition-1:eks:target-1:aws:standard:fleet-1""#, ""),
    ("fleet", r#"subnets.id = "prod:aws:account-1:region-2:partition-1:network-1:subnet-3""#, ""),
    ("service", r#"repos.id = "git:repo-77""#, ""),
    ("deployment", r#"zones.id = "prod:aws:account-1:region-2:zone-1""#, ""),
    // Orders over to-one paths.
    ("deployment", r#"service.stack_id = "app-7:stack-3""#, "service.name desc, deployment_target.name"),
    // No filter at all, in the order that lists have.
    ("deployment", "", "id desc"),
];

/// Traces and searches that have to be as fast: method, request, and what distinguishes their statement from others.
const TRACES: [(&str, &str, &str); 10] = [
    ("TraceInfrastructure", r#"{"service_id": "app-7:stack-3:service-5"}"#, "JOIN \"deployment_target\" t"),
    ("TraceNeighbors", r#"{"deployment_id": "$deployment"}"#, "FROM \"deployment\" n"),
    ("TraceDependencies", r#"{"resource": "service", "id": "app-7:stack-3:service-5"}"#, "UNION ALL SELECT 2::bigint"),
    ("TraceProvenance", r#"{"deployment_id": "$deployment"}"#, "LEFT JOIN \"release\" e"),
    ("TraceBuilds", r#"{"vcs_ref": "5f4dcc3b5aa765d61d8327deb882cf99"}"#, "vcs_ref"),
    ("TraceImpact", r#"{"resource": "fleet", "id": "$fleet"}"#, "WITH s0"),
    ("TraceImpact", r#"{"resource": "fleet", "id": "$fleet", "to": ["service"], "include_parents": true}"#, "WITH s0"),
    ("TraceImpact", r#"{"resource": "build", "id": "app-7:stack-3:service-5:1"}"#, "WITH s0"),
    ("FindObjects", r#"{"text": "app-33:stack-7:service-11"}"#, "WITH q"),
    ("FindByNativeId", r#"{"native_id": "arn:5f4dcc3b5aa765d61d8327deb882cf99"}"#, "native_id"),
];

/// How IDs go on: the resource, how they begin, and the filter.
const COMPLETIONS: [(&str, &str, &str); 13] = [
    // From one end to the other, and within a part.
    ("deployment", "", ""),
    ("deployment", "prod:aws:", ""),
    ("service", "app-", ""),
    ("build", "app-7:stack-3:service-5:", ""),
    // What can be assigned is in the same part of the infrastructure, what can be unassigned is linked.
    ("subnet", "prod:aws:account-1:region-2:partition-1:", ""),
    ("zone", "", r#"deployments.id = "$deployment""#),
    ("subnet", "", r#"fleets.id = "$fleet""#),
    ("fleet", "prod:", r#"subnets.id = "prod:aws:account-1:region-2:partition-1:network-1:subnet-3""#),
    ("repo", "git:", r#"services.id = "app-7:stack-3:service-5""#),
    // From a zone to the deployments in it, which are many.
    ("deployment", "", r#"zones.id = "prod:aws:account-1:region-2:zone-1""#),
    ("deployment", "prod:aws:account-1:", r#"zones.id = "prod:aws:account-1:region-2:zone-1""#),
    // What a release can be promoted to.
    ("deployment", "", r#"service_id = "app-7:stack-3:service-5""#),
    ("deployment", "prod:", r#"service.stack_id = "app-7:stack-3""#),
];

/// A server on a database that logs its plans.
struct Planned {
    client: Client,
    large: BTreeSet<String>,
    log: PathBuf,
    _server: Server,
    _database: Database,
}

impl Planned {
    async fn set() -> Self {
        let database = Database::new().await;
        let session = database.connect().await;
        session.batch_execute(include_str!("plans/organisation.sql")).await.expect("valid rows");
        session.batch_execute("VACUUM ANALYZE").await.expect("superusers may");
        let sql = format!("SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples > {LARGE}");
        let large = database.query(&sql).await.into_iter().filter_map(|mut row| row.remove(0)).collect();
        for setting in [
            "session_preload_libraries = 'auto_explain'",
            "auto_explain.log_min_duration = 0",
            "auto_explain.log_format = 'json'",
        ] {
            let sql = format!("ALTER DATABASE {} SET {setting}", database.name());
            session.batch_execute(&sql).await.expect("superusers may");
        }
        let socket = Cluster::shared().await.socket();
        let log = socket.parent().expect("it is in the cluster's directory").join("start.log");
        let server = Server::start(&database, &[]).await;
        Self { client: server.client(), large, log, _server: server, _database: database }
    }

    /// Calls a method and returns its response with the plans of the statements on a table that it ran.
    async fn call(&self, entity: &str, verb: Verb, request: Value, statements: usize) -> (Value, Vec<Value>) {
        let start = self.read_log().len();
        let found = find_entity(entity);
        let response = self.client.standard(found, verb, request.clone()).await;
        let response = response.unwrap_or_else(|failure| panic!("{entity} {request}: {failure}"));
        (response, self.plans_of(&format!("\"{entity}\""), start, statements).await)
    }

    /// The plans of statements with a text in them, after a position in the log.
    async fn plans_of(&self, table: &str, start: usize, statements: usize) -> Vec<Value> {
        // The log may follow the answer.
        poll_until(soon(), "the plans are logged", || async {
            let plans: Vec<Value> = plans(&String::from_utf8_lossy(&self.read_log()[start..]))
                .into_iter()
                .filter(|plan| plan["Query Text"].as_str().is_some_and(|text| text.contains(table)))
                .collect();
            (plans.len() >= statements).then_some(plans)
        })
        .await
    }

    fn read_log(&self) -> Vec<u8> {
        std::fs::read(&self.log).expect("tests may read it")
    }

    /// The large tables that a plan reads from one end to the other.
    fn read_whole(&self, plan: &Value) -> Vec<String> {
        let own = (plan["Node Type"] == "Seq Scan").then(|| plan["Relation Name"].as_str()).flatten();
        let own = own.filter(|table| self.large.contains(*table)).map(str::to_owned);
        let below = plan["Plans"].as_array().into_iter().flatten().flat_map(|plan| self.read_whole(plan));
        own.into_iter().chain(below).collect()
    }

    fn check(&self, report: &mut Report, place: &str, plans: &[Value]) {
        for plan in plans {
            let read = self.read_whole(&plan["Plan"]);
            report.check(read.is_empty(), place, format!("{read:?} from one end to the other:\n{plan:#}"));
        }
    }
}

/// The plans in a piece of the log.
fn plans(log: &str) -> Vec<Value> {
    let behind = log.split("  plan:\n").skip(1);
    behind.filter_map(|text| serde_json::Deserializer::from_str(text).into_iter().next()?.ok()).collect()
}

#[tokio::test]
async fn no_declared_query_reads_a_large_table_from_one_end_to_the_other() {
    let planned = Planned::set().await;
    let mut report = Report::new();
    assert!(planned.large.len() > 7, "the organisation is too small: {:?}", planned.large);
    // The check itself: a query without an index is reported.
    let unserved = json!({ "filter": "artifact_name:\"nothing\"", "order_by": "artifact_name" });
    let (_, plans) = planned.call("service", Verb::List, unserved, 1).await;
    let read: Vec<String> = plans.iter().flat_map(|plan| planned.read_whole(&plan["Plan"])).collect();
    assert_eq!(read, ["service"], "{plans:#?}");
    let mut followed = 0;
    for (entity, filter, order_by) in SHAPES {
        let place = format!("{entity} {filter} by {order_by:?}");
        let request = json!({ "filter": filter, "order_by": order_by, "page_size": 10 });
        // Several times: from the fifth on PostgreSQL may use one plan for all values.
        for _ in 0..6 {
            let (response, plans) = planned.call(entity, Verb::List, request.clone(), 1).await;
            planned.check(&mut report, &format!("{place}, first page"), &plans);
            let token = response["next_page_token"].as_str().unwrap_or_default();
            if token.is_empty() {
                continue;
            }
            followed += 1;
            let next = qairon_integration_tests::merged(request.clone(), json!({ "page_token": token }));
            let (_, plans) = planned.call(entity, Verb::List, next, 1).await;
            planned.check(&mut report, &format!("{place}, second page"), &plans);
        }
        if !filter.is_empty() {
            let counted = qairon_integration_tests::merged(request, json!({ "include_total_size": true }));
            let (_, plans) = planned.call(entity, Verb::List, counted, 2).await;
            planned.check(&mut report, &format!("{place}, count"), &plans);
        }
    }
    by_ids(&planned, &mut report).await;
    traces(&planned, &mut report).await;
    completions(&planned, &mut report).await;
    assert!(followed > 30, "only {followed} pages followed another");
    report.finish();
}

/// Checks the plans of methods that are given IDs.
async fn by_ids(planned: &Planned, report: &mut Report) {
    let deployments = planned.client.page("deployment", json!({ "page_size": 2 })).await.expect("a page").0;
    let ids: Vec<&str> = deployments.iter().map(Row::id).collect();
    for _ in 0..6 {
        let (_, plans) = planned.call("deployment", Verb::Get, json!({ "id": ids[0] }), 1).await;
        planned.check(report, "Get", &plans);
        let (_, plans) = planned.call("deployment", Verb::BatchGet, json!({ "ids": ids }), 1).await;
        planned.check(report, "BatchGet", &plans);
    }
}

/// Checks the plans of traces and searches.
async fn traces(planned: &Planned, report: &mut Report) {
    let fleet = "prod:aws:account-1:region-2:partition-1:eks:target-1:aws:standard:fleet-1";
    let filter = r#"service_id = "app-7:stack-3:service-5""#;
    let deployments = planned.client.page("deployment", json!({ "filter": filter })).await.expect("a page").0;
    for (method, request, marker) in TRACES {
        let request = request.replace("$deployment", deployments[0].id()).replace("$fleet", fleet);
        let json: Value = serde_json::from_str(&request).expect("JSON");
        for _ in 0..6 {
            let start = planned.read_log().len();
            let found = qairon::model().methods().iter().find(|found| found.descriptor.name() == method);
            let outcome = match found.expect("a method").descriptor.is_server_streaming() {
                true => planned.client.stream(method, json.clone()).await.map(|_| ()),
                false => planned.client.call(method, json.clone()).await.map(|_| ()),
            };
            report.accepted(format!("{method} {request}"), outcome);
            let plans = planned.plans_of(marker, start, 1).await;
            planned.check(report, &format!("{method} {request}"), &plans);
        }
    }
}

/// Checks the plans of completion.
async fn completions(planned: &Planned, report: &mut Report) {
    let fleet = "prod:aws:account-1:region-2:partition-1:eks:target-1:aws:standard:fleet-1";
    let deployments = planned.client.page("deployment", json!({ "page_size": 1 })).await.expect("a page").0;
    for (resource, prefix, filter) in COMPLETIONS {
        let filter = filter.replace("$deployment", deployments[0].id()).replace("$fleet", fleet);
        let request = json!({ "resource": resource, "prefix": prefix, "filter": filter });
        for _ in 0..6 {
            let start = planned.read_log().len();
            let found = planned.client.call("CompleteIds", request.clone()).await;
            let answer = found.unwrap_or_else(|failure| panic!("{request}: {failure}"));
            let is_empty = answer["completions"].as_array().is_none_or(Vec::is_empty);
            report.check(!is_empty, request.to_string(), "nothing is found, so the plan proves little");
            let plans = planned.plans_of("WITH RECURSIVE few", start, 1).await;
            planned.check(report, &request.to_string(), &plans);
        }
    }
}
