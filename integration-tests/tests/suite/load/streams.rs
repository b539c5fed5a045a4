//! Loads as streams: acknowledgements, ends before their time, memory.

use prost_types::Any;
use qairon::v1::bulk_service_client::BulkServiceClient;
use qairon::v1::{LoadObjectsRequest, LoadObjectsResponse};
use qairon_integration_tests::{Server, poll_until, soon};
use serde_json::json;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status, Streaming};

use super::super::stage::Stage;
use super::{counts, each, load, message, packed, stack, with};

/// A load under way.
struct Load {
    sender: mpsc::Sender<LoadObjectsRequest>,
    answers: Streaming<LoadObjectsResponse>,
}

impl Load {
    async fn begin(server: &Server, first: LoadObjectsRequest) -> Self {
        let mut bulk = BulkServiceClient::new(server.channel());
        let (sender, receiver) = mpsc::channel(64);
        sender.send(first).await.expect("there is room");
        let answers = bulk.load_objects(ReceiverStream::new(receiver)).await.expect("it begins").into_inner();
        Self { sender, answers }
    }

    /// Sends a message and waits for its acknowledgement.
    async fn send(&mut self, objects: Vec<Any>) -> Result<LoadObjectsResponse, Status> {
        self.sender.send(message(objects)).await.expect("the load takes it");
        self.next().await
    }

    async fn next(&mut self) -> Result<LoadObjectsResponse, Status> {
        let next = tokio::time::timeout(soon(), self.answers.message()).await;
        next.expect("an answer comes").map(|answer| answer.expect("and the stream goes on"))
    }
}

fn stacks(part: usize, many: usize) -> Vec<Any> {
    (0..many).map(|number| stack("a", &format!("s{part}-{number}"))).collect()
}

async fn set() -> Stage {
    let stage = Stage::set().await;
    stage.client.create("application", json!({ "id": "a" })).await.expect("an application");
    stage
}

const STACKS: &str = "SELECT count(*) FROM stack";

/// Nothing is left of a load: no transaction, no lock, no permit.
async fn nothing_is_left(stage: &Stage) {
    let busy = "SELECT (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = \
                'qairon-service' AND state <> 'idle') + (SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid) \
                WHERE a.datname = current_database() AND a.application_name = 'qairon-service')";
    poll_until(soon(), "no transaction and no lock is left", || async {
        let in_flight = stage.server.metric("qairon_requests_in_flight", &[]).await;
        (stage.database.number(busy).await == 0 && in_flight == 0.0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn every_message_is_acknowledged_before_the_next_one_is_sent() {
    let stage = set().await;
    for (options, kept) in [(Default::default(), false), (each(), true)] {
        let mut load = Load::begin(&stage.server, with(options, vec![stacks(0, 3)]).remove(0)).await;
        let first = load.next().await.expect("an acknowledgement");
        assert_eq!((counts(&first), first.chunks, first.committed), ([3, 0, 0, 0], 1, kept));
        assert_eq!(stage.database.number(STACKS).await, if kept { 3 } else { 0 });
        let second = load.send(vec![stack("a", "t"), stack("nobody", "t"), stack("a", "s0-1")]).await.expect("another");
        let told: Vec<_> = second.errors.iter().map(|error| (error.index, error.reason.as_str())).collect();
        assert_eq!((second.chunks, counts(&second)), (2, [4, 0, 0, 1]));
        assert_eq!(told, [(5, "ALREADY_EXISTS")], "the other may yet come to refer to something");
        let third = load.send(vec![packed("application", json!({ "id": "nobody" }))]).await.expect("another");
        assert_eq!((counts(&third), third.errors.len()), ([6, 0, 0, 1], 0), "each error is reported once");
        let Load { sender, mut answers } = load;
        drop(sender);
        let last = answers.message().await.expect("no error").expect("a last answer");
        assert_eq!((counts(&last), last.chunks, last.committed), ([6, 0, 0, 1], 3, kept));
        assert_eq!(answers.message().await.expect("no error"), None);
        assert_eq!(stage.rows().await, if kept { 7 } else { 1 });
    }
}

#[tokio::test]
async fn a_load_that_breaks_off_keeps_what_it_may() {
    let stage = set().await;
    for round in 0..6 {
        let options = if round % 2 == 0 { Default::default() } else { each() };
        let kept = stage.database.number(STACKS).await + if round % 2 == 0 { 0 } else { 40 };
        let mut load = Load::begin(&stage.server, with(options, vec![stacks(2 * round, 20)]).remove(0)).await;
        load.next().await.expect("an acknowledgement");
        load.send(stacks(2 * round + 1, 20)).await.expect("another");
        drop(load);
        nothing_is_left(&stage).await;
        assert_eq!(stage.database.number(STACKS).await, kept, "in round {round}");
    }
    assert!(stage.server.metric("qairon_requests_total", &[r#"code="Cancelled""#]).await >= 6.0);
    for code in ["Internal", "Unknown", "Unavailable", "Aborted"] {
        assert_eq!(stage.server.metric("qairon_requests_total", &[&format!("code=\"{code}\"")]).await, 0.0, "{code}");
    }
}

#[tokio::test]
async fn a_server_that_stops_ends_a_load() {
    let mut stage = set().await;
    let mut all = Load::begin(&stage.server, message(stacks(0, 10))).await;
    all.next().await.expect("an acknowledgement");
    let mut single = Load::begin(&stage.server, with(each(), vec![stacks(1, 10)]).remove(0)).await;
    single.next().await.expect("an acknowledgement");
    stage.server.signal(nix::sys::signal::Signal::SIGTERM);
    for load in [&mut all, &mut single] {
        assert_eq!(load.next().await.expect_err("it ends").code(), Code::Unavailable);
    }
    assert!(stage.server.wait().await.success());
    assert_eq!(stage.database.number(STACKS).await, 10, "what was acknowledged as stored");
}

/// Who sends everything before it reads anything gets through: acknowledgements take no more room than there is.
#[tokio::test]
async fn a_client_that_reads_late_is_no_deadlock() {
    let stage = set().await;
    let first = Load::begin(&stage.server, with(each(), vec![stacks(0, 1)]).remove(0)).await;
    for part in 1..2400 {
        let objects = if part % 2 == 0 { stacks(part, 1) } else { vec![stack("a", "bad name")] };
        first.sender.send(message(objects)).await.expect("the load takes it");
    }
    let Load { sender, mut answers } = first;
    drop(sender);
    let (mut last, mut errors) = (LoadObjectsResponse::default(), 0);
    while let Some(answer) = answers.message().await.expect("no error") {
        errors += answer.errors.len();
        last = answer;
    }
    assert_eq!((counts(&last), last.chunks, errors), ([1200, 0, 0, 1200], 2400, 1000));
}

/// The resident memory of a server, in MiB.
pub fn resident(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).expect("it runs");
    let line = status.lines().find(|line| line.starts_with("VmRSS")).expect("its memory is listed");
    line.split_whitespace().nth(1).and_then(|kilobytes| kilobytes.parse::<u64>().ok()).expect("a number") / 1024
}

#[tokio::test]
async fn a_large_load_takes_little_memory() {
    let stage = set().await;
    load(&stage.server, vec![message(stacks(0, 500))]).await.expect("a load");
    let before = resident(&stage.server);
    // 30 MB of values; the server keeps a few messages of them.
    let text = "x".repeat(5000);
    let object = |part, number| {
        let object =
            json!({ "application_id": "a", "name": format!("m{part}-{number}"), "defaults": { "text": text } });
        packed("stack", object)
    };
    let messages: Vec<_> = (0..20).map(|part| message((0..300).map(|n| object(part, n)).collect())).collect();
    let answers = load(&stage.server, messages).await.expect("a load");
    assert_eq!(answers.last().map(counts), Some([6_000, 0, 0, 0]));
    let after = resident(&stage.server);
    assert!(after < before + 32, "{before} MiB before, {after} after");
}
