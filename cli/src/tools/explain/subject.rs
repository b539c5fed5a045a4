//! From the path that `explain` is given to what it names.

use qairon::model::{Entity, Field, Kind, Relation};

use crate::error::{Error, Result};
use crate::suggest;

/// What is to be explained.
#[derive(Debug)]
pub enum Subject {
    /// A resource.
    Resource(&'static Entity),
    /// The relation of a resource, and the resource that it leads to.
    Relation(&'static Entity, &'static Relation),
    /// A field of a resource.
    Field(&'static Entity, &'static Field),
}

impl Subject {
    /// What a path names; it may have hyphens instead of underscores.
    pub fn of(path: &str) -> Result<Self> {
        let path = path.replace('-', "_");
        let mut names = path.split('.');
        let first = names.next().unwrap_or_default();
        let mut entity = qairon::model().entity(first).or_else(|| of_plural(first)).ok_or_else(|| {
            let known = qairon::model().entities().iter().map(|entity| entity.name.as_str());
            Error::Usage(suggest::unknown("resource", first, known))
        })?;
        let mut subject = Self::Resource(entity);
        while let Some(name) = names.next() {
            let is_last = names.clone().next().is_none();
            match (entity.field(name), entity.relation(name)) {
                (Some(field), _) if is_last => subject = Self::Field(entity, field),
                (_, Some(relation)) => {
                    subject = Self::Relation(entity, relation);
                    entity = qairon::model().target(&relation.target);
                }
                (Some(field), None) => return Err(Error::Usage(nothing_inside(entity, field))),
                (None, None) => return Err(Error::Usage(unknown(entity, name))),
            }
        }
        Ok(subject)
    }
}

fn of_plural(name: &str) -> Option<&'static Entity> {
    qairon::model().entities().iter().find(|entity| entity.plural == name)
}

fn nothing_inside(entity: &Entity, field: &Field) -> String {
    match (field.relation(), &field.kind) {
        (Some(relation), _) => {
            format!("`{}` of {} is an ID; use the relation `{relation}`", field.name, entity.a_human())
        }
        (None, Kind::Json) => {
            format!("`{}` of {} is any JSON object; its content is not described", field.name, entity.a_human())
        }
        (None, _) => format!("`{}` of {} has no fields of its own", field.name, entity.a_human()),
    }
}

fn unknown(entity: &Entity, name: &str) -> String {
    let fields = entity.fields.iter().map(|field| field.name.as_str());
    let relations = entity.relations.iter().flat_map(|relation| relation.names.iter().map(String::as_str));
    suggest::unknown(&format!("field or relation of `{}`", entity.name), name, fields.chain(relations))
}
