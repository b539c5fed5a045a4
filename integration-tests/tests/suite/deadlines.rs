//! Deadlines of tests come from one place, where they grow with the load of the machine: no other file names a time.

use std::fs;
use std::path::{Path, PathBuf};

use qairon_integration_tests::workspace;

/// Ways to name a time, or to measure one.
const TIMES: [&str; 8] =
    ["from_secs", "from_millis", "from_micros", "from_mins", "Duration::new(", "elapsed(", "sleep(", "duration_since"];

/// Times that are no deadlines: the file, a text of the line, and why it is there.
const EXCEPTIONS: [(&str, &str, &str); 12] = [
    ("src/patience.rs", "const SOON: Duration", "the place"),
    ("src/patience.rs", "const LONG: Duration", "the place"),
    ("src/poll.rs", "started.elapsed() > within", "waits as long as the place says"),
    ("src/poll.rs", "from_millis(10)", "the pause between two looks"),
    ("tests/suite/cancellation.rs", "let patience = ", "callers give up at random: that is the test"),
    ("tests/suite/cancellation.rs", "let deadline = ", "deadlines of 1 to 50 ms are the test"),
    ("tests/suite/cli_trace/broken.rs", "let slow = ", "how slow the made-up connection is"),
    ("tests/suite/cli_trace/broken.rs", "sleep(pause)", "the same"),
    ("tests/suite/cli_trace/broken.rs", "was too fast to show anything", "at least: a slow machine only adds to it"),
    ("tests/suite/lifecycle.rs", "the call had its time", "at least: a slow machine only adds to it"),
    ("tests/suite/transport/connections.rs", "const PATIENCE", "at least: a slow machine only adds to it"),
    ("tests/suite/filter_injection.rs", "\"sleep(10)\"", "a filter to be refused"),
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of the sources").flatten() {
        let path = entry.path();
        match path.is_dir() {
            true => sources(&path, found),
            false if path.extension().is_some_and(|extension| extension == "rs") => found.push(path),
            false => {}
        }
    }
}

/// Every line that names a time and is no exception, and every exception that is no more.
fn found(lines: &[(String, String)], exceptions: &[(&str, &str, &str)]) -> Vec<String> {
    let timed: Vec<_> = lines.iter().filter(|(_, line)| TIMES.iter().any(|time| line.contains(time))).collect();
    let excepts =
        |(file, text, _): &(&str, &str, &str), (at, line): &(String, String)| at == file && line.contains(text);
    let raw = timed.iter().filter(|line| !exceptions.iter().any(|exception| excepts(exception, line)));
    let raw = raw.map(|(file, line)| format!("{file} names a time, use `soon()` or `long()`: {}", line.trim()));
    let over = exceptions.iter().filter(|exception| !timed.iter().any(|line| excepts(exception, line)));
    raw.chain(over.map(|(file, text, _)| format!("{file} has no `{text}` any more, remove the exception"))).collect()
}

#[test]
fn no_test_names_a_deadline_of_its_own() {
    let root = workspace().join("integration-tests");
    let mut files = Vec::new();
    sources(&root.join("src"), &mut files);
    sources(&root.join("tests"), &mut files);
    assert!(files.len() > 100, "{files:?}");
    let mut lines = Vec::new();
    // All but this file, which quotes them.
    for path in files.into_iter().filter(|path| !path.ends_with(file!().rsplit('/').next().unwrap_or_default())) {
        let file = path.strip_prefix(&root).expect("a path beneath").to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).expect("a source file");
        lines.extend(text.lines().map(|line| (file.clone(), line.to_owned())));
    }
    let faults = found(&lines, &EXCEPTIONS);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_deadline_and_an_exception_without_one_are_noticed() {
    let line = |text: &str| vec![("a.rs".to_owned(), text.to_owned())];
    for time in TIMES {
        assert_eq!(found(&line(&format!("let x = {time}5);")), &[]).len(), 1, "{time}");
    }
    let raw = line("poll_until(Duration::from_secs(5), \"it\")");
    assert!(found(&raw, &[("a.rs", "poll_until", "made up")]).is_empty());
    assert_eq!(found(&raw, &[("b.rs", "poll_until", "made up")]).len(), 2, "of another file, and without a line");
    assert!(found(&line("poll_until(soon(), \"it\")"), &[]).is_empty());
}
