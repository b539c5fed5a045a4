//! Traces that take many messages: taken up where they broke, given up by their callers, out of time.

use qairon_integration_tests::{Database, Server, poll_until, soon};
use serde_json::{Value, json};
use tonic::Code;

use super::{rows, rows_of};

/// A service in 3,000 deployments on 60 targets, one with 3,000 deployments of another, and 3,000 builds of one commit.
const CROWD: &str = "
    INSERT INTO application (id) VALUES ('a'); INSERT INTO stack (application_id, name) VALUES ('a', 's');
    INSERT INTO service (stack_id, name) VALUES ('a:s', 'v'), ('a:s', 'w');
    INSERT INTO environment (id) VALUES ('e'); INSERT INTO provider_type (id) VALUES ('t');
    INSERT INTO fleet_type (provider_type_id, name) VALUES ('t', 'f');
    INSERT INTO provider (environment_id, provider_type_id, native_id) VALUES ('e', 't', 'n');
    INSERT INTO region (provider_id, name) VALUES ('e:t:n', 'r');
    INSERT INTO partition (region_id, name) VALUES ('e:t:n:r', 'p');
    INSERT INTO deployment_target_type (id) VALUES ('k');
    INSERT INTO deployment_target (partition_id, deployment_target_type_id, name)
        SELECT 'e:t:n:r:p', 'k', 'd' || n FROM generate_series(1, 60) n;
    INSERT INTO fleet (deployment_target_id, fleet_type_id, name)
        SELECT 'e:t:n:r:p:k:d' || n, 't:f', 'f' || m FROM generate_series(1, 60) n, generate_series(1, 3) m;
    INSERT INTO deployment (deployment_target_id, service_id, tag)
        SELECT 'e:t:n:r:p:k:d' || d, 'a:s:v', 't' || t FROM generate_series(1, 60) d, generate_series(1, 50) t;
    INSERT INTO deployment (deployment_target_id, service_id, tag)
        SELECT 'e:t:n:r:p:k:d1', 'a:s:w', 't' || t FROM generate_series(1, 3000) t;
    INSERT INTO build (service_id, build_num, vcs_ref)
        SELECT 'a:s:v', n, 'commit' || n % 2 FROM generate_series(1, 3000) n;
    INSERT INTO release (build_id, deployment_id, build_num)
        SELECT 'a:s:v:' || n, 'e:t:n:r:p:k:d1:a:s:v:t1', n FROM generate_series(1, 300) n;
    INSERT INTO dependency_case (id, relatable_type, related_type, allowed_relationship)
        VALUES ('on', 'Service', 'Build', 'OTM'), ('by', 'Build', 'Service', 'OTM');
    INSERT INTO relatable (relatable_type, object_id) VALUES ('Service', 'a:s:v');
    INSERT INTO relatable (relatable_type, object_id)
        SELECT 'Build', 'a:s:v:' || n FROM generate_series(1, 1200) n;
    INSERT INTO dependency (dependency_case_id, relatable_id, name) VALUES ('on', 'Service:a:s:v', 'd');
    INSERT INTO dependency (dependency_case_id, relatable_id, name)
        SELECT 'by', 'Build:a:s:v:' || n, 'd' FROM generate_series(1, 1200) n;
    INSERT INTO related (dependency_id, related_type, object_id)
        SELECT 'on:Service:a:s:v:d', 'Build', 'a:s:v:' || n FROM generate_series(1, 1200) n;
    INSERT INTO related (dependency_id, related_type, object_id)
        SELECT 'by:Build:a:s:v:' || n || ':d', 'Service', 'a:s:v' FROM generate_series(1, 1200) n;
";

async fn crowd(args: &[&str]) -> (Server, Database) {
    let database = Database::new().await;
    database.execute(CROWD).await.expect("a crowd");
    (Server::start(&database, args).await, database)
}

#[tokio::test]
async fn broken_traces_are_taken_up_where_they_broke() {
    let (server, _database) = crowd(&[]).await;
    let client = server.client();
    let of_w = |id: &Value| id.as_str().is_some_and(|id| id.contains(":w:"));
    for (method, request, count, others) in [
        ("TraceInfrastructure", json!({ "service_id": "a:s:v" }), 3000, vec![json!({ "service_id": "a:s:w" })]),
        (
            "TraceNeighbors",
            json!({ "deployment_id": "e:t:n:r:p:k:d1:a:s:v:t1" }),
            3049,
            vec![json!({ "deployment_id": "e:t:n:r:p:k:d1:a:s:v:t2" })],
        ),
        (
            "TraceDependencies",
            json!({ "resource": "service", "id": "a:s:v" }),
            2400,
            vec![json!({ "resource": "service", "id": "a:s:w" })],
        ),
        (
            "TraceBuilds",
            json!({ "vcs_ref": "commit", "prefix": true }),
            3000 + 300 * 2,
            vec![json!({ "vcs_ref": "commit" }), json!({ "vcs_ref": "commi", "prefix": true })],
        ),
    ] {
        let messages = client.stream(method, request.clone()).await.expect("a trace");
        let whole = rows_of(&messages);
        assert_eq!(whole.len(), count, "{method}");
        assert!(messages.len() >= 3, "{method}: {} messages", messages.len());
        if method == "TraceInfrastructure" {
            assert!(whole.iter().all(|row| row["fleet_ids"].as_array().is_some_and(|fleets| fleets.len() == 3)));
            assert!(!whole.iter().any(|row| of_w(&row["id"])));
        }
        for broken in 1..=messages.len() {
            let first = client.stream_start(method, request.clone(), broken).await.expect("its beginning");
            let mut again = request.clone();
            again["resume_token"] = first[broken - 1]["resume_token"].clone();
            let rest = rows(&client, method, again).await;
            assert!([rows_of(&first), rest].concat() == whole, "{method} after message {broken}");
        }
        // A token belongs to its trace, and to what that was asked.
        let token = &messages[0]["resume_token"];
        let others = others.into_iter().map(|other| (method, other));
        let foreign = [
            ("TraceInfrastructure", json!({ "service_id": "a:s:v" })),
            ("TraceNeighbors", json!({ "deployment_id": "e:t:n:r:p:k:d1:a:s:v:t1" })),
            ("TraceBuilds", json!({ "vcs_ref": "commit1" })),
        ];
        for (other, mut request) in others.chain(foreign.into_iter().filter(|(other, _)| *other != method)) {
            request["resume_token"] = token.clone();
            let failure = client.stream(other, request.clone()).await.expect_err("a token of another trace");
            assert_eq!(
                (failure.code, failure.reason.as_str()),
                (Code::InvalidArgument, "PAGE_TOKEN_MISMATCH"),
                "{other} {request}"
            );
        }
    }
}

#[tokio::test]
async fn a_caller_who_goes_away_ends_the_statement() {
    let (server, database) = crowd(&["--pool-size", "2"]).await;
    // More than the buffers on the way hold.
    let crowd = "INSERT INTO deployment (deployment_target_id, service_id, tag) SELECT 'e:t:n:r:p:k:d2', 'a:s:w', \
                 repeat('x', 200) || t FROM generate_series(1, 40000) t";
    database.execute(crowd).await.expect("a crowd");
    let client = server.client();
    let busy = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = \
                'qairon-service' AND state <> 'idle'";
    let probe = |wanted: i64| {
        let (database, server) = (&database, &server);
        move || async move {
            let free = server.metric("qairon_pool_free_permits", &[]).await;
            let free = wanted > 0 || free == 2.0;
            (database.number(busy).await == wanted && free).then_some(())
        }
    };
    for _ in 0..3 {
        let request = json!({ "deployment_id": "e:t:n:r:p:k:d2:a:s:v:t1" });
        let mut messages = client.open("TraceNeighbors", request).await.expect("a trace");
        assert!(messages.next().await.expect("a message").is_some());
        poll_until(soon(), "the statement waits for its caller", probe(1)).await;
        drop(messages);
        poll_until(soon(), "nothing is left of it", probe(0)).await;
    }
    assert_eq!(rows(&client, "TraceInfrastructure", json!({ "service_id": "a:s:v" })).await.len(), 3000);
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_out_of_time() {
    let (server, database) = crowd(&["--statement-timeout", "300ms", "--lock-timeout", "30s"]).await;
    let client = server.client();
    let session = database.connect().await;
    let tables = "deployment_target, repo, fleet_deployment_target";
    session.batch_execute(&format!("BEGIN; LOCK TABLE {tables}")).await.expect("locks");
    let deployment = "e:t:n:r:p:k:d1:a:s:v:t1";
    let path = json!({ "from_resource": "service", "from_id": "a:s:v", "to_resource": "partition",
                       "to_id": "e:t:n:r:p" });
    let failures = [
        client.stream("TraceInfrastructure", json!({ "service_id": "a:s:v" })).await.map(drop),
        client.stream("TraceBuilds", json!({ "vcs_ref": "commit1" })).await.map(drop),
        client.call("TraceProvenance", json!({ "deployment_id": deployment })).await.map(drop),
        client.call("TracePath", path.clone()).await.map(drop),
    ];
    for failure in failures.map(|outcome| outcome.expect_err("it waits for a lock")) {
        assert_eq!((failure.code, failure.reason.as_str()), (Code::DeadlineExceeded, "DEADLINE_EXCEEDED"), "{failure}");
        assert_eq!(failure.flaws(), Vec::<String>::new());
    }
    session.batch_execute("ROLLBACK").await.expect("the end of the locks");
    let answer = client.call("TracePath", path).await.expect("the connection serves others");
    assert_eq!(answer["paths"].as_array().map(Vec::len), Some(10));
    let open = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'";
    assert_eq!(database.number(open).await, 0, "no snapshot stays open");
}
