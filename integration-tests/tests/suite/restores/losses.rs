//! What a restore might lose: it is named by the comparison, and missed when the rules are tried.

use std::sync::Arc;

use qairon_integration_tests::{Database, Report};

use super::dump::{Format, restore};
use super::snapshot::Snapshot;
use super::walk::{self, Rules};
use super::{OTHERS, filled};
use crate::rules_in_the_database::{OBJECTS, Origin, rules};

/// What can be lost or changed on the way, and how the comparison names it.
const LOSSES: [(&str, &str); 20] = [
    ("ALTER TABLE stack DISABLE TRIGGER stack_touch", "trigger stack.stack_touch: "),
    ("ALTER TABLE stack ENABLE ALWAYS TRIGGER stack_touch", "trigger stack.stack_touch: "),
    (
        "DROP TRIGGER fleet_subnet_same_environment ON fleet_subnet",
        "trigger fleet_subnet.fleet_subnet_same_environment: ",
    ),
    ("ALTER TABLE release DISABLE TRIGGER USER", "trigger release.release_same_service: "),
    ("ALTER TABLE stack DISABLE TRIGGER ALL", "foreign key stack.stack_application_id_fkey on stack "),
    ("ALTER TABLE application DISABLE TRIGGER ALL", "foreign key stack.stack_application_id_fkey on application "),
    ("ALTER TABLE stack DROP CONSTRAINT stack_name_name_check", "constraint stack.stack_name_name_check: "),
    (
        "ALTER TABLE stack DROP CONSTRAINT stack_name_name_check; \
         ALTER TABLE stack ADD CONSTRAINT stack_name_name_check CHECK (qairon_is_name(name)) NOT VALID",
        "constraint stack.stack_name_name_check: ",
    ),
    (
        "ALTER TABLE deployment ALTER CONSTRAINT deployment_current_release_id_fkey DEFERRABLE INITIALLY IMMEDIATE",
        "constraint deployment.deployment_current_release_id_fkey: ",
    ),
    ("DROP INDEX build_vcs_ref_idx", "index build.build_vcs_ref_idx: "),
    ("ALTER TABLE repo ALTER url TYPE text COLLATE \"POSIX\"", "column repo.url: "),
    ("ALTER TABLE build ALTER vcs_ref DROP NOT NULL", "column build.vcs_ref: "),
    ("ALTER TABLE deployment ALTER tag DROP DEFAULT", "column deployment.tag: "),
    ("ALTER TABLE allocation ALTER id DROP EXPRESSION", "column allocation.id: "),
    (
        "CREATE OR REPLACE FUNCTION qairon_is_name(value text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE \
         AS 'SELECT true'",
        "function qairon_is_name(text): ",
    ),
    ("DROP FUNCTION qairon_unmanage(text)", "function qairon_unmanage(text): "),
    ("DROP EXTENSION pg_trgm CASCADE", "extension pg_trgm: "),
    ("DROP TABLE fleet_subnet", "table fleet_subnet: "),
    ("DELETE FROM idempotency", "rows idempotency: "),
    ("UPDATE qairon_entity SET type = 'Stock' WHERE name = 'stack'", "rows qairon_entity: "),
];

#[tokio::test(flavor = "multi_thread")]
async fn what_a_restore_has_lost_is_named() {
    let database = Database::new().await;
    database.execute(OBJECTS).await.expect("the objects");
    database
        .execute("INSERT INTO idempotency (principal, request_id, method, digest) VALUES ('p', 'r', 'm', '')")
        .await
        .expect("a row");
    let restored = restore(&database, Format::Custom).await;
    let original = Snapshot::of(&database).await;
    let mut report = Report::new();
    let session = restored.connect().await;
    for (loss, expected) in LOSSES {
        session.batch_execute(&format!("BEGIN; SET CONSTRAINTS ALL IMMEDIATE; {loss}")).await.expect(loss);
        let differences = original.differences(&Snapshot::read(&session).await);
        session.batch_execute("ROLLBACK").await.expect("a rollback");
        let named = differences.iter().any(|difference| difference.starts_with(expected));
        report.check(named, loss, format!("expected {expected:?}, found {differences:?}"));
    }
    report.finish();
}

/// Rules of each kind, away; the walk has to miss each.
const AWAY: [(&str, &str); 10] = [
    ("DROP TRIGGER stack_name_name_given ON stack", "stack.stack_name_name_given"),
    ("DROP TRIGGER stack_name_name_changed ON stack", "stack.stack_name_name_changed"),
    ("ALTER TABLE stack DISABLE TRIGGER stack_touch", "stack.stack_touch"),
    ("ALTER TABLE stack DISABLE TRIGGER stack_object_deleted", "stack.stack_object_deleted"),
    ("ALTER TABLE stack DISABLE TRIGGER stack_object_renamed", "stack.stack_object_renamed"),
    ("ALTER TABLE stack DROP CONSTRAINT stack_name_name_check", "stack.stack_name_name_check"),
    ("ALTER TABLE stack DISABLE TRIGGER ALL", "stack.stack_application_id_fkey"),
    ("ALTER TABLE application DISABLE TRIGGER ALL", "stack.stack_application_id_fkey"),
    ("ALTER TABLE stack ALTER application_id DROP NOT NULL", "stack.application_id"),
    ("ALTER TABLE subnet DROP CONSTRAINT subnet_network_id_cidr_excl", "subnet.subnet_network_id_cidr_excl"),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_is_away_is_missed_when_it_is_tried() {
    let database = filled().await;
    let wanted = Rules::of(&database).await;
    let mut report = Report::new();
    for (away, rule) in AWAY {
        let lesser = database.copy().await;
        lesser.execute(away).await.expect(away);
        let walk = walk::walk(&lesser, &wanted).await;
        let missed = walk.problems.iter().any(|problem| problem.starts_with(&format!("{rule}: ")));
        report.check(missed && !walk.tried.contains(rule), away, format!("{:?}", walk.problems));
    }
    for (trigger, rule) in OTHERS {
        let lesser = Database::new().await;
        lesser.execute(OBJECTS).await.expect("the objects");
        let (table, name) = trigger.split_once('.').expect("a table and a trigger");
        lesser.execute(&format!("ALTER TABLE {table} DISABLE TRIGGER {name}")).await.expect(trigger);
        let origin = Arc::new(Origin::copies_of(lesser, Database::new().await));
        let rule = rules().into_iter().find(|known| known.name.ends_with(rule)).expect(rule);
        let kept = tokio::spawn((rule.run)(origin)).await.is_ok();
        report.check(!kept, trigger, format!("{} does not miss it", rule.name));
    }
    report.finish();
}
