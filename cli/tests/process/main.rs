//! The program as scripts see it: exit codes, standard error, and an unreachable server.

mod config;
mod endpoints;
mod pages;
mod plugins;
mod streams;

use std::net::TcpListener;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// `qcli` without the settings of the current user.
fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_qcli"));
    let settings = std::env::vars_os().map(|(name, _)| name).filter(|name| {
        let name = name.to_string_lossy();
        name.starts_with("QAIRON_") || ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"].contains(&name.as_ref())
    });
    settings.for_each(|name| _ = command.env_remove(name));
    command.args(args).env("QAIRON_CONFIG", "/dev/null").stdin(Stdio::null());
    command
}

fn qcli(endpoint: &str, args: &[&str]) -> Output {
    command(args).env("QAIRON_ENDPOINT", endpoint).output().expect("qcli runs")
}

fn printed(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

/// The one line that a failed command says.
fn refusal(output: &Output, code: i32) -> String {
    let told = told(output);
    assert_eq!(output.status.code(), Some(code), "{told}");
    assert!(told.starts_with("qcli: ") && told.lines().count() == 1, "{told}");
    told.trim_end().trim_start_matches("qcli: ").to_owned()
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
        &["stack", "list", "--limit", "99999999999999999999"],
        &["trace", "impact", "stack", "a:b", "--limit", "x"],
        &["build", "create", "a:b:c", "99999999999999999999", "main"],
        &["get", "stack", "a:b"],
        &["list", "stacks"],
        &["stacks", "list"],
        &["stack", "describe", "a:b"],
        &["stack", "a:b"],
        &["stack", "set_field", "a:b", "name"],
        &["stack", "edit"],
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
        &["stack", "get", "a:b", "--endpoint", "http://me:secret@x:1"],
        &["stack", "get", "a:b", "--ca-file", ""],
        &["stack", "get", "a:b", "--retries", "many"],
        &["stack", "get", "a:b", "--context", "prod"],
        &["config", "use-context", "prod"],
        &["config", "set-contxt", "prod"],
        &["version", "-f", "servr_version"],
        &["man", "--page", "stack", "mke"],
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
fn calls_are_made_as_often_as_is_said() {
    let address = closed_address();
    for (retries, attempts) in [("0", 1), ("2", 3)] {
        let output = qcli(&address, &["stack", "get", "a:b", "-v", "--retries", retries]);
        assert_eq!(output.status.code(), Some(3));
        let calls = told(&output).lines().filter(|line| line.starts_with("qcli: GetStack at http://")).count();
        assert_eq!(calls, attempts, "{}", told(&output));
    }
    // However often it may be tried: the time is for all attempts together.
    let output = qcli(&address, &["stack", "get", "a:b", "-v", "--retries", "100", "--timeout", "800ms"]);
    assert_eq!(told(&output).matches("again in").count(), 3, "{}", told(&output));
}

#[test]
fn the_version_of_the_client_is_known_without_a_server() {
    let version = env!("CARGO_PKG_VERSION");
    let output = qcli(&closed_address(), &["version", "--retries", "0"]);
    assert!(refusal(&output, 3).starts_with("cannot reach "));
    let told = printed(&output);
    assert!(told.starts_with(&format!(r#"{{"client_version":"{version}","#)), "{told}");
    assert!(told.contains(r#""server_version":null,"#), "{told}");
    let output = qcli("", &["version", "--client"]);
    assert_eq!(printed(&output), format!("{{\"client_version\":\"{version}\"}}\n"));
    assert_eq!(printed(&qcli("", &["--version"])), format!("qcli {version}\n"));
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
fn help_is_printed_for_every_level() {
    for (args, told) in [
        (&["--help"][..], "An independently deployable unit"),
        (&["deployment-target", "--help"], "get_field_query"),
        (&["help", "stack", "create"], "<application_id> <name>"),
        (&["stack_config", "create", "-h"], "--config"),
        (&["--help"], "Catalog:\n  application "),
        (&["stack", "list", "--help"], "Options of every command: --context, "),
        (&["stack", "list", "--help-all"], "--endpoint <ADDRESS>"),
        (&["options"], "--endpoint <ADDRESS>"),
    ] {
        let output = qcli("", args);
        assert!(output.status.success(), "{args:?}");
        assert!(String::from_utf8_lossy(&output.stdout).contains(told), "{args:?}");
    }
}
