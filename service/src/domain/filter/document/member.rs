//! Texts of a document as members of the tree: paths and literal values.

use super::super::ast::{Member, Part};
use super::super::error::FilterError;
use super::super::json::{Json, Value};
use super::super::span::Span;

/// A path, such as `stack.application_id`. Quote a JSON key that contains a dot:
/// `defaults."app.kubernetes.io/name"`.
pub(super) fn path(json: &Json, text: &str) -> Result<Member, FilterError> {
    let mut parts = Vec::new();
    let mut rest = text;
    loop {
        let (name, after) = match rest.strip_prefix('"') {
            Some(inner) => quoted(json, inner)?,
            None => match rest.split_once('.') {
                Some((name, after)) => (name.to_owned(), Some(after)),
                None => (rest.to_owned(), None),
            },
        };
        let quoted = !is_word(&name);
        parts.push(Part { pieces: vec![name], quoted, span: json.span });
        match after {
            Some(after) => rest = after,
            None => return Ok(Member { parts, span: json.span, named: true }),
        }
    }
}

/// The name up to the closing quote, and what follows the dot after it.
fn quoted<'t>(json: &Json, inner: &'t str) -> Result<(String, Option<&'t str>), FilterError> {
    let mut name = String::new();
    let mut chars = inner.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => {
                let after = &inner[at + 1..];
                return match after.strip_prefix('.') {
                    Some(rest) => Ok((name, Some(rest))),
                    None if after.is_empty() => Ok((name, None)),
                    None => Err(json.error("expected `.` or the end after a quoted key")),
                };
            }
            '\\' => match chars.next() {
                Some((_, c @ ('"' | '\\'))) => name.push(c),
                _ => return Err(json.error("expected `\"` or `\\` after `\\` in a quoted key")),
            },
            c => name.push(c),
        }
    }
    Err(json.error("this quoted key has no closing quote"))
}

/// A single value: a text is compared literally, numbers and booleans may be compared by value.
pub(super) fn value(json: &Json) -> Option<Member> {
    let parts = match &json.value {
        Value::Text(text) => vec![Part { pieces: vec![text.clone()], quoted: true, span: json.span }],
        // As the other notation reads them, where dots separate.
        Value::Number(number) => number.split('.').map(|part| word(part, json.span)).collect(),
        Value::Bool(value) => vec![word(if *value { "true" } else { "false" }, json.span)],
        _ => return None,
    };
    Some(Member { parts, span: json.span, named: false })
}

/// A name of the model or a keyword.
pub(super) fn named(name: &str, span: Span) -> Member {
    Member { parts: vec![word(name, span)], span, named: false }
}

fn word(text: &str, span: Span) -> Part {
    Part { pieces: vec![text.to_owned()], quoted: false, span }
}

/// Whether a name needs no quotes in a path.
fn is_word(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !matches!(name, "AND" | "OR" | "NOT")
}
