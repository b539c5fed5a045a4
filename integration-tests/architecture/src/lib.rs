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
mod modules;
mod resolve;
mod uses;

use std::collections::BTreeSet;
use std::path::Path;

/// Every pair of files of which the first uses the second, in order. Files are named relative to the root, the folder
/// of `main.rs` or `lib.rs`.
///
/// # Panics
///
/// When the root has neither, or a file cannot be read or parsed.
pub fn arrows(root: &Path) -> Vec<(String, String)> {
    let trees: Vec<modules::Tree> = ["lib.rs", "main.rs"]
        .into_iter()
        .filter(|file| root.join(file).exists())
        .map(|file| modules::read(root, file))
        .collect();
    assert!(!trees.is_empty(), "{} has no lib.rs and no main.rs", root.display());
    let arrows: BTreeSet<(String, String)> = trees.iter().flat_map(resolve::arrows).collect();
    arrows.into_iter().collect()
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
