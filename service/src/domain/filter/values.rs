//! Literals as values of a field's kind.

use std::net::IpAddr;

use chrono::{DateTime, NaiveDate, NaiveTime};
use ipnetwork::IpNetwork;
use prost_reflect::EnumDescriptor;
use qairon::Model;
use qairon::model::Kind;
use qairon::numbers;

use super::ast::Member;
use super::error::{FilterError, shown, suggestion};
use super::expr::{Check, Operand, Operator};
use super::json;
use crate::domain::cidr::address_range;

/// The text of a literal, which must have no wildcard.
pub(super) fn plain_text(value: &Member) -> Result<String, FilterError> {
    literal_only(value)?;
    if value.pieces().len() > 1 {
        let message = "wildcards are allowed after `=`, `!=` and `:` on texts only; write an asterisk as \"\\*\"";
        return Err(FilterError::new(value.span.start, message));
    }
    Ok(value.text())
}

/// Refuses a mixture of quoted and unquoted parts: only paths have both.
pub(super) fn literal_only(value: &Member) -> Result<(), FilterError> {
    if value.parts.len() > 1 && value.parts.iter().any(|part| part.quoted) {
        return Err(FilterError::new(
            value.span.start,
            "expected a value, found a path; quote all of it or none of it",
        ));
    }
    Ok(())
}

/// A literal as an operand for a field of this kind.
pub(super) fn operand(model: &Model, field: &str, kind: &Kind, value: &Member) -> Result<Operand, FilterError> {
    let text = plain_text(value)?;
    let expected = |what: &str| {
        FilterError::new(value.span.start, format!("`{field}` is compared with {what}, not with {}", shown(&text)))
    };
    match kind {
        Kind::Text | Kind::Name => Ok(Operand::Text(text)),
        Kind::EntityType => entity_type(model, &text).map_err(|end| at(value, field, end)).map(Operand::Text),
        Kind::Enum(descriptor) => enum_label(descriptor, &text).map_err(|end| at(value, field, end)).map(Operand::Text),
        Kind::Integer => text.parse().map(Operand::Integer).map_err(|_| expected("a 64-bit integer")),
        Kind::Double if json::is_number(&text) => match numbers::read(&text) {
            Ok(number) => Ok(Operand::Double(number)),
            Err(error) => Err(FilterError::new(value.span.start, format!("`{field}`: {error}"))),
        },
        Kind::Double if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'+') => Err(expected("a number")),
        Kind::Double => match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Operand::Double(number)),
            _ => Err(expected("a number")),
        },
        Kind::Bool => match text.as_str() {
            "true" => Ok(Operand::Bool(true)),
            "false" => Ok(Operand::Bool(false)),
            _ => Err(expected("`true` or `false`")),
        },
        Kind::Timestamp => timestamp(&text)
            .map(Operand::Timestamp)
            .ok_or_else(|| expected("a time such as `2026-01-31T08:30:00Z` or a date such as `2026-01-31`")),
        // The library reads other notations too; they have another length.
        Kind::Uuid => match text.parse().ok().filter(|_| text.len() == 36) {
            Some(uuid) => Ok(Operand::Uuid(uuid)),
            None => Err(expected("a UUID such as `0190f3c2-7b1e-7c3a-9d4e-5f6a7b8c9d0e`")),
        },
        Kind::Cidr => cidr(&text).map(Operand::Cidr).map_err(|hint| expected(&hint)),
        Kind::Json | Kind::Etag | Kind::Object | Kind::Objects => Err(expected("nothing")),
    }
}

fn at(value: &Member, field: &str, end: String) -> FilterError {
    FilterError::new(value.span.start, format!("{} is not a value of `{field}`; {end}", shown(&value.text())))
}

/// The label of an enum, given as label or as full value name.
fn enum_label(descriptor: &EnumDescriptor, text: &str) -> Result<String, String> {
    let labels = Kind::enum_labels(descriptor);
    let label = Kind::enum_label(descriptor, text);
    match labels.contains(&label) {
        true => Ok(label),
        false => Err(suggestion(text, labels.iter().map(String::as_str))),
    }
}

fn entity_type(model: &Model, text: &str) -> Result<String, String> {
    match model.entity_of_type(text) {
        Some(entity) => Ok(entity.type_name.clone()),
        None => Err(suggestion(text, model.entities().iter().map(|entity| entity.type_name.as_str()))),
    }
}

/// Microseconds since 1970 of an RFC 3339 time, finer digits cut off, or of the midnight that begins a day.
fn timestamp(text: &str) -> Option<i64> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.timestamp_micros());
    }
    // chrono takes one-digit months and signed years too; the form is `yyyy-mm-dd`.
    let is_day =
        text.bytes().enumerate().all(|(at, b)| if at == 4 || at == 7 { b == b'-' } else { b.is_ascii_digit() });
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|_| is_day && text.len() == 10)?;
    Some(day.and_time(NaiveTime::MIN).and_utc().timestamp_micros())
}

/// An address or a range without host bits; the error says what was expected.
fn cidr(text: &str) -> Result<IpNetwork, String> {
    let expected = || "an address or a range such as `10.0.0.0/8`".to_owned();
    let network = address_range(text).ok_or_else(expected)?;
    let base: IpAddr = network.network();
    match base == network.ip() {
        true => Ok(network),
        false => Err(format!("a range without host bits (`{base}/{}`)", network.prefix())),
    }
}

/// The check for a text equal to a literal with wildcards.
pub(super) fn text_equal(pieces: &[String]) -> Vec<Check> {
    match pieces {
        [only] => vec![Check::Compare(Operator::Equal, Operand::Text(only.clone()))],
        [prefix, last] if last.is_empty() && !prefix.is_empty() => vec![Check::Prefix(prefix.clone())],
        pieces if pieces.iter().all(String::is_empty) => vec![Check::Present],
        // The range of the prefix lets an index narrow down what the pattern is tried on.
        [prefix, ..] if !prefix.is_empty() => {
            vec![Check::Prefix(prefix.clone()), Check::Like { pattern: pattern(pieces), any_case: false }]
        }
        pieces => vec![Check::Like { pattern: pattern(pieces), any_case: false }],
    }
}

/// The SQL pattern of texts that contain a literal.
pub(super) fn contains_pattern(pieces: &[String]) -> String {
    format!("%{}%", pattern(pieces))
}

fn pattern(pieces: &[String]) -> String {
    let mut pattern = String::new();
    for (index, piece) in pieces.iter().enumerate() {
        if index > 0 {
            pattern.push('%');
        }
        pattern.push_str(&like_escaped(piece));
    }
    pattern
}

/// The text as LIKE takes it literally.
pub fn like_escaped(text: &str) -> String {
    text.chars().flat_map(|c| [Some('\\').filter(|_| matches!(c, '\\' | '%' | '_')), Some(c)]).flatten().collect()
}

/// The smallest text above every text that begins with this one, in the order of the collation "C", which for UTF-8 is
/// that of code points; none above the last code point.
pub fn after_prefix(prefix: &str) -> Option<String> {
    let mut after = prefix.to_owned();
    while let Some(last) = after.pop() {
        let next = match last {
            // Surrogates are not characters.
            '\u{d7ff}' => Some('\u{e000}'),
            last => char::from_u32(u32::from(last) + 1),
        };
        if let Some(next) = next {
            after.push(next);
            return Some(after);
        }
    }
    None
}
