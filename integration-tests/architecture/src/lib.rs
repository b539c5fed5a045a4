//! Which source file of a crate uses which.
//!
//! A crate can be read from the bottom to the top as long as each file uses only those beneath it. The compiler does
//! not ask for that inside a crate; a test that calls [`assert_layered`] does:
//!
//! ```no_run
//! # use std::path::Path;
//! qairon_architecture::assert_layered(Path::new("src"), &[]);
//! ```
//!
//! An arrow goes from a file to the file that its path names: `use super::row::Row` leads to `row.rs`, `super::Row` to
//! the `mod.rs` above, even where that only repeats a name of `row.rs` by `pub use`. So files of a folder name each
//! other directly, and a `mod.rs` may list the folder for those outside. `mod row;` is no arrow, and tests have none.
//!
//! Methods are not followed: `row.cells()` names no path.

mod components;
mod crates;
mod layers;
mod modules;
mod resolve;
mod uses;

use std::collections::BTreeSet;
use std::path::Path;

pub use layers::{Exception, Layer};

/// Every pair of files of which the first uses the second, in order. Files are named relative to the root, the folder
/// of `main.rs` or `lib.rs`.
///
/// # Panics
///
/// When the root has neither, or a file cannot be read or parsed.
pub fn arrows(root: &Path) -> Vec<(String, String)> {
    of_trees(&trees(root), resolve::arrows)
}

/// Every pair of a file and a crate, `std` included, that its paths name outside of tests, in order.
///
/// # Panics
///
/// As [`arrows`].
pub fn crates(root: &Path) -> Vec<(String, String)> {
    of_trees(&trees(root), crates::named)
}

/// Every pair of a file and a text in double quotes outside of tests and comments, in order.
///
/// # Panics
///
/// As [`arrows`].
pub fn texts(root: &Path) -> Vec<(String, String)> {
    of_trees(&trees(root), |tree| {
        let texts = |module: &modules::Module| {
            let file = module.file.clone();
            module.uses.texts.clone().into_iter().map(move |text| (file.clone(), text))
        };
        tree.modules.iter().flat_map(texts).collect()
    })
}

fn trees(root: &Path) -> Vec<modules::Tree> {
    let trees: Vec<modules::Tree> = ["lib.rs", "main.rs"]
        .into_iter()
        .filter(|file| root.join(file).exists())
        .map(|file| modules::read(root, file))
        .collect();
    assert!(!trees.is_empty(), "{} has no lib.rs and no main.rs", root.display());
    trees
}

fn of_trees(
    trees: &[modules::Tree],
    pairs: impl Fn(&modules::Tree) -> BTreeSet<(String, String)>,
) -> Vec<(String, String)> {
    let pairs: BTreeSet<(String, String)> = trees.iter().flat_map(pairs).collect();
    pairs.into_iter().collect()
}

/// The circles: groups of files each of which uses each other one, over others of the group or directly.
///
/// # Panics
///
/// As [`arrows`].
pub fn circles(root: &Path) -> Vec<Vec<String>> {
    components::circles(&arrows(root))
}

/// Fails when files use each other in a circle. An exception is the files of a circle, in order, and why it stays.
///
/// # Panics
///
/// With the files and the arrows between them; also for an exception that is a circle no more.
pub fn assert_layered(root: &Path, exceptions: &[(&[&str], &str)]) {
    let arrows = arrows(root);
    let circles = components::circles(&arrows);
    for circle in &circles {
        if exceptions.iter().any(|(files, _)| files == circle) {
            continue;
        }
        let inside = arrows.iter().filter(|(from, to)| circle.contains(from) && circle.contains(to));
        let inside: Vec<String> = inside.map(|(from, to)| format!("  {from} uses {to}")).collect();
        panic!(
            "files of {} use each other in a circle: {}\n{}\nmove what they share into a file beneath them",
            root.display(),
            circle.join(", "),
            inside.join("\n")
        );
    }
    for (files, reason) in exceptions {
        assert!(
            circles.iter().any(|circle| files == circle),
            "{} is a circle no more, take the exception away: {reason}",
            files.join(", ")
        );
    }
}

/// Fails when a part of a crate uses another one or a crate that it may not use, and when a file is in no part.
///
/// # Panics
///
/// With every violation; also for an exception that is no violation.
pub fn assert_layers(root: &Path, layers: &[Layer<'_>], exceptions: &[Exception<'_>]) {
    let trees = trees(root);
    let files: BTreeSet<String> =
        trees.iter().flat_map(|tree| &tree.modules).map(|module| module.file.clone()).collect();
    let files: Vec<String> = files.into_iter().collect();
    let (arrows, crates) = (of_trees(&trees, resolve::arrows), of_trees(&trees, crates::named));
    let found = layers::violations(&files, &arrows, &crates, layers, exceptions);
    assert!(found.is_empty(), "the layers of {} are violated:\n  {}", root.display(), found.join("\n  "));
}

/// Fails when a text outside of tests begins with a statement of SQL, in upper case, in a file that is in none of the
/// folders and is none of the files.
///
/// # Panics
///
/// With every such text.
pub fn assert_sql_only_in(root: &Path, places: &[&str]) {
    const STATEMENTS: [&str; 5] = ["SELECT ", "INSERT ", "UPDATE ", "DELETE ", "WITH "];
    let is_statement = |text: &str| STATEMENTS.iter().any(|word| text.trim_start().starts_with(word));
    let is_in = |file: &str, place: &str| {
        file.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest == ".rs" || rest.starts_with('/'))
    };
    let texts = texts(root);
    let found =
        texts.iter().filter(|(file, text)| is_statement(text) && !places.iter().any(|place| is_in(file, place)));
    let found: Vec<String> = found.map(|(file, text)| format!("{file}: {text:?}")).collect();
    assert!(found.is_empty(), "statements outside of {}:\n  {}", places.join(", "), found.join("\n  "));
}
