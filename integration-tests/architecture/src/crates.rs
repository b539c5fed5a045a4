//! The crates that files name.

use std::collections::BTreeSet;

use crate::modules::{Module, Tree};
use crate::resolve::follow;
use crate::uses::Written;

/// First words of paths that are neither modules nor crates.
const NOT_CRATES: [&str; 25] = [
    "crate", "self", "super", "Self", // places in the crate itself
    "bool", "char", "str", "f32", "f64", // types of the language
    "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64", "u128", "usize", //
    "clippy", "rustc", "rustdoc", "rustfmt", // tools in attributes
];

/// The pairs of a file and a crate that it names.
pub fn named(tree: &Tree) -> BTreeSet<(String, String)> {
    let mut named = BTreeSet::new();
    for (index, module) in tree.modules.iter().enumerate() {
        let paths = module.uses.paths.iter().filter_map(|path| of_path(tree, index, module, path));
        for name in paths.chain(module.uses.crates.iter().map(String::as_str)) {
            named.insert((module.file.clone(), name.to_owned()));
        }
    }
    named
}

/// The crate that a path begins with. A type begins with a capital letter, and a name that `use` brought was counted
/// where it was brought.
fn of_path<'p>(tree: &Tree, index: usize, module: &Module, path: &'p Written) -> Option<&'p str> {
    let first = path.first()?;
    let is_brought = |module: &Module| module.uses.names.get(first).is_some_and(|written| written != path);
    let is_word = first.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
    if !is_word || NOT_CRATES.contains(&first.as_str()) || module.children.contains_key(first) || is_brought(module) {
        return None;
    }
    let globs = module.uses.globs.iter().filter_map(|glob| follow(tree, index, glob));
    let mut globs = globs.map(|from| &tree.modules[from]);
    let by_glob = globs.any(|from| from.children.contains_key(first) || from.uses.names.contains_key(first));
    (!by_glob).then_some(first)
}
