//! From an object to those of a relation.

use prost_reflect::{DynamicMessage, Value};
use qairon::model::{Embed, Entity, Field, Relation, RelationKind};

use crate::client::Client;
use crate::error::{Error, Result};
use crate::requests::{self, ListQuery};
use crate::suggest;

/// Something that can be read from an object by its name.
#[derive(Debug, Clone, Copy)]
pub enum Readable {
    /// One of its fields.
    Field(&'static Field),
    /// The object or objects that a field repeats.
    Embedded(&'static Field, &'static Embed),
    /// The objects of a relation.
    Relation(&'static Relation),
}

impl Readable {
    /// Looks a name up.
    pub fn of(entity: &'static Entity, name: &str) -> Result<Self> {
        if let Some(field) = entity.field(name) {
            match &field.embed {
                None => return Ok(Self::Field(field)),
                // Others are filled in embedded objects only, and are read as the relation they repeat.
                Some(embed) if !embed.nested_only => return Ok(Self::Embedded(field, embed)),
                Some(_) => {}
            }
        }
        if let Some(relation) = entity.relation(name) {
            return Ok(Self::Relation(relation));
        }
        let fields = entity.fields.iter().map(|field| field.name.as_str());
        let relations = entity.relations.iter().flat_map(|relation| relation.names.iter().map(String::as_str));
        let what = format!("field or relation of `{}`", entity.name);
        Err(Error::Usage(suggest::unknown(&what, name, fields.chain(relations))))
    }

    /// The entity of the rows it leads to.
    pub fn target(&self) -> Option<&'static Entity> {
        match self {
            Self::Field(_) => None,
            Self::Embedded(_, embed) => Some(qairon::model().target(&embed.entity)),
            Self::Relation(relation) => Some(qairon::model().target(&relation.target)),
        }
    }

    /// The fields of the object that must be read for it.
    pub fn mask(&self) -> Vec<String> {
        let field = match self {
            Self::Field(field) | Self::Embedded(field, _) => &field.name,
            Self::Relation(Relation { kind: RelationKind::ToOne { field }, .. }) => field,
            Self::Relation(_) => return vec!["id".to_owned()],
        };
        // The server sends the ID in any case.
        vec![field.clone()]
    }
}

/// The query for the objects of a relation to many.
pub fn related(entity: &Entity, relation: &Relation, id: &str) -> Result<ListQuery> {
    match &relation.kind {
        RelationKind::ToMany { field } => Ok(ListQuery::equal(field, id)),
        RelationKind::Linked { .. } => {
            let back = inverse(entity, relation)?;
            Ok(ListQuery::equal(&format!("{}.id", back.name()), id))
        }
        RelationKind::ToOne { field } => {
            Err(Error::Usage(format!("`{}` leads to one object, named by `{field}`", relation.name())))
        }
    }
}

/// The same link, seen from its other end.
pub fn inverse(entity: &Entity, relation: &Relation) -> Result<&'static Relation> {
    let back = match &relation.kind {
        RelationKind::Linked { table, owner, .. } => {
            qairon::model().target(&relation.target).relations.iter().find(|back| {
                back.target == entity.name
                    && matches!(&back.kind, RelationKind::Linked { table: other, owner: end, .. } if other == table && end != owner)
            })
        }
        _ => None,
    };
    back.ok_or_else(|| Error::Usage(format!("`{}` cannot be followed back", relation.name())))
}

/// The text of a field; empty when it is unset.
pub fn text_of(object: &DynamicMessage, field: &str) -> String {
    object.get_field_by_name(field).and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// The object that a field embeds, when it has one.
pub fn embedded(object: &DynamicMessage, field: &Field) -> Option<DynamicMessage> {
    match object.has_field(&field.descriptor).then(|| object.get_field(&field.descriptor))?.as_ref() {
        Value::Message(inner) => Some(inner.clone()),
        _ => None,
    }
}

/// Gets the object of a relation to one, when there is one.
pub async fn one(client: &Client, target: &Entity, id: &str, mask: &[String]) -> Result<Option<DynamicMessage>> {
    if id.is_empty() {
        return Ok(None);
    }
    requests::get(client, target, id, mask).await.map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_relation_leads_to_a_query_or_a_reference() {
        for entity in qairon::model().entities() {
            for relation in &entity.relations {
                for name in &relation.names {
                    Readable::of(entity, name).expect(name);
                }
                assert_eq!(related(entity, relation, "x").is_err(), relation.is_to_one(), "{}", relation.name());
            }
        }
    }

    #[test]
    fn links_are_followed_through_their_other_end() {
        let filter = |entity: &str, relation: &str| {
            let entity = qairon::model().target(entity);
            related(entity, entity.relation(relation).expect(relation), "a\"b").expect(relation).filter
        };
        assert_eq!(filter("repo", "services"), r#"repos.id = "a\"b""#);
        assert_eq!(filter("service", "repos"), r#"services.id = "a\"b""#);
        assert_eq!(filter("deployment_target", "fleets"), r#"deployment_targets.id = "a\"b""#);
        assert_eq!(filter("stack", "services"), r#"stack_id = "a\"b""#);
        assert_eq!(filter("repo", "build_artifacts"), r#"output_repo_id = "a\"b""#);
    }
}
