//! Create, Get, BatchGet and masks, over every entity.

use qairon::model::{Kind, Verb};
use qairon_integration_tests::{Database, Report, Server, World, find_entity};
use serde_json::{Value, json};
use tonic::Code;

#[tokio::test]
async fn what_is_created_is_what_is_read() {
    let database = Database::new().await;
    let server = Server::start(&database, &[]).await;
    let (client, mut report) = (server.client(), Report::new());
    let factory = client.factory();
    for entity in qairon::model().entities() {
        let name = &entity.name;
        let mut world = World::new();
        let draft = factory.draft(name, &mut world).await;
        let Some(created) = report.accepted(name, client.create(name, draft.clone()).await) else { continue };
        for (field, value) in draft.as_object().expect("an object") {
            report.equal(format!("{name}.{field}"), &created[field.as_str()], value);
        }
        let got = client.get(name, created.id()).await;
        report.equal(format!("get {name}"), got.as_ref(), Ok(&created));
        report.check(created["created_at"].is_string(), name, "`created_at` is set");
        report.check(created["last_updated_at"].is_null(), name, "`last_updated_at` is unset until the first update");
        let uid = created.text("uid");
        report.check(uid.as_bytes().get(14) == Some(&b'7'), name, format!("`uid` is a UUID of version 7, not {uid}"));
    }
    report.finish();
}
