//! Indented trees.
//!
//! Nodes live in one list and point at each other by their place in it, and a tree is walked with a stack of our own: a
//! chain of a hundred thousand objects is a tree too.

use std::io::{self, Write};

use super::printable::printable;

/// What the lines are drawn with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lines {
    /// Box-drawing characters.
    Boxes,
    /// ASCII.
    Ascii,
}

impl Lines {
    /// Those that the terminal supports, by its locale.
    pub fn of_locale() -> Self {
        Self::of(|name| std::env::var(name).ok())
    }

    fn of(variable: impl Fn(&str) -> Option<String>) -> Self {
        // The first that is set decides, as everywhere in POSIX.
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(variable).find(|value| !value.is_empty());
        let locale = locale.unwrap_or_default().to_lowercase();
        if locale.contains("utf-8") || locale.contains("utf8") { Self::Boxes } else { Self::Ascii }
    }

    /// Before a node: one with siblings after it, and the last.
    fn branches(self) -> [&'static str; 2] {
        match self {
            Self::Boxes => ["├── ", "└── "],
            Self::Ascii => ["|-- ", "`-- "],
        }
    }

    /// Before the nodes below a node: one with siblings after it, and the last.
    fn stems(self) -> [&'static str; 2] {
        match self {
            Self::Boxes => ["│   ", "    "],
            Self::Ascii => ["|   ", "    "],
        }
    }
}

/// A tree, or several side by side. Siblings stay in the order in which they were added.
#[derive(Debug, Default)]
pub struct Tree {
    nodes: Vec<Node>,
    roots: Vec<usize>,
}

#[derive(Debug)]
struct Node {
    label: String,
    children: Vec<usize>,
}

impl Tree {
    /// Adds a root and returns its place.
    pub fn root(&mut self, label: impl Into<String>) -> usize {
        let place = self.push(label.into());
        self.roots.push(place);
        place
    }

    /// Adds a node below another and returns its place.
    pub fn child(&mut self, parent: usize, label: impl Into<String>) -> usize {
        let place = self.push(label.into());
        self.nodes[parent].children.push(place);
        place
    }

    fn push(&mut self, label: String) -> usize {
        self.nodes.push(Node { label, children: Vec::new() });
        self.nodes.len() - 1
    }

    /// Writes a line for each node.
    pub fn write(&self, out: &mut impl Write, lines: Lines) -> io::Result<()> {
        for &root in &self.roots {
            writeln!(out, "{}", printable(&self.nodes[root].label))?;
            self.write_below(out, root, lines)?;
        }
        Ok(())
    }

    fn write_below(&self, out: &mut impl Write, root: usize, lines: Lines) -> io::Result<()> {
        // The nodes on the way down, each with how many of its children are written.
        let mut way = vec![(root, 0)];
        let mut stem = String::new();
        while let Some((place, written)) = way.last_mut() {
            let children = &self.nodes[*place].children;
            let Some(&child) = children.get(*written) else {
                way.pop();
                // The part of the stem that this node put there.
                stem.truncate(stem.char_indices().rev().nth(3).map_or(0, |(at, _)| at));
                continue;
            };
            *written += 1;
            let last = usize::from(*written == children.len());
            let node = &self.nodes[child];
            writeln!(out, "{stem}{}{}", lines.branches()[last], printable(&node.label))?;
            if !node.children.is_empty() {
                stem.push_str(lines.stems()[last]);
                way.push((child, 0));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(tree: &Tree, lines: Lines) -> String {
        let mut out = Vec::new();
        tree.write(&mut out, lines).expect("it is written");
        String::from_utf8(out).expect("UTF-8")
    }

    fn forest() -> Tree {
        let mut tree = Tree::default();
        let a = tree.root("a");
        let b = tree.child(a, "b");
        tree.child(a, "c");
        let d = tree.child(b, "d");
        tree.child(b, "e");
        tree.child(d, "f");
        let g = tree.root("g");
        let h = tree.child(g, "h");
        tree.child(h, "i");
        tree.root("j");
        tree
    }

    #[test]
    fn siblings_stay_in_order_and_roots_stand_side_by_side() {
        assert_eq!(
            drawn(&forest(), Lines::Boxes),
            "a\n├── b\n│   ├── d\n│   │   └── f\n│   └── e\n└── c\ng\n└── h\n    └── i\nj\n"
        );
        assert_eq!(
            drawn(&forest(), Lines::Ascii),
            "a\n|-- b\n|   |-- d\n|   |   `-- f\n|   `-- e\n`-- c\ng\n`-- h\n    `-- i\nj\n"
        );
        assert_eq!(drawn(&Tree::default(), Lines::Boxes), "");
    }

    #[test]
    fn a_deep_tree_needs_no_deep_stack() {
        let mut tree = Tree::default();
        let mut place = tree.root("0");
        for n in 1..3_000 {
            place = tree.child(place, n.to_string());
        }
        let text = drawn(&tree, Lines::Ascii);
        let last = text.lines().last().expect("a line");
        assert_eq!(last, format!("{}`-- 2999", "    ".repeat(2_998)));
        // Freed without recursion as well.
        let mut tree = Tree::default();
        let mut place = tree.root("0");
        for _ in 0..300_000 {
            place = tree.child(place, "");
        }
        drop(tree);
    }

    #[test]
    fn labels_are_one_line_and_steer_no_terminal() {
        let mut tree = Tree::default();
        let root = tree.root("a\nb");
        tree.child(root, "\u{1b}[2J");
        assert_eq!(drawn(&tree, Lines::Ascii), "a\u{fffd}b\n`-- \u{fffd}[2J\n");
    }

    #[test]
    fn the_first_locale_that_is_set_decides() {
        let of = |set: &[(&str, &str)]| {
            Lines::of(|name| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
        };
        assert_eq!(of(&[]), Lines::Ascii);
        assert_eq!(of(&[("LANG", "de_DE.UTF-8")]), Lines::Boxes);
        assert_eq!(of(&[("LC_ALL", ""), ("LC_CTYPE", "C.utf8"), ("LANG", "C")]), Lines::Boxes);
        assert_eq!(of(&[("LC_ALL", "C"), ("LANG", "en_GB.UTF-8")]), Lines::Ascii);
    }
}
