//! Paths to the tree of relations that they follow.

use std::collections::BTreeSet;

use qairon::model::{Entity, Field, Kind, Relation, RelationKind};

use super::{Column, Fields, Node, What};
use crate::error::{Error, Result};
use crate::paths::parts;
use crate::suggest;

impl Fields {
    /// The fields asked for, of rows of an entity; all when none are. A path that leads nowhere is wrong usage.
    pub fn of(entity: &Entity, asked: &[String]) -> Result<Self> {
        let entity = qairon::model().target(&entity.name);
        let root = Node { entity, from: None, wanted: BTreeSet::new(), whole: false };
        let mut fields = Self { nodes: vec![root], columns: Vec::new() };
        for path in asked {
            // A duplicate field would be a duplicate key.
            if !fields.columns.iter().any(|column| column.name == *path) {
                fields.add(path)?;
            }
        }
        Ok(fields)
    }

    fn add(&mut self, path: &str) -> Result<()> {
        let names = parts(path)?;
        let mut node = 0;
        for (index, name) in names.iter().enumerate() {
            let rest = &names[index + 1..];
            let entity = self.nodes[node].entity;
            let what = match (entity.field(name).filter(|field| is_own(field)), entity.relation(name)) {
                _ if name == "resource" && rest.is_empty() => What::Resource,
                _ if name == "id" && rest.is_empty() => What::Id,
                (Some(field), _) if rest.is_empty() => What::Field(field),
                (Some(field), _) if field.kind == Kind::Json => What::Inside(field, rest.to_vec()),
                (_, Some(relation)) => {
                    node = self.follow(node, relation, path, name)?;
                    if !rest.is_empty() {
                        continue;
                    }
                    self.nodes[node].whole = true;
                    What::Object
                }
                (Some(field), None) => return Err(Error::Usage(nothing_inside(entity, field, path))),
                (None, None) => return Err(Error::Usage(unknown(entity, name))),
            };
            if let What::Field(field) | What::Inside(field, _) = what {
                self.nodes[node].wanted.insert(&field.name);
            }
            self.columns.push(Column { name: path.to_owned(), node, what });
            break;
        }
        Ok(())
    }

    /// The node that a relation of another leads to.
    fn follow(&mut self, from: usize, relation: &'static Relation, path: &str, name: &str) -> Result<usize> {
        let entity = self.nodes[from].entity;
        let reference = match &relation.kind {
            RelationKind::ToOne { field } => entity.field(field),
            RelationKind::ToMany { .. } | RelationKind::Linked { .. } => None,
        };
        let Some(reference) = reference else {
            return Err(Error::Usage(format!(
                "`{path}`: `{name}` of {} leads to many objects, so it is not a field of a row; list them with \
                 `qcli {} get_field <id> {name}`",
                entity.a_human(),
                entity.name
            )));
        };
        let same = |node: &Node| node.from.is_some_and(|(place, field)| place == from && field.name == reference.name);
        if let Some(known) = self.nodes.iter().position(same) {
            return Ok(known);
        }
        self.nodes[from].wanted.insert(&reference.name);
        let entity = qairon::model().target(&relation.target);
        self.nodes.push(Node { entity, from: Some((from, reference)), wanted: BTreeSet::new(), whole: false });
        Ok(self.nodes.len() - 1)
    }
}

/// Whether a row of its own has the field: some are filled in embedded objects only.
fn is_own(field: &Field) -> bool {
    field.embed.as_ref().is_none_or(|embed| !embed.nested_only)
}

fn nothing_inside(entity: &Entity, field: &Field, path: &str) -> String {
    match field.relation() {
        Some(relation) => {
            let remedy = path.replacen(&field.name, relation, 1);
            format!("`{path}`: `{}` is an ID; use the relation: `{remedy}`", field.name)
        }
        None => format!("`{path}`: `{}` of {} has no fields of its own", field.name, entity.a_human()),
    }
}

fn unknown(entity: &Entity, name: &str) -> String {
    let fields = entity.fields.iter().filter(|field| is_own(field)).map(|field| field.name.as_str());
    let relations = entity.relations.iter().filter(|relation| relation.is_to_one());
    // A field can have the name of the relation that it repeats.
    let mut known: Vec<&str> = fields.chain(relations.map(Relation::name)).chain(["resource"]).collect();
    let mut seen = BTreeSet::new();
    known.retain(|name| seen.insert(*name));
    suggest::unknown(&format!("field of `{}`", entity.name), name, known)
}
