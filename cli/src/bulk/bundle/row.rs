//! Rows of a file, before they are objects.

use serde_json::Value as Json;

/// One value of a row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cell {
    pub(super) value: Json,
    /// The text as it is in the file, when only its field decides whether it is one: `012` is a number, or a text.
    pub(super) bare: Option<String>,
    /// The text of an object or of a number in JSON, with the notation of its numbers.
    pub(super) json: Option<String>,
}

/// A name with its value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) line: u64,
    pub(super) name: String,
    pub(super) cell: Cell,
}

/// A row before anything is known of its resource.
#[derive(Debug, PartialEq)]
pub(super) struct Row {
    pub(super) line: u64,
    pub(super) entries: Vec<Entry>,
}

/// A line, and what is wrong there.
pub(super) type Problem = (u64, String);
