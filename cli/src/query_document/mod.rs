//! The JSON query document, translated to a filter and an order of the List methods.
//!
//! Whatever has no rendition is refused: a filter that is accepted and ignored is worse than an error.

mod leaf;
mod op;
mod path;
#[cfg(test)]
mod tests;
mod translate;

use qairon::model::Entity;
use serde_json::{Map, Value as Json};

use crate::error::{Error, Result};
use crate::requests::ListQuery;
use crate::structs::kind_of;
use crate::suggest;

/// What can be wrong with a document, for people.
type Told<T> = std::result::Result<T, String>;

/// The query that a document describes.
pub fn parse(entity: &'static Entity, document: &str) -> Result<ListQuery> {
    let json = serde_json::from_str(document).map_err(|error| format!("not JSON: {error}"));
    let query = json.and_then(|json| query(entity, json));
    query.map_err(|told| Error::Usage(format!("the query document is refused: {told}")))
}

fn query(entity: &'static Entity, document: Json) -> Told<ListQuery> {
    let document = match document {
        Json::Array(filters) => Map::from_iter([("filters".to_owned(), Json::Array(filters))]),
        Json::Object(document) => document,
        other => return Err(format!("an object or a list of filters is wanted, not {}", kind_of(&other))),
    };
    known_keys(&document, &["filters", "order_by", "limit", "offset"])?;
    let part = |name| document.get(name).filter(|part| !part.is_null());
    Ok(ListQuery {
        filter: match part("filters") {
            Some(filters) => translate::filters(entity, filters)?,
            None => String::new(),
        },
        order_by: match part("order_by") {
            Some(order) => order_by(entity, order)?,
            None => String::new(),
        },
        limit: part("limit").map(|limit| count("limit", limit)).transpose()?,
        skip: match part("offset") {
            Some(offset) => i32::try_from(count("offset", offset)?).map_err(|_| "`offset` is too large".to_owned())?,
            None => 0,
        },
        page_size: None,
    })
}

fn order_by(entity: &'static Entity, order: &Json) -> Told<String> {
    let items = order.as_array().ok_or_else(|| format!("`order_by` must be a list, not {}", kind_of(order)))?;
    let terms = items.iter().map(|item| {
        let item = item.as_object().ok_or("every item of `order_by` must be an object with `field` and `direction`")?;
        known_keys(item, &["field", "direction"])?;
        let field = item.get("field").and_then(Json::as_str).ok_or("`order_by` needs a `field`")?;
        let path = path::resolve(entity, field)?;
        if !path.is_own {
            return Err(format!("cannot order by `{field}`, which is not a field of `{}` itself", entity.name));
        }
        match item.get("direction").map(|direction| direction.as_str().unwrap_or_default()) {
            None | Some("asc") => Ok(path.text),
            Some("desc") => Ok(format!("{} desc", path.text)),
            Some(_) => Err("`direction` must be `asc` or `desc`".to_owned()),
        }
    });
    Ok(terms.collect::<Told<Vec<_>>>()?.join(", "))
}

fn count(name: &str, json: &Json) -> Told<i64> {
    json.as_i64().filter(|count| *count >= 0).ok_or_else(|| format!("`{name}` must be a whole number, zero or greater"))
}

/// Refuses what would be ignored.
fn known_keys(object: &Map<String, Json>, known: &[&str]) -> Told<()> {
    match object.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(suggest::unknown("key", key, known.iter().copied())),
        None => Ok(()),
    }
}
