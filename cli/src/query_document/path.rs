//! Paths: fields of an entity, or of those that its relations lead to.

use qairon::model::{Entity, Kind};

use super::Told;
use crate::filter::quoted;
use crate::suggest;

/// A path to a field.
#[derive(Debug, Clone)]
pub struct Path {
    /// As the filter language writes it.
    pub text: String,
    /// The kind of the field; `None` inside a JSON field.
    pub kind: Option<Kind>,
    /// Whether it is a field of the entity itself.
    pub is_own: bool,
}

/// A path to the objects of a relation.
#[derive(Debug, Clone)]
pub struct RelationPath {
    /// As the filter language writes it.
    pub text: String,
    /// The entity at its end.
    pub target: &'static Entity,
    /// Whether its last relation leads to many objects.
    pub to_many: bool,
}

/// Finds a field. A relation at the end stands for the ID of its object.
pub fn resolve(entity: &'static Entity, name: &str) -> Told<Path> {
    let mut entity = entity;
    let mut is_own = true;
    let mut rest = name.split('.');
    while let Some(segment) = rest.next() {
        // Before fields: an embedded object is reached as the relation it repeats.
        if let Some(relation) = entity.relation(segment) {
            is_own = false;
            entity = qairon::model().target(&relation.target);
            continue;
        }
        let field = entity.field(segment).filter(|field| field.is_column());
        let field = field.ok_or_else(|| unknown(entity, segment, name))?;
        let rest: Vec<&str> = rest.collect();
        return match (&field.kind, rest.as_slice()) {
            (Kind::Json, [_, ..]) => {
                let inner = rest.iter().map(|key| if is_word(key) { (*key).to_owned() } else { quoted(key) });
                let head = &name[..name.len() - rest.join(".").len()];
                let text = format!("{head}{}", inner.collect::<Vec<_>>().join("."));
                Ok(Path { text, kind: None, is_own: false })
            }
            (kind, []) => Ok(Path { text: name.to_owned(), kind: Some(kind.clone()), is_own }),
            _ => Err(format!("`{segment}` in `{name}` is a field, nothing follows it")),
        };
    }
    Ok(Path { text: name.to_owned(), kind: Some(Kind::Text), is_own: false })
}

/// Finds a relation.
pub fn resolve_relation(entity: &'static Entity, name: &str) -> Told<RelationPath> {
    let mut path = RelationPath { text: name.to_owned(), target: entity, to_many: false };
    for segment in name.split('.') {
        let relation = path.target.relation(segment).ok_or_else(|| match path.target.field(segment) {
            Some(_) => format!("`{segment}` in `{name}` is a field, a relation is wanted"),
            None => unknown(path.target, segment, name),
        })?;
        path.to_many = !relation.is_to_one();
        path.target = qairon::model().target(&relation.target);
    }
    Ok(path)
}

fn unknown(entity: &Entity, segment: &str, name: &str) -> String {
    let fields = entity.fields.iter().filter(|field| field.is_column()).map(|field| field.name.as_str());
    let relations = entity.relations.iter().flat_map(|relation| relation.names.iter().map(String::as_str));
    let told = suggest::unknown(&format!("field or relation of `{}`", entity.name), segment, fields.chain(relations));
    if segment == name { told } else { format!("{told} (in `{name}`)") }
}

/// Whether a key can stand in a path without quotes.
fn is_word(key: &str) -> bool {
    key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !matches!(key, "AND" | "OR" | "NOT")
}
