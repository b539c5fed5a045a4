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

/// A table to write to is named in one place, and that place is private to the statements that change rows.
#[test]
fn only_the_rows_name_tables_to_write_to() {
    let mut found = Vec::new();
    let mut folders = vec![sources()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder of the sources").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if std::fs::read_to_string(&path).expect("a source file").contains("Table::target(") {
                found.push(path.strip_prefix(sources()).expect("a path beneath").to_owned());
            }
        }
    }
    found.sort();
    // The second is a unit test of the references themselves.
    assert_eq!(found, [Path::new("db/rows/mod.rs"), Path::new("db/sources.rs")]);
}
