//! The printed fields of rows: those named with `-f`, also over relations.
//!
//! Paths share their beginnings, so all requested paths form one tree: a [`Node`] for each relation that is followed,
//! with the fields to read of the objects there. For a page of rows, each node is one call for the distinct objects
//! that the page leads to. A node that needs only the ID needs no call.

mod parse;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap};

use prost_reflect::DynamicMessage;
use qairon::model::{Entity, Field};
use serde_json::Value as Json;

use crate::client::Client;
use crate::error::Result;
use crate::output::row::{Cell, Datum, Place, Row, datum};
use crate::requests;

/// The fields asked for, of rows of one entity.
#[derive(Debug)]
pub struct Fields {
    /// The rows' own objects first, and each node after the one it is reached from.
    nodes: Vec<Node>,
    /// Empty for all fields.
    columns: Vec<Column>,
}

/// The objects that a path of relations leads to.
#[derive(Debug)]
struct Node {
    entity: &'static Entity,
    /// The node it is reached from, and the reference there; `None` for the rows themselves.
    from: Option<(usize, &'static Field)>,
    /// The fields to read, without the ID.
    wanted: BTreeSet<&'static str>,
    /// Whether all of them are.
    whole: bool,
}

/// One thing to print of each row.
#[derive(Debug)]
struct Column {
    /// The path as it was asked for.
    name: String,
    /// Of which object.
    node: usize,
    what: What,
}

#[derive(Debug)]
enum What {
    /// The name of the resource.
    Resource,
    /// The ID, which the reference to the object holds already.
    Id,
    /// A field.
    Field(&'static Field),
    /// A value inside a JSON field.
    Inside(&'static Field, Vec<String>),
    /// The whole object.
    Object,
}

/// The objects that the relations of a page lead to, by node and ID.
type Found = Vec<HashMap<String, DynamicMessage>>;

impl Fields {
    /// The entity of the rows.
    pub fn entity(&self) -> &'static Entity {
        // There is always a node of the rows themselves.
        self.nodes[0].entity
    }

    /// The read mask for the rows: empty for all fields.
    pub fn mask(&self) -> Vec<String> {
        self.nodes.first().map(Node::mask).filter(|_| !self.columns.is_empty()).unwrap_or_default()
    }

    /// The rows of a page of objects.
    pub async fn rows(&self, client: &Client, page: &[DynamicMessage]) -> Result<Vec<Row>> {
        let found = self.find(client, page).await?;
        Ok(page.iter().map(|object| self.row_with(object, &found)).collect())
    }

    /// The row of one object.
    pub async fn row(&self, client: &Client, object: &DynamicMessage) -> Result<Row> {
        let found = self.find(client, std::slice::from_ref(object)).await?;
        Ok(self.row_with(object, &found))
    }

    /// Reads what the page leads to, node by node.
    async fn find(&self, client: &Client, page: &[DynamicMessage]) -> Result<Found> {
        let mut found: Found = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            let Some((from, reference)) = node.from.filter(|_| node.is_read()) else {
                found.push(HashMap::new());
                continue;
            };
            let ids: BTreeSet<String> = match from {
                0 => page.iter().filter_map(|object| id_in(object, reference)).collect(),
                from => found[from].values().filter_map(|object| id_in(object, reference)).collect(),
            };
            let ids: Vec<String> = ids.into_iter().collect();
            let objects = requests::some_of(client, node.entity, &ids, &node.mask()).await?;
            found.push(objects.into_iter().filter_map(|object| Some((id_of(&object)?, object))).collect());
        }
        Ok(found)
    }

    fn row_with(&self, object: &DynamicMessage, found: &Found) -> Row {
        let Some(root) = self.nodes.first().filter(|_| !self.columns.is_empty()) else {
            return self.nodes.first().map(|root| Row::of_object(root.entity, object, &[])).unwrap_or_default();
        };
        debug_assert!(root.from.is_none(), "the first node is the rows'");
        // Where the row leads to: the ID, and the object when it was read.
        let mut places: Vec<(Option<String>, Option<&DynamicMessage>)> = Vec::with_capacity(self.nodes.len());
        for (node, objects) in self.nodes.iter().zip(found) {
            places.push(match node.from {
                None => (id_of(object), Some(object)),
                Some((from, reference)) => {
                    let id = places[from].1.and_then(|object| id_in(object, reference));
                    let object = id.as_ref().and_then(|id| objects.get(id));
                    (id, object)
                }
            });
        }
        let cell = |column: &Column| Cell {
            name: column.name.clone(),
            datum: column.datum(&self.nodes[column.node], &places[column.node]),
            place: Place::Everywhere,
        };
        Row { cells: self.columns.iter().map(cell).collect() }
    }
}

impl Node {
    /// Whether more than the ID is needed.
    fn is_read(&self) -> bool {
        self.whole || !self.wanted.is_empty()
    }

    fn mask(&self) -> Vec<String> {
        if self.whole {
            return Vec::new();
        }
        std::iter::once("id").chain(self.wanted.iter().copied()).map(str::to_owned).collect()
    }
}

impl Column {
    /// The value; null if a reference on the path is unset.
    fn datum(&self, node: &Node, (id, object): &(Option<String>, Option<&DynamicMessage>)) -> Datum {
        let value = match &self.what {
            What::Resource => id.as_ref().map(|_| Datum::Text(node.entity.name.clone())),
            What::Id => id.clone().map(Datum::Text),
            What::Field(field) => object.map(|object| datum(field, object)),
            What::Inside(field, keys) => object.map(|object| inside(datum(field, object), keys)),
            What::Object => object.map(|object| Datum::Related(Row::of_object(node.entity, object, &[]))),
        };
        value.unwrap_or(Datum::Json(Json::Null))
    }
}

/// What a path leads to inside JSON: null where there is nothing.
fn inside(datum: Datum, keys: &[String]) -> Datum {
    let Datum::Json(mut json) = datum else { return Datum::Json(Json::Null) };
    for key in keys {
        json = match &mut json {
            Json::Object(entries) => entries.remove(key),
            Json::Array(items) => place(key, items.len()).and_then(|place| items.get_mut(place).map(Json::take)),
            _ => None,
        }
        .unwrap_or_default();
    }
    match json {
        Json::String(text) => Datum::Text(text),
        json => Datum::Json(json),
    }
}

/// The index into a list of this length: from the end if the number is negative, as in filters.
fn place(key: &str, count: usize) -> Option<usize> {
    match key.strip_prefix('-') {
        Some(back) => count.checked_sub(back.parse().ok()?),
        None => key.parse().ok(),
    }
}

fn id_of(object: &DynamicMessage) -> Option<String> {
    object.get_field_by_name("id").and_then(|id| id.as_str().map(str::to_owned))
}

/// The ID that a reference holds, when it is set.
fn id_in(object: &DynamicMessage, reference: &Field) -> Option<String> {
    let id = object.get_field(&reference.descriptor);
    id.as_str().filter(|id| !id.is_empty()).map(str::to_owned)
}
