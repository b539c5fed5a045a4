//! `get_field`: a field's value, or the objects of a relation.

use prost_reflect::DynamicMessage;
use qairon::model::{Entity, Relation, RelationKind};
use serde_json::Value as Json;

use super::Session;
use super::relation::{Readable, embedded, one, related, text_of};
use crate::error::Result;
use crate::output::row::{Datum, Row, datum};
use crate::requests::{self, Pages, read_mask};

impl Session {
    pub(super) async fn get_field(&mut self, entity: &'static Entity, id: &str, name: &str) -> Result<()> {
        let readable = Readable::of(entity, name)?;
        if let Some(target) = readable.target() {
            self.check_asked(target)?;
        }
        match readable {
            Readable::Relation(relation) if !relation.is_to_one() => self.many(entity, relation, id).await,
            readable => {
                let object = requests::get(&self.client, entity, id, &readable.mask()).await?;
                match readable {
                    Readable::Field(field) => self.output.value(&datum(field, &object)),
                    Readable::Embedded(field, embed) => {
                        let target = qairon::model().target(&embed.entity);
                        let inner = embedded(&object, field);
                        // With its own embedded objects, unless some fields are asked for.
                        match inner {
                            Some(_) if self.asked.is_empty() => self.output.value(&datum(field, &object)),
                            inner => self.maybe(target, inner.as_ref()),
                        }
                    }
                    Readable::Relation(relation) => {
                        let target = qairon::model().target(&relation.target);
                        let id = text_of(&object, reference(relation));
                        let found = one(&self.client, target, &id, &read_mask(&self.asked)).await?;
                        self.maybe(target, found.as_ref())
                    }
                }
            }
        }
    }

    /// The objects of a relation to many.
    async fn many(&mut self, entity: &Entity, relation: &Relation, id: &str) -> Result<()> {
        let target = qairon::model().target(&relation.target);
        let client = self.client.clone();
        let mut pages = Pages::new(&client, target, &related(entity, relation, id)?, &read_mask(&self.asked));
        let mut page = pages.next().await?.unwrap_or_default();
        if page.is_empty() {
            // Nothing related, or nothing to relate to: an unknown ID is an error.
            requests::get(&client, entity, id, &["id".to_owned()]).await?;
        }
        let mut array = self.output.array();
        loop {
            for object in &page {
                array.push(Row::of_object(target, object, &self.asked))?;
            }
            match pages.next().await? {
                Some(next) => page = next,
                None => return array.finish(),
            }
        }
    }

    fn maybe(&mut self, target: &Entity, object: Option<&DynamicMessage>) -> Result<()> {
        match object {
            Some(object) => self.output.object(&self.row(target, object)),
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
