//! Manual pages.

use std::fs;

use crate::{command, printed, refusal};

/// What man pages are made of: the macros in use here, each with how many arguments it takes.
const MACROS: [(&str, std::ops::RangeInclusive<usize>); 10] = [
    ("TH", 5..=5),
    ("SH", 1..=1),
    ("SS", 1..=1),
    ("TP", 0..=0),
    ("RE", 0..=0),
    ("RS", 0..=1),
    ("br", 0..=0),
    ("BR", 2..=2),
    ("IP", 2..=2),
    ("PP", 0..=0),
];

/// The arguments of a macro, where quotation marks hold white space together.
fn arguments(line: &str) -> usize {
    let (mut count, mut quoted, mut inside) = (0, false, false);
    for letter in line.chars() {
        match letter {
            '"' => {
                quoted = !quoted;
                // An empty argument is one too.
                count += usize::from(quoted && !inside);
                inside = quoted;
            }
            ' ' if !quoted => inside = false,
            _ if !inside => {
                count += 1;
                inside = true;
            }
            _ => {}
        }
    }
    assert!(!quoted, "{line}");
    count
}

fn check(name: &str, text: &str) {
    let lines: Vec<&str> = text.lines().collect();
    let headings: Vec<&str> = lines.iter().filter_map(|line| line.strip_prefix(".SH ")).collect();
    assert_eq!(headings[..3], ["NAME", "SYNOPSIS", "DESCRIPTION"], "{name}");
    let named = lines[lines.iter().position(|line| *line == ".SH NAME").expect("a name") + 1];
    let title = name.strip_suffix(".1").expect("section 1");
    assert!(named.starts_with(&format!("{} \\- ", title.replace('-', "\\-"))), "{name}: {named}");
    for line in &lines {
        let Some(request) = line.strip_prefix('.') else {
            // Any other line with this beginning would be read as a request.
            assert!(!line.starts_with('\''), "{name}: {line}");
            continue;
        };
        let (word, rest) = request.split_once(' ').unwrap_or((request, ""));
        if ["ie", "el", "ds"].contains(&word) {
            continue;
        }
        let known = MACROS.iter().find(|(known, _)| *known == word);
        let (_, count) = known.unwrap_or_else(|| panic!("{name}: {line}"));
        assert!(count.contains(&arguments(rest)), "{name}: {line}");
    }
    // Every change of the font is taken back on its line.
    for line in &lines {
        let (changes, ends) =
            (line.matches("\\fB").count() + line.matches("\\fI").count(), line.matches("\\fR").count());
        assert_eq!(changes, ends, "{name}: {line}");
    }
}

#[test]
fn every_command_has_a_page_that_man_can_read() {
    let directory = tempfile::tempdir().expect("a directory");
    let target = directory.path().join("share/man/man1");
    let output = command(&["man", target.to_str().expect("UTF-8")]).output().expect("qcli runs");
    let tree = printed(&command(&["help-tree"]).output().expect("qcli runs"));
    let mut commands: Vec<String> = tree
        .lines()
        .filter(|line| line.starts_with("qcli"))
        .map(|line| format!("{}.1", line.split(':').next().expect("a name").replace(' ', "-")))
        .collect();
    commands.sort();
    assert!(commands.len() > 300);
    assert!(printed(&output).starts_with(&format!("wrote {} pages ", commands.len())), "{}", printed(&output));
    let mut pages: Vec<String> = fs::read_dir(&target)
        .expect("the directory is made")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"))
        .collect();
    pages.sort();
    assert_eq!(pages, commands);
    for page in pages {
        check(&page, &fs::read_to_string(target.join(&page)).expect("text"));
    }
}

#[test]
fn a_page_is_printed_and_the_same_everywhere() {
    let page = |args: &[&str]| printed(&command(args).output().expect("qcli runs"));
    let root = page(&["man"]);
    for told in ["EXIT STATUS", "QAIRON_CONFIG", "\\-\\-retries"] {
        assert!(root.contains(told), "{told}");
    }
    let create = page(&["man", "--page", "deployment-target", "create"]);
    check("qcli-deployment_target-create.1", &create);
    assert_eq!(create, page(&["man", "--page", "deployment_target create"]));
    assert!(create.contains(".BR qcli-deployment_target (1)") && !create.contains("\\-\\-endpoint"), "{create}");
    let narrow = command(&["man"]).envs([("COLUMNS", "40"), ("HOME", "/elsewhere"), ("USER", "else")]).output();
    assert_eq!(printed(&narrow.expect("qcli runs")), root);
    let file = tempfile::NamedTempFile::new().expect("a file");
    let refused = command(&["man", file.path().to_str().expect("UTF-8")]).output().expect("qcli runs");
    assert!(refusal(&refused, 1).contains(file.path().to_str().expect("UTF-8")));
}

#[test]
fn no_page_sends_anybody_to_a_hidden_command() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut left =
        vec![root.join("docs"), root.join("README.md"), root.join("CSV_IMPORT.md"), root.join("demo/README.md")];
    let mut pages = 0;
    while let Some(path) = left.pop() {
        if path.is_dir() {
            left.extend(fs::read_dir(&path).expect("it is there").map(|entry| entry.expect("an entry").path()));
            continue;
        }
        let Ok(text) = fs::read_to_string(&path) else { continue };
        pages += 1;
        for hidden in ["help_tree", "help-tree", "help_reference", "help-reference"] {
            assert!(!text.contains(hidden), "{}: {hidden}", path.display());
        }
    }
    assert!(pages > 40, "{pages} pages");
    let help = printed(&command(&["--help"]).output().expect("qcli runs"));
    assert!(!help.contains("help_"), "{help}");
}
