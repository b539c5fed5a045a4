//! The JSON query document: the other notation of filters.
//!
//! It becomes the same tree as AIP-160 text, so that resolving, SQL and printing serve both. The tree keeps two
//! traces of its origin: [`Places`], by which errors point into the document, and
//! [`Member::named`](super::ast::Member), which marks a member that can only be the name of a field.
//!
//! What it means where more than one reading is possible:
//!
//! - Values are always literal: an asterisk is an asterisk, the name of a field is a text. `field` compares with
//!   another field.
//! - `not_in`, `not_like` and `is_not_null` are the denials of `in`, `like` and `is_null`: over a relation to many they
//!   mean *none*. `!=` means *any of another value* there, as it does in AIP-160.
//! - `in` with an empty list never holds; `and` of nothing always does, `or` of nothing never.
//! - `limit` is for the whole listing, whatever its pages, and `offset` is what requests call `skip`.

mod entries;
mod filters;
mod member;
mod op;

use super::ast::Ast;
use super::error::FilterError;
use super::json::{self, Json, Value};
use super::limits::check_bytes;
use super::order::OrderTerm;
use super::places::Places;
use super::query::Query;
use entries::{entry, known_keys};

/// Whether a text is a document, or tries to be one.
pub(super) fn is_document(text: &str) -> bool {
    text.trim_start().starts_with(['{', '['])
}

pub(super) fn parse(text: &str) -> Result<Query, FilterError> {
    check_bytes(text)?;
    let document = json::read(text).map_err(|error| Places::new(text, None).locate(error))?;
    let query = query(&document);
    let places = Places::new(text, Some(document));
    match query {
        Ok(mut query) => {
            query.ast.places = Some(places);
            Ok(query)
        }
        Err(error) => Err(places.locate(error)),
    }
}

fn query(document: &Json) -> Result<Query, FilterError> {
    let mut query = Query::default();
    let entries = match &document.value {
        Value::List(filters) => {
            query.ast = Ast { root: filters::all(filters)?, places: None };
            return Ok(query);
        }
        Value::Object(entries) => entries,
        _ => return Err(document.error(format!("expected an object or a list of filters, found {}", document.kind()))),
    };
    known_keys(entries, &["filters", "order_by", "limit", "offset"])?;
    for entry in entries {
        let value = &entry.value;
        match (entry.key.as_str(), &value.value) {
            (_, Value::Null) => {}
            ("filters", Value::List(filters)) => query.ast = Ast { root: filters::all(filters)?, places: None },
            ("order_by", Value::List(items)) => {
                query.order = items.iter().map(order_term).collect::<Result<_, _>>()?;
            }
            ("filters" | "order_by", _) => return Err(expected(value, &entry.key, "a list")),
            ("limit", _) => query.limit = Some(count(value, "limit")?),
            _ => query.offset = Some(count(value, "offset")?),
        }
    }
    Ok(query)
}

fn order_term(item: &Json) -> Result<OrderTerm, FilterError> {
    let Value::Object(entries) = &item.value else {
        return Err(expected(item, "order_by", "objects with `field` and `direction`"));
    };
    known_keys(entries, &["field", "direction"])?;
    let Some(field) = entry(entries, "field") else { return Err(item.error("an order needs a `field`")) };
    let Value::Text(name) = &field.value else { return Err(expected(field, "field", "a text")) };
    let descending = match entry(entries, "direction") {
        None => false,
        Some(direction) => match &direction.value {
            Value::Null => false,
            Value::Text(word) if word.eq_ignore_ascii_case("asc") => false,
            Value::Text(word) if word.eq_ignore_ascii_case("desc") => true,
            _ => return Err(direction.error("`direction` is `asc` or `desc`")),
        },
    };
    Ok(OrderTerm { path: member::path(field, name)?, descending })
}

fn count(json: &Json, name: &str) -> Result<i64, FilterError> {
    let number = match &json.value {
        Value::Number(number) => number.parse().ok().filter(|number: &i64| *number >= 0),
        _ => None,
    };
    number.ok_or_else(|| json.error(format!("`{name}` must be a whole number, zero or greater")))
}

fn expected(json: &Json, name: &str, what: &str) -> FilterError {
    json.error(format!("`{name}` takes {what}, found {}", json.kind()))
}
