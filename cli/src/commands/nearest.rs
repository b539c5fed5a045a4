//! A mistyped ID, and the one that was meant: the server's search finds what has a part of it.

use std::collections::BTreeSet;
use std::time::Duration;

use prost_reflect::Value;
use qairon::model::Entity;

use super::relation::text_of;
use super::trace::rows::items;
use crate::args::trace::SEARCHES;
use crate::client::Client;
use crate::error::Error;
use crate::requests::Request;
use crate::suggest;

/// How long an error waits for a suggestion.
const LIMIT: Duration = Duration::from_secs(2);
/// How many objects each part of the ID may find.
const FOUND: i32 = 500;
/// How many objects of one name are named.
const NAMED: usize = 3;
/// The most characters that the search takes.
const LONGEST: usize = 256;
/// A single character says nothing. Two have no index, but half of a short name is no more.
const SHORTEST: usize = 2;

/// The reason of an ID that no object of its resource can have.
pub const INVALID_ID: &str = "INVALID_ID";
const NOT_FOUND: &str = "NOT_FOUND";

/// The error for an object that is missing.
pub fn missing(entity: &Entity, id: &str) -> Error {
    failure(entity, id, simple(&entity.human(), id), NOT_FOUND)
}

/// An error about an object.
pub fn failure(entity: &Entity, id: &str, message: String, reason: &str) -> Error {
    let subject = Some((entity.name.clone(), id.to_owned()));
    Error::Refused { message, reason: Some(reason.to_owned()), subject }
}

/// The same error; one about an ID that no object can have is about that of the command.
pub fn about(entity: &Entity, id: &str, error: Error) -> Error {
    match error {
        Error::Refused { message, reason: Some(reason), subject: None }
            if reason == INVALID_ID && message.starts_with(&format!("`{id}` ")) =>
        {
            failure(entity, id, message, INVALID_ID)
        }
        error => error,
    }
}

/// As the server says it.
fn simple(human: &str, id: &str) -> String {
    format!("there is no {human} `{id}`")
}

/// The same error, with the nearest ID if it is about a missing object. A search that fails or lasts adds nothing.
pub async fn with_suggestion(client: &Client, error: Error) -> Error {
    let Error::Refused { message, reason: Some(reason), subject: Some((resource, id)) } = error else { return error };
    let entity = qairon::model().entity(&resource);
    let about = [NOT_FOUND, INVALID_ID, "REFERENCE_NOT_FOUND"].contains(&reason.as_str());
    let nearest = match entity.filter(|_| about) {
        Some(entity) => tokio::time::timeout(LIMIT, nearest(client, entity, &id)).await.ok().flatten(),
        None => None,
    };
    let message = match (nearest, entity) {
        (Some(nearest), Some(entity)) if message == simple(&entity.human(), &id) => {
            format!("{} `{id}` does not exist; {nearest}", entity.human())
        }
        (Some(nearest), _) => format!("{message}; {nearest}"),
        (None, _) => message,
    };
    Error::Refused { message, reason: Some(reason), subject: Some((resource, id)) }
}

/// `did you mean …?`
async fn nearest(client: &Client, entity: &Entity, id: &str) -> Option<String> {
    let method = SEARCHES.iter().find(|search| search.verb == "find")?.method()?;
    let mut found = BTreeSet::new();
    for text in parts(id) {
        let resources = Value::List(vec![Value::String(entity.name.clone())]);
        let request = Request::new(method).text("text", text).set("resources", resources);
        // One part may be refused where others are not.
        let Ok(answer) = request.set("page_size", Value::I32(FOUND)).call(client).await else { continue };
        found.extend(items(&answer, "objects").iter().map(|object| text_of(object, "id")));
        if let Some(nearest) = suggest::nearest_id(id, found.iter().map(String::as_str)) {
            return Some(format!("did you mean `{nearest}`?"));
        }
    }
    several(&found, id)
}

/// Where a name is given for an ID and several objects have it: the first of them.
fn several(found: &BTreeSet<String>, name: &str) -> Option<String> {
    let named = found.iter().filter(|id| id.rsplit(':').next() == Some(name)).map(|id| format!("`{id}`"));
    let named: Vec<String> = named.collect();
    let first = named.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    match named.len() {
        0 | 1 => None,
        2..=NAMED => Some(format!("did you mean one of {first}?")),
        _ => Some(format!("did you mean one of {first}? `qcli find {name}` lists all {}", named.len())),
    }
}

/// Parts of an ID of which one is right if there is one mistake: the objects above with half of the name, the name
/// alone, and the halves of the whole.
fn parts(id: &str) -> Vec<&str> {
    let middle = |text: &str| text.char_indices().nth(text.chars().count() / 2).map_or(0, |(at, _)| at);
    let name = id.rfind(':').map_or(0, |at| at + 1);
    let half = middle(id);
    let mut parts = Vec::new();
    for part in [&id[..name + middle(&id[name..])], &id[name..], &id[..half], &id[half..]] {
        let length = part.chars().count();
        if (SHORTEST..=LONGEST).contains(&length) && !parts.contains(&part) {
            parts.push(part);
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::{parts, several};

    #[test]
    fn of_several_with_one_name_the_first_are_named() {
        let found = |ids: &[&str]| several(&ids.iter().map(|id| (*id).to_owned()).collect(), "cart");
        assert_eq!(found(&["a:b:cart", "a:b:cart-api"]), None);
        assert_eq!(found(&["a:b:cart", "x:y:cart"]).as_deref(), Some("did you mean one of `a:b:cart`, `x:y:cart`?"));
        let many = found(&["a:cart", "b:cart", "c:cart", "d:cart"]).expect("several");
        assert!(many.ends_with("`c:cart`? `qcli find cart` lists all 4"), "{many}");
    }

    #[test]
    fn one_part_is_right_wherever_the_mistake_is() {
        assert_eq!(parts("ecommerce:chekout"), ["ecommerce:che", "chekout", "ecommerc", "e:chekout"]);
        assert_eq!(parts("chekout"), ["che", "chekout", "kout"]);
        assert_eq!(parts("äöüßäöüß"), ["äöüß", "äöüßäöüß"]);
        assert_eq!(parts("shopp"), ["sh", "shopp", "opp"]);
        assert!(parts("a").is_empty() && parts("").is_empty());
    }
}
