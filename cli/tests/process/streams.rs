//! Readers that go away, and colour.

use std::io::Read;
use std::process::{Command, Stdio};

use crate::{command, printed, refusal};

#[test]
fn a_reader_that_goes_away_is_no_error() {
    for args in [
        &["help-tree"][..],
        &["--help"],
        &["stack", "--help"],
        &["help", "stack", "create"],
        &["--version"],
        &["man"],
        &["config", "view"],
        &["version", "--client"],
    ] {
        let mut child = command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("qcli runs");
        drop(child.stdout.take());
        let mut told = String::new();
        child.stderr.take().expect("standard error").read_to_string(&mut told).expect("UTF-8");
        assert_eq!((child.wait().expect("it ends").code(), told.as_str()), (Some(0), ""), "{args:?}");
    }
}

#[test]
fn nobody_who_reads_errors_is_no_reason_to_fail_otherwise() {
    for (args, code) in [(&["stak"][..], 2), (&["stack", "list", "--limt"], 2), (&["config", "current-context"], 1)] {
        let mut child = command(args).stderr(Stdio::piped()).spawn().expect("qcli runs");
        drop(child.stderr.take());
        assert_eq!(child.wait().expect("it ends").code(), Some(code), "{args:?}");
    }
}

#[test]
fn a_full_disk_is_told() {
    for args in [&["--help"][..], &["man"], &["config", "view"], &["help-tree"]] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("a device that is full");
        let output = command(args).stdout(full).output().expect("qcli runs");
        assert!(refusal(&output, 1).contains("No space left"), "{args:?}");
    }
}

/// What a program prints at a terminal.
fn at_terminal(line: &str, variables: &[(&str, &str)]) -> String {
    let mut command = Command::new("script");
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "QAIRON_ENDPOINT", "QAIRON_CONTEXT", "QAIRON_OUTPUT"] {
        command.env_remove(name);
    }
    command.args(["-qec", line, "/dev/null"]).env("TERM", "xterm-256color").env("QAIRON_CONFIG", "/dev/null");
    printed(&command.envs(variables.iter().copied()).stdin(Stdio::null()).output().expect("`script` runs"))
}

#[test]
fn there_is_colour_at_a_terminal_only_and_nowhere_with_no_color() {
    let qcli = env!("CARGO_BIN_EXE_qcli");
    let help = format!("{qcli} stack --help");
    let coloured = |text: &str| text.contains('\u{1b}');
    assert!(coloured(&at_terminal(&help, &[])));
    assert!(!coloured(&at_terminal(&help, &[("NO_COLOR", "1")])));
    assert!(!coloured(&at_terminal(&format!("{help} | cat"), &[])));
    for line in ["stak", "stack list --limt 3", "config view", "stack list --retries 0", "version --client", "man"] {
        for (line, variables) in
            [(format!("{qcli} {line}"), &[("NO_COLOR", "1")][..]), (format!("{qcli} {line} 2>&1 | cat"), &[])]
        {
            let printed = at_terminal(&line, variables);
            assert!(!printed.is_empty() && !coloured(&printed), "{line}: {printed}");
        }
    }
    let piped = |name: &str| printed(&command(&["stack", "--help"]).env(name, "1").output().expect("qcli runs"));
    assert!(!coloured(&piped("NO_COLOR")));
    assert!(coloured(&piped("CLICOLOR_FORCE")));
}
