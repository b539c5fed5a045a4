//! Comparisons with values in a JSON field.
//!
//! JSON has no schema, so the value decides: a quoted literal compares as text, an unquoted number also by value with
//! numbers, and no comparison fails because a value has another type.

use qairon::numbers;

use super::ast::{Comparator, Member};
use super::error::{FilterError, shown};
use super::expr::{Check, Column, Expr, Operator};
use super::json;
use super::values::{literal_only, plain_text, text_equal};

/// The condition on the column, and whether it must hold or must not.
pub(super) fn condition(
    column: &Column,
    keys: &[String],
    field: &str,
    comparator: Comparator,
    value: &Member,
) -> Result<(Expr, bool), FilterError> {
    literal_only(value)?;
    let number = number(field, value)?;
    let operator = match comparator {
        Comparator::Has => return has(column, keys, number, value).map(|expr| (expr, false)),
        _ if keys.is_empty() => {
            let message = format!(
                "{} is JSON: compare something in it (`{field}.key = \"…\"`) or ask for a key (`{field}:\"key\"`)",
                shown(field)
            );
            return Err(FilterError::new(value.span.start, message));
        }
        Comparator::Equal => return Ok((equal(column, number, value), false)),
        Comparator::NotEqual => return Ok((equal(column, number, value), true)),
        Comparator::Less => Operator::Less,
        Comparator::LessOrEqual => Operator::LessOrEqual,
        Comparator::Greater => Operator::Greater,
        Comparator::GreaterOrEqual => Operator::GreaterOrEqual,
    };
    let check = match number {
        Some(number) => Check::JsonNumber(operator, number),
        None => Check::JsonText(operator, plain_text(value)?),
    };
    Ok((Expr::test(column, check), false))
}

/// The value in JSON equals a literal.
fn equal(column: &Column, number: Option<String>, value: &Member) -> Expr {
    let texts = text_equal(&value.pieces()).into_iter().map(|check| Expr::test(column, check)).collect();
    let numbers = number.map(|number| Expr::test(column, Check::JsonNumber(Operator::Equal, number)));
    Expr::any(numbers.into_iter().chain([Expr::all(texts)]).collect())
}

/// Whether a value is an unquoted number, in the notation of JSON.
pub(super) fn is_number(value: &Member) -> bool {
    !value.is_quoted() && json::is_number(&value.text())
}

/// An unquoted number as the database compares it. What no number in JSON equals exactly is refused.
fn number(field: &str, value: &Member) -> Result<Option<String>, FilterError> {
    if !is_number(value) {
        return Ok(None);
    }
    match numbers::read(&value.text()) {
        Ok(number) => Ok(Some(numbers::shown(number))),
        Err(error) => Err(FilterError::new(value.span.start, format!("{}: {error}", shown(field)))),
    }
}

fn has(column: &Column, keys: &[String], number: Option<String>, value: &Member) -> Result<Expr, FilterError> {
    if value.is_wildcard() {
        let check = if keys.is_empty() { Check::Present } else { Check::KeyPresent };
        return Ok(Expr::test(column, check));
    }
    let text = plain_text(value)?;
    let element = match value.is_quoted() {
        true => None,
        false if matches!(text.as_str(), "true" | "false") => Some(format!("[{text}]")),
        false => number.as_ref().map(|number| format!("[{number}]")),
    };
    let has = Expr::test(column, Check::JsonHas { text, element });
    // A number by itself is compared by value too: it is not stored in the notation of the filter.
    let equal = number.map(|number| Expr::test(column, Check::JsonNumber(Operator::Equal, number)));
    Ok(Expr::any(std::iter::once(has).chain(equal).collect()))
}
