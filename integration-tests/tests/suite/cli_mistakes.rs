//! Mistyped IDs, comparisons, several fields at once, and answers that are cut.

use qairon_integration_tests::{Program, Qcli, program};
use serde_json::json;

use crate::stage::Stage;

async fn shop() -> (Stage, Qcli) {
    let stage = Stage::set().await;
    let qcli = Qcli::new(&stage.server);
    qcli.text(&["application", "create", "ecommerce"]).await;
    qcli.text(&["provider_type", "create", "aws"]).await;
    qcli.text(&["stack", "create", "ecommerce", "checkout"]).await;
    qcli.text(&["service", "create", "ecommerce:checkout", "cart", "-d", "{\"tier\": 1, \"old\": true}"]).await;
    (stage, qcli)
}

#[tokio::test]
async fn a_mistyped_id_is_answered_with_the_nearest() {
    let (_stage, qcli) = shop().await;
    let told = "qcli: stack `ecommerce:chekout` does not exist; did you mean `ecommerce:checkout`? (NOT_FOUND)\n";
    for args in [
        &["stack", "get", "ecommerce:chekout"][..],
        &["stack", "get_field", "ecommerce:chekout", "name"],
        &["stack", "get_field", "ecommerce:chekout", "services"],
        &["stack", "set_field", "ecommerce:chekout", "name", "x"],
        &["stack", "delete", "ecommerce:chekout"],
        &["stack", "delete", "ecommerce:chekout", "--dry-run"],
        &["stack", "get", "ecommerce:chekout", "ecommerce:checkout", "-q"],
        &["trace", "impact", "stack", "ecommerce:chekout"],
    ] {
        let answer = qcli.run(args).await;
        assert_eq!((answer.code, answer.stderr.as_str()), (Some(1), told), "{args:?}");
    }
    for (args, nearest) in [
        (&["stack", "get", "ecomerce:checkout"][..], Some("ecommerce:checkout")),
        (&["application", "get", "ecomerce"], Some("ecommerce")),
        (&["provider_type", "get", "awss"], Some("aws")),
        (&["service", "get", "cart"], Some("ecommerce:checkout:cart")),
        (&["service", "create", "ecommerce:chekout", "x"], Some("ecommerce:checkout")),
        (&["stack", "get", "ecommerce:other"], None),
        (&["stack", "get", "xy"], None),
    ] {
        let answer = qcli.run(args).await;
        let found = answer.stderr.split("did you mean `").nth(1).and_then(|rest| rest.split('`').next());
        assert_eq!((answer.code, found), (Some(1), nearest), "{args:?}: {}", answer.stderr);
    }
}

#[tokio::test]
async fn a_comparison_ends_like_gnu_diff() {
    let (stage, qcli) = shop().await;
    let diff = async |input: &str| qcli.run_with_input(&["diff", "-f", "-"], input.as_bytes()).await.code;
    assert_eq!(diff("---\n{resource: application, id: ecommerce}").await, Some(0));
    assert_eq!(diff("---\n{resource: application, id: other}").await, Some(1));
    // Refused by the client, and by the server.
    assert_eq!(diff("---\n{resource: aplication, id: other}").await, Some(2));
    assert_eq!(diff("---\n{resource: stack, application_id: none, name: x}").await, Some(2));
    assert_eq!(qcli.run(&["diff", "-f", "/nonexistent.yaml"]).await.code, Some(2));
    assert_eq!(qcli.run(&["diff"]).await.code, Some(2));
    // A difference that nobody could read.
    let program = program(Program::Qcli);
    let line = format!("echo '- {{resource: application, id: other}}' | {} diff -f - >/dev/full", program.display());
    let mut shell = tokio::process::Command::new("bash");
    shell.args(["-c", &line]).env("QAIRON_ENDPOINT", stage.server.endpoint()).env("QAIRON_CONFIG", "/dev/null");
    let output = shell.output().await.expect("a shell");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{errors}");
    assert!(errors.contains("No space left"), "{errors}");
    let nobody = Qcli::at("http://127.0.0.1:1");
    let unreachable = nobody.run_with_input(&["diff", "-f", "-"], b"---\n{resource: application, id: x}").await;
    assert_eq!(unreachable.code, Some(2), "{unreachable:?}");
}

#[tokio::test]
async fn several_fields_are_set_at_once() {
    let (_stage, qcli) = shop().await;
    let id = "ecommerce:checkout:cart";
    let set = qcli.json(&["service", "set_field", id, "artifact_name", "image", "defaults", "{\"a\": 1}"]).await;
    assert_eq!((&set["artifact_name"], &set["defaults"]), (&json!("image"), &json!({ "a": 1 })));
    let set = qcli.json(&["service", "set_field", id, "--unset", "artifact_name", "--unset", "defaults"]).await;
    assert_eq!((&set["artifact_name"], &set["defaults"]), (&json!(null), &json!({})));
    qcli.text(&["service", "set_field", id, "artifact_name", "image"]).await;
    let set = qcli.json(&["service", "set_field", id, "name", "basket", "artifact_name", "--unset"]).await;
    assert_eq!((&set["id"], &set["artifact_name"]), (&json!("ecommerce:checkout:basket"), &json!(null)));
    for args in [
        &["service", "set_field", id][..],
        &["service", "set_field", id, "name"],
        &["service", "set_field", id, "name", "x", "artifact_name"],
        &["service", "set_field", id, "name", "x", "name", "y"],
        &["service", "set_field", id, "--unset"],
    ] {
        let answer = qcli.run(args).await;
        assert_eq!((answer.code, answer.stderr.lines().count()), (Some(2), 1), "{args:?}: {answer:?}");
    }
}

#[tokio::test]
async fn values_inside_json_are_set_one_by_one() {
    let (_stage, qcli) = shop().await;
    let id = "ecommerce:checkout:cart";
    let set = [
        "service",
        "set_field",
        id,
        "defaults.tier",
        "5",
        "defaults.owner.team",
        "web",
        "defaults.owner.size",
        "\"5\"",
        "--unset",
        "defaults.old",
    ];
    let set = qcli.json(&set).await;
    assert_eq!(set["defaults"], json!({ "tier": 5, "owner": { "team": "web", "size": "5" } }));
    let set =
        qcli.json(&["service", "set_field", id, "--unset", "defaults.owner.team", "defaults.\"a.b\"", "[1]"]).await;
    assert_eq!(set["defaults"], json!({ "tier": 5, "owner": { "size": "5" }, "a.b": [1] }));
}

#[tokio::test]
async fn a_trace_ends_after_as_many_rows_as_are_wanted() {
    let (_stage, qcli) = shop().await;
    let names: Vec<String> = (0..30).map(|n| format!("s{n}")).collect();
    for name in &names {
        qcli.text(&["service", "create", "ecommerce:checkout", name]).await;
    }
    let impact = ["trace", "impact", "application", "ecommerce", "-o", "jsonl"];
    let count = async |limit: &[&str]| qcli.text(&[&impact[..], limit].concat()).await.lines().count();
    assert_eq!((count(&[]).await, count(&["--limit", "3"]).await, count(&["--limit", "99"]).await), (32, 3, 32));
    assert_eq!(qcli.json(&["trace", "impact", "application", "ecommerce", "--limit", "0"]).await, json!([]));
    for verb in ["infrastructure", "neighbors", "impact", "builds"] {
        let help = qcli.text(&["trace", verb, "--help"]).await;
        assert!(help.contains("--limit <N>"), "{verb}");
    }
    let verbose = qcli.run(&[&impact[..], &["--limit", "1", "-v"]].concat()).await;
    assert!(verbose.code == Some(0) && verbose.stderr.contains("TraceImpact"), "{verbose:?}");
}

#[tokio::test]
async fn errors_of_bundles_have_file_and_line_in_every_format() {
    let (_stage, qcli) = shop().await;
    let directory = tempfile::tempdir().expect("a directory");
    let good = [
        ("a.yaml", "# first\n{resource: stack, application_id: none, name: x}\n", 2),
        (
            "b.json",
            "[\n{\"resource\": \"application\", \"id\": \"x\"},\n{\"resource\": \"stack\", \"application_id\": \"none\", \"name\": \"x\"}]",
            3,
        ),
        ("stack.csv", "application_id,name\necommerce,x\nnone,y\n", 3),
    ];
    let bad = [
        ("c.yaml", "resource: stack\nnmae: x\n", 2),
        ("d.json", "[\n{\"resource\": \"stack\",\n \"nmae\": \"x\"}]", 2),
        ("e.json", "[\n{\"resource\": \"stack\",\n \"nmae\" \"x\"}]", 3),
        ("stacks.csv", "nmae\nx\n", 1),
        ("02_stack.csv", "application_id,name\na\n", 2),
    ];
    for (name, text, line) in good.into_iter().chain(bad) {
        let file = directory.path().join(name);
        std::fs::write(&file, text).expect("it is written");
        let file = file.to_str().expect("text");
        let answer = qcli.run(&["apply", "-f", file]).await;
        let place = format!("qcli: {file}:{line}: ");
        assert!(answer.code == Some(1) && answer.stderr.starts_with(&place), "{name}: {}", answer.stderr);
    }
}
