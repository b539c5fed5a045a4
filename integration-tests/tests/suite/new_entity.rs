//! Adding an entity takes one message and one migration: the example of the docs, in a copy of the sources, is used.

use std::path::PathBuf;

use qairon_integration_tests::{Database, Qcli, Server, workspace};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::examples::{Example, programs, sources};

#[tokio::test(flavor = "multi_thread")]
async fn an_entity_is_added_by_one_message_and_one_migration() {
    let example = Example::over(sources(workspace()), "new-entity");
    let added = example.added();
    assert!(added.iter().any(|path| path.ends_with("up.sql")), "{added:?}");
    assert!(added.iter().all(|path| path.starts_with("proto") || path.starts_with("migrations")), "{added:?}");
    assert!(example.changed().is_empty(), "the example changes what there is: {:?}", example.changed());

    let programs = programs().await;
    let database = Database::empty().await;
    let server = Server::start_build(&programs.join("qairon-service"), &database).await;
    uses_contacts(&Program { path: programs.join("qcli"), endpoint: server.endpoint() }).await;
    an_older_command_line_still_works(&server.endpoint()).await;
}

/// The command line of the copy.
struct Program {
    path: PathBuf,
    endpoint: String,
}

impl Program {
    async fn run(&self, args: &[&str]) -> (Option<i32>, String, String) {
        let output = Command::new(&self.path).args(args).env("QAIRON_ENDPOINT", &self.endpoint).output().await;
        let output = output.expect("qcli can be run");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    }

    async fn text(&self, args: &[&str]) -> String {
        let (code, stdout, stderr) = self.run(args).await;
        assert_eq!(code, Some(0), "qcli {}: {stdout}{stderr}", args.join(" "));
        stdout
    }

    async fn json(&self, args: &[&str]) -> Value {
        let text = self.text(args).await;
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("qcli {}: {text}: {error}", args.join(" ")))
    }

    async fn ids(&self, args: &[&str]) -> Vec<String> {
        let rows = self.json(args).await;
        let ids = rows.as_array().expect("a list").iter().map(|row| row["id"].as_str().expect("an ID").to_owned());
        ids.collect()
    }
}

async fn uses_contacts(qcli: &Program) {
    for application in ["shop", "blog"] {
        qcli.text(&["application", "create", application]).await;
    }
    let id = qcli.text(&["contact", "create", "shop", "desk", "-e", "desk@example.com"]).await;
    assert_eq!(id, "shop:desk");
    qcli.text(&["contact", "create", "--application-id", "blog", "--name", "desk"]).await;
    let contact = qcli.json(&["contact", "get", "shop:desk"]).await;
    assert_eq!(contact["resource"], "contact");
    assert_eq!((&contact["application_id"], &contact["email"]), (&json!("shop"), &json!("desk@example.com")));

    assert_eq!(qcli.ids(&["contact", "list"]).await, ["blog:desk", "shop:desk"]);
    assert_eq!(qcli.ids(&["contact", "list", "--filter", "email = \"desk@example.com\""]).await, ["shop:desk"]);
    assert_eq!(qcli.ids(&["contact", "list", "--filter", "application.id = \"blog\""]).await, ["blog:desk"]);
    let from_the_other_side = "contacts.email = \"desk@example.com\"";
    assert_eq!(qcli.ids(&["application", "list", "--filter", from_the_other_side]).await, ["shop"]);
    let query = r#"[{"name": "email", "op": "is_null"}]"#;
    assert_eq!(qcli.ids(&["contact", "query", query]).await, ["blog:desk"]);

    assert_eq!(qcli.json(&["contact", "get_field", "shop:desk", "application"]).await["id"], "shop");
    assert_eq!(qcli.ids(&["application", "get_field", "shop", "contacts"]).await, ["shop:desk"]);
    qcli.text(&["contact", "set_field", "shop:desk", "email", "new@example.com"]).await;
    assert_eq!(qcli.text(&["contact", "get_field", "shop:desk", "email"]).await, "new@example.com");

    // Its rules are those of all others: dependents, references, duplicates, renaming with the parent.
    let (code, _, stderr) = qcli.run(&["application", "delete", "shop"]).await;
    assert!(code == Some(1) && stderr.contains("contact"), "{stderr}");
    let (code, _, stderr) = qcli.run(&["contact", "create", "nowhere", "desk"]).await;
    assert!(code == Some(1) && stderr.contains("`nowhere`"), "{stderr}");
    let (code, _, stderr) = qcli.run(&["contact", "create", "shop", "desk"]).await;
    assert!(code == Some(1) && stderr.contains("there already is a contact `shop:desk`"), "{stderr}");
    qcli.text(&["application", "set_field", "shop", "id", "store"]).await;
    assert_eq!(qcli.ids(&["contact", "list"]).await, ["blog:desk", "store:desk"]);
    let deleted = qcli.json(&["contact", "delete", "store:desk"]).await;
    assert_eq!(
        deleted,
        json!({ "resource": "contact", "id": "store:desk", "status": 204, "affected": { "contact": 1 } })
    );
    assert_eq!(qcli.ids(&["contact", "list"]).await, ["blog:desk"]);
}

/// The command line of before knows nothing of contacts, and works as it did.
async fn an_older_command_line_still_works(endpoint: &str) {
    let qcli = Qcli::at(endpoint);
    assert_eq!(qcli.json(&["application", "get", "blog"]).await["id"], "blog");
    let output = qcli.run(&["contact", "list"]).await;
    assert_eq!(output.code, Some(2), "{output:?}");
}
