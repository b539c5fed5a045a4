//! The order of the service: what each part of `src` may use.

use std::path::{Path, PathBuf};

use qairon_architecture::{Exception, Layer, assert_layered, assert_layers, assert_sql_only_in};

/// Crates of a transport.
const TRANSPORT: [&str; 5] = ["tonic", "hyper", "http", "http_body_util", "tower"];
/// Crates of the database.
const DATABASE: [&str; 4] = ["diesel", "diesel_async", "tokio_postgres", "bb8"];
/// Both, and the runtime: rules do not wait for anything.
const INPUT_AND_OUTPUT: [&str; 10] =
    ["tonic", "hyper", "http", "http_body_util", "tower", "diesel", "diesel_async", "tokio_postgres", "bb8", "tokio"];
/// What the files that put the program together may use.
const ALL: [&str; 11] =
    ["api", "call", "config", "db", "domain", "embedded", "error", "grpc", "migrate", "serve", "telemetry"];

/// From the bottom to the top.
const LAYERS: [Layer<'_>; 14] = [
    Layer { part: "error", may_use: &[], no_crates: &INPUT_AND_OUTPUT },
    Layer { part: "telemetry", may_use: &[], no_crates: &[] },
    Layer { part: "embedded", may_use: &[], no_crates: &[] },
    Layer { part: "domain", may_use: &["error"], no_crates: &INPUT_AND_OUTPUT },
    Layer { part: "db", may_use: &["domain", "error", "telemetry"], no_crates: &TRANSPORT },
    Layer { part: "call", may_use: &["db", "error"], no_crates: &TRANSPORT },
    Layer { part: "api", may_use: &["call", "db", "domain", "error"], no_crates: &TRANSPORT },
    Layer { part: "grpc", may_use: &["api", "call", "error", "telemetry"], no_crates: &DATABASE },
    Layer { part: "protoset", may_use: &[], no_crates: &[] },
    Layer { part: "config", may_use: &ALL, no_crates: &[] },
    Layer { part: "migrate", may_use: &ALL, no_crates: &[] },
    Layer { part: "serve", may_use: &ALL, no_crates: &[] },
    Layer { part: "lib", may_use: &ALL, no_crates: &[] },
    Layer { part: "main", may_use: &ALL, no_crates: &[] },
];

/// Violations that stay, with a reason.
const EXCEPTIONS: [Exception<'_>; 0] = [];

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

#[test]
fn no_files_use_each_other_in_a_circle() {
    assert_layered(&sources(), &[]);
}

#[test]
fn every_part_uses_only_those_beneath_it() {
    assert_layers(&sources(), &LAYERS, &EXCEPTIONS);
}

/// The embedded PostgreSQL creates its database before the service has one to connect to.
#[test]
fn statements_are_in_the_database_folder() {
    assert_sql_only_in(&sources(), &["db", "embedded/server.rs"]);
}

/// Texts that sources of the database may be searched for, with the reason why they are of no language.
const KNOWN_TEXTS: [(&str, &str); 3] = [
    // The output of `postgres --version` and of the kernel.
    ("embedded/version.rs", "(PostgreSQL) "),
    ("embedded/cluster.rs", "MemTotal:"),
    // The driver's own word, where PostgreSQL has none: there was no session yet.
    ("migrate.rs", "tls"),
];

/// Servers speak many languages: what went wrong is recognised by SQLSTATE and by the names of constraints, which begin
/// with `_` where they are part of one.
#[test]
fn no_text_of_the_database_is_compared() {
    let comparing = [
        "contains",
        "starts_with",
        "ends_with",
        "strip_prefix",
        "strip_suffix",
        "find",
        "rfind",
        "split_once",
        "rsplit_once",
        "matches",
        "eq_ignore_ascii_case",
    ];
    let mut found = Vec::new();
    for (file, text) in source_files() {
        let of_database = ["db/", "embedded/"].iter().any(|folder| file.starts_with(folder)) || file == "migrate.rs";
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        for words in ["message", "detail", "hint"] {
            let is_asked = of_database && text.contains(&format!("info.{words}()"));
            assert!(!is_asked || ["db/failure.rs", "db/violation.rs"].contains(&file.as_str()), "{file} reads {words}");
        }
        for call in comparing.iter().filter(|_| of_database) {
            for rest in text.split(&format!(".{call}(\"")).skip(1) {
                let literal = rest.split('"').next().unwrap_or_default();
                let is_word = literal.chars().filter(char::is_ascii_alphabetic).count() >= 3;
                if is_word && !literal.starts_with('_') {
                    found.push((file.clone(), literal.to_owned()));
                }
            }
        }
    }
    found.sort();
    let mut known = KNOWN_TEXTS.map(|(file, text)| (file.to_owned(), text.to_owned()));
    known.sort();
    assert_eq!(found, known);
}

fn source_files() -> Vec<(String, String)> {
    let (mut files, mut folders) = (Vec::new(), vec![sources()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder of the sources").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(sources()).expect("a path beneath").to_str().expect("a name").to_owned();
            files.push((name, std::fs::read_to_string(&path).expect("a source file")));
        }
    }
    files
}

/// A table to write to is named in one place, and that place is private to the statements that change rows.
#[test]
fn only_the_rows_name_tables_to_write_to() {
    let naming = source_files().into_iter().filter(|(_, text)| text.contains("Table::target("));
    let mut found: Vec<String> = naming.map(|(file, _)| file).collect();
    found.sort();
    // The second is a unit test of the references themselves.
    assert_eq!(found, ["db/rows/mod.rs", "db/sources.rs"]);
}
