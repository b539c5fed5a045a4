//! The invariants that are asked for after faults: they hold for what the service writes, and each of them is noticed
//! when it is broken.

use std::collections::BTreeSet;

use qairon::model::{Entity, Kind};
use qairon_integration_tests::{Database, invariants, leftovers, poll_until, soon, sql_error, violations};
use tokio_postgres::Client;

use crate::organisation::random_organisation;
use crate::stage::{Stage, entities};

/// A database with rows in every table.
async fn filled() -> Database {
    let mut stage = Stage::set().await;
    random_organisation(&stage, 7).await;
    for entity in entities() {
        stage.factory.create(&entity.name).await;
        stage.factory.create(&entity.name).await;
    }
    let request = serde_json::json!({ "application": { "id": "one" }, "request_id": "one" });
    stage.client.call("CreateApplication", request).await.expect("a new one");
    stage.server.stop().await;
    let Stage { database, .. } = stage;
    database
}

/// Changes of the rows while triggers and foreign keys are off.
fn changes() -> Vec<String> {
    let mut all = Vec::new();
    for entity in entities() {
        let table = &entity.name;
        all.push(format!("DELETE FROM \"{table}\""));
        all.push(format!("UPDATE \"{table}\" SET version = 0, created_at = now() + '1 day', last_updated_at = now()"));
        all.push(format!("{} {}", without_keys(table), twice(table, entity)));
        if !entity.id_is_given() {
            all.push(format!(
                "ALTER TABLE \"{table}\" ALTER id DROP EXPRESSION; UPDATE \"{table}\" SET id = id || 'x'"
            ));
        }
        all.extend(fields(entity));
        for link in &entity.links {
            all.push(format!("DELETE FROM \"{}\"", link.table));
            all.push(format!("UPDATE \"{}\" SET \"{}\" = 'else' || \"{1}\"", link.table, link.owner_column));
            all.push(format!("{} INSERT INTO \"{1}\" SELECT * FROM \"{1}\"", without_keys(&link.table), link.table));
        }
    }
    all.push(format!("{} INSERT INTO idempotency SELECT * FROM idempotency", without_keys("idempotency")));
    // Rules of these entities alone.
    all.extend(
        [
            "UPDATE build SET service_id = 'another:one:yet'",
            "UPDATE release SET build_id = b.id FROM build b, deployment d WHERE d.id = deployment_id AND b.service_id <> d.service_id",
            "UPDATE deployment_proc SET proc_id = c.id FROM proc c, deployment d WHERE d.id = deployment_id AND c.service_id <> d.service_id",
            "UPDATE deployment d SET current_release_id = r.id FROM release r WHERE r.deployment_id <> d.id",
            "UPDATE dependency_case SET relatable_type = 'Zone', related_type = 'Zone'",
            "UPDATE dependency_case SET allowed_relationship = 'OTO'; \
             INSERT INTO related (dependency_id, related_type, object_id) SELECT dependency_id, related_type, object_id || 'x' FROM related",
        ]
        .map(str::to_owned),
    );
    all
}

fn fields(entity: &Entity) -> Vec<String> {
    let (table, mut all) = (&entity.name, Vec::new());
    for field in entity.fields.iter().filter(|field| field.is_column()) {
        let column = &field.name;
        if field.required {
            // An ID would follow its parts, and be missing under a constraint of its own.
            let open = if entity.id_is_given() { "" } else { "ALTER id DROP EXPRESSION, " };
            let keys = without_keys(table);
            all.push(format!("{keys} ALTER TABLE \"{table}\" {open}ALTER \"{column}\" DROP NOT NULL; UPDATE \"{table}\" SET \"{column}\" = NULL"));
        }
        match field.kind {
            Kind::Json => all.push(format!("{} UPDATE \"{table}\" SET \"{column}\" = '[]'", without_keys(table))),
            Kind::Cidr => {
                all.push(format!("{} UPDATE \"{table}\" SET \"{column}\" = '192.168.0.0/16'", without_keys(table)));
                all.push(format!("{} UPDATE \"{table}\" SET \"{column}\" = '10.0.0.0/32'", without_keys(table)));
            }
            _ => {}
        }
    }
    all
}

/// Takes the constraints of a table away.
fn without_keys(table: &str) -> String {
    format!(
        "DO $$ DECLARE c record; BEGIN FOR c IN SELECT conname FROM pg_constraint WHERE conrelid = '\"{table}\"'::regclass \
         AND contype NOT IN ('t', 'n') LOOP EXECUTE format('ALTER TABLE \"{table}\" DROP CONSTRAINT IF EXISTS %I CASCADE', c.conname); END LOOP; END $$;"
    )
}

/// Every row of a table once more, with its UUID.
fn twice(table: &str, entity: &Entity) -> String {
    let given = entity
        .fields
        .iter()
        .filter(|field| field.is_column() && !field.derived && (field.number != 1 || entity.id_is_given()));
    let columns: Vec<String> = given.map(|field| format!("\"{}\"", field.name)).collect();
    let columns = columns.join(", ");
    format!("INSERT INTO \"{table}\" ({columns}) SELECT {columns} FROM \"{table}\"")
}

async fn reported(session: &Client, change: &str) -> Result<Vec<String>, String> {
    session.batch_execute("BEGIN; SET LOCAL session_replication_role = replica").await.expect("a transaction");
    let found = match session.batch_execute(change).await {
        Ok(()) => Ok(violations(session).await.expect("the invariants can be asked for")),
        Err(error) => Err(format!("{change}: {}", sql_error(&error).message())),
    };
    session.batch_execute("ROLLBACK").await.expect("a rollback");
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn every_invariant_holds_and_is_noticed_when_it_is_broken() {
    let database = filled().await;
    let session = database.connect().await;
    assert_eq!(violations(&session).await.expect("the invariants can be asked for"), Vec::<String>::new());
    let (mut noticed, mut refused) = (BTreeSet::new(), Vec::new());
    for change in changes() {
        match reported(&session, &change).await {
            Ok(found) => noticed.extend(found.into_iter().filter_map(|line| Some(line.split_once(": ")?.0.to_owned()))),
            Err(error) => refused.push(error),
        }
    }
    assert!(refused.is_empty(), "{} changes are refused:\n{}", refused.len(), refused.join("\n"));
    let missed: Vec<String> =
        invariants().into_iter().map(|invariant| invariant.name).filter(|name| !noticed.contains(name)).collect();
    assert!(missed.is_empty(), "{} invariants are broken unnoticed:\n{}", missed.len(), missed.join("\n"));
}

#[tokio::test]
async fn what_calls_leave_behind_is_noticed() {
    let stage = Stage::set().await;
    stage.client.list("application", "").await.expect("a list");
    let session = stage.database.connect().await;
    // What ends a read is not waited for.
    poll_until(soon(), "nothing is left of the list", || async {
        leftovers(&session, 100).await.expect("an answer").is_empty().then_some(())
    })
    .await;
    let open = stage.database.connect().await;
    open.batch_execute("SET application_name = 'qairon-service'; BEGIN; LOCK TABLE application").await.expect("a lock");
    let found = leftovers(&session, 0).await.expect("an answer").join("\n");
    for line in ["1 sessions in a transaction", "locks are left", "sessions are left, 0 may be"] {
        assert!(found.contains(line), "{line} is not in:\n{found}");
    }
}
