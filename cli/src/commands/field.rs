//! `get_field`: a field's value, or the objects of a relation.

use prost_reflect::DynamicMessage;
use qairon::model::{Entity, Relation, RelationKind};
use serde_json::Value as Json;

use super::relation::{Readable, embedded, one, related, text_of};
use crate::error::Result;
use crate::fields::Fields;
use crate::output::row::{Datum, datum};
use crate::requests::{self, Pages};
use crate::session::Session;

impl Session {
    pub(super) async fn get_field(&mut self, entity: &'static Entity, id: &str, name: &str) -> Result<()> {
        let readable = Readable::of(entity, name)?;
        // Mistakes are reported before anything is sent.
        let fields = readable.target().map(|target| self.fields(target)).transpose()?;
        match (readable, fields) {
            (Readable::Relation(relation), Some(fields)) if !relation.is_to_one() => {
                self.many(entity, relation, id, &fields).await
            }
            (readable, fields) => {
                let object = requests::get(&self.client, entity, id, &readable.mask()).await?;
                match (readable, fields) {
                    // With its own embedded objects, unless fields are requested.
                    (Readable::Embedded(field, _), Some(fields)) if !self.asked.is_empty() => {
                        self.maybe(&fields, embedded(&object, field).as_ref()).await
                    }
                    (Readable::Relation(relation), Some(fields)) => {
                        let target = qairon::model().target(&relation.target);
                        let id = text_of(&object, reference(relation));
                        let found = one(&self.client, target, &id, &fields.mask()).await?;
                        self.maybe(&fields, found.as_ref()).await
                    }
                    (Readable::Field(field) | Readable::Embedded(field, _), _) => {
                        self.output.value(&datum(field, &object))
                    }
                    (Readable::Relation(_), None) => Ok(()),
                }
            }
        }
    }

    /// The objects of a relation to many.
    async fn many(&mut self, entity: &Entity, relation: &Relation, id: &str, fields: &Fields) -> Result<()> {
        let target = qairon::model().target(&relation.target);
        let client = self.client.clone();
        let mut pages = Pages::new(&client, target, &related(entity, relation, id)?, &fields.mask());
        let first = pages.next().await?;
        if first.as_ref().is_none_or(Vec::is_empty) {
            // Nothing related, or nothing to relate to: an unknown ID is an error.
            requests::get(&client, entity, id, &["id".to_owned()]).await?;
        }
        self.print_pages(fields, first, pages).await
    }

    async fn maybe(&mut self, fields: &Fields, object: Option<&DynamicMessage>) -> Result<()> {
        match object {
            Some(object) => self.print(fields, object).await,
            None => self.output.value(&Datum::Json(Json::Null)),
        }
    }
}

/// The field that holds the ID of a relation to one.
pub(super) fn reference(relation: &Relation) -> &str {
    match &relation.kind {
        RelationKind::ToOne { field } | RelationKind::ToMany { field } => field,
        RelationKind::Linked { own_column, .. } => own_column,
    }
}
