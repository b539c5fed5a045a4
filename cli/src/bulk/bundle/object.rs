//! A row as an object to apply: every name in it is a field, a link relation, or an error.

use prost_types::{Any, FieldMask};
use qairon::model::{Entity, Kind, RelationKind};
use qairon::v1::{BulkObject, LinkSet};
use serde_json::Value as Json;

use super::row::{Cell, Entry, Problem, Row};
use crate::arguments::named;
use crate::bulk::wire;
use crate::{structs, suggest};

/// The object of a row, or everything that is wrong with it.
pub fn of(row: Row) -> Result<BulkObject, Vec<Problem>> {
    let entity = entity(&row)?;
    let (mut builder, mut problems) = (Builder::new(entity), Vec::new());
    let mut seen: Vec<&str> = Vec::new();
    for entry in &row.entries {
        if seen.contains(&entry.name.as_str()) {
            problems.push((entry.line, format!("`{}` is given twice", entry.name)));
            continue;
        }
        seen.push(&entry.name);
        problems.extend(builder.take(entry).err().map(|message| (entry.line, message)));
    }
    if problems.is_empty() {
        problems.extend(builder.check_id().err().map(|message| (row.line, message)));
    }
    if problems.is_empty() { Ok(builder.object()) } else { Err(problems) }
}

/// An object from its parts.
pub fn bulk_object(entity: &Entity, value: Vec<u8>, paths: Vec<String>, links: Vec<LinkSet>) -> BulkObject {
    let object = Any { type_url: wire::type_url(entity), value };
    BulkObject { object: Some(object), fields: Some(FieldMask { paths }), links }
}

fn entity(row: &Row) -> Result<&'static Entity, Vec<Problem>> {
    let Some(entry) = row.entries.iter().find(|entry| entry.name == "resource") else {
        return Err(vec![(row.line, "the row has no `resource`, such as `stack`".to_owned())]);
    };
    match &entry.cell.value {
        Json::String(name) => named(name).map_err(|error| vec![(entry.line, error.to_string())]),
        other => Err(vec![(entry.line, format!("`resource` must be a text, not {}", structs::kind_of(other)))]),
    }
}

struct Builder<'a> {
    entity: &'static Entity,
    encoded: Vec<u8>,
    paths: Vec<String>,
    links: Vec<LinkSet>,
    /// The ID in the row, where the service composes it.
    id: Option<&'a Cell>,
    /// What the ID is made of.
    parts: Vec<(&'a str, String)>,
}

impl<'a> Builder<'a> {
    fn new(entity: &'static Entity) -> Self {
        let (encoded, paths, links) = (Vec::new(), Vec::new(), Vec::new());
        Self { entity, encoded, paths, links, id: None, parts: Vec::new() }
    }

    fn take(&mut self, entry: &'a Entry) -> Result<(), String> {
        if entry.name == "resource" {
            return Ok(());
        }
        let Some(field) = self.entity.field(&entry.name) else { return self.take_links(entry) };
        if field.number == 1 && !self.entity.id_is_given() {
            self.id = Some(&entry.cell);
            return Ok(());
        }
        if !field.is_settable() {
            return Ok(());
        }
        if field.number != 1 {
            self.paths.push(field.name.clone());
        }
        if entry.cell.value.is_null() && entry.cell.json.is_none() {
            return Ok(());
        }
        if self.entity.id_fields.contains(&field.name) {
            self.parts.push((&entry.name, entry.cell.text()));
        }
        let is_text =
            field.reference.is_some() || matches!(field.kind, Kind::Text | Kind::Name | Kind::Cidr | Kind::EntityType);
        // In their own notation, which shows whether a number would be rounded.
        let is_number = matches!(field.kind, Kind::Integer | Kind::Double);
        match (&entry.cell.bare, &entry.cell.json) {
            (Some(text), _) if is_text || is_number => wire::append_text(field, text, &mut self.encoded),
            (_, Some(text)) if is_number || field.kind == Kind::Json => {
                wire::append_text(field, text, &mut self.encoded)
            }
            _ => wire::append_json(field, entry.cell.value.clone(), &mut self.encoded),
        }
    }

    fn take_links(&mut self, entry: &Entry) -> Result<(), String> {
        let name = &entry.name;
        let relation = match self.entity.relation(name) {
            Some(relation) if matches!(relation.kind, RelationKind::Linked { .. }) => relation,
            Some(relation) => {
                let target = &relation.target;
                return Err(format!(
                    "`{name}` cannot be set here: give each {target} its own row that refers to this one"
                ));
            }
            None => return Err(unknown(self.entity, name)),
        };
        let ids = match &entry.cell.value {
            Json::Null => Vec::new(),
            Json::Array(items) => items.iter().map(|item| id_of(name, item)).collect::<Result<_, _>>()?,
            other => return Err(format!("`{name}` must be a list of IDs, not {}", structs::kind_of(other))),
        };
        if self.links.iter().any(|links| links.relation == relation.name()) {
            return Err(format!("`{name}` is given twice"));
        }
        self.links.push(LinkSet { relation: relation.name().to_owned(), ids });
        Ok(())
    }

    /// If the row has both an ID and its parts, they must agree; if it has only the ID, that is used.
    fn check_id(&mut self) -> Result<(), String> {
        let Some(cell) = self.id.filter(|cell| !cell.value.is_null()) else { return Ok(()) };
        let Json::String(_) = (match &cell.bare {
            Some(text) => Json::from(text.as_str()),
            None => cell.value.clone(),
        }) else {
            return Err(format!("`id` must be a text, not {}", structs::kind_of(&cell.value)));
        };
        let id = cell.text();
        let composed = match self.parts.is_empty() {
            true => None,
            false => wire::composed_id(self.entity, |field| {
                self.parts.iter().find(|(name, _)| *name == field.name).map(|(_, text)| text.clone())
            }),
        };
        match composed {
            Some(composed) if composed != id => Err(format!(
                "`id` is `{id}`, but the row composes `{composed}`; correct one of them, or leave out `id`"
            )),
            Some(_) => Ok(()),
            None => match self.entity.field("id") {
                Some(field) => wire::append_text(field, &id, &mut self.encoded),
                None => Ok(()),
            },
        }
    }

    fn object(self) -> BulkObject {
        bulk_object(self.entity, self.encoded, self.paths, self.links)
    }
}

impl Cell {
    /// The value as a part of an ID has it.
    fn text(&self) -> String {
        match (&self.bare, &self.value) {
            (Some(text), _) => text.clone(),
            (None, Json::String(text)) => text.clone(),
            (None, value) => value.to_string(),
        }
    }
}

/// The ID of a link. One may be written as the object that a row of it is.
fn id_of(relation: &str, item: &Json) -> Result<String, String> {
    let id = match item {
        Json::String(id) => Some(id),
        Json::Object(members) => match members.get("id") {
            Some(Json::String(id)) => Some(id),
            _ => None,
        },
        _ => None,
    };
    id.cloned().ok_or_else(|| format!("`{relation}` must be IDs, not {}", structs::kind_of(item)))
}

fn unknown(entity: &Entity, name: &str) -> String {
    let fields = entity.fields.iter().filter(|field| field.is_settable() || field.number == 1);
    let linked = entity.relations.iter().filter(|relation| matches!(relation.kind, RelationKind::Linked { .. }));
    let known = fields.map(|field| field.name.as_str()).chain(linked.map(|relation| relation.name()));
    suggest::unknown(&format!("field of `{}`", entity.name), name, known.chain(["resource"]))
}
