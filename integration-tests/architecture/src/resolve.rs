//! From a path as written to the file it names.

use std::collections::BTreeSet;

use crate::modules::Tree;
use crate::uses::Written;

/// The pairs of files of which the first uses the second.
pub fn arrows(tree: &Tree) -> BTreeSet<(String, String)> {
    let mut arrows = BTreeSet::new();
    for (index, module) in tree.modules.iter().enumerate() {
        let paths = module.uses.paths.iter().filter_map(|path| follow(tree, index, path));
        let macros = module.uses.macros.iter().filter_map(|name| tree.macros.get(name).copied());
        for used in paths.chain(macros) {
            let used = &tree.modules[used].file;
            if *used != module.file {
                arrows.insert((module.file.clone(), used.clone()));
            }
        }
    }
    arrows
}

/// The module that a path leads to or into; `None` for paths to other crates.
pub fn follow(tree: &Tree, from: usize, path: &Written) -> Option<usize> {
    let mut names = BTreeSet::new();
    let (mut here, mut rest) = start(tree, from, path, &mut names)?;
    while let Some((next, after)) = rest.split_first() {
        match tree.modules[here].children.get(next) {
            Some(child) => here = *child,
            // An exported macro belongs to the root, wherever it is written.
            None if here == 0 => return Some(tree.macros.get(next).copied().unwrap_or(here)),
            None => break,
        }
        rest = after;
    }
    Some(here)
}

/// Where a path starts, and what is left of it. Its first word may be a name that `use` brought.
fn start<'p>(
    tree: &'p Tree,
    from: usize,
    path: &'p [String],
    names: &mut BTreeSet<&'p str>,
) -> Option<(usize, &'p [String])> {
    let (first, rest) = path.split_first()?;
    match first.as_str() {
        "crate" => Some((0, rest)),
        "self" => Some((from, rest)),
        "super" => {
            let mut here = tree.modules[from].parent?;
            let mut rest = rest;
            while let Some(("super", after)) = rest.split_first().map(|(first, after)| (first.as_str(), after)) {
                here = tree.modules[here].parent?;
                rest = after;
            }
            Some((here, rest))
        }
        name => {
            let module = &tree.modules[from];
            if let Some(child) = module.children.get(name) {
                return Some((*child, rest));
            }
            // `use clap;` brings a name that is its own path.
            let written = module.uses.names.get(name).filter(|_| names.insert(name))?;
            let (mut here, mut left) = start(tree, from, written, names)?;
            while let Some(child) = left.first().and_then(|next| tree.modules[here].children.get(next)) {
                (here, left) = (*child, &left[1..]);
            }
            // A name inside a module was counted where it was brought.
            left.is_empty().then_some((here, rest))
        }
    }
}
