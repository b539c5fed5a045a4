//! The rules between the parts of a crate, kept and broken in small crates made up for the purpose.

mod made_up;

use made_up::tree;
use qairon_architecture::{Layer, assert_layers, assert_sql_only_in, crates, texts};

/// The crates that a file with this text names.
fn named(text: &str) -> Vec<String> {
    let others = [("lib.rs", "mod a; mod b;"), ("b.rs", "pub mod http { pub struct Uri; }")];
    let root = tree(&[&others[..], &[("a.rs", text)]].concat());
    crates(root.path()).into_iter().map(|(file, name)| format!("{file} {name}")).collect()
}

#[test]
fn every_way_to_name_a_crate_is_found() {
    for text in [
        "use tonic::Status;",
        "pub use tonic;",
        "use tonic::{self, Code};",
        "use tonic as transport;",
        "use ::tonic::Status;",
        "extern crate tonic;",
        "fn f() { tonic::Status::ok(); }",
        "fn f(_: ::tonic::Status) {}",
        "impl tonic::Service for u8 {}",
        "#[derive(tonic::Derived)] struct S;",
        "#[tonic::async_trait] trait T {}",
        "tonic::include_proto!(\"x\");",
        "fn f() { vec![tonic::Status::ok()]; }",
        "use tonic::Status; fn f() { Status::ok(); }",
        "mod inner { use tonic::Code; }",
    ] {
        assert_eq!(named(text), ["a.rs tonic"], "{text}");
    }
}

#[test]
fn what_is_of_the_crate_itself_or_for_tests_names_no_crate() {
    for text in [
        "use crate::b::http; fn f(_: http::Uri) {}",
        "use super::b; fn f(_: b::http::Uri) {}",
        "use crate::b::*; fn f(_: http::Uri) {}",
        "mod http { pub struct Uri; } fn f(_: http::Uri) {}",
        "fn f() { u8::try_from(1); str::from_utf8(b\"\"); String::new(); Self::g(); }",
        "#[cfg(test)] mod tests { use http::Uri; }",
        "#[cfg(test)] use ::http::Uri;",
        "#[tokio::test] async fn f() { http::Uri::new(); }",
        "//! Such as `http::Uri`.\n#[allow(clippy::all)] fn f() { let _ = \"http::Uri\"; }",
    ] {
        assert!(named(text).is_empty(), "{text}: {:?}", named(text));
    }
}

/// `db` is beneath `api`, and `error.rs` beneath both.
const LAYERS: [Layer<'_>; 4] = [
    Layer { part: "error", may_use: &[], no_crates: &[] },
    Layer { part: "db", may_use: &["error"], no_crates: &["tonic"] },
    Layer { part: "api", may_use: &["db", "error"], no_crates: &["diesel"] },
    Layer { part: "lib", may_use: &["api", "db", "error"], no_crates: &[] },
];

const SOUND: [(&str, &str); 6] = [
    ("lib.rs", "mod api; mod db; mod error; pub fn run() { api::run() }"),
    ("error.rs", "pub struct Error;"),
    ("db/mod.rs", "mod row; use crate::error::Error; use diesel::Row;"),
    ("db/row.rs", "use super::super::error::Error;"),
    ("api.rs", "mod read; use crate::{db, error::Error}; use tonic::Code; pub fn run() {}"),
    ("api/read.rs", "use crate::db::Row;"),
];

fn with(file: &str, text: &str) -> tempfile::TempDir {
    let mut files: Vec<(&str, &str)> = SOUND.iter().copied().filter(|(known, _)| *known != file).collect();
    files.push((file, text));
    tree(&files)
}

#[test]
fn a_crate_that_keeps_its_layers_passes() {
    assert_layers(tree(&SOUND).path(), &LAYERS, &[]);
}

#[test]
#[should_panic = "db/row.rs uses api.rs, but db may not use api"]
fn a_use_of_a_layer_above_fails_the_test() {
    assert_layers(with("db/row.rs", "use crate::api;").path(), &LAYERS, &[]);
}

#[test]
#[should_panic = "error.rs uses db/row.rs, but error may not use db"]
fn a_use_inside_a_function_fails_the_test() {
    assert_layers(with("error.rs", "fn f() { crate::db::row::read() }").path(), &LAYERS, &[]);
}

#[test]
#[should_panic = "api/read.rs names the crate diesel, which api may not name"]
fn a_crate_that_a_layer_may_not_name_fails_the_test() {
    assert_layers(with("api/read.rs", "fn f(_: diesel::Row) {}").path(), &LAYERS, &[]);
}

#[test]
#[should_panic = "other.rs belongs to no layer"]
fn a_file_outside_of_the_table_fails_the_test() {
    let root = tree(&[("lib.rs", "mod other;"), ("other.rs", "")]);
    assert_layers(root.path(), &LAYERS, &[]);
}

#[test]
fn exceptions_are_of_one_file_and_one_part_or_crate() {
    let root = with("db/row.rs", "use crate::api; use tonic::Code;");
    let exceptions = [("db/row.rs", "api", "made up"), ("db/row.rs", "tonic", "made up")];
    assert_layers(root.path(), &LAYERS, &exceptions);
}

#[test]
#[should_panic = "db/row.rs names the crate tonic"]
fn an_exception_does_not_cover_another_violation() {
    let root = with("db/row.rs", "use crate::api; use tonic::Code;");
    assert_layers(root.path(), &LAYERS, &[("db/row.rs", "api", "made up")]);
}

#[test]
#[should_panic = "db/row.rs does not violate a rule by api; remove the exception"]
fn an_exception_without_its_violation_fails_the_test() {
    assert_layers(tree(&SOUND).path(), &LAYERS, &[("db/row.rs", "api", "made up")]);
}

#[test]
fn texts_are_those_of_the_program() {
    let text = "/// \"a comment\"\n#[doc = \"another\"] fn f() { g(\"one\", format!(r#\"two {}\"#, 1)) }\n\
                #[cfg(test)] mod tests { fn t() { g(\"three\") } }";
    let root = tree(&[("lib.rs", text)]);
    let texts: Vec<_> = texts(root.path()).into_iter().map(|(_, text)| text).collect();
    assert_eq!(texts, ["one", "two {}"]);
}

#[test]
fn statements_pass_where_they_belong_and_in_tests() {
    let root = tree(&[
        ("lib.rs", "mod db; mod sql; #[cfg(test)] mod tests { const T: &str = \"SELECT 1\"; }"),
        ("db/mod.rs", "mod row; const T: &str = \"UPDATE t SET a = 1\";"),
        ("db/row.rs", "fn f() { println!(\"DELETE FROM t\") }"),
        ("sql.rs", "const T: &str = \"WITH a AS (SELECT 1)\"; const U: &str = \"Selected for you\";"),
    ]);
    assert_sql_only_in(root.path(), &["db", "sql.rs"]);
}

#[test]
#[should_panic = "statements outside of db:\n  dbx.rs: \"\\n  INSERT INTO t\""]
fn a_statement_elsewhere_fails_the_test() {
    let root = tree(&[("lib.rs", "mod dbx;"), ("dbx.rs", "fn f() { g!(\"\n  INSERT INTO t\") }")]);
    assert_sql_only_in(root.path(), &["db"]);
}
