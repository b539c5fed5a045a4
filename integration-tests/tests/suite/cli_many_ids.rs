//! `get` and `delete` of several objects, by arguments and from a pipe.

use qairon_integration_tests::Qcli;
use serde_json::{Value, json};

use crate::stage::Stage;

async fn services(count: usize) -> (Stage, Qcli) {
    let stage = Stage::set().await;
    let qcli = Qcli::new(&stage.server);
    qcli.text(&["application", "create", "shop"]).await;
    qcli.text(&["stack", "create", "shop", "web"]).await;
    let rows: String = (0..count).map(|n| format!("shop:web,s{n:04}\n")).collect();
    let file = format!("stack_id,name\n{rows}");
    let done = qcli.run_with_input(&["csv_import", "import_csv", "service", "-"], file.as_bytes()).await;
    assert_eq!(done.code, Some(0), "{done:?}");
    (stage, qcli)
}

#[tokio::test]
async fn objects_come_in_the_order_of_their_ids_however_many() {
    let (_stage, qcli) = services(1_203).await;
    let listed = qcli.text(&["service", "list", "-f", "id", "-o", "plain", "--order-by", "id desc"]).await;
    let got = qcli.run_with_input(&["service", "get", "-", "-f", "id"], format!("\n{listed}\n\n").as_bytes()).await;
    let rows: Vec<Value> = serde_json::from_str(&got.stdout).expect("JSON");
    let ids: Vec<&str> = rows.iter().filter_map(|row| row["id"].as_str()).collect();
    assert_eq!((got.code, ids), (Some(0), listed.lines().collect::<Vec<_>>()), "{}", got.stderr);
    // One ID is an object; several, or a pipe, are an array.
    assert_eq!(qcli.json(&["service", "get", "shop:web:s0001", "-f", "name"]).await, json!({ "name": "s0001" }));
    let two = qcli.json(&["service", "get", "shop:web:s0002", "shop:web:s0001", "-f", "name"]).await;
    assert_eq!(two, json!([{ "name": "s0002" }, { "name": "s0001" }]));
    let piped = qcli.run_with_input(&["service", "get", "-", "-f", "name"], b"shop:web:s0001").await;
    assert_eq!(piped.stdout, "[\n{\"name\":\"s0001\"}\n]\n");
    let nothing = qcli.run_with_input(&["service", "get", "-"], b"\n").await;
    assert_eq!((nothing.code, nothing.stdout.as_str()), (Some(0), "[]\n"));
    assert_eq!(qcli.run(&["service", "get", "-", "-"]).await.code, Some(2));
}

#[tokio::test]
async fn missing_ones_are_errors_after_those_that_exist() {
    let (_stage, qcli) = services(2).await;
    let got = qcli.run(&[
        "service",
        "get",
        "shop:web:s0001",
        "shop:web:zz",
        "shop:web:s0000",
        "yyy",
        "-f",
        "name",
        "-o",
        "plain",
    ]);
    let got = got.await;
    assert_eq!((got.code, got.stdout.as_str()), (Some(1), "s0001\ns0000\n"));
    assert_eq!(
        got.stderr,
        "qcli: there is no service `shop:web:zz` (NOT_FOUND)\nqcli: `yyy` is not the ID of a service: expected \
         <stack_id>:<name>, which is 3 components joined by `:`, found 1 (INVALID_ID)\n"
    );
}

#[tokio::test]
async fn deletions_go_on_after_a_refusal() {
    let (_stage, qcli) = services(3).await;
    let ids = b"shop:web:s0000\nshop:web:zz\nshop:web:s0002\nshop:web:s0000\n";
    let deleted = qcli.run_with_input(&["service", "delete", "-"], ids).await;
    let rows: Value = serde_json::from_str(&deleted.stdout).expect("JSON");
    let row = |id| json!({ "resource": "service", "id": id, "status": 204, "affected": { "service": 1 } });
    assert_eq!(rows, json!([row("shop:web:s0000"), row("shop:web:s0002")]));
    assert_eq!(
        (deleted.code, deleted.stderr.as_str()),
        (Some(1), "qcli: there is no service `shop:web:zz` (NOT_FOUND)\n")
    );
    assert_eq!(qcli.text(&["service", "list", "-f", "name", "-o", "plain"]).await, "s0001");
    let all = qcli.run(&["service", "delete", "shop:web:s0001", "--dry-run", "shop:web:s0001"]).await;
    assert_eq!((all.code, all.stdout.lines().count()), (Some(0), 3), "{all:?}");
}
