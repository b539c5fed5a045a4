//! The arrows of small crates made up for the purpose.

mod made_up;

use std::path::Path;

use made_up::tree;
use qairon_architecture::{arrows, assert_layered, circles};

/// The arrows of a crate, each as `from -> to`.
fn drawn(files: &[(&str, &str)]) -> Vec<String> {
    let root = tree(files);
    arrows(root.path()).into_iter().map(|(from, to)| format!("{from} -> {to}")).collect()
}

/// The files that `a.rs` uses when it has this text, beside `b.rs`, `c/mod.rs` and `c/d.rs`.
fn used_by_a(text: &str) -> Vec<String> {
    let others = [
        ("lib.rs", "mod a; mod b; mod c; pub struct Root; pub mod inline { pub struct I; }"),
        ("b.rs", "pub struct B; pub fn f() {}"),
        ("c/mod.rs", "pub mod d; pub struct C;"),
        ("c/d.rs", "pub struct D;"),
    ];
    let mut files = others.to_vec();
    files.push(("a.rs", text));
    let arrows = drawn(&files);
    arrows.iter().filter_map(|arrow| arrow.strip_prefix("a.rs -> ")).map(str::to_owned).collect()
}

#[test]
fn declaring_a_module_is_no_arrow_and_using_it_is_one() {
    assert!(drawn(&[("main.rs", "mod a; fn main() {}"), ("a.rs", "mod b;"), ("a/b.rs", "")]).is_empty());
    let arrows = drawn(&[
        ("main.rs", "mod a; fn main() { a::run() }"),
        ("a.rs", "mod b; pub use b::run;"),
        ("a/b.rs", "pub fn run() {}"),
    ]);
    assert_eq!(arrows, ["a.rs -> a/b.rs", "main.rs -> a.rs"]);
}

#[test]
fn every_way_to_write_a_path_is_followed() {
    for (text, used) in [
        ("use crate::b::B;", "b.rs"),
        ("use super::b::B;", "b.rs"),
        ("pub(crate) use super::b as other;", "b.rs"),
        ("pub use crate::b::*;", "b.rs"),
        ("use crate::c::C;", "c/mod.rs"),
        ("use crate::c::{d::D};", "c/d.rs"),
        ("use crate::c::d::{self};", "c/d.rs"),
        ("use super::Root;", "lib.rs"),
        ("use crate::inline::I;", "lib.rs"),
        ("fn g() { super::b::f() }", "b.rs"),
        ("fn g(_: &crate::c::d::D) {}", "c/d.rs"),
        ("impl From<crate::b::B> for u8 {}", "b.rs"),
        ("fn g() { use crate::b::B; }", "b.rs"),
        ("struct S<T: Into<crate::b::B>>(T);", "b.rs"),
        ("fn g() { println!(\"{}\", [1, crate::b::f()]); }", "b.rs"),
        ("fn g() { let x = vec![match 1 { _ => super::c::d::D }]; }", "c/d.rs"),
        ("#[derive(crate::b::Derive)] struct S;", "b.rs"),
        ("mod inner { use super::super::b::B; }", "b.rs"),
    ] {
        assert_eq!(used_by_a(text), [used], "{text}");
    }
}

#[test]
fn groups_are_followed_into_all_their_branches() {
    let text = "use {std::fmt, crate::{b::{B, f as g}, c::{self, d::{D}}}}; use crate::Root;";
    assert_eq!(used_by_a(text), ["b.rs", "c/d.rs", "c/mod.rs", "lib.rs"]);
}

#[test]
fn a_name_brought_by_use_leads_on() {
    assert_eq!(used_by_a("use crate::c; fn g(_: c::d::D) {}"), ["c/d.rs", "c/mod.rs"]);
    assert_eq!(used_by_a("use crate::c as other; fn g(_: other::d::D) {}"), ["c/d.rs", "c/mod.rs"]);
    assert_eq!(used_by_a("use crate::b::B; fn g() { B::new(); B::Variant; }"), ["b.rs"]);
}

#[test]
fn comments_texts_visibility_and_other_crates_are_no_arrows() {
    for text in [
        "//! See [`crate::b::B`].\n/// And `super::c::C`.\n// use crate::b::B;\n/* use crate::b::B; */ fn g() {}",
        "const TEXT: &str = \"use crate::b::B; crate::c::d::D\";",
        "fn g() { println!(\"crate::b::f()\"); }",
        "pub(in crate::a) struct S; pub(super) fn g() {}",
        "use b::B; use ::c::d::D; use clap; use serde_json::{self, Value}; fn g() { clap::Arg::new(); }",
        "mod inner { pub struct S; } use inner::S; use self::inner::S as T;",
        "fn g() { let b = 1; b.f(); let c: super::a::S = b; }",
    ] {
        assert!(used_by_a(text).is_empty(), "{text}: {:?}", used_by_a(text));
    }
}

#[test]
fn what_is_for_tests_has_no_arrows() {
    for text in [
        "#[cfg(test)] mod tests { use crate::b::B; #[test] fn t() { super::super::c::d::D; } }",
        "#[cfg(test)] use crate::b::B;",
        "#[cfg(all(test, unix))] fn g() { crate::b::f() }",
        "#[test] fn g() { crate::b::f() }",
        "#[tokio::test(flavor = \"x\")] async fn g() { crate::b::f() }",
        "struct S; impl S { #[cfg(test)] fn g() { crate::b::f() } }",
        "fn g() { #[cfg(test)] let x = crate::b::f(); }",
    ] {
        assert!(used_by_a(text).is_empty(), "{text}: {:?}", used_by_a(text));
    }
    for text in ["#[cfg(not(test))] use crate::b::B;", "#[cfg(any(test, unix))] use crate::b::B;"] {
        assert_eq!(used_by_a(text), ["b.rs"], "{text}");
    }
    // Files of tests are not even read.
    assert!(drawn(&[("lib.rs", "#[cfg(test)] mod tests;")]).is_empty());
}

#[test]
fn files_are_found_in_folders_beside_and_by_attribute() {
    let arrows = drawn(&[
        ("lib.rs", "mod a; mod deep { pub mod below; } #[path = \"odd/name.rs\"] mod named;"),
        ("a/mod.rs", "mod b;"),
        ("a/b.rs", "mod c; use super::super::deep::below::X;"),
        ("a/b/c.rs", "use crate::named::Y;"),
        ("deep/below.rs", "pub struct X;"),
        ("odd/name.rs", "pub struct Y;"),
    ]);
    assert_eq!(arrows, ["a/b.rs -> deep/below.rs", "a/b/c.rs -> odd/name.rs"]);
}

#[test]
fn macros_by_example_lead_to_their_file() {
    let arrows = drawn(&[
        ("lib.rs", "#[macro_use] mod m; mod a; mod b;"),
        ("m.rs", "macro_rules! twice { () => { $crate::b::f() } } #[macro_export] macro_rules! shown { () => {} }"),
        ("a.rs", "fn g() { twice!() }"),
        ("b.rs", "pub fn f() { crate::shown!() }"),
    ]);
    assert_eq!(arrows, ["a.rs -> m.rs", "b.rs -> m.rs", "m.rs -> b.rs"]);
}

#[test]
fn a_library_and_its_program_are_read_both() {
    let arrows = drawn(&[
        ("lib.rs", "pub mod a; mod b;"),
        ("a.rs", "use crate::b::B;"),
        ("b.rs", "pub struct B;"),
        ("main.rs", "mod p; fn main() { p::run(); made_up::a::A; }"),
        ("p.rs", "pub fn run() {}"),
    ]);
    assert_eq!(arrows, ["a.rs -> b.rs", "main.rs -> p.rs"]);
}

const CIRCLE: [(&str, &str); 5] = [
    ("main.rs", "mod a; mod b; mod c; mod d; fn main() { a::f() }"),
    ("a.rs", "pub fn f() { crate::b::f() }"),
    ("b.rs", "use crate::c::f;"),
    ("c.rs", "use super::{a::f, d::D};"),
    ("d.rs", "pub struct D;"),
];

#[test]
fn circles_name_their_files_and_no_others() {
    assert_eq!(circles(tree(&CIRCLE).path()), [["a.rs", "b.rs", "c.rs"]]);
    assert_layered(tree(&CIRCLE).path(), &[(&["a.rs", "b.rs", "c.rs"], "made up")]);
}

#[test]
fn a_parent_that_dispatches_to_a_child_that_uses_it_is_a_circle() {
    let files = [
        ("main.rs", "mod commands; fn main() { commands::run() }"),
        ("commands/mod.rs", "mod list; pub struct Session; pub fn run() { list::list(Session) }"),
        ("commands/list.rs", "use super::Session; pub fn list(_: Session) {}"),
    ];
    assert_eq!(circles(tree(&files).path()), [["commands/list.rs", "commands/mod.rs"]]);
}

#[test]
#[should_panic = "in a circle: a.rs, b.rs, c.rs\n  a.rs uses b.rs\n  b.rs uses c.rs\n  c.rs uses a.rs\n"]
fn a_circle_fails_the_test() {
    assert_layered(tree(&CIRCLE).path(), &[(&["a.rs", "b.rs"], "another one")]);
}

#[test]
#[should_panic = "a.rs, b.rs is a circle no more, take the exception away: made up"]
fn an_exception_without_its_circle_fails_the_test() {
    let files = [("lib.rs", "mod a; mod b;"), ("a.rs", "use crate::b::B;"), ("b.rs", "pub struct B;")];
    assert_layered(tree(&files).path(), &[(&["a.rs", "b.rs"], "made up")]);
}

#[test]
fn this_crate_keeps_its_own_rule() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    assert!(arrows(&sources).contains(&("resolve.rs".to_owned(), "modules.rs".to_owned())));
    assert_layered(&sources, &[]);
}
