//! Connections: those that do not begin, those that are too many, and the descriptors that they take.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::join_all;
use qairon_integration_tests::{Database, Report, Server, long, poll_until, soon};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// An empty frame of settings.
const SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];

/// Connects from an address of this machine.
async fn connect(from: &str, to: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind(SocketAddr::new(from.parse().expect("an address"), 0)).expect("an address of this machine");
    socket.connect(to.parse().expect("an address")).await.expect("the port is open")
}

/// Longer than the server waits for the beginning of a connection.
const PATIENCE: Duration = Duration::from_secs(10);

/// Whether the other side has closed a connection within a time, whatever it sent before.
async fn is_closed(stream: &mut TcpStream, within: Duration) -> bool {
    let mut sent = Vec::new();
    // Closed with or without an error.
    timeout(within, stream.read_to_end(&mut sent)).await.is_ok()
}

/// Whether a connection was taken: HTTP/2's server speaks first.
async fn is_taken(stream: &mut TcpStream) -> bool {
    let mut byte = [0];
    let read = timeout(soon(), stream.read(&mut byte)).await;
    matches!(read.expect("it is taken or refused at once"), Ok(1))
}

#[tokio::test]
async fn what_does_not_begin_is_closed() {
    let database = Database::new().await;
    let server = Server::start(&database, &[]).await;
    let api = [
        ("nothing", Vec::new()),
        ("a letter", b"P".to_vec()),
        ("half a preface", PREFACE[..12].to_vec()),
        ("a preface without settings", PREFACE.to_vec()),
        ("half a head of settings", [PREFACE, &SETTINGS[..5]].concat()),
        ("settings without their content", [PREFACE, &[0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3]].concat()),
        ("another protocol", b"GET / HTTP/1.1\r\nHost: x\r\n".to_vec()),
    ];
    let metrics = [
        ("nothing for metrics", Vec::new()),
        ("half a line", b"GET /met".to_vec()),
        ("half a request", b"GET /metrics HTTP/1.1\r\nHost: x\r\n".to_vec()),
        ("half a body", b"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nx".to_vec()),
        ("a request that wants the connection kept", b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n".to_vec()),
    ];
    let api = api.into_iter().map(|case| (server.address(), case));
    let metrics = metrics.into_iter().map(|case| (server.metrics_address(), case));
    let closed = api.chain(metrics).map(|(address, (name, sent))| async move {
        let mut stream = TcpStream::connect(address).await.expect("the port is open");
        stream.write_all(&sent).await.expect("it reads");
        (name, is_closed(&mut stream, soon()).await)
    });
    let mut report = Report::new();
    for (name, closed) in join_all(closed).await {
        report.check(closed, name, "it is closed");
    }
    // One that has begun stays, and answers.
    let mut begun = TcpStream::connect(server.address()).await.expect("the port is open");
    begun.write_all(&[PREFACE, SETTINGS].concat()).await.expect("it reads");
    report.check(!is_closed(&mut begun, PATIENCE).await, "one that has begun", "it stays");
    report.finish();
}

/// A peer in the middle of a frame cannot answer pings.
#[tokio::test]
async fn half_a_frame_is_not_waited_for() {
    let database = Database::new().await;
    let server = Server::start(&database, &[]).await;
    let halves: [(&str, &[u8]); 3] = [
        ("half a head of a frame", &[0, 0, 20, 1]),
        ("half a frame of headers", &[0, 0, 20, 1, 4, 0, 0, 0, 1, 0x82]),
        ("headers without their continuation", &[0, 0, 1, 1, 0, 0, 0, 0, 1, 0x82]),
    ];
    let closed = halves.into_iter().map(|(name, half)| {
        let address = server.address().to_owned();
        async move {
            let mut stream = TcpStream::connect(address).await.expect("the port is open");
            stream.write_all(&[PREFACE, SETTINGS, half].concat()).await.expect("it reads");
            (name, is_closed(&mut stream, long()).await)
        }
    });
    let mut report = Report::new();
    for (name, closed) in join_all(closed).await {
        report.check(closed, name, "it is closed");
    }
    report.finish();
}

#[tokio::test]
async fn connections_are_limited_in_all_and_by_peer() {
    let database = Database::new().await;
    let server = Server::start(&database, &["--max-connections", "6", "--max-connections-per-peer", "4"]).await;
    let mut report = Report::new();
    let begun = async |from: &str| {
        let mut stream = connect(from, server.address()).await;
        _ = stream.write_all(&[PREFACE, SETTINGS].concat()).await;
        let taken = is_taken(&mut stream).await;
        (stream, taken)
    };
    let mut open = Vec::new();
    for (from, taken) in [("127.0.0.1", 4), ("127.0.0.2", 2)]
        .into_iter()
        .flat_map(|(from, many)| (0..many + 1).map(move |n| (from, n < many)))
    {
        let (mut stream, is_taken) = begun(from).await;
        report.equal(format!("{from}, after {}", open.len()), is_taken, taken);
        match is_taken {
            true => open.push(stream),
            false => report.check(is_closed(&mut stream, soon()).await, from, "it is closed at once"),
        }
    }
    for (limit, many) in [("peer", 1.0), ("total", 1.0)] {
        let labels = [r#"port="api""#, &format!(r#"limit="{limit}""#)];
        report.equal(limit, server.metric("qairon_connections_refused_total", &labels).await, many);
    }
    report.equal("open", server.metric("qairon_connections", &[r#"port="api""#]).await, 6.0);
    // A place that is free again is taken.
    drop(open.remove(0));
    let again = poll_until(soon(), "a place is free", || async {
        let (stream, taken) = begun("127.0.0.1").await;
        taken.then_some(stream)
    });
    drop(again.await);
    drop(open);
    let client = server.client();
    poll_until(soon(), "calls go through again", || async { client.call("ListApplications", json!({})).await.ok() })
        .await;
    report.finish();
}

#[tokio::test]
async fn neither_port_takes_the_descriptors_of_the_other() {
    let database = Database::new().await;
    let server = Server::start_with_files(&database, 256, &[]).await.expect("it starts");
    assert!(server.log().contains("fewer connections than --max-connections"), "{}", server.log());
    let client = server.client();
    client.create("application", json!({ "id": "a" })).await.expect("an application");
    let mut open = Vec::new();
    for round in 0..2 {
        // More than there are descriptors for, to both ports, from one address.
        for address in [server.address(), server.metrics_address()] {
            for _ in 0..200 {
                let mut stream = connect("127.0.0.2", address).await;
                _ = stream.write_all(&[PREFACE, SETTINGS].concat()).await;
                open.push(stream);
            }
        }
        client.get("application", "a").await.unwrap_or_else(|failure| panic!("round {round}: {failure}"));
        server.client().get("application", "a").await.unwrap_or_else(|failure| panic!("a new one, {round}: {failure}"));
        // The last of them may still wait to be accepted.
        let refused = || async {
            let refused = server.metric("qairon_connections_refused_total", &[r#"port="metrics""#]).await;
            (refused > 0.0).then_some(())
        };
        poll_until(soon(), "the port of the metrics refuses", refused).await;
        assert!(!server.log().contains("could not be accepted"), "round {round}: {}", server.log());
    }
    let refusal = Server::start_with_files(&database, 100, &[]).await.expect_err("too few");
    assert!(refusal.contains("ulimit -n"), "{refusal}");
}
