//! The tables that statements read from.
//!
//! A statement never names the table of an entity or of a link itself: it holds a reference ([`table`]), and the door
//! through which it goes puts in what its caller may read of that table at the moment the call asks for ([`Sources`]).
//! Today that is the table as it is; the past and the caller's part of a table come in here and nowhere else.
//!
//! A reference is the name between two private-use characters, so that statements are put together as plain text and
//! a name that came another way can be distinguished from it (`recorder`). No identifier of the model holds such a character.

use std::fmt;

/// Begins the name of a table to read from.
const SOURCE: char = '\u{e000}';
/// Begins the name of a table to write to; see `rows::target`.
const TARGET: char = '\u{e001}';
/// Ends either.
const END: char = '\u{e002}';

/// The moment at which a call reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Moment {
    /// Now.
    #[default]
    Live,
}

/// What of the tables a call may read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Access {
    /// Everything.
    #[default]
    All,
}

/// What a call reads of every table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sources {
    /// When.
    pub moment: Moment,
    /// What.
    pub access: Access,
}

/// A reference to a table, for the text of a statement.
#[derive(Debug, Clone, Copy)]
pub(in crate::db) struct Table<'a> {
    kind: char,
    name: &'a str,
}

/// A table to read from: that of an entity or of a link.
pub(in crate::db) fn table(name: &str) -> Table<'_> {
    Table { kind: SOURCE, name }
}

impl<'a> Table<'a> {
    /// A table to write to. [`super::rows`] alone hands these out.
    pub(in crate::db) fn target(name: &'a str) -> Self {
        Self { kind: TARGET, name }
    }
}

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{END}", self.kind, self.name)
    }
}

impl Sources {
    /// The text of a statement with every reference replaced by what the call reads.
    pub(in crate::db) fn resolve(self, text: &str) -> String {
        let Self { moment: Moment::Live, access: Access::All } = self;
        replaced(text, |name, _| format!("\"{name}\""))
    }
}

/// What a reference was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::db) enum Use {
    /// Reading.
    Source,
    /// Writing.
    Target,
}

/// The text with every reference replaced.
pub(in crate::db) fn replaced(text: &str, mut with: impl FnMut(&str, Use) -> String) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, marked)) = rest.split_once([SOURCE, TARGET]) {
        let used = if rest[before.len()..].starts_with(SOURCE) { Use::Source } else { Use::Target };
        let Some((name, after)) = marked.split_once(END) else { break };
        out.push_str(before);
        out.push_str(&with(name, used));
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_replaced_and_nothing_else_is() {
        let text = format!("SELECT 'service' FROM {} s JOIN {} USING (id)", table("service"), Table::target("stack"));
        let live = Sources::default().resolve(&text);
        assert_eq!(live, "SELECT 'service' FROM \"service\" s JOIN \"stack\" USING (id)");
        let mut uses = Vec::new();
        replaced(&text, |name, used| {
            uses.push((name.to_owned(), used));
            String::new()
        });
        assert_eq!(uses, [("service".to_owned(), Use::Source), ("stack".to_owned(), Use::Target)]);
        assert_eq!(Sources::default().resolve("SELECT 1"), "SELECT 1");
    }
}
