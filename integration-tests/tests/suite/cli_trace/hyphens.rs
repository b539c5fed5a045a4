//! Filters, orders and texts that begin with a hyphen.

use qairon_integration_tests::Qcli;
use serde_json::json;

use crate::stage::Stage;

#[tokio::test]
async fn what_people_look_for_may_begin_with_a_hyphen() {
    let stage = Stage::set().await;
    for id in ["jam", "jar", "tea"] {
        stage.client.create("application", json!({ "id": id })).await.expect("it is a name");
    }
    let qcli = Qcli::new(&stage.server);
    let list = |args: &'static [&'static str]| {
        let args = [&["application", "list", "-o", "plain", "-f", "id"], args].concat();
        let qcli = qcli.clone();
        async move { qcli.text(&args).await }
    };
    assert_eq!(list(&["--filter", "-id = \"j*\""]).await, "tea");
    assert_eq!(list(&["--filter=-id = \"j*\"", "--order-by", "id desc"]).await, "tea");
    // Options after a filter are still options, and words before it are found as before.
    assert_eq!(list(&["--filter", "-id = tea", "--limit", "1"]).await, "jam");
    let count = ["-o", "plain", "application", "list", "--filter", "-id = \"ja*\"", "--count"];
    assert_eq!(qcli.text(&count).await, "1");
    // The server reports errors in an order: it knows the fields.
    let output = qcli.run(&["application", "list", "--order-by", "-id"]).await;
    assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""), "{}", output.stderr);
    assert!(output.stderr.contains("order_by"), "{}", output.stderr);

    for verb in ["find", "native_id"] {
        assert_eq!(qcli.text(&[verb, "-no such thing", "--limit", "3"]).await, "[]");
    }
    stage.client.create("application", json!({ "id": "-jam" })).await.expect("it is a name");
    assert_eq!(qcli.text(&["find", "-jam", "-o", "plain", "-f", "id"]).await, "-jam");
}
