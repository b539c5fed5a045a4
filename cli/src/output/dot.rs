//! Graphs in the language of Graphviz.
//!
//! A node is named for its resource and ID, so that the same object is the same node wherever it turns up, and two runs
//! over the same data print the same text.

use std::collections::HashSet;
use std::fmt::Write;

/// An object in a graph: its resource, or another word for what it is, and its ID.
pub type Object<'a> = (&'a str, &'a str);

/// A directed graph that grows. Adding something a second time changes nothing.
#[derive(Debug)]
pub struct Dot {
    text: String,
    written: HashSet<String>,
}

impl Dot {
    /// An empty graph of this name.
    pub fn new(name: &str) -> Self {
        let text = format!("digraph {} {{\n  rankdir=LR;\n  node [shape=box];\n", quoted(name));
        Self { text, written: HashSet::new() }
    }

    /// Adds an object.
    pub fn node(&mut self, object: Object<'_>) {
        let (resource, id) = object;
        // `\n` is an escape of labels.
        let line = format!("  {} [label=\"{}\\n{}\"];\n", name(object), label(resource), label(id));
        self.add(line);
    }

    /// Adds a relation between two objects, and the objects.
    pub fn edge(&mut self, from: Object<'_>, to: Object<'_>, relation: &str) {
        self.node(from);
        self.node(to);
        let mut line = String::new();
        // Writing to a text cannot fail.
        let _ = writeln!(line, "  {} -> {} [label=\"{}\"];", name(from), name(to), label(relation));
        self.add(line);
    }

    fn add(&mut self, line: String) {
        if !self.written.contains(&line) {
            self.text.push_str(&line);
            self.written.insert(line);
        }
    }

    /// The whole graph as text.
    pub fn finish(mut self) -> String {
        self.text.push_str("}\n");
        self.text
    }
}

fn name((resource, id): Object<'_>) -> String {
    quoted(&format!("{resource} {id}"))
}

/// A quoted name. Backslashes are doubled for one at the end would hide the quote.
fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}

/// The inside of a label, in which `&` would begin an entity of HTML.
fn label(text: &str) -> String {
    escaped(text).replace('&', "&amp;")
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => escaped.push_str("\\\\"),
            '"' => escaped.push_str("\\\""),
            c if c.is_control() => {
                // Shown by its number, so that different names stay different.
                let _ = write!(escaped, "\\\\x{:02x}", u32::from(c));
            }
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_and_relations_are_written_once_in_the_order_they_come() {
        let mut dot = Dot::new("impact");
        dot.edge(("fleet", "f"), ("capacity", "f:cpu"), "capacities");
        dot.edge(("fleet", "f"), ("capacity", "f:cpu"), "capacities");
        dot.edge(("fleet", "f"), ("capacity", "f:cpu"), "others");
        dot.node(("fleet", "f"));
        assert_eq!(
            dot.finish(),
            "digraph \"impact\" {\n  rankdir=LR;\n  node [shape=box];\n\
             \x20 \"fleet f\" [label=\"fleet\\nf\"];\n\
             \x20 \"capacity f:cpu\" [label=\"capacity\\nf:cpu\"];\n\
             \x20 \"fleet f\" -> \"capacity f:cpu\" [label=\"capacities\"];\n\
             \x20 \"fleet f\" -> \"capacity f:cpu\" [label=\"others\"];\n}\n"
        );
    }

    #[test]
    fn nothing_in_an_id_ends_a_quote_or_means_anything() {
        for (text, name, shown) in [
            ("a\"b", "a\\\"b", "a\\\"b"),
            ("a\\", "a\\\\", "a\\\\"),
            ("\\N\\n", "\\\\N\\\\n", "\\\\N\\\\n"),
            ("a\\\"];x", "a\\\\\\\"];x", "a\\\\\\\"];x"),
            ("<b>&lt;", "<b>&lt;", "<b>&amp;lt;"),
            ("a\n\u{1b}", "a\\\\x0a\\\\x1b", "a\\\\x0a\\\\x1b"),
            ("ü{|}", "ü{|}", "ü{|}"),
        ] {
            let mut dot = Dot::new("x");
            dot.node(("repo", text));
            let line = format!("  \"repo {name}\" [label=\"repo\\n{shown}\"];\n");
            assert!(dot.finish().contains(&line), "{text:?}: {line}");
        }
    }
}
