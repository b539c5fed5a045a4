//! The progress bar: only at a terminal.

use std::fmt::Write as _;
use std::process::Stdio;

use super::{Desk, command};

fn many(desk: &Desk) -> String {
    let mut content = String::from("id\n");
    (0..5000).for_each(|n| writeln!(content, "a{n}").expect("text"));
    desk.file("many.csv", content)
}

/// Runs qcli with a terminal for all of its streams and returns its screen.
async fn at_a_terminal(desk: &Desk, args: &[&str]) -> String {
    let program = qairon_integration_tests::program(qairon_integration_tests::Program::Qcli);
    let mut line = program.to_str().expect("text").to_owned();
    args.iter().for_each(|arg| write!(line, " '{arg}'").expect("text"));
    let mut script = tokio::process::Command::new("script");
    script.args(["-qec", &line, "/dev/null"]).env("QAIRON_ENDPOINT", desk.stage.server.endpoint()).env("TERM", "xterm");
    let output = script.stdin(Stdio::null()).output().await.expect("script runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}");
    text
}

#[tokio::test]
async fn there_is_a_bar_at_a_terminal_only() {
    let desk = Desk::set().await;
    let file = many(&desk);
    let import = ["csv_import", "import_csv", "application", &file, "--dry-run"];
    let seen = at_a_terminal(&desk, &import).await;
    assert!(seen.contains("rows, ") && seen.contains('%') && seen.contains(" left"), "{seen:?}");
    let quiet = at_a_terminal(&desk, &[&import[..], &["-q"]].concat()).await;
    assert_eq!(quiet, "");
    let piped = command(&desk.stage.server).args(import).output().await.expect("qcli runs");
    assert_eq!(String::from_utf8_lossy(&piped.stderr), "");
    assert_eq!(String::from_utf8_lossy(&piped.stdout), "{\"resource\":\"application\",\"created\":5000}\n");
}
