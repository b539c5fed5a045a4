//! Writes that find something, and others change it before they are done: they are done again, and their answers are
//! about what is there in the end.

use qairon::model::{Entity, Kind};
use qairon_integration_tests::{Failure, Report, World, poll_until, soon};
use serde_json::json;
use tonic::Code;

use crate::stage::{Stage, entities};

/// Runs a call while a session has changed something and not committed, and commits when the call waits for that.
async fn crossed<T>(stage: &Stage, change: &str, call: impl Future<Output = T>) -> T {
    let session = stage.database.connect().await;
    session.batch_execute(&format!("BEGIN; {change}")).await.unwrap_or_else(|error| panic!("{change}: {error:?}"));
    let commit = async {
        let waiting =
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        poll_until(soon(), "the call waits for the session", || async {
            (stage.database.number(waiting).await > 0).then_some(())
        })
        .await;
        session.batch_execute("COMMIT").await.unwrap_or_else(|error| panic!("{change}: {error:?}"));
    };
    tokio::join!(call, commit).0
}

/// The last field of an ID that is a name.
fn name_of(entity: &Entity) -> &str {
    let fields = entity.id_fields.iter().rev().filter_map(|name| entity.field(name));
    let mut names = fields.filter(|field| field.kind == Kind::Name);
    &names.next().unwrap_or_else(|| panic!("{} has no name", entity.name)).name
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_to_what_is_being_renamed_is_to_nothing() {
    let stage = Stage::set().await;
    let mut report = Report::new();
    for (owner, link) in entities().iter().flat_map(|entity| entity.links.iter().map(move |link| (entity, link))) {
        let target = qairon::model().target(&link.target);
        for (renamed, column) in [(owner, &link.owner_column), (target, &link.target_column)] {
            let mut world = World::new();
            let one = stage.factory.create_in(&owner.name, &mut world).await;
            let other = stage.factory.create_in(&target.name, &mut world).await;
            let id = if renamed.index == owner.index { one.id() } else { other.id() };
            let change =
                format!("UPDATE \"{}\" SET \"{}\" = 'renamed' WHERE id = '{id}'", renamed.name, name_of(renamed));
            let adding = stage.client.add_link(&owner.name, one.id(), &link.relation, other.id());
            let added = crossed(&stage, &change, adding).await;
            report.refused(format!("{}: {change}", link.table), added, Code::NotFound, "NOT_FOUND", column);
        }
    }
    report.finish();
}

/// An object of every entity is deleted and created again under an update that names no version of it.
#[tokio::test(flavor = "multi_thread")]
async fn an_update_without_etag_is_of_the_object_that_is_there() {
    let stage = Stage::set().await;
    let mut report = Report::new();
    for entity in entities() {
        let (name, mut world) = (&entity.name, World::new());
        let row = stage.factory.create_in(name, &mut world).await;
        let fields = entity.fields.iter().filter(|field| field.is_column());
        let given = fields.filter(|field| field.is_settable() || (field.number == 1 && entity.id_is_given()));
        let columns: Vec<String> = given.map(|field| format!("\"{}\"", field.name)).collect();
        let columns = columns.join(", ");
        let again = format!(
            "CREATE TEMP TABLE kept AS SELECT * FROM \"{name}\" WHERE id = '{id}'; DELETE FROM \"{name}\" WHERE id = \
             '{id}'; INSERT INTO \"{name}\" ({columns}) SELECT {columns} FROM kept",
            id = row.id()
        );
        let object = json!({ "id": row.id(), "defaults": { "n": 1 } });
        let updated = crossed(&stage, &again, stage.client.update(name, object)).await;
        let updated = report.accepted(name, updated);
        report.equal(name, updated.map(|row| row["defaults"].clone()), Some(json!({ "n": 1 })));
        let object = json!({ "id": row.id(), "etag": row.etag(), "defaults": { "n": 2 } });
        report.refused(name, stage.client.update(name, object).await, Code::Aborted, "ETAG_MISMATCH", "etag");
    }
    report.finish();
}

#[tokio::test]
async fn an_update_that_may_create_finds_what_others_create() {
    let stage = Stage::set().await;
    let update = stage.client.update_with(
        "application",
        json!({ "id": "a", "defaults": { "n": 1 } }),
        json!({ "allow_missing": true }),
    );
    let done = crossed(&stage, "INSERT INTO application (id) VALUES ('a')", update).await.expect("it is updated");
    assert_eq!(done["application"]["defaults"], json!({ "n": 1 }));
    assert_eq!(stage.database.number("SELECT version FROM application").await, 2);
}

#[tokio::test]
async fn a_deletion_by_force_takes_what_has_come_meanwhile() {
    force_takes_what_has_come_meanwhile(&Stage::set().await).await;
}

pub async fn force_takes_what_has_come_meanwhile(stage: &Stage) {
    let late = [
        "INSERT INTO service (stack_id, name) VALUES ('a:s', 'late')",
        "INSERT INTO relatable (relatable_type, object_id) VALUES ('Stack', 'a:s')",
    ];
    for change in late {
        let objects =
            "INSERT INTO application (id) VALUES ('a'); INSERT INTO stack (application_id, name) VALUES ('a', 's')";
        stage.database.execute(objects).await.expect("a stack");
        let deleting = stage.client.delete_with("application", "a", json!({ "force": true }));
        let done = crossed(stage, change, deleting).await.unwrap_or_else(|failure| panic!("{change}: {failure}"));
        let affected = done["affected"]["objects"].as_array().map(Vec::len);
        assert_eq!((affected, stage.rows().await), (Some(3), 0), "{change}: {done}");
    }
}

#[tokio::test]
async fn a_clone_is_of_what_is_there() {
    let stage = Stage::set().await;
    let mut world = World::new();
    let process = stage.factory.create_in("deployment_proc", &mut world).await;
    let deployment = process.text("deployment_id").to_owned();
    let other = stage.factory.create_in("deployment_target", &mut world).await;
    let change = format!(
        "DELETE FROM deployment_proc WHERE id = '{}'; DELETE FROM proc WHERE id = '{}'",
        process.id(),
        process.text("proc_id")
    );
    let clone = json!({ "id": deployment, "deployment_target_id": other.id() });
    let cloned = crossed(&stage, &change, stage.client.call("CloneDeployment", clone)).await;
    let cloned = cloned.unwrap_or_else(|failure| panic!("{failure}"));
    assert_eq!(cloned["deployment"]["deployment_target_id"], other.id());
    assert_eq!(stage.database.number("SELECT count(*) FROM deployment_proc").await, 0);
}

/// Many callers at once, without arrangement.
#[tokio::test(flavor = "multi_thread")]
async fn links_and_renames_at_random_have_the_right_reasons() {
    let stage = Stage::set().await;
    let mut world = World::new();
    let service = stage.factory.create_in("service", &mut world).await;
    let repo = stage.factory.create_in("repo", &mut world).await;
    let (type_id, name) = (repo.text("repo_type_id").to_owned(), repo.text("name").to_owned());
    let renamer = {
        let (client, id) = (stage.client.clone(), repo.id().to_owned());
        async move {
            for turn in 0..60 {
                let (from, to) = (format!("{type_id}:x"), "x");
                let (from, to) = if turn % 2 == 0 { (id.clone(), to) } else { (from, name.as_str()) };
                client.update("repo", json!({ "id": from, "name": to })).await.expect("it is renamed");
            }
        }
    };
    let linkers = (0..4).map(|_| {
        let (client, service, id) = (stage.client.clone(), service.id().to_owned(), repo.id().to_owned());
        async move {
            let mut failures: Vec<Failure> = Vec::new();
            for turn in 0..60 {
                let linked = match turn % 2 {
                    0 => client.add_link("service", &service, "repos", &id).await,
                    _ => client.remove_link("service", &service, "repos", &id).await,
                };
                failures.extend(linked.err());
            }
            failures
        }
    });
    let ((), failures) = tokio::join!(renamer, futures_util::future::join_all(linkers));
    for failure in failures.iter().flatten() {
        assert_eq!((failure.code, failure.reason.as_str()), (Code::NotFound, "NOT_FOUND"), "{failure}");
        assert_eq!(failure.fields, ["repo_id"]);
    }
}
