//! All objects as the API lists them, with the ways between them.

use std::collections::HashMap;

use qairon::model::{Entity, Field, Kind, Relation, RelationKind};
use qairon_integration_tests::{Client, Database, Row};
use serde_json::Value;

use super::values::{Range, Scalar, parse_time};

/// Everything there is.
pub struct Export {
    objects: Vec<Vec<Object>>,
    /// The pairs of every table of links, the owner first.
    links: HashMap<String, Vec<(String, String)>>,
}

/// An object.
#[derive(Debug)]
pub struct Object {
    pub id: String,
    fields: HashMap<String, Scalar>,
}

impl Object {
    /// The value of a field, if it has one.
    pub fn value(&self, field: &str) -> Option<&Scalar> {
        self.fields.get(field)
    }

    fn text(&self, field: &str) -> Option<&str> {
        match self.value(field) {
            Some(Scalar::Text(text)) => Some(text),
            _ => None,
        }
    }
}

impl Export {
    pub async fn take(client: &Client, database: &Database) -> Self {
        let (mut objects, mut links) = (Vec::new(), HashMap::new());
        for entity in qairon::model().entities() {
            let rows = client.list(&entity.name, "").await.expect("a listing");
            objects.push(rows.iter().map(|row| object(entity, row)).collect());
            for link in &entity.links {
                let sql =
                    format!("SELECT \"{}\", \"{}\" FROM \"{}\"", link.owner_column, link.target_column, link.table);
                let rows = database.query(&sql).await.into_iter();
                let pairs = rows.map(|row| {
                    let [owner, target] = row.try_into().expect("two columns");
                    (owner.expect("an ID"), target.expect("an ID"))
                });
                links.insert(link.table.clone(), pairs.collect());
            }
        }
        Self { objects, links }
    }

    pub fn of(&self, entity: &Entity) -> &[Object] {
        &self.objects[entity.index]
    }

    /// The objects that a relation leads to from an object.
    pub fn related(&self, object: &Object, relation: &Relation) -> Vec<&Object> {
        let there = self.of(qairon::model().target(&relation.target)).iter();
        match &relation.kind {
            RelationKind::ToOne { field } => {
                let id = object.text(field);
                there.filter(|other| Some(other.id.as_str()) == id).collect()
            }
            RelationKind::ToMany { field } => {
                there.filter(|other| other.text(field) == Some(object.id.as_str())).collect()
            }
            RelationKind::Linked { table, owner, .. } => {
                let ends = |(of_owner, of_target): &(String, String), other: &str| match owner {
                    true => *of_owner == object.id && of_target == other,
                    false => *of_target == object.id && of_owner == other,
                };
                there.filter(|other| self.links[table].iter().any(|pair| ends(pair, &other.id))).collect()
            }
        }
    }
}

fn object(entity: &Entity, row: &Row) -> Object {
    let columns = entity.fields.iter().filter(|field| field.is_column());
    let fields = columns.filter_map(|field| Some((field.name.clone(), scalar(field, &row[field.name.as_str()])?)));
    Object { id: row.id().to_owned(), fields: fields.collect() }
}

fn scalar(field: &Field, value: &Value) -> Option<Scalar> {
    let text = || value.as_str().unwrap_or_else(|| panic!("{}: {value} is no text", field.name)).to_owned();
    if value.is_null() {
        return None;
    }
    Some(match &field.kind {
        Kind::Integer => Scalar::Integer(value.as_i64().expect("an integer")),
        Kind::Double => Scalar::Double(value.as_f64().expect("a number")),
        Kind::Timestamp => Scalar::Time(parse_time(&text()).expect("a time")),
        Kind::Cidr => Scalar::Range(Range::parse(&text()).expect("a range")),
        Kind::Json => Scalar::Json(value.clone()),
        Kind::Enum(descriptor) => Scalar::Text(Kind::enum_label(descriptor, &text())),
        Kind::Bool => Scalar::Text(value.to_string()),
        _ => Scalar::Text(text()),
    })
}
