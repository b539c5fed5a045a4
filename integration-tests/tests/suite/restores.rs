//! Dumps and restores. What comes back from a dump has the same catalogue and the same rows, and it still refuses what
//! the original refuses: a dump that comes back without its triggers looks whole and has lost the rules.
//!
//! [`dump`] runs PostgreSQL's own programs, [`snapshot`] holds two databases against each other, [`walk`] tries every
//! rule that the catalogue of the original has. [`losses`] shows that these two miss what is lost.

mod docs;
mod dump;
mod losses;
mod snapshot;
mod walk;

use std::sync::Arc;

use qairon_integration_tests::Database;
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

/// Whoever owns a database can bring it up to date, dump it and restore it: no superuser is needed.
#[tokio::test(flavor = "multi_thread")]
async fn the_owner_of_a_database_needs_no_more_rights() {
    let role = format!("owner_{}", uuid::Uuid::new_v4().simple());
    let make = Database::empty().await;
    make.execute(&format!("CREATE ROLE {role} LOGIN")).await.expect("a role");
    let database = Database::owned_by(&role).await;
    dump::migrate(&database).await;
    database.execute(OBJECTS).await.expect("the objects");
    for format in [Format::Plain, Format::Custom] {
        let restored = Database::owned_by(&role).await;
        dump::restore_into(&database, &restored, format).await;
        let (original, copy) = (Snapshot::of(&database).await, Snapshot::of(&restored).await);
        assert_eq!(original.differences(&copy), Vec::<String>::new(), "{format:?}");
    }
    drop(database);
    make.execute(&format!("DROP ROLE {role}")).await.expect("nothing is left of it");
}
