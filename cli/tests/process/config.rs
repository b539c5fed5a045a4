//! The config file.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Output;

use crate::{closed_address, command, printed, refusal, told};

/// Runs a command with a config file.
fn with(path: &Path, args: &[&str]) -> Output {
    command(args).env("QAIRON_CONFIG", path).output().expect("qcli runs")
}

fn done(path: &Path, args: &[&str]) -> String {
    let output = with(path, args);
    assert!(output.status.success(), "{args:?}: {}", told(&output));
    printed(&output)
}

#[test]
fn contexts_are_made_used_renamed_and_deleted() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("not/there/config.toml");
    assert!(refusal(&with(&path, &["config", "get-contexts"]), 2).contains("which does not exist"));
    assert!(!path.exists(), "reading makes no file");
    let said = with(&path, &["config", "set-context", "prod", "--endpoint", "h:1", "--retries", "2"]);
    assert_eq!(printed(&said), "context `prod` created\n");
    assert!(told(&said).contains("use-context prod"), "{}", told(&said));
    done(&path, &["config", "set_context", "dev", "-o", "plain", "--actor", "me", "--timeout=5s", "-q"]);
    assert_eq!(fs::metadata(&path).expect("the file").permissions().mode() & 0o777, 0o600);
    assert!(refusal(&with(&path, &["config", "current-context"]), 1).starts_with("there is no current context"));
    done(&path, &["config", "use-context", "dev"]);
    // The format of the context counts from here on.
    assert_eq!(done(&path, &["config", "current-context"]), "dev\n");
    assert_eq!(done(&path, &["config", "get-contexts", "-o", "plain", "-f", "name,current"]), "prod false\ndev true\n");
    done(&path, &["config", "rename-context", "dev", "laptop"]);
    assert_eq!(done(&path, &["config", "current-context"]), "laptop\n");
    assert_eq!(done(&path, &["config", "current-context", "--context", "prod"]), "prod\n");
    assert!(refusal(&with(&path, &["config", "rename-context", "laptop", "prod"]), 1).contains("already"));
    done(&path, &["config", "set-context", "prod", "--unset", "retries"]);
    done(&path, &["config", "delete-context", "laptop"]);
    assert_eq!(fs::read_to_string(&path).expect("text"), "[contexts.prod]\nendpoint = \"h:1\"\n");
    let told = refusal(&with(&path, &["config", "delete-context", "prd"]), 2);
    assert_eq!(told, "unknown context `prd`, did you mean `prod`?");
}

#[test]
fn what_counts_is_told_with_where_it_comes_from() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("c.toml");
    let text = "current_context = 'a'\n[contexts.a]\nendpoint = 'a:1'\ntimeout = '1s'\nretries = 7\n[contexts.b]\nactor = 'b'\n";
    fs::write(&path, text).expect("written");
    let view = |args: &[&str], variables: &[(&str, &str)]| {
        let args = [&["config", "view", "-o", "plain"], args].concat();
        let output =
            command(&args).env("QAIRON_CONFIG", &path).envs(variables.iter().copied()).output().expect("qcli runs");
        assert!(output.status.success(), "{}", told(&output));
        printed(&output)
    };
    let seen = view(&["--timeout", "3s"], &[("QAIRON_TIMEOUT", "2s"), ("QAIRON_RETRIES", "1"), ("QAIRON_ACTOR", "")]);
    for line in [
        "context a line 1 of the config file\n",
        "\nendpoint a:1 context a\n",
        "\ntimeout 3s --timeout\n",
        "\nretries 1 QAIRON_RETRIES\n",
        "\noutput plain --output\n",
    ] {
        assert!(seen.contains(line), "{line:?} in {seen}");
    }
    let seen = view(&["-f", "value,source"], &[("QAIRON_CONTEXT", "b")]);
    assert!(seen.contains("\nb QAIRON_CONTEXT\nhttp://127.0.0.1:50051 default\n"), "{seen}");
    assert!(view(&["--context", "a"], &[("QAIRON_CONTEXT", "b")]).contains("context a --context\n"));
    let output = with(&path, &["stack", "list", "--context", "c"]);
    assert_eq!(refusal(&output, 2), "unknown context `c`, expected one of `a`, `b`");
}

#[test]
fn the_settings_of_a_context_are_those_of_calls() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("c.toml");
    let address = closed_address();
    fs::write(&path, format!("[contexts.a]\nendpoint = '{address}'\nretries = 0\n")).expect("written");
    let calls = |args: &[&str], endpoint: Option<&str>| {
        let mut command = command(args);
        endpoint.map(|endpoint| command.env("QAIRON_ENDPOINT", endpoint));
        let output = command.env("QAIRON_CONFIG", &path).output().expect("qcli runs");
        assert_eq!(output.status.code(), Some(3), "{}", told(&output));
        told(&output)
    };
    let said = calls(&["stack", "get", "a:b", "--context", "a", "-v"], None);
    assert_eq!(said.matches(&format!("GetStack at http://{address}: UNAVAILABLE")).count(), 1, "{said}");
    // A command meant for one server does not reach another without a warning.
    let other = closed_address();
    let said = calls(&["stack", "get", "a:b", "--context", "a"], Some(&other));
    assert!(said.starts_with("qcli: QAIRON_ENDPOINT overrides the endpoint of context `a`\n"), "{said}");
    assert!(said.contains(&other), "{said}");
}

#[test]
fn a_file_that_is_wrong_is_refused_with_its_line() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("c.toml");
    for (text, wanted) in [
        ("[contexts.a]\nendpiont = 'h:1'\n", ":2: unknown setting of a context `endpiont`, did you mean `endpoint`?"),
        ("x", ":1: "),
        ("current_context = 'a'\n[contexts.a]\ntimeout = 'soon'", ":3: `timeout` must be a positive time"),
        ("current_context = 'b'\n[contexts.a]\n", ":1: unknown context `b`, expected one of `a`"),
    ] {
        fs::write(&path, text).expect("written");
        let told = refusal(&with(&path, &["stack", "list"]), 2);
        assert!(told.starts_with(&format!("{}{wanted}", path.display())), "{told}");
        assert_eq!(done(&path, &["config", "path"]), format!("{}\n", path.display()));
    }
    // A wrong value is mended, and does not matter where it is not used.
    fs::write(&path, "current_context = 'a'\n[contexts.a]\nendpoint = 'h'\n[contexts.b]\n").expect("written");
    assert!(refusal(&with(&path, &["stack", "list"]), 2).contains("has no port"));
    for other in [&["--context", "b"][..], &["--endpoint", "127.0.0.1:1"]] {
        refusal(&with(&path, &[&["stack", "list", "--retries", "0"], other].concat()), 3);
    }
    done(&path, &["config", "set-context", "a", "--endpoint", "127.0.0.1:1"]);
    refusal(&with(&path, &["stack", "list", "--retries", "0"]), 3);
    // The way out of a context that is gone.
    fs::write(&path, "current_context = 'b'\n[contexts.a]\n").expect("written");
    done(&path, &["config", "use-context", "a"]);
    assert_eq!(done(&path, &["config", "current-context"]), "a\n");
    fs::write(&path, b"\xff").expect("written");
    assert!(refusal(&with(&path, &["stack", "list"]), 2).contains("cannot be read"));
}

#[test]
fn a_file_that_the_variable_names_has_to_be_there() {
    let directory = tempfile::tempdir().expect("a directory");
    let missing = directory.path().join("tpyo.toml");
    let named = missing.display();
    let told = format!(
        "QAIRON_CONFIG names {named}, which does not exist; create it with `qcli config set-context`, or correct or \
         unset the variable"
    );
    for args in [
        &["stack", "list"][..],
        &["stack", "get", "a:b", "--endpoint", "h:1"],
        &["version", "--client"],
        &["config", "view"],
        &["config", "get-contexts"],
        &["config", "current-context"],
        &["config", "use-context", "a"],
        &["config", "rename-context", "a", "b"],
        &["config", "delete-context", "a"],
    ] {
        assert_eq!(refusal(&with(&missing, args), 2), told, "{args:?}");
        assert!(!missing.exists(), "{args:?}");
    }
    let told = refusal(&with(directory.path(), &["stack", "list"]), 2);
    let named = directory.path().display();
    assert_eq!(told, format!("QAIRON_CONFIG names {named}, which is a directory; correct or unset the variable"));
    fs::write(&missing, b"\xff").expect("written");
    let told = refusal(&with(&missing, &["stack", "list"]), 2);
    assert!(told.contains("QAIRON_CONFIG") && told.contains("cannot be read: it is not UTF-8"), "{told}");
    fs::remove_file(&missing).expect("it was there");
    // What reads no settings does without it, and what creates it is the remedy.
    assert_eq!(done(&missing, &["config", "path"]), format!("{}\n", missing.display()));
    assert!(with(&missing, &["--help"]).status.success());
    done(&missing, &["config", "set-context", "a", "--endpoint", "h:1"]);
    assert_eq!(done(&missing, &["config", "get-contexts", "-f", "name", "-o", "plain"]), "a\n");
}

#[test]
fn the_usual_file_may_be_missing() {
    let home = tempfile::tempdir().expect("a directory");
    let run = |args: &[&str], variable: Option<&str>| {
        let mut command = command(args);
        command.env_remove("QAIRON_CONFIG").env_remove("XDG_CONFIG_HOME").env("HOME", home.path());
        variable.map(|value| command.env("QAIRON_CONFIG", value));
        command.output().expect("qcli runs")
    };
    for variable in [None, Some("")] {
        assert_eq!(printed(&run(&["config", "get-contexts"], variable)), "[]\n");
    }
    let folder = home.path().join(".config/qairon/config.toml");
    fs::create_dir_all(&folder).expect("made");
    let told = refusal(&run(&["config", "get-contexts"], None), 2);
    let wanted =
        format!("the config file {} is a directory; mend it, or name another in QAIRON_CONFIG", folder.display());
    assert_eq!(told, wanted);
}

#[test]
fn symbolic_links_stay_and_devices_are_left_alone() {
    let directory = tempfile::tempdir().expect("a directory");
    let (real, link) = (directory.path().join("dotfiles/q.toml"), directory.path().join("config.toml"));
    symlink("dotfiles/q.toml", &link).expect("a link");
    done(&link, &["config", "set-context", "a", "--actor", "me"]);
    assert!(link.is_symlink());
    fs::write(&real, "# mine\n[contexts.a] # here\nactor = 'me' # too\n").expect("the link leads there");
    done(&link, &["config", "set-context", "a", "--actor", "you"]);
    assert_eq!(fs::read_to_string(&real).expect("text"), "# mine\n[contexts.a] # here\nactor = \"you\" # too\n");
    let fifo = directory.path().join("dotfiles");
    assert!(refusal(&with(&fifo, &["config", "set-context", "a", "--actor", "me"]), 2).contains("is not a file"));
    let null = with(Path::new("/dev/null"), &["config", "set-context", "a", "--actor", "me"]);
    assert_eq!(refusal(&null, 2), "/dev/null is not a file; set QAIRON_CONFIG");
}

#[test]
fn changes_at_the_same_time_are_all_there() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("c.toml");
    let names: Vec<String> = (0..8).map(|number| format!("c{number}")).collect();
    let children = names.iter().map(|name| {
        let args = ["config", "set-context", name, "--actor", name, "-q"];
        command(&args).env("QAIRON_CONFIG", &path).spawn().expect("qcli runs")
    });
    for mut child in children.collect::<Vec<_>>() {
        assert!(child.wait().expect("it ends").success());
    }
    assert_eq!(done(&path, &["config", "get-contexts", "-o", "plain", "-f", "name"]).lines().count(), names.len());
    assert_eq!(fs::read_dir(directory.path()).expect("a directory").count(), 1, "nothing is left beside it");
}
