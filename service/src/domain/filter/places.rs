//! Where in a document a column is.

use super::error::{FilterError, Place};
use super::json::{Json, Value};

/// A document, for finding the places of errors in it. It does not make trees differ.
#[derive(Debug, Clone)]
pub struct Places {
    document: Option<Json>,
    /// The columns at which lines begin.
    lines: Vec<usize>,
}

impl PartialEq for Places {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Places {
    /// The places in a text; without a document where it is not JSON.
    pub(super) fn new(text: &str, document: Option<Json>) -> Self {
        let after_ends = text.chars().zip(2..).filter(|(c, _)| *c == '\n').map(|(_, next)| next);
        Self { document, lines: std::iter::once(1).chain(after_ends).collect() }
    }

    /// The error with its place in the document.
    pub(super) fn locate(&self, error: FilterError) -> FilterError {
        let Place::Column(column) = error.place else { return error };
        let begun = self.lines.partition_point(|first| *first <= column);
        let first = self.lines.get(begun.saturating_sub(1)).copied().unwrap_or(1);
        let mut path = String::new();
        if let Some(document) = &self.document {
            walk(document, column, &mut path);
        }
        FilterError { place: Place::Document { path, line: begun.max(1), column: column + 1 - first }, ..error }
    }
}

/// Appends the way to the innermost value at a column.
fn walk(json: &Json, column: usize, path: &mut String) {
    let covers = |json: &Json| (json.span.start..json.span.end).contains(&column);
    match &json.value {
        Value::List(items) => {
            if let Some((index, item)) = items.iter().enumerate().find(|(_, item)| covers(item)) {
                path.push_str(&format!("[{index}]"));
                walk(item, column, path);
            }
        }
        Value::Object(entries) => {
            if let Some(entry) = entries.iter().find(|entry| covers(&entry.value)) {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(&entry.key);
                walk(&entry.value, column, path);
            }
        }
        _ => {}
    }
}
