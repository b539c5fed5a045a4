//! Filters: the names of fields where one can begin, and the values of those that refer to objects.

use qairon::model::{Entity, Field, Relation};

use super::candidate::Candidate;
use super::paths;

/// What compares a field with a value.
const OPERATORS: [char; 5] = ['=', '!', '<', '>', ':'];

/// What is at the end of a filter.
#[derive(Debug, PartialEq)]
pub enum Spot<'t> {
    /// A field, or a path to one: what is before it, and its beginning.
    Field(&'t str, &'t str),
    /// The value of a field: what is before it, the path of the field, and its beginning.
    Value(&'t str, &'t str, &'t str),
    /// Something that is not completed.
    Other,
}

/// A part of a filter.
#[derive(Debug, Clone, Copy)]
struct Token<'t> {
    kind: Kind,
    at: usize,
    text: &'t str,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Word,
    /// A text in quotes that has ended.
    Text,
    /// One that has not.
    Open,
    Operator,
    Other,
}

/// Finds it.
pub fn spot(typed: &str) -> Spot<'_> {
    let mut tokens = tokens(typed);
    let current = match tokens.last() {
        Some(last) if last.kind == Kind::Text && last.at + last.text.len() == typed.len() => return Spot::Other,
        Some(last) if last.kind == Kind::Open => tokens.pop(),
        Some(last) if last.kind == Kind::Word && last.at + last.text.len() == typed.len() => tokens.pop(),
        _ => None,
    };
    let begun = current.map_or("", |token| token.text);
    let kept = &typed[..typed.len() - begun.len()];
    let is_open = current.is_some_and(|token| token.kind == Kind::Open);
    match tokens.as_slice() {
        [.., path, operator] if operator.kind == Kind::Operator && path.kind == Kind::Word => {
            Spot::Value(kept, path.text, begun)
        }
        [.., last] if is_open || !opens_a_field(last) => Spot::Other,
        _ if is_open => Spot::Other,
        _ => Spot::Field(kept, begun),
    }
}

/// Whether a field can follow.
fn opens_a_field(token: &Token<'_>) -> bool {
    match token.kind {
        Kind::Word => matches!(token.text, "AND" | "OR" | "NOT"),
        Kind::Other => matches!(token.text, "(" | "," | "-"),
        _ => false,
    }
}

fn tokens(typed: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(c) = typed[at..].chars().next() {
        let rest = &typed[at..];
        let (kind, length) = match c {
            c if c.is_whitespace() => {
                at += c.len_utf8();
                continue;
            }
            '"' | '\'' => quoted(rest, c),
            c if OPERATORS.contains(&c) => {
                (Kind::Operator, rest.find(|c| !OPERATORS.contains(&c)).unwrap_or(rest.len()))
            }
            '(' | ')' | ',' | '-' => (Kind::Other, 1),
            _ => {
                let ends = |c: char| c.is_whitespace() || OPERATORS.contains(&c) || "()\"',".contains(c);
                (Kind::Word, rest.find(ends).unwrap_or(rest.len()))
            }
        };
        tokens.push(Token { kind, at, text: &rest[..length] });
        at += length;
    }
    tokens
}

fn quoted(rest: &str, quote: char) -> (Kind, usize) {
    let mut chars = rest.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => _ = chars.next(),
            c if c == quote => return (Kind::Text, at + 1),
            _ => {}
        }
    }
    (Kind::Open, rest.len())
}

/// The fields of an entity that a filter can name, over relations of any kind.
pub fn fields(entity: &Entity, kept: &str, begun: &str) -> Vec<Candidate> {
    let mut found = paths::filters(entity, begun);
    // The end of a relation is the beginning of a path.
    while let [only] = found.as_slice()
        && only.text.ends_with('.')
    {
        found = paths::filters(entity, &only.text.clone());
    }
    // Shells end the word, and its quote, when there is only one candidate.
    if let [only] = found.as_slice() {
        found.push(Candidate::part(format!("{}=", only.text)));
    }
    found.into_iter().map(|found| Candidate::part(format!("{kept}{}", found.text))).collect()
}

/// The field that a path ends with, and its entity.
pub fn field(entity: &'static Entity, path: &str) -> Option<(&'static Entity, &'static Field)> {
    let (way, last) = path.rfind('.').map_or(("", path), |dot| path.split_at(dot + 1));
    let end = way.split_terminator('.').try_fold(entity, |at, step| {
        at.relation(step).map(|relation: &Relation| qairon::model().target(&relation.target))
    })?;
    Some((end, end.field(last)?))
}

/// Values as texts of a filter, in quotes unless the beginning has none.
pub fn values(kept: &str, begun: &str, find: impl FnOnce(&str) -> Vec<Candidate>) -> Vec<Candidate> {
    let typed = begun.trim_start_matches('"');
    let is_bare = !begun.is_empty() && typed.len() == begun.len();
    let found = find(typed).into_iter().filter(|found| !is_bare || is_word(&found.text));
    found
        .map(|Candidate { text, whole, .. }| match (is_bare, whole) {
            (true, _) => Candidate::part(format!("{kept}{text}")),
            (false, true) => Candidate::part(format!("{kept}\"{text}\"")),
            (false, false) => Candidate::part(format!("{kept}\"{text}")),
        })
        .collect()
}

fn is_word(text: &str) -> bool {
    text.chars().all(|c| c.is_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_begins_where_a_condition_can() {
        for (typed, kept, begun) in [
            ("", "", ""),
            ("sta", "", "sta"),
            ("(sta", "(", "sta"),
            ("-sta", "-", "sta"),
            ("a = 1 AND ", "a = 1 AND ", ""),
            ("a = \"x AND y\" OR stack.na", "a = \"x AND y\" OR ", "stack.na"),
            ("NOT deployments.", "NOT ", "deployments."),
            ("in(id, b", "in(id, ", "b"),
            ("any(deployments, (ta", "any(deployments, (", "ta"),
        ] {
            assert_eq!(spot(typed), Spot::Field(kept, begun), "{typed}");
        }
        for typed in ["a ", "a = \"x\"", "a = \"x\" ", "\"x", "a = 1 AN", "(a = 1) "] {
            assert_eq!(spot(typed), Spot::Other, "{typed}");
        }
    }

    #[test]
    fn a_value_follows_a_comparison() {
        for (typed, kept, path, begun) in [
            ("stack_id=", "stack_id=", "stack_id", ""),
            ("a AND stack.id != \"x:y", "a AND stack.id != ", "stack.id", "\"x:y"),
            ("stack_id = a", "stack_id = ", "stack_id", "a"),
        ] {
            assert_eq!(spot(typed), Spot::Value(kept, path, begun), "{typed}");
        }
    }
}
