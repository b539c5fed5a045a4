//! Adding a method takes its messages, its handler and a line in the table: the example of the docs, in a copy of the
//! sources, is used. It shows what no method of the API has yet: an answer that is for its caller alone.

use std::path::Path;

use prost_reflect::DescriptorPool;
use qairon_integration_tests::{Client, Database, Failure, Server, poll_until, soon, workspace};
use serde_json::{Value, json};
use tokio::process::Command;
use tonic::Code;

use crate::examples::{Example, programs, sources};

/// Calls the methods of the copy.
struct Caller {
    client: Client,
    pool: DescriptorPool,
}

impl Caller {
    async fn call(&self, method: &str, request: Value) -> Result<Value, Failure> {
        let service = self.pool.services().find(|service| service.methods().any(|found| found.name() == method));
        let found = service.and_then(|service| service.methods().find(|found| found.name() == method));
        let mut answers = self.client.exchange(&found.expect(method), vec![request]).await?;
        assert_eq!(answers.len(), 1);
        Ok(answers.remove(0))
    }

    async fn enrol(&self, application: &str, request_id: &str) -> Result<Value, Failure> {
        self.call("EnrolApplication", json!({ "application_id": application, "request_id": request_id })).await
    }
}

async fn descriptors(programs: &Path) -> DescriptorPool {
    let output = Command::new(programs.join("qairon-service")).arg("protoset").output().await;
    let output = output.expect("the service can be run");
    DescriptorPool::decode(output.stdout.as_slice()).expect("descriptors")
}

#[test]
fn a_method_is_added_by_its_messages_its_handler_and_a_line() {
    let example = Example::over(sources(workspace()), "new-method");
    let added = example.added();
    let handlers: Vec<_> = added.iter().filter(|path| path.starts_with("service/src/api")).collect();
    let protos = added.iter().filter(|path| path.starts_with("proto")).count();
    assert_eq!((handlers.len(), protos, added.len()), (2, 1, 3), "a file for each of two methods: {added:?}");
    let changed = example.changed();
    assert_eq!(changed.len(), 2, "{changed:?}");
    let lines = |name: &str| changed[Path::new("service/src/api").join(name).as_path()].clone();
    assert!(lines("methods.rs").len() == 2 && lines("methods.rs").iter().all(|line| line.contains("unary!(")));
    let mods: Vec<String> =
        handlers.iter().map(|path| path.file_stem().expect("a name").to_string_lossy().into()).collect();
    assert_eq!(lines("mod.rs"), mods.iter().map(|name| format!("mod {name};")).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_added_method_reads_and_one_whose_answer_is_secret_writes() {
    let programs = programs().await;
    let database = Database::empty().await;
    let server = Server::start_build(&programs.join("qairon-service"), &database).await;
    let caller = Caller { client: server.client(), pool: descriptors(programs).await };
    counts_dependents(&caller).await;
    let secrets = enrols_applications(&caller, &database).await;
    secrets_are_kept_nowhere(&secrets, &database, &server).await;
}

async fn counts_dependents(caller: &Caller) {
    for application in ["shop", "blog"] {
        caller.client.create("application", json!({ "id": application })).await.expect("an application");
    }
    for stack in ["a", "b\"c"] {
        let stack = json!({ "application_id": "shop", "name": stack });
        caller.client.create("stack", stack).await.expect("a stack");
    }
    let count = async |resource: &str, id: &str| {
        let answer = caller.call("CountDependents", json!({ "resource": resource, "id": id })).await?;
        let counts = answer["counts"].as_array().expect("a list").iter();
        Ok(counts
            .map(|one| (one["relation"].clone(), one["resource"].clone(), one["count"].clone()))
            .collect::<Vec<_>>())
    };
    let stacks = |many: i64| (json!("stacks"), json!("stack"), json!(many));
    // The other relation is that of the other example.
    let shop = count("application", "shop").await.expect("counts");
    assert!(shop.contains(&stacks(2)) && shop.contains(&(json!("contacts"), json!("contact"), json!(0))), "{shop:?}");
    assert!(count("application", "blog").await.expect("counts").contains(&stacks(0)));
    assert!(count("stack", "shop:b\"c").await.is_ok());
    let refused = async |resource: &str, id: &str| {
        let failure: Failure = count(resource, id).await.expect_err("no such object");
        assert_eq!(failure.flaws(), [""; 0]);
        (failure.code, failure.fields)
    };
    assert_eq!(refused("application", "nobody").await.0, Code::NotFound);
    assert_eq!(refused("stac", "a").await, (Code::InvalidArgument, vec!["resource".to_owned()]));
    assert_eq!(refused("stack", "a b").await, (Code::InvalidArgument, vec!["id".to_owned()]));
}

/// Returns the secrets that were returned.
async fn enrols_applications(caller: &Caller, database: &Database) -> Vec<String> {
    let repeats = "SELECT principal, request_id, response IS NULL FROM idempotency ORDER BY 1, 2";
    let key = |answer: &Value| answer["pipeline_key"].as_str().expect("a text").to_owned();
    // A rehearsal has no key to tell, and leaves nothing.
    let rehearsal = json!({ "application_id": "desk", "request_id": "r1", "validate_only": true });
    let answer = caller.call("EnrolApplication", rehearsal).await.expect("a rehearsal");
    assert_eq!((&answer["application"]["id"], key(&answer).as_str()), (&json!("desk"), ""));
    assert_eq!(caller.client.get("application", "desk").await.expect_err("nothing").code, Code::NotFound);
    assert_eq!(database.query(repeats).await.len(), 0);

    let first = caller.enrol("desk", "r1").await.expect("an application");
    assert_eq!(key(&first).len(), 64);
    let found = caller.client.get("application", "desk").await.expect("it is there");
    assert_eq!(found.0, first["application"]);
    let refusal = caller.enrol("desk", "r1").await.expect_err("the answer was not kept");
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::FailedPrecondition, "ANSWER_NOT_KEPT"), "{refusal}");
    assert_eq!((refusal.fields.clone(), refusal.flaws()), (vec!["request_id".to_owned()], vec![]), "{refusal}");
    // Neither is the answer given to who only asks what would happen.
    let rehearsal = json!({ "application_id": "desk", "request_id": "r1", "validate_only": true });
    let refusal = caller.call("EnrolApplication", rehearsal).await.expect_err("it was done");
    assert_eq!(refusal.reason, "ANSWER_NOT_KEPT");
    let other = caller.enrol("other", "r1").await.expect_err("another request");
    assert_eq!(other.reason, "REQUEST_ID_REUSED");
    let taken = caller.enrol("desk", "").await.expect_err("it is there");
    assert_eq!((taken.code, taken.reason.as_str()), (Code::AlreadyExists, "ALREADY_EXISTS"), "{taken}");
    assert_eq!(caller.client.get("application", "desk").await.as_ref(), Ok(&found));

    // What others have done under the same ID is no matter.
    let others = "UPDATE idempotency SET principal = 'somebody'";
    database.execute(others).await.expect("another's");
    assert_eq!(caller.enrol("desk", "r1").await.expect_err("it is there").reason, "ALREADY_EXISTS");
    let second = caller.enrol("archive", "r1").await.expect("another application");
    let rows = [["anonymous", "r1", "t"], ["somebody", "r1", "t"]];
    assert_eq!(database.query(repeats).await, rows.map(|row| row.map(|text| Some(text.to_owned())).to_vec()));
    let without = caller.enrol("annex", "").await.expect("an application");
    [first, second, without].iter().map(key).collect()
}

async fn secrets_are_kept_nowhere(secrets: &[String], database: &Database, server: &Server) {
    let log = poll_until(soon(), "all calls are in the log", || async {
        let log = server.log();
        (log.matches("OnboardingService/EnrolApplication").count() == 9).then_some(log)
    })
    .await;
    let scan = async |needle: &str| (log.contains(needle), places(database, needle).await);
    for secret in secrets {
        assert_eq!(scan(secret).await, (false, Vec::new()));
    }
    // The scan finds what there is: in the log, in a text, in JSON and in bytes.
    assert!(scan("EnrolApplication").await.0);
    assert_eq!(scan("archive").await.1, ["application.id"]);
    assert_eq!(scan("pipeline_key_fingerprint").await.1, ["application.defaults"]);
    database.execute("UPDATE idempotency SET response = 'a needle'").await.expect("a needle");
    assert_eq!(scan("needle").await.1, ["idempotency.response"]);
}

/// The columns of the database that hold a text somewhere.
async fn places(database: &Database, needle: &str) -> Vec<String> {
    let columns = "SELECT format('%I.%I', table_name, column_name), format('FROM %I WHERE position(%s IN %s) > 0', \
                   table_name, CASE data_type WHEN 'bytea' THEN quote_literal('NEEDLE') || '::bytea' \
                   ELSE quote_literal('NEEDLE') END, CASE data_type WHEN 'bytea' THEN quote_ident(column_name) \
                   ELSE quote_ident(column_name) || '::text' END) FROM information_schema.columns JOIN \
                   information_schema.tables USING (table_schema, table_name) WHERE table_schema = 'public' AND \
                   table_type = 'BASE TABLE' AND data_type IN ('text', 'bytea', 'json', 'jsonb', 'character varying', \
                   'ARRAY', 'USER-DEFINED') ORDER BY 1";
    let rows = database.query(&columns.replace("NEEDLE", needle)).await;
    assert!(rows.len() > 100, "there are more columns than {}", rows.len());
    let mut found = Vec::new();
    for row in rows {
        let [Some(name), Some(from)] = row.as_slice() else { panic!("two texts, not {row:?}") };
        if database.number(&format!("SELECT count(*) {from}")).await > 0 {
            found.push(name.clone());
        }
    }
    found
}
