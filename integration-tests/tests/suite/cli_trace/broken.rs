//! Streams that break, that take long, and that are not read to the end.

use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use qairon_integration_tests::{Program, Qcli, program};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;

use crate::stage::Stage;

/// Their rows are more than the 2 MiB that a connection buffers without a reader.
const STACKS: usize = 12_000;
/// How long their names are.
const DIGITS: usize = 200;

/// A stage with an application on which many stacks depend.
async fn wide() -> Stage {
    let stage = Stage::set().await;
    let sql = format!(
        "INSERT INTO application (id) VALUES ('wide');
         INSERT INTO stack (application_id, name) SELECT 'wide', lpad(n::text, {DIGITS}, '0') FROM generate_series(1, {STACKS}) n;"
    );
    stage.database.execute(&sql).await.unwrap_or_else(|error| panic!("{error:?}"));
    stage
}

/// What a connection through a [`proxy`] may do.
#[derive(Debug, Clone, Copy)]
enum Link {
    /// It is cut once the server has sent this much.
    Cut(usize),
    /// It lets this much through at a time.
    Slow(usize, Duration),
    /// It is as any other.
    Good,
}

/// A port that leads to a server, each connection over the next of these links and further ones over the last. Returns
/// its address, and how many connections there were.
async fn proxy(server: &str, links: Vec<Link>) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address").to_string();
    let (server, count) = (server.to_owned(), Arc::new(AtomicUsize::new(0)));
    let counter = Arc::clone(&count);
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let link = links[counter.fetch_add(1, Ordering::SeqCst).min(links.len() - 1)];
            let server = TcpStream::connect(&server).await.expect("the server listens");
            tokio::spawn(lead(client, server, link));
        }
    });
    (address, count)
}

async fn lead(client: TcpStream, server: TcpStream, link: Link) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let up = async { _ = tokio::io::copy(&mut from_client, &mut to_server).await };
    let down = async {
        let mut sent = 0;
        let mut part = vec![0; if let Link::Slow(size, _) = link { size } else { 4096 }];
        while let Ok(size @ 1..) = from_server.read(&mut part).await {
            if let Link::Slow(_, pause) = link {
                tokio::time::sleep(pause).await;
            }
            if to_client.write_all(&part[..size]).await.is_err() {
                return;
            }
            sent += size;
            if matches!(link, Link::Cut(limit) if sent > limit) {
                return;
            }
        }
    };
    // Both ends are closed when one direction ends.
    tokio::select! {
        () = up => {}
        () = down => {}
    }
}

/// Every stack once and in order, in spite of what happened.
fn assert_whole(text: &str) {
    let ids: Vec<&str> = text.lines().collect();
    let wanted: Vec<String> = (1..=STACKS).map(|n| format!("wide:{n:0>DIGITS$}")).collect();
    assert_eq!(ids.len(), STACKS);
    assert!(ids.iter().eq(&wanted), "the rows are not those of the application, each once");
}

const IMPACT: [&str; 8] = ["trace", "impact", "application", "wide", "-o", "plain", "-f", "id"];

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_is_cut_goes_on_behind_the_last_row() {
    let stage = wide().await;
    let links = vec![Link::Cut(500_000), Link::Cut(0), Link::Cut(1_000_000), Link::Good];
    let (address, connections) = proxy(stage.server.address(), links).await;
    assert_whole(&Qcli::at(&address).text(&IMPACT).await);
    assert_eq!(connections.load(Ordering::SeqCst), 4);
    // One that never comes through ends, and says why.
    let (address, connections) = proxy(stage.server.address(), vec![Link::Cut(0)]).await;
    let output = Qcli::at(&address).run(&IMPACT).await;
    assert_eq!(output.code, Some(3), "{}", output.stderr);
    assert_eq!(output.stderr.lines().count(), 1, "{}", output.stderr);
    assert!(connections.load(Ordering::SeqCst) >= 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_may_take_longer_than_a_call_as_long_as_it_goes_on() {
    let stage = wide().await;
    let slow = Link::Slow(64 * 1024, Duration::from_millis(50));
    let (address, _) = proxy(stage.server.address(), vec![slow]).await;
    let started = Instant::now();
    let text = Qcli::at(&address).text(&[&IMPACT[..], &["--timeout", "1s"]].concat()).await;
    assert_whole(&text);
    assert!(started.elapsed() > Duration::from_secs(1), "it was too fast to show anything");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_is_waited_for() {
    let mut stage = wide().await;
    // The caller reads no further until the server has stopped, so that the stream is open when it does.
    let mut child = reading(&stage, &IMPACT);
    let mut output = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut text = String::new();
    output.read_line(&mut text).await.expect("a row");
    let address = stage.server.address().to_owned();
    stage.server.kill9().await;
    stage.server = qairon_integration_tests::Server::start(&stage.database, &["--listen", &address]).await;
    output.read_to_string(&mut text).await.expect("the rest");
    let mut told = String::new();
    child.stderr.take().expect("a pipe").read_to_string(&mut told).await.expect("text");
    assert!(child.wait().await.expect("it ends").success(), "{told}");
    assert_whole(text.trim_end());
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_reads_one_line_only_hears_no_complaint() {
    let stage = wide().await;
    let mut child = reading(&stage, &["trace", "impact", "application", "wide"]);
    let mut output = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut line = String::new();
    output.read_line(&mut line).await.expect("a line");
    assert_eq!(line, "[\n");
    drop(output);
    let mut told = String::new();
    child.stderr.take().expect("a pipe").read_to_string(&mut told).await.expect("text");
    assert!(child.wait().await.expect("it ends").success());
    assert_eq!(told, "");
}

/// The command line with its output in pipes.
fn reading(stage: &Stage, args: &[&str]) -> tokio::process::Child {
    let mut command = Command::new(program(Program::Qcli));
    command.args(args).env("QAIRON_ENDPOINT", stage.server.endpoint()).env("QAIRON_CONFIG", "/dev/null");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.kill_on_drop(true).spawn().expect("qcli runs")
}
