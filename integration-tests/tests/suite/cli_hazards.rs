//! What may hurt is shown and asked at a terminal, and done at once elsewhere.

use qairon_integration_tests::Qcli;
use serde_json::json;

use crate::completion::shell::Shell;
use crate::stage::Stage;

/// A server with a few objects, and a terminal.
struct Desk {
    stage: Stage,
    qcli: Qcli,
    shell: Shell,
}

/// Two services of one stack, and a provider in each of two environments.
const WORLD: &str = "---\n[{resource: application, id: shop}, {resource: stack, application_id: shop, name: web},\n\
    {resource: service, stack_id: 'shop:web', name: cart}, {resource: service, stack_id: 'shop:web', name: pay},\n\
    {resource: provider_type, id: aws}, {resource: environment, id: dev}, {resource: environment, id: prod-eu},\n\
    {resource: provider, environment_id: dev, provider_type_id: aws, native_id: '1'},\n\
    {resource: provider, environment_id: prod-eu, provider_type_id: aws, native_id: '1'}]\n";

impl Desk {
    async fn set() -> Self {
        let stage = Stage::set().await;
        let qcli = Qcli::new(&stage.server);
        let applied = qcli.run_with_input(&["apply", "-f", "-"], WORLD.as_bytes()).await;
        assert_eq!(applied.code, Some(0), "{applied:?}");
        let mut shell = Shell::start(&["bash", "--norc", "--noprofile"], &stage.server.endpoint());
        shell.run("PS1='$ '", "READY").await;
        shell.clear("CLEAN").await;
        Self { stage, qcli, shell }
    }

    /// Runs a command, answers its question, and returns the screen when it has ended with a code.
    async fn answers(&mut self, command: &str, question: &str, answer: &str, code: i32) -> String {
        self.shell.keys(&format!("{command}; echo ended''-$?\r"));
        self.shell.sees(question, |text| text.contains(question)).await;
        let seen = self.shell.text();
        self.shell.keys(&format!("{answer}\r"));
        self.ends(command, code).await;
        seen + &self.shell.text()
    }

    /// Runs a command that asks nothing.
    async fn runs(&mut self, command: &str, code: i32) -> String {
        self.shell.keys(&format!("{command}; echo ended''-$?\r"));
        self.ends(command, code).await;
        self.shell.text()
    }

    async fn ends(&mut self, command: &str, code: i32) {
        self.shell.sees(command, |text| text.contains("ended-")).await;
        let text = self.shell.text();
        assert!(text.contains(&format!("ended-{code}")), "{text}");
    }

    async fn ids(&self, resource: &str) -> String {
        self.qcli.text(&[resource, "list", "-f", "id", "-o", "plain"]).await
    }
}

#[tokio::test]
async fn a_deletion_of_more_than_one_object_is_shown_and_asked() {
    let mut desk = Desk::set().await;
    let question = "Delete these 3 objects? [y/N]";
    let text = desk.answers("qcli stack delete shop:web --force", question, "n", 1).await;
    for part in ["deletes 3 objects: 2 service, 1 stack", "  stack shop:web", "qcli: nothing was deleted"] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    assert_eq!(desk.ids("service").await, "shop:web:cart\nshop:web:pay");
    desk.shell.clear("ONCE").await;
    // Somebody is at the terminal, wherever the errors go.
    desk.answers("qcli stack delete shop:web --force 2>errors.txt", question, "n", 1).await;
    assert_eq!(desk.ids("service").await, "shop:web:cart\nshop:web:pay");
    desk.shell.clear("ELSEWHERE").await;
    // Without an answer, too.
    desk.answers("qcli stack delete shop:web --force", question, "", 1).await;
    desk.shell.clear("TWICE").await;
    // What came to it since it was shown is not deleted.
    desk.shell.keys("qcli stack delete shop:web --force; echo ended''-$?\r");
    desk.shell.sees(question, |text| text.contains(question)).await;
    desk.qcli.text(&["service", "create", "shop:web", "new"]).await;
    desk.shell.keys("y\r");
    desk.ends("the changed deletion", 1).await;
    assert!(desk.shell.text().contains("has changed since it was shown"), "{}", desk.shell.text());
    assert_eq!(desk.ids("service").await.lines().count(), 3);
    desk.shell.clear("THRICE").await;
    let text = desk.answers("qcli stack delete shop:web --force", "these 4 objects? [y/N]", "yes", 0).await;
    assert!(text.contains("qcli: deleted 4: 3 service, 1 stack"), "{text}");
    assert_eq!(desk.ids("stack").await, "");
    desk.shell.clear("DONE").await;
    // One object is no question, nor is what was agreed to before.
    desk.runs("qcli application delete shop --force", 0).await;
    desk.shell.clear("ALL").await;
    desk.runs("qcli environment delete prod-eu --force -y", 0).await;
    assert_eq!(desk.ids("environment").await, "dev");
}

#[tokio::test]
async fn production_has_to_be_typed() {
    let mut desk = Desk::set().await;
    let question = "Type `prod-eu` to delete these 2 objects:";
    let text = desk.answers("qcli environment delete prod-eu --force", question, "y", 1).await;
    assert!(text.contains("environments: prod-eu") && text.contains("nothing was deleted"), "{text}");
    desk.shell.clear("NOT").await;
    desk.answers("qcli environment delete dev prod-eu --force", "Type `prod-eu` to delete these 4 objects:", "dev", 1)
        .await;
    assert_eq!(desk.ids("environment").await, "dev\nprod-eu");
    desk.shell.clear("YET").await;
    desk.answers("qcli environment delete prod-eu --force", question, "prod-eu", 0).await;
    assert_eq!(desk.ids("environment").await, "dev");
}

#[tokio::test]
async fn several_ids_are_asked_about_once() {
    let mut desk = Desk::set().await;
    let command = "qcli service delete shop:web:cart shop:web:none shop:web:pay";
    let text = desk.answers(command, "Delete these 2 objects? [y/N]", "y", 1).await;
    assert!(text.contains("there is no service `shop:web:none`") || text.contains("does not exist"), "{text}");
    assert_eq!(desk.ids("service").await, "");
}

#[tokio::test]
async fn a_change_of_ids_is_shown_and_asked() {
    let mut desk = Desk::set().await;
    let command = "qcli stack set_field shop:web name site";
    let text = desk.answers(command, "Rename these 3 objects? [y/N]", "n", 1).await;
    for part in ["renames 3 objects: 2 service, 1 stack", "stack shop:web -> shop:site", "nothing was renamed"] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    assert_eq!(desk.ids("stack").await, "shop:web");
    desk.shell.clear("NOT").await;
    let text = desk.answers(command, "Rename these 3 objects? [y/N]", "y", 0).await;
    assert!(text.contains("qcli: renamed 3: 2 service, 1 stack"), "{text}");
    assert_eq!(desk.ids("stack").await, "shop:site");
    desk.shell.clear("ONE").await;
    desk.runs("qcli service set_field shop:site:cart name basket", 0).await;
    desk.shell.clear("PROD").await;
    let command = "qcli environment set_field prod-eu id staging";
    desk.answers(command, "Type `prod-eu` to rename these 2 objects:", "prod-eu", 0).await;
    assert_eq!(desk.ids("environment").await, "dev\nstaging");
}

#[tokio::test]
async fn pruning_is_shown_and_asked() {
    let mut desk = Desk::set().await;
    desk.shell.run("echo 'resource: service' >kept.yaml; echo 'id: shop:web:pay' >>kept.yaml", "KEPT").await;
    desk.shell.clear("FILE").await;
    let command = "qcli apply -f kept.yaml --prune --scope application/shop";
    let text = desk.answers(command, "Delete this object? [y/N]", "", 1).await;
    assert!(text.contains("deletes 1 object: 1 service") && text.contains("service shop:web:cart"), "{text}");
    assert_eq!(desk.ids("service").await, "shop:web:cart\nshop:web:pay");
    desk.shell.clear("NOT").await;
    let text = desk.answers(command, "Delete this object? [y/N]", "y", 0).await;
    assert!(text.contains("0 created, 0 updated, 1 deleted (1 service), 1 unchanged"), "{text}");
    assert_eq!(desk.ids("service").await, "shop:web:pay");
}

#[tokio::test]
async fn programs_are_not_asked_and_get_the_numbers() {
    let desk = Desk::set().await;
    let plan = desk.qcli.json(&["provider_type", "delete", "aws", "--force", "--dry-run"]).await;
    let plan = plan.as_array().expect("an array");
    assert_eq!(plan.len(), 3, "{plan:?}");
    assert_eq!(plan[0], json!({ "resource": "provider_type", "id": "aws", "effect": "deleted", "fields": [] }));
    let deleted = desk.qcli.run(&["stack", "delete", "shop:web", "--force"]).await;
    assert_eq!((deleted.code, deleted.stderr.as_str()), (Some(0), ""), "{deleted:?}");
    let row: serde_json::Value = serde_json::from_str(&deleted.stdout).expect("JSON");
    let counts = json!({ "stack": 1, "service": 2 });
    assert_eq!(row, json!({ "resource": "stack", "id": "shop:web", "status": 204, "affected": counts }));
    let renamed = desk.qcli.json(&["environment", "set_field", "prod-eu", "id", "prod"]).await;
    assert_eq!(renamed["affected"], json!({ "environment": 1, "provider": 1 }));
    let plain = desk.qcli.text(&["environment", "delete", "dev", "--force", "-o", "plain"]).await;
    assert_eq!(plain, "environment dev 204");
    assert_eq!(desk.stage.rows().await, 4);
}

#[tokio::test]
async fn what_loses_a_reference_is_shown_with_its_fields() {
    let mut desk = Desk::set().await;
    // A deployment loses its current release; its zones lose a link.
    let factory = &desk.stage.factory;
    let mut world = qairon_integration_tests::World::default();
    let deployment = factory.object_in("deployment", &mut world).await;
    let release = factory.object_in("release", &mut world).await;
    desk.qcli.text(&["deployment", "set_field", &deployment, "current_release_id", &release, "-q"]).await;
    let plan = desk.qcli.json(&["release", "delete", &release, "--force", "--dry-run"]).await;
    let lost = json!({
        "resource": "deployment", "id": deployment, "effect": "unlinked", "fields": ["current_release_id"],
    });
    assert!(plan.as_array().expect("an array").contains(&lost), "{plan}");
    let table = desk.qcli.text(&["release", "delete", &release, "--force", "--dry-run", "-o", "table"]).await;
    assert!(table.contains("current_release_id"), "{table}");
    let question = "leaves 1 object without a reference or link: 1 deployment";
    let text = desk.answers(&format!("qcli release delete {release} --force"), question, "", 1).await;
    assert!(text.contains("deletes 1 object: 1 release") && text.contains("(loses current_release_id)"), "{text}");
}
