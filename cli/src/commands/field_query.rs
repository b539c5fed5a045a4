//! `get_field_query`: one field or relation of every object that a query selects, an element for each.

use std::collections::{BTreeSet, HashMap};

use prost_reflect::DynamicMessage;
use qairon::model::{Entity, Relation};
use serde_json::Value as Json;

use super::Session;
use super::field::reference;
use super::relation::{Readable, embedded, related, text_of};
use crate::client::Client;
use crate::error::Result;
use crate::output::row::{Datum, Row, datum};
use crate::query_document;
use crate::requests::{self, Pages, read_mask};

impl Session {
    pub(super) async fn get_field_query(&mut self, entity: &'static Entity, name: &str, document: &str) -> Result<()> {
        let readable = Readable::of(entity, name)?;
        if let Some(target) = readable.target() {
            self.check_asked(target)?;
        }
        let query = query_document::parse(entity, document)?;
        let reader = Reader { client: self.client.clone(), entity, asked: &self.asked };
        let mut pages = Pages::new(&reader.client, entity, &query, &readable.mask());
        let mut page = pages.next().await?.unwrap_or_default();
        let mut array = self.output.array();
        loop {
            for datum in reader.read(readable, &page).await? {
                array.push_value(&datum)?;
            }
            match pages.next().await? {
                Some(next) => page = next,
                None => return array.finish(),
            }
        }
    }
}

/// Reads what a name stands for from the objects of a page.
struct Reader<'a> {
    client: Client,
    entity: &'static Entity,
    asked: &'a [String],
}

impl Reader<'_> {
    async fn read(&self, readable: Readable, page: &[DynamicMessage]) -> Result<Vec<Datum>> {
        match readable {
            Readable::Field(field) => Ok(page.iter().map(|object| datum(field, object)).collect()),
            Readable::Embedded(field, embed) => {
                let target = qairon::model().target(&embed.entity);
                let read = |object| match embedded(object, field) {
                    Some(inner) if !self.asked.is_empty() => self.row(target, &inner),
                    _ => datum(field, object),
                };
                Ok(page.iter().map(read).collect())
            }
            Readable::Relation(relation) if relation.is_to_one() => self.read_one(relation, page).await,
            Readable::Relation(relation) => {
                let mut lists = Vec::new();
                for object in page {
                    lists.push(self.read_many(relation, &text_of(object, "id")).await?);
                }
                Ok(lists)
            }
        }
    }

    /// The objects of a relation to one: one call for a page, however many lead to the same object.
    async fn read_one(&self, relation: &Relation, page: &[DynamicMessage]) -> Result<Vec<Datum>> {
        let target = qairon::model().target(&relation.target);
        let ids: Vec<String> = page.iter().map(|object| text_of(object, reference(relation))).collect();
        let distinct: BTreeSet<&String> = ids.iter().filter(|id| !id.is_empty()).collect();
        let distinct: Vec<String> = distinct.into_iter().cloned().collect();
        let mut rows = HashMap::new();
        if !distinct.is_empty() {
            for object in requests::batch_get(&self.client, target, &distinct, &read_mask(self.asked)).await? {
                rows.insert(text_of(&object, "id"), self.row(target, &object));
            }
        }
        Ok(ids.iter().map(|id| rows.get(id).cloned().unwrap_or(Datum::Json(Json::Null))).collect())
    }

    async fn read_many(&self, relation: &Relation, id: &str) -> Result<Datum> {
        let target = qairon::model().target(&relation.target);
        let query = related(self.entity, relation, id)?;
        let mut pages = Pages::new(&self.client, target, &query, &read_mask(self.asked));
        let mut rows = Vec::new();
        while let Some(page) = pages.next().await? {
            rows.extend(page.iter().map(|object| self.row(target, object)));
        }
        Ok(Datum::List(rows))
    }

    fn row(&self, target: &Entity, object: &DynamicMessage) -> Datum {
        Datum::Row(Row::of_object(target, object, self.asked))
    }
}
