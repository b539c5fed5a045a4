//! Releases, deployed processes and their deployment are of one service; a deployment's current release is its own.

use super::Origin;
use super::session::{DEPLOYMENT, Session};

const API: &str = "prod:aws:1:east:p:kube:main:app:stack:api:default";
const BLUE: &str = "prod:aws:1:east:p:kube:main:app:stack:web:blue";

async fn a_release_is_of_the_service_that_the_deployment_runs(origin: &Origin) {
    let mut session = Session::new(origin).await;
    let rule = "release_same_service";
    session
        .accepted(&format!(
            "INSERT INTO release (build_id, deployment_id, build_num) VALUES ('app:stack:web:2', '{DEPLOYMENT}', 2)"
        ))
        .await;
    session
        .refused(
            &format!("INSERT INTO release (build_id, deployment_id, build_num) VALUES ('app:stack:web:2', '{API}', 2)"),
            rule,
        )
        .await;
    session.refused(&format!("UPDATE release SET build_id = 'app:stack:web:2' WHERE id = '{API}:1'"), rule).await;
    session.refused(&format!("UPDATE release SET deployment_id = '{API}' WHERE id = '{DEPLOYMENT}:2'"), rule).await;
    session
        .refused("UPDATE build SET service_id = 'app:stack:api', build_num = 9 WHERE id = 'app:stack:web:1'", rule)
        .await;
    // Without processes, so that it is for the releases to refuse.
    let free = format!("DELETE FROM deployment_proc WHERE deployment_id = '{BLUE}'");
    session
        .refused(&format!("{free}; UPDATE deployment SET service_id = 'app:stack:api' WHERE id = '{BLUE}'"), rule)
        .await;
    session.accepted("UPDATE service SET name = 'site' WHERE id = 'app:stack:web'").await;
    session.accepted("UPDATE application SET id = 'shop' WHERE id = 'app'").await;
    session
        .gives(
            "SELECT DISTINCT build_id FROM release ORDER BY 1",
            &["shop:stack:api:1", "shop:stack:site:1", "shop:stack:site:2"],
        )
        .await;
    session.finish();
}

async fn a_deployed_process_is_of_the_service_that_the_deployment_runs(origin: &Origin) {
    let mut session = Session::new(origin).await;
    let rule = "deployment_proc_same_service";
    session
        .refused(
            &format!(
                "INSERT INTO deployment_proc (deployment_id, proc_id) VALUES ('{DEPLOYMENT}', 'app:stack:api:server')"
            ),
            rule,
        )
        .await;
    session
        .refused(
            &format!(
                "UPDATE deployment_proc SET proc_id = 'app:stack:api:server' WHERE deployment_id = '{DEPLOYMENT}'"
            ),
            rule,
        )
        .await;
    session
        .refused("UPDATE proc SET service_id = 'app:stack:api', name = 'moved' WHERE id = 'app:stack:web:server'", rule)
        .await;
    let free = format!("DELETE FROM release WHERE deployment_id = '{BLUE}'");
    session
        .refused(&format!("{free}; UPDATE deployment SET service_id = 'app:stack:api' WHERE id = '{BLUE}'"), rule)
        .await;
    let free = format!("{free}; DELETE FROM deployment_proc WHERE deployment_id = '{BLUE}'");
    session.accepted(&format!("{free}; UPDATE deployment SET service_id = 'app:stack:api' WHERE id = '{BLUE}'")).await;
    session.finish();
}

async fn the_current_release_is_one_of_the_deployment_s_own(origin: &Origin) {
    let mut session = Session::new(origin).await;
    let rule = "deployment_current_release_own";
    for foreign in [BLUE, API, "test:aws:1:east:p:kube:main:app:stack:web:default"] {
        session
            .refused(
                &format!("UPDATE deployment SET current_release_id = '{foreign}:1' WHERE id = '{DEPLOYMENT}'"),
                rule,
            )
            .await;
    }
    session
        .refused(
            &format!("UPDATE release SET deployment_id = '{BLUE}', build_num = 9 WHERE id = '{DEPLOYMENT}:1'"),
            rule,
        )
        .await;
    session
        .refused(
            &format!(
                "INSERT INTO deployment (deployment_target_id, service_id, tag, current_release_id) \
                      SELECT deployment_target_id, service_id, 'green', id || ':1' FROM deployment WHERE id = '{BLUE}'"
            ),
            rule,
        )
        .await;
    let unknown = format!("UPDATE deployment SET current_release_id = '{DEPLOYMENT}:77' WHERE id = '{DEPLOYMENT}'");
    session.refused(&unknown, "deployment_current_release_id_fkey").await;
    session.finish();
}

async fn a_current_release_is_kept_and_follows_renames(origin: &Origin) {
    let mut session = Session::new(origin).await;
    let current = |id: &str| format!("SELECT current_release_id FROM deployment WHERE id = '{id}'");
    session
        .refused(&format!("DELETE FROM release WHERE id = '{DEPLOYMENT}:1'"), "deployment_current_release_id_fkey")
        .await;
    session.accepted(&format!("UPDATE release SET build_num = 7 WHERE id = '{DEPLOYMENT}:1'")).await;
    session.gives(&current(DEPLOYMENT), &[&format!("{DEPLOYMENT}:7")]).await;
    session.accepted("UPDATE environment SET id = 'live' WHERE id = 'prod'").await;
    let live = DEPLOYMENT.replace("prod", "live");
    session.gives(&current(&live), &[&format!("{live}:7")]).await;
    // Both ends are deleted in one transaction, in either order.
    let processes = format!("DELETE FROM deployment_proc WHERE deployment_id = '{live}'");
    let both =
        format!("DELETE FROM release WHERE deployment_id = '{live}'; DELETE FROM deployment WHERE id = '{live}'");
    session.accepted(&format!("{processes}; {both}")).await;
    session.gives(&current(&live), &[]).await;
    session.finish();
}

rules![
    a_release_is_of_the_service_that_the_deployment_runs,
    a_deployed_process_is_of_the_service_that_the_deployment_runs,
    the_current_release_is_one_of_the_deployment_s_own,
    a_current_release_is_kept_and_follows_renames,
];
