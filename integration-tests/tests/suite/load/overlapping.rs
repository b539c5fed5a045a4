//! Loads that write the same objects at the same time.

use futures_util::future::join_all;
use prost_types::Any;
use qairon::v1::bulk_service_client::BulkServiceClient;
use qairon::v1::{ApplyObjectsRequest, BulkObject, LoadOptions};
use qairon_integration_tests::{Database, Server, poll_until, soon};
use serde_json::json;

use super::super::stage::Stage;
use super::{counts, each, load, loaded, message, packed, with};

const WAITING: &str =
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";

fn upsert() -> LoadOptions {
    LoadOptions { upsert: true, ..Default::default() }
}

/// Objects of several entities, which refer to each other, with the number of their load.
fn organisation(number: u64) -> Vec<Any> {
    let defaults = json!({ "load": number });
    let mut objects = Vec::new();
    for a in 0..3 {
        let application = format!("a{a}");
        objects.push(packed("application", json!({ "id": application, "defaults": defaults })));
        for s in 0..4 {
            let name = format!("s{s}");
            let stack = json!({ "application_id": application, "name": name, "defaults": defaults });
            objects.push(packed("stack", stack));
            for v in 0..6 {
                let service =
                    json!({ "stack_id": format!("a{a}:s{s}"), "name": format!("v{v}"), "defaults": defaults });
                objects.push(packed("service", service));
                let relatable = json!({
                    "relatable_type": "Service", "object_id": format!("a{a}:s{s}:v{v}"), "defaults": defaults
                });
                objects.push(packed("relatable", relatable));
            }
        }
    }
    objects
}

/// The same objects, each load in an order of its own: as new ones, and again to change them.
#[tokio::test(flavor = "multi_thread")]
async fn they_wait_for_each_other() {
    let stage = Stage::set().await;
    let size = organisation(0).len();
    for round in 0..2 {
        let loads = (0..48).map(|caller| {
            let number = 100 * round + caller;
            let mut objects = organisation(number);
            fastrand::Rng::with_seed(number).shuffle(&mut objects);
            let messages = objects.chunks(25).map(<[Any]>::to_vec).collect();
            load(&stage.server, with(upsert(), messages))
        });
        let mut created = 0;
        for answer in join_all(loads).await {
            let answers = answer.unwrap_or_else(|status| panic!("in round {round}: {status}"));
            let last = answers.last().expect("a last answer");
            assert!(last.committed, "in round {round}: {last:?}");
            assert_eq!(counts(last).iter().sum::<i64>(), i64::try_from(size).expect("few"), "{last:?}");
            created += last.created;
        }
        assert_eq!(created, if round == 0 { i64::try_from(size).expect("few") } else { 0 });
        // Whichever came last is there as a whole.
        let loads = "SELECT count(DISTINCT defaults) FROM (SELECT defaults FROM application UNION ALL SELECT defaults \
                     FROM stack UNION ALL SELECT defaults FROM service UNION ALL SELECT defaults FROM relatable) all_of_them";
        assert_eq!(stage.database.number(loads).await, 1, "in round {round}");
    }
}

/// Messages of loads in which each object is on its own, among loads that are written as a whole.
#[tokio::test(flavor = "multi_thread")]
async fn so_do_those_that_commit_every_message() {
    let stage = Stage::set().await;
    let loads = (0..16).map(|number| {
        let mut objects = organisation(number);
        fastrand::Rng::with_seed(number).shuffle(&mut objects);
        let messages = objects.chunks(50).map(<[Any]>::to_vec).collect();
        let atomicity = if number % 2 == 0 { each().atomicity } else { 0 };
        load(&stage.server, with(LoadOptions { atomicity, ..upsert() }, messages))
    });
    for answer in join_all(loads).await {
        let answers = answer.expect("an answer");
        let last = answers.last().expect("a last answer");
        assert!(last.committed && last.refused == 0, "{last:?}");
    }
}

#[tokio::test]
async fn a_load_that_loses_a_deadlock_is_written_again() {
    load_loses_a_deadlock(&Database::new().await).await;
}

/// A load and a session wait for each other, and the load is the one to give way.
pub async fn load_loses_a_deadlock(database: &Database) {
    let server = Server::start(database, &[]).await;
    let session = database.connect().await;
    let held = "SET deadlock_timeout = '60s'; BEGIN; INSERT INTO application (id) VALUES ('b')";
    session.batch_execute(held).await.expect("a row");
    let application = |id| packed("application", json!({ "id": id }));
    let loading =
        loaded(&server, with(upsert(), vec![vec![application("a"), application("b")], vec![application("c")]]));
    let crossing = async {
        poll_until(soon(), "the load waits for `b`", || async { (database.number(WAITING).await > 0).then_some(()) })
            .await;
        session.batch_execute("INSERT INTO application (id) VALUES ('a'); ROLLBACK").await.expect("the load gives way");
    };
    let (done, ()) = tokio::join!(loading, crossing);
    assert_eq!((counts(&done), done.committed), ([3, 0, 0, 0], true), "{done:?}");
}

/// The load gives its own locks back, and takes its place after the others.
#[tokio::test]
async fn a_load_that_waits_too_long_for_a_lock_waits_again() {
    let database = Database::new().await;
    let server = Server::start(&database, &["--lock-timeout", "2s"]).await;
    server.client().create("application", json!({ "id": "a" })).await.expect("a new one");
    let session = database.connect().await;
    session.batch_execute("BEGIN; UPDATE application SET defaults = '{\"n\": 0}'").await.expect("a lock");
    let object = packed("application", json!({ "id": "a", "defaults": { "n": 1 } }));
    let loading = loaded(&server, with(upsert(), vec![vec![object]]));
    let began = "SELECT coalesce(max((1000 * extract(epoch FROM xact_start))::bigint), 0) FROM pg_stat_activity WHERE datname \
                 = current_database() AND wait_event_type = 'Lock'";
    let releasing = async {
        let mut transaction = 0;
        for _ in 0..2 {
            let than = transaction;
            transaction = poll_until(soon(), "the load waits, and again", || async {
                Some(database.number(began).await).filter(|found| *found > than)
            })
            .await;
        }
        session.batch_execute("COMMIT").await.expect("the lock is free");
    };
    let (done, ()) = tokio::join!(loading, releasing);
    assert_eq!((counts(&done), done.committed), ([0, 1, 0, 0], true), "{done:?}");
}

/// Objects are not written in the order of the stream, and what it says comes about all the same.
#[tokio::test]
async fn an_object_may_make_room_for_one_of_a_lower_id() {
    let stage = Stage::set().await;
    let network = stage.factory.create("network").await;
    let network_id = network.id().to_owned();
    let subnet =
        |name: &str, cidr: &str| packed("subnet", json!({ "network_id": network_id, "name": name, "cidr": cidr }));
    let network = |cidr: &str| {
        let mut object = network.clone().with("cidr", cidr).0;
        let fields = object.as_object_mut().expect("an object");
        fields.retain(|name, _| ["partition_id", "name", "cidr"].contains(&name.as_str()));
        packed("network", object)
    };
    loaded(&stage.server, vec![message(vec![subnet("z", "10.1.0.0/24"), subnet("y", "10.200.0.0/24")])]).await;
    // `z` makes room for `a`, and `y` for a smaller network.
    let messages = vec![
        vec![subnet("z", "10.2.0.0/24"), subnet("y", "10.3.0.0/24")],
        vec![subnet("a", "10.1.0.0/24"), network("10.0.0.0/12")],
    ];
    for options in [LoadOptions { validate_only: true, ..upsert() }, upsert()] {
        let done = loaded(&stage.server, with(options, messages.clone())).await;
        assert_eq!(counts(&done), [1, 3, 0, 0], "{done:?}");
    }
    // The second of two of one ID is the one that stays, though there would be room for the first in the end.
    loaded(&stage.server, vec![message(vec![subnet("b", "10.9.0.0/24")])]).await;
    let twice = vec![vec![subnet("b", "10.3.0.0/24"), subnet("b", "10.4.0.0/24"), subnet("y", "10.5.0.0/24")]];
    let done = loaded(&stage.server, with(LoadOptions { atomicity: each().atomicity, ..upsert() }, twice)).await;
    let ranges = stage.database.query("SELECT cidr FROM subnet WHERE name = 'b'").await;
    assert_eq!((counts(&done), ranges), ([0, 2, 0, 1], vec![vec![Some("10.4.0.0/24".to_owned())]]), "{done:?}");
}

/// Bundles, loads and writers of single objects.
#[tokio::test(flavor = "multi_thread")]
async fn so_do_bundles_and_single_writers() {
    let stage = Stage::set().await;
    load(&stage.server, vec![message(organisation(0))]).await.expect("a load");
    let shuffled = |number| {
        let mut objects = organisation(number);
        fastrand::Rng::with_seed(number).shuffle(&mut objects);
        objects
    };
    let loads = (0..8).map(|number| {
        let messages = shuffled(number).chunks(50).map(<[Any]>::to_vec).collect();
        load(&stage.server, with(upsert(), messages))
    });
    let applies = (10..18).map(|number| {
        let objects = shuffled(number).into_iter();
        let objects = objects.map(|object| BulkObject { object: Some(object), ..Default::default() }).collect();
        let request = ApplyObjectsRequest { objects, ..Default::default() };
        let mut bulk = BulkServiceClient::new(stage.server.channel());
        async move {
            let mut answers = bulk.apply_objects(tokio_stream::iter([request])).await?.into_inner();
            let mut summary = None;
            while let Some(answer) = answers.message().await? {
                summary = answer.summary.or(summary);
            }
            Ok::<_, tonic::Status>(summary.expect("a summary"))
        }
    });
    let writers = (0..4).map(|writer| {
        let client = stage.client.clone();
        async move {
            for turn in 0..20 {
                let id = format!("a{}:s{}:v{}", turn % 3, (turn + writer) % 4, turn % 6);
                let object = json!({ "id": id, "artifact_name": format!("{writer}-{turn}") });
                client.update("service", object).await.unwrap_or_else(|failure| panic!("{id}: {failure}"));
            }
        }
    });
    let (loads, applies, _) = tokio::join!(join_all(loads), join_all(applies), join_all(writers));
    for answer in loads {
        assert!(answer.expect("an answer").last().is_some_and(|last| last.committed));
    }
    for summary in applies {
        let summary = summary.unwrap_or_else(|status| panic!("{status}"));
        assert!(summary.committed, "{summary:?}");
    }
}
