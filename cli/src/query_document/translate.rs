//! Filters to text. The two languages have the same parts; only the notation differs.

use qairon::model::Entity;
use serde_json::{Map, Value as Json};

use super::op::Op;
use super::{Told, known_keys, leaf, path};
use crate::structs::kind_of;

/// The filter for a list of filters that hold together.
pub fn filters(entity: &'static Entity, list: &Json) -> Told<String> {
    Ok(terms(entity, "filters", list)?.join(" AND "))
}

/// One filter; the text can be joined with others as it is.
fn filter(entity: &'static Entity, json: &Json) -> Told<String> {
    let object = json.as_object().ok_or_else(|| format!("a filter must be an object, not {}", kind_of(json)))?;
    if let Some(list) = object.get("and") {
        known_keys(object, &["and"])?;
        return joined(terms(entity, "and", list)?, " AND ", "id = id");
    }
    if let Some(list) = object.get("or") {
        known_keys(object, &["or"])?;
        return joined(terms(entity, "or", list)?, " OR ", "id != id");
    }
    if let Some(inner) = object.get("not") {
        known_keys(object, &["not"])?;
        return Ok(format!("NOT {}", parenthesised(filter(entity, inner)?)));
    }
    condition(entity, object)
}

fn terms(entity: &'static Entity, key: &str, list: &Json) -> Told<Vec<String>> {
    let items = list.as_array().ok_or_else(|| format!("`{key}` must be a list, not {}", kind_of(list)))?;
    items.iter().map(|item| filter(entity, item)).collect()
}

/// Terms as one. Of none, all hold and not one does: every object has an ID.
fn joined(mut terms: Vec<String>, join: &str, of_none: &str) -> Told<String> {
    Ok(match (terms.len(), terms.pop()) {
        (0, _) | (_, None) => of_none.to_owned(),
        (1, Some(term)) => term,
        (_, Some(last)) => {
            terms.push(last);
            format!("({})", terms.join(join))
        }
    })
}

/// A filter in parentheses. One that begins with a parenthesis is a joined one and has them.
fn parenthesised(filter: String) -> String {
    if filter.starts_with('(') { filter } else { format!("({filter})") }
}

fn condition(entity: &'static Entity, object: &Map<String, Json>) -> Told<String> {
    known_keys(object, &["name", "op", "val", "field"])?;
    let name = object.get("name").and_then(Json::as_str).ok_or("a filter needs a `name`, `and`, `or` or `not`")?;
    let op = object.get("op").and_then(Json::as_str).ok_or_else(|| format!("the filter on `{name}` needs an `op`"))?;
    let (val, field) = (object.get("val"), object.get("field"));
    if val.is_some() && field.is_some() {
        return Err(format!("the filter on `{name}` has both `val` and `field`"));
    }
    match (Op::named(op)?, field) {
        ((Op::Related { many }, _), _) => {
            let val = val.ok_or_else(|| format!("`{op}` on `{name}` needs a filter as its `val`"))?;
            related(entity, name, many, val)
        }
        ((Op::Compare(comparison), negated), Some(field)) => {
            let field = field.as_str().ok_or_else(|| format!("`field` of the filter on `{name}` must be a text"))?;
            leaf::fields(entity, name, comparison, negated, field)
        }
        (_, Some(_)) => Err(format!("`{op}` on `{name}` cannot compare two fields, only `eq`, `ne` and the orders do")),
        ((parsed, negated), None) => leaf::leaf(entity, name, op, parsed, negated, val),
    }
}

fn related(entity: &'static Entity, name: &str, many: bool, val: &Json) -> Told<String> {
    let path = path::resolve_relation(entity, name)?;
    if path.to_many != many {
        let (is, wanted) = if path.to_many { ("many objects", "any") } else { ("one object", "has") };
        return Err(format!("`{name}` leads to {is}, use `{wanted}`"));
    }
    // A list of filters holds together.
    let inner = match val {
        Json::Array(_) => joined(terms(path.target, "val", val)?, " AND ", "id = id")?,
        val => filter(path.target, val)?,
    };
    let function = if many { "any" } else { "has" };
    Ok(format!("{function}({}, {})", path.text, parenthesised(inner)))
}
