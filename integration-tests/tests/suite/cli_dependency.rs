//! `qcli dependency declare` and `remove`, and `qcli trace dependencies`.

use qairon_integration_tests::Qcli;
use serde_json::{Value, json};

use crate::stage::Stage;

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dependency_is_declared_listed_and_taken_back_in_a_line_each() {
    let stage = Stage::set().await;
    let service = stage.factory.create("service").await.id().to_owned();
    let target = stage.factory.create("deployment_target").await.id().to_owned();
    let qcli = Qcli::new(&stage.server);
    let rows = stage.rows().await;
    let ends = [&service, "deployment-target", &target];
    let declare = ["dependency", "declare", "service", ends[0], ends[1], ends[2]];

    let rehearsed = json_of(&qcli.text(&[&declare[..], &["--dry-run", "-o", "json"]].concat()).await);
    assert_eq!(stage.rows().await, rows, "a rehearsal has written");
    let declared = json_of(&qcli.text(&[&declare[..], &["-o", "json"]].concat()).await);
    assert_eq!(declared["id"], rehearsed["id"]);
    assert_eq!(declared["dependency_case_id"], json!("service-on-deployment_target"));
    let again = json_of(&qcli.text(&[&declare[..], &["-o", "json"]].concat()).await);
    assert_eq!(again, declared);

    let listed = |resource: &'static str, id: String| {
        let qcli = qcli.clone();
        async move { json_of(&qcli.text(&["trace", "dependencies", resource, &id, "-o", "json"]).await) }
    };
    let row = |direction: &str, resource: &str, id: &str| {
        json!([{
            "direction": direction, "resource": resource, "id": id, "dependency_case_id": "service-on-deployment_target",
            "dependency_id": declared["id"], "related_id": format!("DeploymentTarget:{}:{target}", declared["id"].as_str().expect("an ID"))
        }])
    };
    assert_eq!(listed("service", service.clone()).await, row("DEPENDS_ON", "deployment_target", &target));
    assert_eq!(listed("deployment_target", target.clone()).await, row("NEEDED_BY", "service", &service));

    let remove = ["dependency", "remove", "service", ends[0], ends[1], ends[2]];
    let case = [&remove[..], &["--case", "another", "-o", "json"]].concat();
    assert_eq!(json_of(&qcli.text(&case).await), json!([]));
    let removed = json_of(&qcli.text(&[&remove[..], &["-o", "json"]].concat()).await);
    let gone: Vec<&str> =
        removed.as_array().expect("rows").iter().map(|row| row["resource"].as_str().expect("a resource")).collect();
    assert_eq!(gone, ["related", "dependency", "relatable"]);
    assert_eq!(listed("service", service.clone()).await, json!([]));
    qcli.text(&["service", "delete", &service]).await;

    let failed = qcli.run(&["dependency", "declare", "servcie", "a", "stack", "b"]).await;
    assert_eq!(failed.code, Some(2), "{failed:?}");
    let failed = qcli.run(&["dependency", "declare", "service", &service, "deployment_target", &target]).await;
    assert_eq!(failed.code, Some(1), "{failed:?}");
    assert!(failed.stderr.contains("there is no service"), "{failed:?}");
}
