//! The schema, held against the model: a change of the protos without its migration is found here, and so is a table
//! that a migration left without what every entity has.
//!
//! [`catalogue`] reads PostgreSQL's catalogue of the tables, [`compare`] reports differences from the model.

mod catalogue;
mod compare;

use catalogue::Catalogue;
use compare::problems;
use qairon_integration_tests::{Database, Program, Server, World, program};

#[tokio::test(flavor = "multi_thread")]
async fn the_schema_is_that_of_the_model() {
    let database = Database::new().await;
    let found = problems(qairon::model(), &Catalogue::load(&database.connect().await).await);
    assert!(found.is_empty(), "{} problems:\n{}", found.len(), found.join("\n"));
}

/// Changes of a schema, and the report that each has to cause.
const CHANGES: [(&str, &str); 22] = [
    ("ALTER TABLE service DROP COLUMN artifact_name", "service.artifact_name: there is no such column"),
    ("ALTER TABLE service ADD COLUMN colour text", "service.colour: the model has no such field"),
    ("ALTER TABLE repo ALTER url TYPE text COLLATE \"POSIX\"", "repo.url: "),
    ("ALTER TABLE capacity ALTER value TYPE real", "capacity.value: "),
    ("ALTER TABLE repo ALTER url SET NOT NULL", "repo.url: "),
    ("ALTER TABLE build ALTER vcs_ref DROP NOT NULL", "build.vcs_ref: "),
    ("ALTER TABLE deployment ALTER tag DROP DEFAULT", "deployment.tag: "),
    (
        "ALTER TABLE allocation DROP COLUMN id CASCADE; ALTER TABLE allocation ADD COLUMN id text COLLATE \"C\" \
      GENERATED ALWAYS AS (allocation_type_id || ':' || deployment_proc_id) STORED",
        "allocation.id: ",
    ),
    ("ALTER TABLE stack DROP CONSTRAINT stack_uid_key", "stack: there is no constraint `stack_uid_key`"),
    ("ALTER TABLE stack DROP CONSTRAINT stack_application_id_fkey", "stack.application_id: "),
    (
        "ALTER TABLE stack DROP CONSTRAINT stack_application_id_fkey, ADD CONSTRAINT stack_application_id_fkey \
      FOREIGN KEY (application_id) REFERENCES application (id) ON UPDATE CASCADE ON DELETE CASCADE",
        "stack.application_id: ",
    ),
    (
        "ALTER TABLE deployment ALTER CONSTRAINT deployment_current_release_id_fkey NOT DEFERRABLE",
        "deployment.current_release_id: ",
    ),
    ("DROP INDEX stack_application_id_idx", "stack.application_id: no index"),
    ("DROP INDEX zone_native_id_idx", "zone.native_id: no index"),
    ("DROP INDEX build_vcs_ref_idx", "build.vcs_ref: no index"),
    ("DROP INDEX fleet_subnet_subnet_id_idx", "fleet_subnet.subnet_id: no index"),
    ("DROP TRIGGER stack_name_name_given ON stack", "stack.name: there is no trigger `stack_name_name_given`"),
    ("DROP TRIGGER deployment_tag_name_changed ON deployment", "deployment.tag: there is no trigger"),
    ("DROP TRIGGER stack_touch ON stack", "stack: there is no trigger `stack_touch`"),
    ("DROP TRIGGER fleet_subnet_same_environment ON fleet_subnet", "fleet_subnet: there is no trigger"),
    ("DELETE FROM qairon_entity WHERE name = 'stack'", "stack: not registered in qairon_entity"),
    ("CREATE TABLE colour (id text)", "colour: neither an entity nor a link"),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_that_differs_from_the_model_is_told() {
    let database = Database::new().await;
    let session = database.connect().await;
    let mut missed = Vec::new();
    for (change, told) in CHANGES {
        session.batch_execute(&format!("BEGIN; {change}")).await.unwrap_or_else(|error| panic!("{change}: {error:?}"));
        let found = problems(qairon::model(), &Catalogue::load(&session).await);
        session.batch_execute("ROLLBACK").await.expect("a rollback");
        if !found.iter().any(|problem| problem.starts_with(told)) {
            missed.push(format!("{change}: expected {told:?}, found {found:?}"));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_column_that_a_schema_lacks_is_told() {
    let database = Database::new().await;
    let catalogue = Catalogue::load(&database.connect().await).await;
    for entity in qairon::model().entities() {
        for field in entity.fields.iter().filter(|field| field.is_column()) {
            let mut doctored = catalogue.clone();
            let removed = doctored.tables.get_mut(&entity.name).and_then(|table| table.columns.remove(&field.name));
            assert!(removed.is_some(), "{}.{}", entity.name, field.name);
            let told = format!("{}.{}: there is no such column", entity.name, field.name);
            assert!(problems(qairon::model(), &doctored).contains(&told), "{told}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn migrations_go_up_and_down_and_up_again_under_rows() {
    let database = Database::empty().await;
    migrate(&database, &[]).await;
    let first = Catalogue::load(&database.connect().await).await;
    {
        let mut server = Server::start(&database, &[]).await;
        let factory = server.client().factory();
        let mut world = World::new();
        for entity in qairon::model().entities() {
            factory.object_in(&entity.name, &mut world).await;
        }
        server.stop().await;
    }
    for entity in qairon::model().entities() {
        let rows = database.number(&format!("SELECT count(*) FROM \"{}\"", entity.name)).await;
        assert!(rows > 0, "{} has no rows", entity.name);
    }
    migrate(&database, &["--revert-all"]).await;
    let left = "SELECT (SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace \
                AND relname NOT LIKE '\\_\\_diesel%') + (SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace \
                AND proname NOT LIKE 'diesel%')";
    assert_eq!(database.number(left).await, 0, "the way down leaves something");
    migrate(&database, &[]).await;
    let second = Catalogue::load(&database.connect().await).await;
    assert_eq!(problems(qairon::model(), &second), Vec::<String>::new());
    assert_eq!(first, second, "the second way up led elsewhere");
}

async fn migrate(database: &Database, args: &[&str]) {
    let mut command = tokio::process::Command::new(program(Program::Service));
    command.args(["migrate", "--database-url", database.url()]).args(args);
    let output = command.output().await.expect("the service can be run");
    assert!(output.status.success(), "migrate {args:?}: {}", String::from_utf8_lossy(&output.stderr));
}
