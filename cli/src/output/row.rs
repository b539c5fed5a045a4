//! Rows: the printed values, in order, for every format.

use prost_reflect::{DynamicMessage, ReflectMessage, Value};
use qairon::model::{Entity, Field, Kind};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value as Json;

use crate::structs;

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub enum Datum {
    /// Printed bare where the format is for reading.
    Text(String),
    /// A time: a text, which tables shorten.
    Moment(String),
    /// Null, a number, a boolean or the content of a JSON field.
    Json(Json),
    /// An embedded object.
    Row(Row),
    /// An object that a path leads to: shown as its ID in formats for reading.
    Related(Row),
    /// A list of embedded values.
    List(Vec<Datum>),
}

/// Where a cell is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In formats for programs only.
    Json,
    /// There, in plain, and in the table of one object: an embedded object. A table has the reference to it.
    Embedded,
    /// There and in a wide table: too much for the table of a list.
    Detail,
    /// Everywhere.
    Everywhere,
}

/// One cell of a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// The name.
    pub name: String,
    /// The value.
    pub datum: Datum,
    /// Where it is shown.
    pub place: Place,
}

/// One row: named values in order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Row {
    /// The cells.
    pub cells: Vec<Cell>,
}

impl Row {
    /// A row that is not an object's, such as the result of a deletion.
    pub fn of_cells<'a>(cells: impl IntoIterator<Item = (&'a str, Json)>) -> Self {
        let cell = |(name, json): (&str, Json)| Cell {
            name: name.to_owned(),
            datum: match json {
                Json::String(text) => Datum::Text(text),
                json => Datum::Json(json),
            },
            place: Place::Everywhere,
        };
        Self { cells: cells.into_iter().map(cell).collect() }
    }

    /// The row of an object: `resource`, then its fields in the order of the model, or only those named.
    pub fn of_object(entity: &Entity, message: &DynamicMessage, named: &[String]) -> Self {
        let resource =
            || Cell { name: "resource".to_owned(), datum: Datum::Text(entity.name.clone()), place: Place::Json };
        if named.is_empty() {
            let shown = entity.fields.iter().filter(|field| field.is_shown());
            let cells = shown.map(|field| Cell { place: place(entity, field), ..cell(field, message) });
            return Self { cells: std::iter::once(resource()).chain(cells).collect() };
        }
        let cells = named.iter().filter_map(|name| match name.as_str() {
            "resource" => Some(Cell { place: Place::Everywhere, ..resource() }),
            name => entity.field(name).map(|field| cell(field, message)),
        });
        Self { cells: cells.collect() }
    }

    /// The ID, when the row has one.
    pub fn id(&self) -> Option<&str> {
        self.cells.iter().find(|cell| cell.name == "id").and_then(|cell| match &cell.datum {
            Datum::Text(id) => Some(id.as_str()),
            _ => None,
        })
    }

    fn of_embedded(entity: &Entity, message: &DynamicMessage) -> Self {
        let mut row = Self::of_object(entity, message, &[]);
        // What is filled only in embedded objects.
        let nested = entity.fields.iter().filter(|field| field.embed.as_ref().is_some_and(|embed| embed.nested_only));
        let at = row.cells.iter().position(|cell| cell.name == "defaults").unwrap_or(row.cells.len());
        row.cells.splice(at..at, nested.map(|field| cell(field, message)));
        row
    }
}

/// The value of one field of an object.
pub fn datum(field: &Field, message: &DynamicMessage) -> Datum {
    // A field without presence always has a value.
    if field.descriptor.supports_presence() && !message.has_field(&field.descriptor) {
        // Unset `defaults` is an empty object.
        let empty = field.kind == Kind::Json && !field.nullable;
        return Datum::Json(if empty { Json::Object(serde_json::Map::new()) } else { Json::Null });
    }
    match message.get_field(&field.descriptor).as_ref() {
        Value::String(text) => Datum::Text(text.clone()),
        Value::Bool(value) => Datum::Json(Json::Bool(*value)),
        Value::I64(number) => Datum::Json(Json::from(*number)),
        Value::F64(number) => Datum::Json(structs::number_to_json(*number)),
        Value::EnumNumber(number) => Datum::Text(label(&field.kind, *number)),
        Value::Message(inner) => inner_datum(field, inner),
        Value::List(items) => Datum::List(
            items.iter().filter_map(|item| item.as_message()).map(|inner| inner_datum(field, inner)).collect(),
        ),
        _ => Datum::Json(Json::Null),
    }
}

fn cell(field: &Field, message: &DynamicMessage) -> Cell {
    Cell { name: field.name.clone(), datum: datum(field, message), place: Place::Everywhere }
}

fn place(entity: &Entity, field: &Field) -> Place {
    match field.kind {
        Kind::Object | Kind::Objects => Place::Embedded,
        _ if repeats(entity, field) || field.kind == Kind::Json => Place::Detail,
        _ => Place::Everywhere,
    }
}

/// Whether a field repeats a part of the ID, or another field.
fn repeats(entity: &Entity, field: &Field) -> bool {
    entity.id_fields.contains(&field.name) || field.derived
}

fn inner_datum(field: &Field, inner: &DynamicMessage) -> Datum {
    match (&field.kind, &field.embed) {
        (_, Some(embed)) => Datum::Row(Row::of_embedded(qairon::model().target(&embed.entity), inner)),
        (Kind::Timestamp, _) => moment(inner),
        _ if inner.descriptor().full_name() == "google.protobuf.Struct" => Datum::Json(structs::to_json(inner)),
        _ => Datum::Json(Json::Null),
    }
}

/// A time.
pub fn moment(message: &DynamicMessage) -> Datum {
    match message.transcode_to::<prost_types::Timestamp>() {
        Ok(moment) => Datum::Moment(moment.to_string()),
        Err(_) => Datum::Json(Json::Null),
    }
}

/// The label of an enum's number; the number itself when it is of a newer server.
fn label(kind: &Kind, number: i32) -> String {
    match kind {
        Kind::Enum(descriptor) => match descriptor.get_value(number) {
            Some(value) => Kind::enum_label(descriptor, value.name()),
            None => number.to_string(),
        },
        _ => number.to_string(),
    }
}

impl Serialize for Row {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.cells.len()))?;
        for cell in &self.cells {
            map.serialize_entry(&cell.name, &cell.datum)?;
        }
        map.end()
    }
}

impl Serialize for Datum {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) | Self::Moment(text) => serializer.serialize_str(text),
            Self::Json(json) => json.serialize(serializer),
            Self::Row(row) | Self::Related(row) => row.serialize(serializer),
            Self::List(items) => items.serialize(serializer),
        }
    }
}
