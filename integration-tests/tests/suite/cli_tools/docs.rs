//! The page of qcli: what its sessions show is what the program does.

use std::fs;
use std::process::Stdio;

use qairon_integration_tests::{Program, Report, program, workspace};
use tokio::process::Command;

#[tokio::test]
async fn the_sessions_of_the_page_are_as_they_are_shown() {
    let page = fs::read_to_string(workspace().join("docs/clients/qcli.md")).expect("the page is there");
    let directory = tempfile::tempdir().expect("a directory");
    let programs = program(Program::Qcli).parent().expect("a directory").to_owned();
    let path = std::env::var_os("PATH").expect("a PATH");
    let path = std::env::join_paths(std::iter::once(programs).chain(std::env::split_paths(&path))).expect("a PATH");
    let mut report = Report::new();
    let mut count = 0;
    // One after the other, on one config file: what a session makes, the next has.
    for session in page.split("```session\n").skip(1) {
        let (session, _) = session.split_once("```").expect("a session has an end");
        for step in session.split("$ ").skip(1) {
            let (line, wanted) = step.split_once('\n').expect("a command is a line");
            let mut command = Command::new("sh");
            for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("QAIRON_")) {
                command.env_remove(name);
            }
            command.args(["-c", line]).env("PATH", &path).env("QAIRON_CONFIG", directory.path().join("config.toml"));
            let output = command.stdin(Stdio::null()).output().await.expect("a shell");
            report.equal(line, String::from_utf8_lossy(&output.stdout).into_owned(), wanted.to_owned());
            count += 1;
        }
    }
    assert!(count >= 10, "{count} commands");
    report.finish();
}

#[tokio::test]
async fn the_config_file_of_the_page_is_one() {
    let page = fs::read_to_string(workspace().join("docs/clients/qcli.md")).expect("the page is there");
    let (_, rest) = page.split_once("```toml\n").expect("the page has a file");
    let (text, _) = rest.split_once("```").expect("which ends");
    let file = tempfile::NamedTempFile::new().expect("a file");
    fs::write(file.path(), text).expect("written");
    let output = Command::new(program(Program::Qcli))
        .args(["config", "get-contexts", "-o", "plain", "-f", "name,current,retries"])
        .env("QAIRON_CONFIG", file.path())
        .output()
        .await
        .expect("qcli runs");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "dev true null\nprod false 2\n");
}
