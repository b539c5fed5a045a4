//! Allocation of subnets: distinct for any number of callers, first fit, and without waiting for other networks.

use futures_util::future::join_all;
use qairon_integration_tests::{Client, Database, Failure, Report, Row, Server, World, soon};
use serde_json::{Value, json};
use tonic::Code;

/// The independent check: subnets that overlap a sibling or are outside their network.
const MISPLACED: &str = "SELECT (SELECT count(*) FROM subnet a JOIN subnet b ON a.network_id = b.network_id AND a.id < b.id \
     AND a.cidr && b.cidr) + (SELECT count(*) FROM subnet s JOIN network n ON n.id = s.network_id WHERE NOT s.cidr <<= n.cidr)";

async fn network(client: &Client, cidr: &str) -> String {
    let factory = client.factory();
    let mut world = World::new();
    let environment = json!({ "id": format!("env-{}", uuid::Uuid::new_v4().simple()) });
    let environment = client.create("environment", environment).await.expect("an environment");
    world.put("environment", environment.id());
    let kind = json!({ "id": format!("type-{}", uuid::Uuid::new_v4().simple()) });
    world.put("provider_type", client.create("provider_type", kind).await.expect("a type").id());
    let partition = factory.object_in("partition", &mut world).await;
    let draft = json!({ "partition_id": partition, "name": "net", "cidr": cidr });
    client.create("network", draft).await.expect("a network").id().to_owned()
}

async fn allocate(client: &Client, network: &str, bits: i32, name: &str) -> Result<Row, Failure> {
    allocate_with(client, json!({ "network_id": network, "additional_mask_bits": bits, "name": name })).await
}

async fn allocate_with(client: &Client, request: Value) -> Result<Row, Failure> {
    client.call("AllocateSubnet", request).await.map(|response| Row(response["subnet"].clone()))
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_callers_get_distinct_subnets_beside_plain_creates() {
    let database = Database::new().await;
    let server = Server::start(&database, &[]).await;
    let client = server.client();
    let network = network(&client, "10.0.0.0/8").await;
    let allocators = (0..64).map(|caller| {
        let (client, network) = (client.clone(), network.clone());
        tokio::spawn(async move {
            for turn in 0..6 {
                // Sizes of every kind, so that gaps of every kind come up.
                let bits = 8 + (caller * 5 + turn * 3) % 17;
                let subnet = allocate(&client, &network, bits, &format!("a{caller}-{turn}")).await;
                let subnet = subnet.unwrap_or_else(|failure| panic!("caller {caller}: {failure}"));
                assert!(subnet.text("cidr").ends_with(&format!("/{}", 8 + bits)), "{subnet:?}");
                if turn % 3 == 2 {
                    client.delete("subnet", subnet.id()).await.expect("one's own subnet can be deleted");
                }
            }
        })
    });
    // Where the allocators look as well: some are too late for their range, and get exactly that error.
    let creators = (0..16).map(|caller| {
        let (client, network) = (client.clone(), network.clone());
        tokio::spawn(async move {
            let mut created = 0;
            for turn in 0..12 {
                let cidr = format!("10.{turn}.{}.0/24", caller * 4);
                let draft = json!({ "network_id": network, "name": format!("c{caller}-{turn}"), "cidr": cidr });
                match client.create("subnet", draft).await {
                    Ok(_) => created += 1,
                    Err(failure) => assert_eq!(failure.reason, "SUBNET_OVERLAP", "{failure}"),
                }
            }
            created
        })
    });
    let (allocators, creators) = tokio::join!(join_all(allocators), join_all(creators));
    allocators.into_iter().for_each(|done| done.expect("every allocation succeeds"));
    let created: i64 = creators.into_iter().map(|done| done.expect("every create succeeds or overlaps")).sum();
    assert_eq!(database.number(MISPLACED).await, 0);
    assert_eq!(database.number("SELECT count(*) FROM subnet").await, 64 * 4 + created);
    // Nobody had to give way to another: who allocates waits for creates under way, and they for it.
    assert_eq!(server.metric("qairon_database_retries_total", &["allocate_subnet"]).await, 0.0);
}

#[tokio::test]
async fn the_first_gap_is_taken_and_freed_space_is_used_again() {
    let database = Database::new().await;
    let server = Server::start(&database, &[]).await;
    let client = server.client();
    let mut report = Report::new();
    for (range, bits, wanted) in [
        ("10.1.0.0/16", 8, ["10.1.0.0/24", "10.1.1.0/24", "10.1.2.0/24", "10.1.3.0/24"]),
        ("2001:db8::/32", 32, ["2001:db8::/64", "2001:db8:0:1::/64", "2001:db8:0:2::/64", "2001:db8:0:3::/64"]),
        ("::/0", 128, ["::/128", "::1/128", "::2/128", "::3/128"]),
        (
            "255.255.255.252/30",
            2,
            ["255.255.255.252/32", "255.255.255.253/32", "255.255.255.254/32", "255.255.255.255/32"],
        ),
    ] {
        let network = network(&client, range).await;
        let mut ids = Vec::new();
        for (index, wanted) in wanted.iter().enumerate() {
            let subnet = allocate(&client, &network, bits, &format!("s{index}")).await;
            let Some(subnet) = report.accepted(range, subnet) else { continue };
            report.equal(range, subnet.text("cidr"), wanted);
            ids.push(subnet.id().to_owned());
        }
        // A larger one does not fit into the gap, one of the same size does.
        client.delete("subnet", &ids[1]).await.expect("a subnet can be deleted");
        let again = allocate(&client, &network, bits, "again").await;
        report.equal(range, again.as_ref().map(|subnet| subnet.text("cidr")), Ok(wanted[1]));
    }
    let network = network(&client, "10.9.0.0/16").await;
    let mixed = [(8, "10.9.0.0/24"), (4, "10.9.16.0/20"), (8, "10.9.1.0/24"), (10, "10.9.2.0/26"), (4, "10.9.32.0/20")];
    for (turn, (bits, wanted)) in mixed.into_iter().enumerate() {
        let subnet = allocate(&client, &network, bits, &format!("m{turn}")).await;
        report.equal("mixed", subnet.as_ref().map(|subnet| subnet.text("cidr")), Ok(wanted));
    }
    report.equal("overlaps", database.number(MISPLACED).await, 0);
    report.finish();
}

#[tokio::test]
async fn an_exhausted_network_says_so() {
    let database = Database::new().await;
    let server = Server::start(&database, &[]).await;
    let client = server.client();
    let mut report = Report::new();
    let network = network(&client, "10.0.0.0/29").await;
    // As long as the network itself: the whole of it, and only once.
    let whole = allocate(&client, &network, 0, "whole").await;
    report.equal("whole", whole.as_ref().map(|subnet| subnet.text("cidr")), Ok("10.0.0.0/29"));
    for (bits, name) in [(0, "again"), (1, "half"), (3, "one")] {
        let refused = allocate(&client, &network, bits, name).await;
        report.refused(name, refused, Code::ResourceExhausted, "NETWORK_EXHAUSTED", "");
    }
    client.delete("subnet", &format!("{network}:whole")).await.expect("a subnet can be deleted");
    for address in 0..8 {
        let subnet = allocate(&client, &network, 3, &format!("one-{address}")).await;
        report.equal("one", subnet.as_ref().map(|s| s.text("cidr")), Ok(format!("10.0.0.{address}/32").as_str()));
    }
    let refused = allocate(&client, &network, 3, "ninth").await;
    report.refused("ninth", refused, Code::ResourceExhausted, "NETWORK_EXHAUSTED", "");
    for (bits, name) in [(4, "beyond"), (-1, "negative"), (129, "far"), (i32::MAX, "farther"), (i32::MIN, "farthest")] {
        let refused = allocate(&client, &network, bits, name).await;
        report.refused(format!("{bits} bits"), refused, Code::InvalidArgument, "OUT_OF_RANGE", "additional_mask_bits");
    }
    let refused = allocate(&client, &network, 3, "one-0").await;
    report.check(
        refused.is_err_and(|failure| matches!(failure.code, Code::AlreadyExists | Code::ResourceExhausted)),
        "one-0",
        "taken",
    );
    let refused = allocate(&client, &network, 3, "").await;
    report.refused("no name", refused, Code::InvalidArgument, "REQUIRED", "name");
    let forgotten = json!({ "network_id": network, "name": "x" });
    let refused = client.call("AllocateSubnet", forgotten).await;
    report.refused("no bits", refused, Code::InvalidArgument, "REQUIRED", "additional_mask_bits");
    let refused = allocate(&client, &network, 3, "a:b").await;
    report.refused("a:b", refused, Code::InvalidArgument, "INVALID_NAME", "name");
    let refused = allocate(&client, &format!("{network}x"), 3, "x").await;
    report.refused("unknown network", refused, Code::NotFound, "NOT_FOUND", "");
    report.finish();
}

#[tokio::test]
async fn networks_do_not_wait_for_each_other() {
    let database = Database::new().await;
    let server = Server::start(&database, &[]).await;
    let client = server.client();
    let (held, free) = (network(&client, "10.0.0.0/16").await, network(&client, "10.0.0.0/16").await);
    let session = database.connect().await;
    session
        .batch_execute(&format!("BEGIN; SELECT id FROM network WHERE id = '{held}' FOR UPDATE"))
        .await
        .expect("a lock");
    let waiting = {
        let (client, held) = (client.clone(), held.clone());
        tokio::spawn(async move { allocate(&client, &held, 8, "waits").await })
    };
    let impatient = client.clone().with_timeout(soon());
    for turn in 0..20 {
        let subnet = allocate(&impatient, &free, 8, &format!("s{turn}")).await;
        subnet.unwrap_or_else(|failure| panic!("held up by another network: {failure}"));
    }
    assert!(!waiting.is_finished(), "the lock holds up its own network");
    session.batch_execute("ROLLBACK").await.expect("the end of the lock");
    let subnet = waiting.await.expect("no panic").expect("the lock is gone");
    assert_eq!(subnet.text("cidr"), "10.0.0.0/24");
}

#[tokio::test]
async fn a_repeated_request_id_returns_the_first_subnet() {
    let database = Database::new().await;
    let server = Server::start(&database, &[]).await;
    let client = server.client();
    let network = network(&client, "10.0.0.0/16").await;
    let request = json!({
        "network_id": network, "additional_mask_bits": 8, "name": "once", "request_id": "r-1",
        "defaults": { "b": 1, "a": { "z": [1, 2], "y": null } },
    });
    let calls = (0..16).map(|_| {
        let (client, request) = (client.clone(), request.clone());
        tokio::spawn(async move { allocate_with(&client, request).await })
    });
    let mut answers = Vec::new();
    for answer in join_all(calls).await {
        answers.push(answer.expect("no panic").expect("every repetition succeeds"));
    }
    assert_eq!(answers[0]["defaults"], request["defaults"]);
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!(database.number("SELECT count(*) FROM subnet").await, 1);
    let mut other = request.clone();
    other["additional_mask_bits"] = json!(9);
    let mut report = Report::new();
    report.refused(
        "reused",
        allocate_with(&client, other).await,
        Code::InvalidArgument,
        "REQUEST_ID_REUSED",
        "request_id",
    );
    report.finish();
}

#[tokio::test]
async fn validate_only_answers_as_the_real_call_and_changes_nothing() {
    let database = Database::new().await;
    let server = Server::start(&database, &[]).await;
    let client = server.client();
    let network = network(&client, "10.0.0.0/30").await;
    let request = json!({ "network_id": network, "additional_mask_bits": 1, "name": "dry", "validate_only": true });
    for _ in 0..3 {
        let subnet = allocate_with(&client, request.clone()).await.expect("there is room");
        assert_eq!(subnet.text("cidr"), "10.0.0.0/31");
        assert_eq!(subnet.id(), format!("{network}:dry"));
    }
    assert_eq!(database.number("SELECT count(*) FROM subnet").await, 0);
    for name in ["a", "b"] {
        allocate(&client, &network, 1, name).await.expect("there is room");
    }
    let mut report = Report::new();
    report.refused("full", allocate_with(&client, request).await, Code::ResourceExhausted, "NETWORK_EXHAUSTED", "");
    report.finish();
}
