//! Commands of others.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::{command, printed, refusal, told};

/// A directory with programs, each a script and whether it may be run.
fn programs(scripts: &[(&str, &str, bool)]) -> TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    for (name, script, executable) in scripts {
        let path = directory.path().join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("written");
        let mode = if *executable { 0o755 } else { 0o644 };
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("ours");
    }
    directory
}

/// `qcli` that finds programs in these directories first.
fn finding(directories: &[&Path], args: &[&str]) -> Command {
    let mut path: Vec<_> = directories.iter().map(|directory| directory.to_path_buf()).collect();
    path.extend(std::env::split_paths(&std::env::var_os("PATH").expect("a PATH")));
    let mut command = command(args);
    command.env("PATH", std::env::join_paths(path).expect("a PATH"));
    command
}

fn run(directory: &TempDir, args: &[&str]) -> Output {
    finding(&[directory.path()], args).output().expect("qcli runs")
}

#[test]
fn a_program_is_a_command_with_its_own_arguments_and_exit_code() {
    let directory = programs(&[
        ("qcli-foo", "printf '<%s>' \"$@\"; exit 7", true),
        ("qcli-foo-bar", "echo hyphens", true),
        ("qcli-in_between", "echo underscores", true),
        ("qcli-cat", "cat", true),
        ("qcli-dies", "kill -9 $$", true),
    ]);
    let output = run(&directory, &["-q", "foo", "--endpoint", "x y", "-h", "--", "é"]);
    assert_eq!((output.status.code(), printed(&output).as_str()), (Some(7), "<--endpoint><x y><-h><--><é>"));
    assert_eq!(printed(&run(&directory, &["help", "foo", "a"])), "<a><--help>");
    for (name, told) in [("foo-bar", "hyphens\n"), ("foo_bar", "hyphens\n"), ("in-between", "underscores\n")] {
        assert_eq!(printed(&run(&directory, &[name])), told, "{name}");
    }
    assert_eq!(run(&directory, &["dies"]).status.signal(), Some(9));
    let shell = "echo through | qcli cat";
    let qcli = Path::new(env!("CARGO_BIN_EXE_qcli")).parent().expect("a directory");
    let path =
        std::env::join_paths([qcli, directory.path(), Path::new("/usr/bin"), Path::new("/bin")]).expect("a PATH");
    let piped = Command::new("sh").args(["-c", shell]).env("PATH", path).output().expect("a shell");
    assert_eq!(printed(&piped), "through\n");
}

#[test]
fn a_program_finds_what_counts_in_its_environment() {
    let directory = programs(&[("qcli-foo", "env | grep ^QAIRON_ | sort", true)]);
    let config = directory.path().join("c.toml");
    fs::write(&config, "current_context = 'a'\n[contexts.a]\nendpoint = 'a:1'\n[contexts.b]\nendpoint = 'b:1'\n")
        .expect("written");
    let seen = |args: &[&str]| {
        printed(&finding(&[directory.path()], args).env("QAIRON_CONFIG", &config).output().expect("qcli runs"))
    };
    let file = format!("QAIRON_CONFIG={}\n", config.display());
    assert_eq!(seen(&["foo"]), format!("{file}QAIRON_CONTEXT=a\nQAIRON_ENDPOINT=a:1\n"));
    assert_eq!(
        seen(&["--context", "b", "--timeout=3s", "foo"]),
        format!("{file}QAIRON_CONTEXT=b\nQAIRON_ENDPOINT=b:1\nQAIRON_TIMEOUT=3s\n")
    );
    let output = run(&directory, &["--context", "b", "foo"]);
    assert!(refusal(&output, 2).starts_with("unknown context `b`"));
    assert!(refusal(&run(&directory, &["--limit=3", "foo"]), 2).contains("--limit"));
}

#[test]
fn nothing_of_ours_is_taken_away() {
    let own = ["stack", "deployment-target", "deployment_target", "trace", "help", "config", "help_tree", "csv-import"];
    let names: Vec<String> = own.iter().map(|name| format!("qcli-{name}")).collect();
    let scripts: Vec<(&str, &str, bool)> = names.iter().map(|name| (name.as_str(), "echo theirs", true)).collect();
    let directory = programs(&scripts);
    for name in own {
        assert!(!printed(&run(&directory, &[name, "--help"])).contains("theirs"), "{name}");
    }
    assert!(!printed(&run(&directory, &["--help"])).contains("External commands"));
}

#[test]
fn programs_are_listed_and_suggested() {
    let first = programs(&[("qcli-foo-bar", "echo first", true), ("qcli-plain", "", false), ("qcli-", "", true)]);
    let second = programs(&[("qcli-foo-bar", "echo second", true), ("qcli-other", "", true)]);
    let run = |args: &[&str]| finding(&[first.path(), second.path()], args).output().expect("qcli runs");
    let help = printed(&run(&["--help"]));
    let listed: Vec<&str> = help.lines().skip_while(|line| *line != "External commands:").skip(1).take(2).collect();
    let wanted = [
        format!("  foo-bar  {}", first.path().join("qcli-foo-bar").display()),
        format!("  other    {}", second.path().join("qcli-other").display()),
    ];
    assert_eq!(listed, wanted);
    assert!(!help.contains("qcli-plain"));
    assert!(printed(&run(&["--help", "foo-bar"])).contains("External commands:"), "the help is that of qcli");
    assert_eq!(printed(&run(&["foo-bar"])), "first\n");
    assert_eq!(refusal(&run(&["foo-br"]), 2), "unknown resource or command `foo-br`, did you mean `foo-bar`?");
    let refused = refusal(&run(&["plain"]), 2);
    assert!(refused.starts_with("unknown command `plain`: ") && refused.contains("chmod +x"), "{refused}");
    for name in ["", "../foo-bar", "/bin/sh"] {
        let output = run(&[name]);
        assert_eq!(output.status.code(), Some(2), "{name:?}: {}", told(&output));
    }
}
