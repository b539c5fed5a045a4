//! The program as scripts see it: exit codes, standard error, and a server that is not there.

use std::io::Read;
use std::net::TcpListener;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

fn qcli(endpoint: &str, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_qcli"))
        .args(args)
        .env("QAIRON_ENDPOINT", endpoint)
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .output()
        .expect("qcli runs")
}

/// An address on which nothing listens: it was free a moment ago.
fn closed_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").to_string()
}

fn told(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

#[test]
fn wrong_usage_is_one_line_and_exit_code_2() {
    for args in [
        &["stak", "list"][..],
        &["stack", "lst"],
        &["stack", "list", "--limt", "3"],
        &["stack", "list", "--limit", "-3"],
        &["stack", "get"],
        &["stack", "get", "a:b", "-o", "xml"],
        &["stack", "get", "a:b", "-f", "nmae"],
        &["stack", "create", "a"],
        &["stack", "create", "a", "b", "c"],
        &["stack", "get_field", "a:b", "servces"],
        &["stack", "set_field", "a:b", "defaults", "not JSON"],
        &["stack", "set_field", "a:b", "created_at", "now"],
        &["stack", "set_field", "a:b", "name", "--unset"],
        &["stack", "query", "name = x"],
        &["stack", "list", "--count", "--limit", "3"],
        &["stack", "list", "--count", "-f", "id"],
        &["stack", "get", "a:b", "--timeout", "soon"],
        &["stack", "get", "a:b", "--endpoint", "https://x"],
        &["network", "allocate_subnet", "n", "six", "name"],
        &["deployment", "link", "d", "zonse", "z"],
        &["csv_import", "import_csv", "stack", "/nonexistent.csv"],
        &["csv_import", "import_csv", "stak", "-"],
    ] {
        let output = qcli("127.0.0.1:1", args);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", told(&output));
        assert!(output.stdout.is_empty());
        let told = told(&output);
        assert!(told.starts_with("qcli: ") && told.lines().count() == 1, "{args:?}: {told}");
    }
}

#[test]
fn a_bad_file_is_refused_before_anything_is_sent() {
    let output = qcli(&closed_address(), &["csv_import", "import_csv", "stack", "/dev/null"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(told(&output).contains("column `name` is missing"), "{}", told(&output));
}

#[test]
fn no_server_is_exit_code_3() {
    let address = closed_address();
    for args in [&["stack", "get", "a:b"][..], &["stack", "create", "a", "b"], &["deployment", "assign-zone", "d", "z"]]
    {
        let output = qcli(&address, args);
        assert_eq!(output.status.code(), Some(3), "{args:?}: {}", told(&output));
        assert!(told(&output).contains(&address), "{}", told(&output));
    }
}

#[test]
fn broken_connections_are_tried_again() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address").to_string();
    let accepted = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&accepted);
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            counter.fetch_add(1, Ordering::SeqCst);
            drop(connection);
        }
    });
    let output = qcli(&address, &["stack", "create", "a", "b"]);
    assert_eq!(output.status.code(), Some(3), "{}", told(&output));
    assert!(accepted.load(Ordering::SeqCst) >= 3);
}

#[test]
fn a_silent_server_is_given_up_in_time() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address").to_string();
    let output = qcli(&address, &["stack", "get", "a:b", "--timeout", "300ms"]);
    assert_eq!(output.status.code(), Some(3), "{}", told(&output));
    assert!(told(&output).contains("--timeout"), "{}", told(&output));
}

#[test]
fn the_help_tree_has_every_resource_with_its_commands() {
    let output = qcli("", &["help-tree"]);
    assert!(output.status.success());
    let tree = String::from_utf8(output.stdout).expect("UTF-8");
    for entity in qairon::model().entities() {
        for verb in ["create", "get", "list", "query", "get_field", "get_field_query", "set_field", "delete"] {
            assert!(tree.contains(&format!("\nqcli {} {verb}: ", entity.name)), "{} {verb}", entity.name);
        }
        for link in &entity.links {
            assert!(tree.contains(&format!("\nqcli {} unassign_{}: ", entity.name, link.target)));
        }
    }
    for name in ["network allocate_subnet", "deployment clone", "deployment promote", "csv_import import_csv"] {
        assert!(tree.contains(&format!("\nqcli {name}: ")), "{name}");
    }
    assert_eq!(tree.as_bytes(), qcli("", &["help_tree"]).stdout, "it is the same every time");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_qcli"))
        .arg("help-tree")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("qcli runs");
    drop(child.stdout.take());
    let mut told = String::new();
    child.stderr.take().expect("standard error").read_to_string(&mut told).expect("UTF-8");
    assert!(child.wait().expect("it ends").success());
    assert_eq!(told, "");
}

#[test]
fn help_is_printed_for_every_level() {
    for (args, told) in [
        (&["--help"][..], "An independently deployable unit"),
        (&["deployment-target", "--help"], "get_field_query"),
        (&["help", "stack", "create"], "<application_id> <name>"),
        (&["stack_config", "create", "-h"], "--config"),
    ] {
        let output = qcli("", args);
        assert!(output.status.success(), "{args:?}");
        assert!(String::from_utf8_lossy(&output.stdout).contains(told), "{args:?}");
    }
}
