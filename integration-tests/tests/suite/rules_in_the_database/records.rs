//! What the database maintains for every object: its uid, its times and its version.

use super::Origin;
use super::session::{DEPLOYMENT, Session};

async fn the_uid_and_the_time_of_creation_stay(origin: &Origin) {
    let mut session = Session::new(origin).await;
    session.accepted("CREATE TEMP TABLE before AS SELECT uid, created_at FROM application").await;
    let update = "UPDATE application SET uid = gen_random_uuid(), created_at = '2000-01-01', version = 40, last_updated_at = NULL";
    session.accepted(update).await;
    let same = "SELECT (a.uid = b.uid AND a.created_at = b.created_at)::text FROM application a, before b";
    session.gives(same, &["true"]).await;
    session.gives("SELECT version::text FROM application WHERE last_updated_at IS NOT NULL", &["2"]).await;
    session.gives("SELECT substr(uid::text, 15, 1) FROM application", &["7"]).await;
    session.finish();
}

async fn every_update_is_dated_and_counted(origin: &Origin) {
    let mut session = Session::new(origin).await;
    let state = "SELECT version || CASE WHEN last_updated_at IS NULL THEN ' never' WHEN last_updated_at >= created_at THEN '' ELSE ' before' END FROM service WHERE name = 'web'";
    session.gives(state, &["1 never"]).await;
    session.accepted("UPDATE service SET artifact_name = 'x' WHERE name = 'web'").await;
    session.gives(state, &["2"]).await;
    session.accepted("UPDATE service SET artifact_name = 'x' WHERE name = 'web'").await;
    session.gives(state, &["3"]).await;
    // Re-keyed from two levels above.
    session.accepted("UPDATE application SET id = 'shop'").await;
    session.gives(state, &["4"]).await;
    session.gives("SELECT (last_updated_at IS NOT NULL AND version > 1)::text FROM proc", &["true", "true"]).await;
    session.finish();
}

async fn last_updated_at_never_goes_back(origin: &Origin) {
    let mut session = Session::new(origin).await;
    // A transaction that began before the last update of the object keeps the later time.
    let other = session.database.connect().await;
    other.batch_execute("BEGIN; SELECT now()").await.expect("a transaction");
    session.accepted("UPDATE application SET defaults = '{\"a\": 1}'").await;
    session.accepted("CREATE TABLE seen AS SELECT last_updated_at FROM application").await;
    other.batch_execute("UPDATE application SET defaults = '{}'; COMMIT").await.expect("an update");
    session.gives("SELECT (a.last_updated_at >= s.last_updated_at)::text FROM application a, seen s", &["true"]).await;
    session.finish();
}

async fn a_rename_re_keys_everything_below_and_keeps_identities(origin: &Origin) {
    let mut session = Session::new(origin).await;
    session.accepted("CREATE TEMP TABLE before AS SELECT uid, id FROM release").await;
    session.accepted("UPDATE environment SET id = 'live' WHERE id = 'prod'").await;
    session.accepted("UPDATE deployment_target_type SET id = 'k8s'").await;
    let followed = "SELECT DISTINCT (r.id = replace(replace(b.id, 'prod:', 'live:'), ':kube:', ':k8s:'))::text \
                    FROM release r JOIN before b USING (uid)";
    session.gives(followed, &["true"]).await;
    let id = DEPLOYMENT.replace("prod", "live").replace("kube", "k8s");
    session.gives(&format!("SELECT current_release_id FROM deployment WHERE id = '{id}'"), &[&format!("{id}:1")]).await;
    session.gives("SELECT id FROM deployment WHERE id LIKE 'prod:%' OR id LIKE '%:kube:%'", &[]).await;
    session.refused("UPDATE environment SET id = 'live' WHERE id = 'test'", "environment_pkey").await;
    session.finish();
}

rules![
    the_uid_and_the_time_of_creation_stay,
    every_update_is_dated_and_counted,
    last_updated_at_never_goes_back,
    a_rename_re_keys_everything_below_and_keeps_identities,
];
