//! Dumps and restores. What comes back from a dump has the same catalogue and the same rows, and it still refuses what
//! the original refuses: a dump that comes back without its triggers looks whole and has lost the rules.
//!
//! [`dump`] runs PostgreSQL's own programs, [`snapshot`] holds two databases against each other, [`walk`] tries every
//! rule that the catalogue of the original has.

mod docs;
mod dump;
mod snapshot;
mod walk;

use std::sync::Arc;

use qairon_integration_tests::{Database, Report};
use serde_json::json;

use crate::organisation::random_organisation;
use crate::rules_in_the_database::{OBJECTS, Origin, rules};
use crate::stage::{Stage, entities};
use dump::{Format, restore};
use snapshot::Snapshot;
use walk::Rules;

/// Triggers that refuse under the names of other rules or refuse nothing, and the rule that fails without each.
const OTHERS: [(&str, &str); 4] = [
    ("dependency.dependency_case_fits", "dependencies::types_are_those_of_the_case"),
    ("dependency_case.dependency_case_narrowed", "dependencies::a_one_to_one_dependency_has_one_related_object"),
    ("fleet.fleet_home_linked", "homes::the_home_link_follows_a_fleet_that_moves"),
    ("related.related_fits_case", "dependencies::types_are_those_of_the_case"),
];

/// A database with rows in every table.
async fn filled() -> Database {
    let mut stage = Stage::set().await;
    random_organisation(&stage, 23).await;
    for entity in entities() {
        // Two of each, for rules about pairs.
        stage.factory.create(&entity.name).await;
        stage.factory.create(&entity.name).await;
    }
    for id in ["one", "two"] {
        let request = json!({ "application": { "id": id }, "request_id": uuid::Uuid::new_v4().to_string() });
        stage.client.call("CreateApplication", request).await.expect("a new one");
    }
    stage.server.stop().await;
    let Stage { database, .. } = stage;
    database
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_dump_comes_back_with_everything() {
    comes_back_with_everything(Format::Plain).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_custom_dump_comes_back_with_everything() {
    comes_back_with_everything(Format::Custom).await;
}

async fn comes_back_with_everything(format: Format) {
    let database = filled().await;
    let restored = restore(&database, format).await;
    let (original, copy) = (Snapshot::of(&database).await, Snapshot::of(&restored).await);
    assert_eq!(original.differences(&copy), Vec::<String>::new());
    for kind in ["table", "column", "constraint", "index", "trigger", "foreign key", "function", "extension", "rows"] {
        assert!(original.count(kind) > 0, "the snapshot has no {kind}");
    }
    let empty: Vec<&str> = original.tables_without_rows();
    assert!(empty.is_empty(), "nothing is known of the rows of {empty:?}");

    let wanted = Rules::of(&database).await;
    let mut walk = walk::walk(&restored, &wanted).await;
    let objects = Database::new().await;
    objects.execute(OBJECTS).await.expect("the objects");
    let (objects, nothing) = (restore(&objects, format).await, restore(&Database::new().await, format).await);
    let origin = Arc::new(Origin::copies_of(objects, nothing));
    walk.problems.extend(broken_rules(&origin).await);
    let refused = origin.refused();
    let tried = |name: &str| {
        walk.tried.contains(name)
            || name.rsplit('.').next().is_some_and(|trigger| refused.contains(trigger))
            || OTHERS.iter().any(|(trigger, _)| *trigger == name)
    };
    let untried = wanted
        .names()
        .filter(|name| !tried(name) && !walk.problems.iter().any(|problem| problem.starts_with(&format!("{name}: "))))
        .map(|name| format!("{name}: nothing has tried it"));
    let untried: Vec<String> = untried.collect();
    walk.problems.extend(untried);
    assert!(walk.problems.is_empty(), "{} problems:\n{}", walk.problems.len(), walk.problems.join("\n"));
}

/// The rules that do not hold where the databases come from.
async fn broken_rules(origin: &Arc<Origin>) -> Vec<String> {
    let mut broken = Vec::new();
    for rule in rules() {
        if let Err(error) = tokio::spawn((rule.run)(origin.clone())).await {
            let panic = error.into_panic();
            let text = panic.downcast_ref::<String>().map_or("it panicked", String::as_str);
            broken.push(format!("{}: {text}", rule.name));
        }
    }
    broken
}

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
        .execute("INSERT INTO idempotency (request_id, method, digest) VALUES ('r', 'm', '')")
        .await
        .expect("a row");
    let restored = restore(&database, Format::Custom).await;
    let original = Snapshot::of(&database).await;
    let mut report = Report::new();
    let session = restored.connect().await;
    for (loss, told) in LOSSES {
        session.batch_execute(&format!("BEGIN; SET CONSTRAINTS ALL IMMEDIATE; {loss}")).await.expect(loss);
        let differences = original.differences(&Snapshot::read(&session).await);
        session.batch_execute("ROLLBACK").await.expect("a rollback");
        let named = differences.iter().any(|difference| difference.starts_with(told));
        report.check(named, loss, format!("expected {told:?}, found {differences:?}"));
    }
    report.finish();
}

/// Rules of each kind, away; the walk has to miss each.
const AWAY: [(&str, &str); 8] = [
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

/// Whoever owns a database can bring it up to date, dump it and restore it: no superuser is needed.
#[tokio::test(flavor = "multi_thread")]
async fn the_owner_of_a_database_needs_no_more_rights() {
    let role = format!("owner_{}", uuid::Uuid::new_v4().simple());
    let make = Database::empty().await;
    make.execute(&format!("CREATE ROLE {role} LOGIN")).await.expect("a role");
    let (database, restored) = (Database::owned_by(&role).await, Database::owned_by(&role).await);
    dump::migrate(&database).await;
    database.execute(OBJECTS).await.expect("the objects");
    for format in [Format::Plain, Format::Custom] {
        let restored = Database::owned_by(&role).await;
        dump::restore_into(&database, &restored, format).await;
        let (original, copy) = (Snapshot::of(&database).await, Snapshot::of(&restored).await);
        assert_eq!(original.differences(&copy), Vec::<String>::new(), "{format:?}");
    }
    drop((database, restored));
    make.execute(&format!("DROP ROLE {role}")).await.expect("nothing is left of it");
}
