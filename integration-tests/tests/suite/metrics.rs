//! The metrics of the server.

use qairon_integration_tests::{Database, Server, poll_until, soon};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test]
async fn requests_are_counted_by_method_and_code_with_their_time() {
    let database = Database::new().await;
    let server = Server::start(&database, &["--pool-size", "7"]).await;
    let client = server.client();
    let create = r#"method="qairon.v1.CatalogService/CreateApplication""#;
    let get = r#"method="qairon.v1.CatalogService/GetApplication""#;
    assert_eq!(server.metric("qairon_requests_total", &[]).await, 0.0, "health checks of its own are no requests");
    for round in 1..=3 {
        let id = format!("a{round}");
        client.create("application", json!({ "id": id })).await.expect("a new one");
        client.create("application", json!({ "id": id })).await.expect_err("the same again");
        client.get("application", &id).await.expect("it exists");
        let count = f64::from(round);
        let metric = async |name: &str, labels: &[&str]| server.metric(name, labels).await;
        assert_eq!(metric("qairon_requests_total", &[create, r#"code="Ok""#]).await, count);
        assert_eq!(metric("qairon_requests_total", &[create, r#"code="AlreadyExists""#]).await, count);
        assert_eq!(metric("qairon_requests_total", &[get, r#"code="Ok""#]).await, count);
        assert_eq!(metric("qairon_request_duration_seconds_count", &[create]).await, 2.0 * count);
        assert_eq!(metric("qairon_request_duration_seconds_bucket", &[create, r#"le="+Inf""#]).await, 2.0 * count);
        assert!(metric("qairon_request_duration_seconds_sum", &[create]).await > 0.0);
        let operation = r#"operation="create""#;
        assert_eq!(metric("qairon_database_operation_duration_seconds_count", &[operation]).await, 2.0 * count);
        assert_eq!(metric("qairon_database_operation_failures_total", &[operation]).await, count);
    }
    assert_eq!(server.metric("qairon_requests_in_flight", &[]).await, 0.0);
    poll_until(soon(), "the pool is shown", || async {
        let connections = server.metric("qairon_pool_connections", &[]).await;
        let free = server.metric("qairon_pool_free_permits", &[]).await;
        let up = server.metric("qairon_database_up", &[]).await;
        ((1.0..=7.0).contains(&connections) && free == 7.0 && up == 1.0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_pool_in_use_shows() {
    let database = Database::new().await;
    let server = Server::start(&database, &["--pool-size", "4"]).await;
    let client = server.client();
    client.create("application", json!({ "id": "a" })).await.expect("a new one");
    let session = database.connect().await;
    session.batch_execute("BEGIN; LOCK TABLE application").await.expect("a lock");
    let calls: Vec<_> = (0..3)
        .map(|number| {
            let client = client.clone();
            tokio::spawn(async move { client.create("application", json!({ "id": format!("b{number}") })).await })
        })
        .collect();
    poll_until(soon(), "three of four are taken", || async {
        let free = server.metric("qairon_pool_free_permits", &[]).await;
        let in_flight = server.metric("qairon_requests_in_flight", &[]).await;
        (free == 1.0 && in_flight == 3.0).then_some(())
    })
    .await;
    session.batch_execute("ROLLBACK").await.expect("the end of the lock");
    for call in calls {
        call.await.expect("no panic").expect("a new one");
    }
    poll_until(soon(), "all four are free again", || async {
        (server.metric("qairon_pool_free_permits", &[]).await == 4.0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn metrics_have_a_port_of_their_own_and_the_text_format() {
    let database = Database::new().await;
    let server = Server::start(&database, &[]).await;
    server.client().create("application", json!({ "id": "a" })).await.expect("a new one");
    assert_ne!(server.address(), server.metrics_address());
    let response = server.metrics().await;
    let (head, body) = response.split_once("\r\n\r\n").expect("head and body");
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert!(head.to_lowercase().contains("content-type: text/plain; version=0.0.4"), "{head}");
    // Every series has a name that was described before, labels in braces, and a number.
    let mut described = Vec::new();
    for line in body.lines() {
        if let Some(rest) = line.strip_prefix("# ") {
            let mut words = rest.split(' ');
            assert!(matches!(words.next(), Some("HELP" | "TYPE")), "{line}");
            described.push(words.next().expect("a name").to_owned());
            continue;
        }
        let (series, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("no value: {line}"));
        assert!(value.parse::<f64>().is_ok(), "{line}");
        let name = series.split('{').next().unwrap_or_default();
        let base = ["_bucket", "_sum", "_count"].iter().find_map(|suffix| name.strip_suffix(suffix)).unwrap_or(name);
        assert!(described.iter().any(|known| known == name || known == base), "{line}");
        assert!(name.starts_with("qairon_"), "{line}");
    }
    let documented = include_str!("../../../docs/OPERATIONS.md");
    for name in described {
        assert!(documented.contains(&format!("`{name}`")), "docs/OPERATIONS.md does not describe `{name}`");
    }

    let mut stream = TcpStream::connect(server.metrics_address()).await.expect("the port answers");
    let request = b"GET /elsewhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    stream.write_all(request).await.expect("the port reads");
    let mut elsewhere = String::new();
    stream.read_to_string(&mut elsewhere).await.expect("an answer");
    assert!(elsewhere.starts_with("HTTP/1.1 404") && elsewhere.contains("/metrics"), "{elsewhere}");
}
