//! The order of a List: `path [asc|desc], …` over the entity's own fields and over relations to one object.
//!
//! As filters do, an order reads the ID of a related object from the reference that holds it, and takes a step to
//! another table only for something else.

use qairon::Model;
use qairon::model::{Entity, Kind};

use super::ast::{Member, Part};
use super::error::{FilterError, shown};
use super::limits::{MAX_BYTES, MAX_TABLES};
use super::path::{self, End};
use super::span::Span;

/// How many keys an order has.
const MAX_KEYS: usize = 16;

/// One key of an order, before it has a meaning.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderTerm {
    /// The path to the field.
    pub path: Member,
    /// Whether the greatest values come first.
    pub descending: bool,
}

/// One key of an order.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderKey {
    /// The references to follow, the entity's own first. The column is in the table that the last leads to.
    pub joins: Vec<Join>,
    /// The column.
    pub column: String,
    /// What it holds.
    pub kind: Kind,
    /// Whether there can be no value: in the column, or because a reference on the way is unset.
    pub nullable: bool,
    /// Whether the greatest values come first.
    pub descending: bool,
}

/// A step along a reference.
#[derive(Debug, Clone, PartialEq)]
pub struct Join {
    /// The table it leads to, by its ID.
    pub table: String,
    /// The column that holds the ID.
    pub own: String,
    /// Whether the reference can be unset.
    pub optional: bool,
}

/// Reads an order; an empty text has no keys.
pub fn parse(text: &str) -> Result<Vec<OrderTerm>, FilterError> {
    if text.len() > MAX_BYTES {
        let message = format!("an order has at most {MAX_BYTES} bytes, this one has {}", text.len());
        return Err(FilterError::limit(1, message));
    }
    let mut terms = Vec::new();
    if text.trim().is_empty() {
        return Ok(terms);
    }
    let mut column = 1;
    for item in text.split(',') {
        terms.push(parse_term(item, column)?);
        column += item.chars().count() + 1;
    }
    Ok(terms)
}

fn parse_term(item: &str, column: usize) -> Result<OrderTerm, FilterError> {
    let mut words = words(item, column);
    let Some((name, at)) = words.next() else {
        return Err(FilterError::new(column, "expected a field, as in `stack.name desc, created_at`"));
    };
    let descending = match words.next() {
        None => false,
        Some((word, _)) if word.eq_ignore_ascii_case("asc") => false,
        Some((word, _)) if word.eq_ignore_ascii_case("desc") => true,
        Some((word, at)) => {
            return Err(FilterError::new(at, format!("expected `asc`, `desc` or `,`, found {}", shown(word))));
        }
    };
    match words.next() {
        None => Ok(OrderTerm { path: member(name, at), descending }),
        Some((word, at)) => Err(FilterError::new(at, format!("expected `,` or the end, found {}", shown(word)))),
    }
}

fn member(text: &str, column: usize) -> Member {
    let mut start = column;
    let mut part = |text: &str| {
        let span = Span { start, end: start + text.chars().count() };
        start = span.end + 1;
        Part { pieces: vec![text.to_owned()], quoted: false, span }
    };
    let parts: Vec<Part> = text.split('.').map(&mut part).collect();
    Member { parts, span: Span { start: column, end: column + text.chars().count() }, named: true }
}

/// Gives an order its meaning on an entity.
pub fn resolve(model: &Model, entity: &Entity, terms: &[OrderTerm]) -> Result<Vec<OrderKey>, FilterError> {
    let mut keys: Vec<OrderKey> = Vec::new();
    for term in terms {
        let at = term.path.span.start;
        let key = resolve_term(model, entity, term)?;
        if keys.iter().any(|known| known.joins == key.joins && known.column == key.column) {
            let name = shown(&term.path.text());
            return Err(FilterError::new(at, format!("{name} is in the order twice; leave one out")));
        }
        keys.push(key);
        if keys.len() > MAX_KEYS {
            return Err(FilterError::limit(at, format!("an order has at most {MAX_KEYS} fields")));
        }
        if keys.iter().map(|key| key.joins.len()).sum::<usize>() > MAX_TABLES {
            return Err(FilterError::limit(at, format!("an order reads at most {MAX_TABLES} other tables")));
        }
    }
    Ok(keys)
}

fn resolve_term(model: &Model, entity: &Entity, term: &OrderTerm) -> Result<OrderKey, FilterError> {
    let at = term.path.span.start;
    if let Some(part) = path::to_many(model, entity, &term.path) {
        let message = format!(
            "{} leads to many objects, which have no one place in an order; order by fields of `{}` itself and over \
             its relations to one object",
            shown(&part.text()),
            entity.name
        );
        return Err(FilterError::new(part.span.start, message));
    }
    let path = path::resolve(model, entity, &term.path)?;
    let kind = match path.end {
        End::Field(field) => field.kind.clone(),
        End::Relation { .. } => Kind::Text,
    };
    if kind == Kind::Json {
        let message =
            format!("{} has no order, being JSON; order by a field of another type", shown(&term.path.text()));
        return Err(FilterError::new(at, message));
    }
    let mut table = entity;
    let mut joins = Vec::new();
    for step in path.steps {
        let optional = table.field(&step.own).is_none_or(|field| field.nullable);
        table = model.target(&step.table);
        joins.push(Join { table: step.table, own: step.own, optional });
    }
    let nullable = path.column.nullable || joins.iter().any(|join| join.optional);
    Ok(OrderKey { joins, column: path.column.name, kind, nullable, descending: term.descending })
}

/// The order as text.
pub fn print_order(terms: &[OrderTerm]) -> String {
    let term = |term: &OrderTerm| format!("{}{}", term.path.text(), if term.descending { " desc" } else { "" });
    terms.iter().map(term).collect::<Vec<_>>().join(", ")
}

/// The words of a text that begins at a column, with their columns.
fn words(text: &str, column: usize) -> impl Iterator<Item = (&str, usize)> {
    let start = text.as_ptr() as usize;
    text.split_whitespace().map(move |word| {
        let before = &text[..word.as_ptr() as usize - start];
        (word, column + before.chars().count())
    })
}
