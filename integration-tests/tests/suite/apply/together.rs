//! Several at once, and callers who go away.

use futures_util::future::join_all;
use qairon::v1::bulk_service_client::BulkServiceClient;
use qairon::v1::{ApplyObjectsRequest, ApplyOptions, BulkObject};
use qairon_integration_tests::{poll_until, soon};
use serde_json::json;
use tokio_stream::wrappers::ReceiverStream;

use super::bundle::{apply, object};
use crate::stage::Stage;

async fn somebody_waits(stage: &Stage) -> Option<()> {
    let waiting =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    (stage.database.number(waiting).await > 0).then_some(())
}

fn tree(services: usize, artifact: &str) -> Vec<BulkObject> {
    let mut objects = vec![
        object("application", json!({ "id": "a" })),
        object("stack", json!({ "application_id": "a", "name": "s" })),
    ];
    let service = |number| {
        let name = format!("v{number}");
        object("service", json!({ "stack_id": "a:s", "name": name, "artifact_name": artifact }))
    };
    objects.extend((0..services).map(service));
    objects
}

#[tokio::test]
async fn the_same_bundle_applied_by_several_at_once_is_applied_once() {
    let stage = Stage::set().await;
    for (artifact, expected) in [("x", [302, 0, 0, 0]), ("y", [0, 300, 2, 0])] {
        let callers = (0..4).map(|caller| {
            let mut objects = tree(300, artifact);
            fastrand::Rng::with_seed(caller).shuffle(&mut objects);
            apply(&stage.server, ApplyOptions::default(), objects)
        });
        let mut counts: Vec<_> = join_all(callers)
            .await
            .iter()
            .map(|done| {
                assert_eq!(done.errors, []);
                done.counts()
            })
            .collect();
        counts.sort_unstable();
        let mut all = vec![[0, 0, 302, 0]; 3];
        all.push(expected);
        all.sort_unstable();
        assert_eq!(counts, all);
    }
}

#[tokio::test]
async fn nobodys_change_is_overwritten_unseen() {
    let stage = Stage::set().await;
    apply(&stage.server, ApplyOptions::default(), tree(1, "x")).await;
    // Somebody holds the object while the bundle is compared, and changes it then.
    let writer = stage.database.connect().await;
    writer.batch_execute("BEGIN; UPDATE service SET artifact_name = 'theirs'").await.expect("a change");
    let applying = apply(&stage.server, ApplyOptions::default(), tree(1, "ours"));
    let release = async {
        poll_until(soon(), "the apply waits for the object", || somebody_waits(&stage)).await;
        writer.batch_execute("COMMIT").await.expect("the change is made");
    };
    let (done, ()) = tokio::join!(applying, release);
    assert_eq!(done.told(), ["update service a:s:v0 artifact_name=\"theirs\"→\"ours\""]);
}

#[tokio::test]
async fn an_object_that_goes_while_it_is_applied_is_created_again() {
    let stage = Stage::set().await;
    apply(&stage.server, ApplyOptions::default(), tree(1, "x")).await;
    let writer = stage.database.connect().await;
    writer.batch_execute("BEGIN; DELETE FROM service").await.expect("a deletion");
    let applying = apply(&stage.server, ApplyOptions::default(), tree(1, "ours"));
    let release = async {
        poll_until(soon(), "the apply waits for the object", || somebody_waits(&stage)).await;
        writer.batch_execute("COMMIT").await.expect("the object is gone");
    };
    let (done, ()) = tokio::join!(applying, release);
    assert_eq!((done.errors.len(), done.counts()), (0, [1, 0, 2, 0]));
}

#[tokio::test]
async fn a_bundle_whose_caller_goes_away_leaves_nothing() {
    let stage = Stage::set().await;
    let endpoint = stage.server.endpoint();
    // A caller of its own, with everything that it has open.
    let caller = tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let channel = tonic::transport::Endpoint::from_shared(endpoint).expect("an address").connect().await;
            let mut client = BulkServiceClient::new(channel.expect("a connection"));
            let (sender, receiver) = tokio::sync::mpsc::channel(4);
            let request = ApplyObjectsRequest { objects: tree(10, "x"), ..Default::default() };
            sender.send(request).await.expect("room");
            let answer = client.apply_objects(ReceiverStream::new(receiver)).await.expect("the call is taken");
            (sender, answer)
        })
    });
    drop(caller.await.expect("the caller has gone"));
    let calls = || async { (stage.server.metric("qairon_requests_in_flight", &[]).await == 0.0).then_some(()) };
    poll_until(soon(), "the call is over", calls).await;
    assert_eq!(stage.rows().await, 0);
}

#[tokio::test]
async fn a_bundle_that_loses_a_deadlock_is_applied_again() {
    let stage = Stage::set().await;
    apply(&stage.server, ApplyOptions::default(), tree(2, "x")).await;
    let writer = stage.database.connect().await;
    // The server notices first, and is the one to give way.
    let held = "SET deadlock_timeout = '60s'; BEGIN; UPDATE service SET artifact_name = 'theirs' WHERE name = 'v1'";
    writer.batch_execute(held).await.expect("a change");
    let applying = apply(&stage.server, ApplyOptions::default(), tree(2, "ours"));
    let crossing = async {
        poll_until(soon(), "the apply waits for the object", || somebody_waits(&stage)).await;
        let theirs = "UPDATE service SET artifact_name = 'theirs' WHERE name = 'v0'; COMMIT";
        writer.batch_execute(theirs).await.expect("the server gives way");
    };
    let (done, ()) = tokio::join!(applying, crossing);
    let told = ["v0", "v1"].map(|name| format!("update service a:s:{name} artifact_name=\"theirs\"→\"ours\""));
    assert_eq!((done.told(), done.errors.len()), (told.to_vec(), 0));
}
