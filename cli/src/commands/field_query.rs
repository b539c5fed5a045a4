//! `get_field_query`: one field or relation of every object that a query selects, an element for each.
//!
//! Related objects are read for a whole page at a time, and assigned to each object here.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use prost_reflect::DynamicMessage;
use qairon::model::{Entity, Relation, RelationKind};
use serde_json::Value as Json;

use super::field::reference;
use super::relation::{Readable, embedded, inverse, related, text_of};
use crate::client::Client;
use crate::error::Result;
use crate::fields::Fields;
use crate::output::row::{Datum, datum};
use crate::requests::{self, ListQuery, Pages, in_parts};
use crate::session::{Session, none_found};

impl Session {
    pub(super) async fn get_field_query(&mut self, entity: &'static Entity, name: &str, document: &str) -> Result<()> {
        let readable = Readable::of(entity, name)?;
        let fields = readable.target().map(|target| self.fields(target)).transpose()?;
        let query = ListQuery::document(document)?;
        let reader = Reader { client: self.client.clone(), entity, fields };
        let mut pages = Pages::new(&reader.client, entity, &query, &readable.mask());
        let mut page = pages.next().await?.unwrap_or_default();
        let mut array = self.output.array(none_found(entity));
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

/// Reads the field or relation of a name from the objects of a page.
struct Reader {
    client: Client,
    entity: &'static Entity,
    /// Of the related objects; `None` for a field.
    fields: Option<Fields>,
}

impl Reader {
    async fn read(&self, readable: Readable, page: &[DynamicMessage]) -> Result<Vec<Datum>> {
        match readable {
            Readable::Field(field) => Ok(page.iter().map(|object| datum(field, object)).collect()),
            // With its own embedded objects, unless fields are requested.
            Readable::Embedded(field, _) if self.mask().is_empty() => {
                Ok(page.iter().map(|object| datum(field, object)).collect())
            }
            Readable::Embedded(field, _) => {
                let inner: Vec<_> = page.iter().map(|object| embedded(object, field)).collect();
                let present: Vec<_> = inner.iter().flatten().cloned().collect();
                let mut rows = self.rows(&present).await?.into_iter();
                let read =
                    |inner: &Option<_>| inner.as_ref().and_then(|_| rows.next()).unwrap_or(Datum::Json(Json::Null));
                Ok(inner.iter().map(read).collect())
            }
            Readable::Relation(relation) if relation.is_to_one() => self.read_one(relation, page).await,
            Readable::Relation(relation) => {
                let ids: Vec<String> = page.iter().map(|object| text_of(object, "id")).collect();
                let mut lists = match &relation.kind {
                    RelationKind::Linked { .. } => self.read_linked(relation, &ids).await?,
                    _ => self.read_many(relation, &ids).await?,
                };
                Ok(ids.iter().map(|id| Datum::List(lists.remove(id).unwrap_or_default())).collect())
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
            let objects = requests::batch_get(&self.client, target, &distinct, &self.mask()).await?;
            for (object, row) in objects.iter().zip(self.rows(&objects).await?) {
                rows.insert(text_of(object, "id"), row);
            }
        }
        Ok(ids.iter().map(|id| rows.get(id).cloned().unwrap_or(Datum::Json(Json::Null))).collect())
    }

    /// The objects that refer to each of these: they name it themselves.
    async fn read_many(&self, relation: &Relation, ids: &[String]) -> Result<HashMap<String, Vec<Datum>>> {
        let target = qairon::model().target(&relation.target);
        let field = reference(relation).to_owned();
        let mut mask = self.mask();
        if !mask.is_empty() {
            mask.push(field.clone());
        }
        let mut lists: HashMap<String, Vec<Datum>> = HashMap::new();
        for part in in_parts(ids) {
            let objects = self.all(target, &ListQuery::one_of(&field, part), &mask).await?;
            for (object, row) in objects.iter().zip(self.rows(&objects).await?) {
                lists.entry(text_of(object, &field)).or_default().push(row);
            }
        }
        Ok(lists)
    }

    /// The objects linked with each of these. A row does not have its links. So first read all objects that are linked
    /// with any, then which is linked with which, from the smaller side.
    async fn read_linked(&self, relation: &Relation, ids: &[String]) -> Result<HashMap<String, Vec<Datum>>> {
        let target = qairon::model().target(&relation.target);
        let back = format!("{}.id", inverse(self.entity, relation)?.name());
        let mut rows = BTreeMap::new();
        for part in in_parts(ids) {
            let objects = self.all(target, &ListQuery::one_of(&back, part), &self.mask()).await?;
            for (object, row) in objects.iter().zip(self.rows(&objects).await?) {
                rows.insert(text_of(object, "id"), row);
            }
        }
        let mut lists: HashMap<String, Vec<Datum>> = HashMap::new();
        let id_alone = ["id".to_owned()];
        if rows.len() * in_parts(ids).len() < ids.len() {
            for (other, row) in &rows {
                let linked = ListQuery::equal(&format!("{}.id", relation.name()), other);
                for part in in_parts(ids) {
                    for owner in self.all(self.entity, &linked.clone().among(part), &id_alone).await? {
                        lists.entry(text_of(&owner, "id")).or_default().push(row.clone());
                    }
                }
            }
        } else if !rows.is_empty() {
            for id in ids {
                let others = self.all(target, &related(self.entity, relation, id)?, &id_alone).await?;
                let found = others.iter().filter_map(|other| rows.get(&text_of(other, "id")).cloned());
                lists.insert(id.clone(), found.collect());
            }
        }
        Ok(lists)
    }

    async fn all(&self, entity: &Entity, query: &ListQuery, mask: &[String]) -> Result<Vec<DynamicMessage>> {
        let mut pages = Pages::new(&self.client, entity, query, mask);
        let mut objects = Vec::new();
        while let Some(page) = pages.next().await? {
            objects.extend(page);
        }
        Ok(objects)
    }

    fn mask(&self) -> Vec<String> {
        self.fields.as_ref().map(Fields::mask).unwrap_or_default()
    }

    /// What is printed of related objects.
    async fn rows(&self, objects: &[DynamicMessage]) -> Result<Vec<Datum>> {
        let Some(fields) = &self.fields else { return Ok(Vec::new()) };
        let mut rows = Vec::with_capacity(objects.len());
        // As many at a time as the server takes in one call.
        for part in objects.chunks(requests::MAX_BATCH) {
            rows.extend(fields.rows(&self.client, part).await?.into_iter().map(Datum::Row));
        }
        Ok(rows)
    }
}
