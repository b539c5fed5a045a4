//! Links stay inside their environment, region or partition, however they come to lead elsewhere.

use super::Origin;
use super::session::{DEPLOYMENT, FLEET, NETWORK, PARTITION, REGION, Session, TARGET};

async fn fleets_use_subnets_of_their_environment(origin: &Origin) {
    let mut session = Session::new(origin).await;
    let link = "INSERT INTO fleet_subnet (fleet_id, subnet_id)";
    session
        .accepted(
            "INSERT INTO subnet (network_id, name, cidr) SELECT id, 's', '10.0.0.0/24' FROM network WHERE name = 'net'",
        )
        .await;
    // The whole environment is in reach, not the partition alone.
    session
        .accepted(&format!("{link} VALUES ('{FLEET}', '{NETWORK}:s'), ('{FLEET}', 'prod:aws:1:west:q:net:s')"))
        .await;
    let rule = "fleet_subnet_same_environment";
    session.refused(&format!("{link} VALUES ('{FLEET}', 'test:aws:1:east:p:net:s')"), rule).await;
    session
        .refused(
            &format!("UPDATE fleet_subnet SET subnet_id = 'test:aws:1:east:q:net:s' WHERE subnet_id = '{NETWORK}:s'"),
            rule,
        )
        .await;
    let elsewhere = "'test:aws:1:west:p:kube:spare'";
    session.refused(&format!("UPDATE fleet SET deployment_target_id = {elsewhere} WHERE id = '{FLEET}'"), rule).await;
    session
        .accepted("INSERT INTO network (partition_id, name, cidr) VALUES ('test:aws:1:east:p', 'roomy', '10.0.0.0/8')")
        .await;
    session
        .refused(&format!("UPDATE subnet SET network_id = 'test:aws:1:east:p:roomy' WHERE id = '{NETWORK}:s'"), rule)
        .await;
    let network =
        format!("UPDATE network SET name = 'moved', partition_id = 'test:aws:1:east:p' WHERE id = '{NETWORK}'");
    session.refused(&network, rule).await;
    // Both ends together go anywhere.
    session.accepted("INSERT INTO environment (id) VALUES ('stage')").await;
    session.accepted("UPDATE provider SET environment_id = 'stage' WHERE environment_id = 'prod'").await;
    session.accepted("UPDATE environment SET id = 'production' WHERE id = 'stage'").await;
    let links = "SELECT fleet_id || ' ' || subnet_id FROM fleet_subnet ORDER BY 1";
    let fleet = "production:aws:1:east:p:kube:main:aws:node:f";
    let wanted =
        ["production:aws:1:east:p:net:s", "production:aws:1:west:q:net:s"].map(|subnet| format!("{fleet} {subnet}"));
    session.gives(links, &wanted.each_ref().map(String::as_str)).await;
    session.finish();
}

async fn fleets_run_on_targets_of_their_partition(origin: &Origin) {
    let mut session = Session::new(origin).await;
    let link = "INSERT INTO fleet_deployment_target (fleet_id, deployment_target_id)";
    session.accepted(&format!("{link} VALUES ('{FLEET}', '{PARTITION}:kube:spare')")).await;
    let rule = "fleet_deployment_target_same_partition";
    for elsewhere in ["prod:aws:1:east:q:kube:main", "prod:aws:1:west:p:kube:main", "test:aws:1:east:p:kube:main"] {
        session.refused(&format!("{link} VALUES ('{FLEET}', '{elsewhere}')"), rule).await;
    }
    let spare = format!(
        "UPDATE deployment_target SET name = 'moved', partition_id = '{REGION}:q' WHERE id = '{PARTITION}:kube:spare'"
    );
    session.refused(&spare, rule).await;
    session
        .refused(
            &format!(
                "UPDATE fleet SET name = 'moved', deployment_target_id = '{REGION}:q:kube:main' WHERE id = '{FLEET}'"
            ),
            rule,
        )
        .await;
    session
        .accepted(&format!("UPDATE partition SET region_id = 'test:aws:1:west', name = 'r' WHERE id = '{PARTITION}'"))
        .await;
    session.accepted("UPDATE environment SET id = 'testing' WHERE id = 'test'").await;
    let links = "SELECT deployment_target_id FROM fleet_deployment_target WHERE fleet_id = 'testing:aws:1:west:r:kube:main:aws:node:f' ORDER BY 1";
    session.gives(links, &["testing:aws:1:west:r:kube:main", "testing:aws:1:west:r:kube:spare"]).await;
    session.finish();
}

async fn deployments_use_zones_of_their_region(origin: &Origin) {
    let mut session = Session::new(origin).await;
    let link = "INSERT INTO deployment_zone (deployment_id, zone_id)";
    session.accepted(&format!("{link} VALUES ('{DEPLOYMENT}', '{REGION}:a')")).await;
    let rule = "deployment_zone_same_region";
    for elsewhere in ["prod:aws:1:west:a", "test:aws:1:east:a"] {
        session.refused(&format!("{link} VALUES ('{DEPLOYMENT}', '{elsewhere}')"), rule).await;
    }
    session
        .refused(
            &format!(
                "UPDATE deployment SET deployment_target_id = 'prod:aws:1:west:p:kube:main' WHERE id = '{DEPLOYMENT}'"
            ),
            rule,
        )
        .await;
    session
        .refused(&format!("UPDATE zone SET region_id = 'prod:aws:1:west', name = 'b' WHERE id = '{REGION}:a'"), rule)
        .await;
    session
        .refused(
            &format!("UPDATE partition SET region_id = 'prod:aws:1:west', name = 'r' WHERE id = '{PARTITION}'"),
            rule,
        )
        .await;
    session
        .accepted(&format!(
            "UPDATE deployment SET deployment_target_id = '{REGION}:q:kube:main' WHERE id = '{DEPLOYMENT}'"
        ))
        .await;
    session
        .accepted(&format!("UPDATE region SET provider_id = 'test:aws:1', name = 'north' WHERE id = '{REGION}'"))
        .await;
    session.accepted("UPDATE environment SET id = 'testing' WHERE id = 'test'").await;
    session.gives("SELECT zone_id FROM deployment_zone", &["testing:aws:1:north:a"]).await;
    let held = "deployment_zone_zone_id_fkey";
    session.refused("DELETE FROM zone WHERE id = 'testing:aws:1:north:a'", held).await;
    session.finish();
}

async fn a_link_whose_ends_part_within_a_transaction_may_meet_again(origin: &Origin) {
    let mut session = Session::new(origin).await;
    session
        .accepted(&format!(
            "INSERT INTO deployment_zone (deployment_id, zone_id) VALUES ('{DEPLOYMENT}', '{REGION}:a')"
        ))
        .await;
    let there = "UPDATE deployment SET deployment_target_id = 'prod:aws:1:west:p:kube:main' WHERE id = ";
    let back = format!("UPDATE deployment SET deployment_target_id = '{TARGET}' WHERE id = ");
    let away = DEPLOYMENT.replace("east", "west");
    session.accepted(&format!("{there}'{DEPLOYMENT}'; {back}'{away}'")).await;
    session.gives("SELECT deployment_id FROM deployment_zone", &[DEPLOYMENT]).await;
    session.finish();
}

rules![
    fleets_use_subnets_of_their_environment,
    fleets_run_on_targets_of_their_partition,
    deployments_use_zones_of_their_region,
    a_link_whose_ends_part_within_a_transaction_may_meet_again,
];
