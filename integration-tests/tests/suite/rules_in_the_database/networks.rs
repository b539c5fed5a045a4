//! A subnet is inside its network and overlaps no sibling.

use qairon_integration_tests::{poll_until, soon, sql_error};

use super::Origin;
use super::session::{NETWORK, PARTITION, REGION, Session};

const OUTSIDE: &str = "subnet_within_network";
const OVERLAP: &str = "subnet_network_id_cidr_excl";

fn subnet(network: &str, name: &str, cidr: &str) -> String {
    format!("INSERT INTO subnet (network_id, name, cidr) VALUES ('{network}', '{name}', '{cidr}')")
}

async fn a_subnet_lies_inside_its_network(origin: &Origin) {
    let mut session = Session::new(origin).await;
    let network6 = format!("{NETWORK}6");
    for (network, cidr) in [
        (NETWORK, "10.1.0.0/24"),
        (NETWORK, "10.0.0.0/15"),
        (NETWORK, "9.255.255.0/24"),
        (NETWORK, "fd00::/64"),
        (network6.as_str(), "fd00:0:1::/64"),
        (&network6, "fd00::/47"),
        (&network6, "10.0.0.0/24"),
    ] {
        session.refused(&subnet(network, "s", cidr), OUTSIDE).await;
    }
    session.accepted(&subnet(NETWORK, "s", "10.0.255.255/32")).await;
    session.accepted(&subnet(&network6, "s", "fd00:0:0:ffff::/64")).await;
    session.refused(&format!("UPDATE subnet SET cidr = '10.2.0.0/24' WHERE id = '{NETWORK}:s'"), OUTSIDE).await;
    let narrow =
        format!("INSERT INTO network (partition_id, name, cidr) VALUES ('{PARTITION}', 'narrow', '10.0.0.0/24')");
    session.accepted(&narrow).await;
    let moved = format!("UPDATE subnet SET network_id = '{PARTITION}:narrow' WHERE id = '{NETWORK}:s'");
    session.refused(&moved, OUTSIDE).await;
    session.finish();
}

async fn a_subnet_overlaps_no_sibling(origin: &Origin) {
    let mut session = Session::new(origin).await;
    let network6 = format!("{NETWORK}6");
    session.accepted(&subnet(NETWORK, "s", "10.0.4.0/22")).await;
    for cidr in ["10.0.4.0/22", "10.0.5.0/24", "10.0.0.0/21", "10.0.0.0/16", "10.0.7.255/32"] {
        session.refused(&subnet(NETWORK, "t", cidr), OVERLAP).await;
    }
    session.accepted(&subnet(NETWORK, "t", "10.0.8.0/22")).await;
    session.refused(&format!("UPDATE subnet SET cidr = '10.0.8.0/24' WHERE id = '{NETWORK}:s'"), OVERLAP).await;
    session.accepted(&subnet(&network6, "s", "fd00::/64")).await;
    for cidr in ["fd00::/64", "fd00::/63", "fd00::1/128"] {
        session.refused(&subnet(&network6, "t", cidr), OVERLAP).await;
    }
    session.accepted(&subnet(&network6, "t", "fd00:0:0:1::/64")).await;
    // Another network may hold the same range, until the subnet moves there.
    let other = format!("{REGION}:q:net");
    session.accepted(&subnet(&other, "u", "10.0.5.0/24")).await;
    session.refused(&format!("UPDATE subnet SET network_id = '{NETWORK}' WHERE id = '{other}:u'"), OVERLAP).await;
    session.finish();
}

async fn one_subnet_may_fill_its_network(origin: &Origin) {
    let mut session = Session::new(origin).await;
    session.accepted(&subnet(NETWORK, "all", "10.0.0.0/16")).await;
    session.refused(&subnet(NETWORK, "again", "10.0.0.0/16"), OVERLAP).await;
    session.refused(&subnet(NETWORK, "part", "10.0.3.0/24"), OVERLAP).await;
    session.finish();
}

async fn a_network_holds_its_subnets(origin: &Origin) {
    let mut session = Session::new(origin).await;
    session.accepted(&subnet(NETWORK, "s", "10.0.4.0/22")).await;
    let resize = |cidr: &str| format!("UPDATE network SET cidr = '{cidr}' WHERE id = '{NETWORK}'");
    for cidr in ["10.0.0.0/24", "10.0.4.0/23", "10.1.0.0/16", "fd00::/48"] {
        session.refused(&resize(cidr), "network_contains_subnets").await;
    }
    session.accepted(&resize("10.0.4.0/22")).await;
    session.accepted(&resize("10.0.0.0/8")).await;
    session.refused(&format!("DELETE FROM network WHERE id = '{NETWORK}'"), "subnet_network_id_fkey").await;
    session.finish();
}

async fn a_range_has_no_host_bits(origin: &Origin) {
    let mut session = Session::new(origin).await;
    for cidr in ["10.0.0.1/24", "fd00::1/64", "10.0.0.0/33", "10.0.0.0/-1", "net"] {
        session.refused_with_code(&subnet(NETWORK, "s", cidr), "22P02").await;
    }
    session.finish();
}

/// Two transactions that do not see each other's rows do not get round the rule.
async fn a_network_does_not_shrink_under_a_subnet_that_is_on_its_way(origin: &Origin) {
    let session = Session::new(origin).await;
    let other = session.database.connect().await;
    session.client.batch_execute(&format!("BEGIN; {}", subnet(NETWORK, "s", "10.0.200.0/24"))).await.expect("a subnet");
    let shrink = format!("UPDATE network SET cidr = '10.0.0.0/24' WHERE id = '{NETWORK}'");
    let shrinking = tokio::spawn(async move { other.batch_execute(&shrink).await });
    blocked(&session).await;
    session.client.batch_execute("COMMIT").await.expect("a commit");
    let error = shrinking.await.expect("no panic").expect_err("the subnet is there");
    assert_eq!(sql_error(&error).constraint(), Some("network_contains_subnets"));
}

/// Waits until a session of the database waits for a lock.
pub async fn blocked(session: &Session<'_>) {
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    poll_until(soon(), "a session waits", || async { (session.database.number(sql).await > 0).then_some(()) }).await;
}

rules![
    a_subnet_lies_inside_its_network,
    a_subnet_overlaps_no_sibling,
    one_subnet_may_fill_its_network,
    a_network_holds_its_subnets,
    a_range_has_no_host_bits,
    a_network_does_not_shrink_under_a_subnet_that_is_on_its_way,
];
