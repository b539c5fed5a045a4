//! The home of a fleet is among the deployment targets it runs on.

use super::Origin;
use super::session::{FLEET, PARTITION, Session, TARGET};

const LINKS: &str =
    "SELECT deployment_target_id FROM fleet_deployment_target WHERE fleet_id LIKE 'prod:aws:1:east:p:%' ORDER BY 1";

async fn the_home_of_a_fleet_is_linked_and_stays_linked(origin: &Origin) {
    let mut session = Session::new(origin).await;
    session.gives(LINKS, &[TARGET]).await;
    session.accepted(&format!("INSERT INTO fleet_deployment_target (fleet_id, deployment_target_id) VALUES ('{FLEET}', '{PARTITION}:kube:spare')")).await;
    session
        .refused(
            &format!("DELETE FROM fleet_deployment_target WHERE deployment_target_id = '{TARGET}'"),
            "fleet_home_kept",
        )
        .await;
    session.refused("DELETE FROM fleet_deployment_target", "fleet_home_kept").await;
    session
        .accepted(&format!("DELETE FROM fleet_deployment_target WHERE deployment_target_id = '{PARTITION}:kube:spare'"))
        .await;
    session.gives(LINKS, &[TARGET]).await;
    session.finish();
}

async fn the_home_link_follows_a_fleet_that_moves(origin: &Origin) {
    let mut session = Session::new(origin).await;
    let spare = format!("{PARTITION}:kube:spare");
    session.accepted(&format!("UPDATE fleet SET deployment_target_id = '{spare}' WHERE id = '{FLEET}'")).await;
    session.gives(LINKS, &[&spare]).await;
    let moved = format!("{spare}:aws:node:f");
    session.gives(LINKS.replace("deployment_target_id FROM", "fleet_id FROM").as_str(), &[&moved]).await;
    // To a target that is linked already, and into another environment.
    session
        .accepted(&format!(
            "INSERT INTO fleet_deployment_target (fleet_id, deployment_target_id) VALUES ('{moved}', '{TARGET}')"
        ))
        .await;
    session.accepted(&format!("UPDATE fleet SET deployment_target_id = '{TARGET}' WHERE id = '{moved}'")).await;
    session.gives(LINKS, &[TARGET]).await;
    session
        .accepted(&format!(
            "UPDATE fleet SET deployment_target_id = 'test:aws:1:west:p:kube:spare' WHERE id = '{FLEET}'"
        ))
        .await;
    session.gives(LINKS, &[]).await;
    session.gives("SELECT deployment_target_id FROM fleet_deployment_target WHERE fleet_id = 'test:aws:1:west:p:kube:spare:aws:node:f'", &["test:aws:1:west:p:kube:spare"]).await;
    session.finish();
}

async fn the_home_link_follows_a_home_that_is_renamed(origin: &Origin) {
    let mut session = Session::new(origin).await;
    session.accepted(&format!("UPDATE deployment_target SET name = 'first' WHERE id = '{TARGET}'")).await;
    session.gives(LINKS, &["prod:aws:1:east:p:kube:first"]).await;
    // Another target takes the name that the home had.
    session.accepted(&format!("UPDATE deployment_target SET name = 'main' WHERE id = '{PARTITION}:kube:spare'")).await;
    session.gives(LINKS, &["prod:aws:1:east:p:kube:first"]).await;
    session.accepted("UPDATE fleet SET name = 'g' WHERE id = 'prod:aws:1:east:p:kube:first:aws:node:f'").await;
    session.gives(LINKS, &["prod:aws:1:east:p:kube:first"]).await;
    session.finish();
}

async fn links_go_with_their_fleet_and_hold_their_target(origin: &Origin) {
    let mut session = Session::new(origin).await;
    let spare = format!("{PARTITION}:kube:spare");
    session
        .accepted(&format!(
            "INSERT INTO fleet_deployment_target (fleet_id, deployment_target_id) VALUES ('{FLEET}', '{spare}')"
        ))
        .await;
    let delete_spare = format!("DELETE FROM deployment_target WHERE id = '{spare}'");
    session.refused(&delete_spare, "fleet_deployment_target_deployment_target_id_fkey").await;
    session.accepted(&format!("DELETE FROM fleet WHERE id = '{FLEET}'")).await;
    session.gives(LINKS, &[]).await;
    session.accepted(&delete_spare).await;
    session.finish();
}

rules![
    the_home_of_a_fleet_is_linked_and_stays_linked,
    the_home_link_follows_a_fleet_that_moves,
    the_home_link_follows_a_home_that_is_renamed,
    links_go_with_their_fleet_and_hold_their_target,
];
