//! What a search has to find, from a reading of all objects.

use std::collections::BTreeMap;

use qairon::model::{Entity, Kind};
use qairon_integration_tests::Database;

use super::Found;
use crate::stage::entities;

/// Components are found among up to so many matches of an entity.
const CAP: usize = 2000;

/// The field of an entity that is the own name of its objects.
fn name_field(entity: &Entity) -> Option<&str> {
    if entity.id_is_given() {
        return Some("id");
    }
    let last = entity.id_fields.last().expect("IDs are made of something");
    let name = if entity.id_fields.iter().any(|field| field == "name") { "name" } else { last.as_str() };
    let field = entity.field(name).expect("a field");
    (field.reference.is_none() && matches!(field.kind, Kind::Name | Kind::Integer)).then_some(name)
}

/// Every object of a database: the place of its entity, its ID and its own name.
pub async fn everything(database: &Database) -> Vec<(usize, String, Option<String>)> {
    let mut all = Vec::new();
    for entity in entities() {
        let name = name_field(entity).map_or("NULL".to_owned(), |name| format!("\"{name}\"::text"));
        for row in database.query(&format!("SELECT id, {name} FROM \"{}\"", entity.name)).await {
            all.push((entity.index, row[0].clone().expect("an ID"), row[1].clone()));
        }
    }
    all
}

/// Whether a search can look a text up: a piece of it has three letters or digits in a row, a word that begins after
/// another character, or one of two that ends before another; by ASCII and by Unicode.
fn is_indexed(text: &str) -> bool {
    let holds = |letters: &[bool]| {
        letters.windows(3).any(|letters| letters[0] && letters[1])
            || letters.windows(2).any(|pair| pair == [false, true])
    };
    text.split(':').any(|piece| {
        let ascii: Vec<bool> = piece.chars().map(|c| c.is_ascii_alphanumeric()).collect();
        let unicode: Vec<bool> = piece.chars().map(char::is_alphanumeric).collect();
        holds(&ascii) && holds(&unicode)
    })
}

/// Of which entities no components are found: of those with so many matches, and of what is made of their IDs. A search
/// for a text with colons also counts the objects in which it only begins or ends; no text below has too many of them.
fn over(matches: &BTreeMap<usize, usize>) -> Vec<bool> {
    fn is_over(entity: &Entity, matches: &BTreeMap<usize, usize>) -> bool {
        let above = entity.id_fields.iter().filter_map(|name| entity.field(name)?.reference.as_ref());
        matches.get(&entity.index).is_some_and(|&count| count > CAP)
            || above.into_iter().any(|reference| is_over(qairon::model().target(&reference.entity), matches))
    }
    entities().iter().map(|entity| is_over(entity, matches)).collect()
}

/// What a search for a text has to find among these objects.
pub fn wanted(all: &[(usize, String, Option<String>)], text: &str) -> Vec<Found> {
    let text = text.to_ascii_lowercase();
    let mut names: BTreeMap<usize, usize> = BTreeMap::new();
    let mut ids = names.clone();
    for (entity, id, name) in all {
        let holds = |whole: &str| usize::from(whole.to_ascii_lowercase().contains(&text));
        *names.entry(*entity).or_default() += name.as_deref().map_or(0, holds);
        *ids.entry(*entity).or_default() += holds(id);
    }
    let (indexed, ids_over) = (is_indexed(&text), over(&ids));
    let mut found: Vec<(u8, usize, &str)> = all
        .iter()
        .filter_map(|(entity, id, name)| {
            let name = name.as_ref().map(|name| name.to_ascii_lowercase()).unwrap_or_default();
            let whole = id.to_ascii_lowercase();
            let component = format!(":{whole}:").contains(&format!(":{text}:"));
            let kind = match () {
                () if whole == text || name == text => 1,
                () if component && name.contains(&text) && indexed && names[entity] <= CAP => 2,
                () if component && !name.contains(&text) && indexed && !ids_over[*entity] => 3,
                () if name.starts_with(&text) => 4,
                () if name.contains(&text) => 5,
                () if whole.contains(&text) => 6,
                () => return None,
            };
            Some((kind, entities()[*entity].rank, id.as_str()))
        })
        .collect();
    found.sort_unstable();
    let labels =
        ["", "MATCH_EXACT", "MATCH_COMPONENT", "MATCH_COMPONENT", "MATCH_NAME_PREFIX", "MATCH_NAME", "MATCH_ID"];
    let told = |(kind, entity, id): (u8, usize, &str)| {
        (labels[usize::from(kind)].to_owned(), qairon::model().ranked(entity).name.clone(), id.to_owned())
    };
    found.into_iter().map(told).collect()
}
