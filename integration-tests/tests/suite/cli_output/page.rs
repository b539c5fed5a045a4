//! The commands of the page on output, run against the demo organisation: they print what it says.

use std::fs;
use std::process::Stdio;

use qairon_integration_tests::{Program, Report, program, workspace};

use crate::filter_docs::load_demo;
use crate::stage::Stage;

/// Each command of the fenced blocks with the lines that follow it.
fn commands(page: &str) -> Vec<(String, String)> {
    let (mut commands, mut inside): (Vec<(String, String)>, bool) = (Vec::new(), false);
    for line in page.lines() {
        match (inside, line.strip_prefix("$ ")) {
            (false, _) => inside = line == "```console",
            (true, _) if line == "```" => inside = false,
            (true, Some(command)) => commands.push((command.to_owned(), String::new())),
            (true, None) => {
                let (_, output) = commands.last_mut().expect("a block begins with a command");
                output.push_str(line);
                output.push('\n');
            }
        }
    }
    commands
}

#[tokio::test]
async fn the_commands_of_the_page_on_output_print_what_it_says() {
    let page = fs::read_to_string(workspace().join("docs/clients/qcli-output.md")).expect("the page is there");
    let commands = commands(&page);
    assert!(commands.len() > 15, "{} commands", commands.len());
    let stage = Stage::set().await;
    load_demo(&stage).await;
    let qcli = program(Program::Qcli);
    let directory = qcli.parent().and_then(|path| path.to_str()).expect("a directory");
    let path = format!("{directory}:{}", std::env::var("PATH").expect("a path"));
    let mut report = Report::new();
    for (command, wanted) in commands {
        let shell = tokio::process::Command::new("bash")
            .args(["-c", &format!("{command} 2>&1")])
            .env("PATH", &path)
            .env("QAIRON_ENDPOINT", stage.server.endpoint())
            .env("QAIRON_CONFIG", "/dev/null")
            .stdin(Stdio::null())
            .output();
        let output = shell.await.expect("bash can be run");
        report.equal(command, String::from_utf8_lossy(&output.stdout).into_owned(), wanted);
    }
    report.finish();
}
