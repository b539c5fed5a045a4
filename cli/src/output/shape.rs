//! Rows of messages that are not objects: the answers of traces and searches.

use prost_reflect::{DynamicMessage, FieldDescriptor, MessageDescriptor, ReflectMessage, Value};
use qairon::model::Kind;
use serde_json::Value as Json;

use super::row::{Cell, Datum, Place, Row, moment};
use crate::error::{Error, Result};
use crate::{structs, suggest};

/// Which cells the rows of a command have.
#[derive(Debug, Clone)]
pub struct Shape {
    hidden: &'static [&'static str],
    asked: Vec<String>,
}

impl Shape {
    /// Rows with these cells before the fields of a message. Hidden ones are printed on request. An unknown name in the
    /// request is wrong usage.
    pub fn new(
        command: &str,
        leading: &[&str],
        message: &MessageDescriptor,
        hidden: &'static [&'static str],
        asked: &[String],
    ) -> Result<Self> {
        let fields = message.fields().map(|field| field.name().to_owned());
        let names = leading.iter().map(ToString::to_string);
        let names: Vec<String> = names.chain(fields.filter(|name| !leading.contains(&name.as_str()))).collect();
        if let Some(unknown) = asked.iter().find(|name| !names.contains(name)) {
            let known = names.iter().map(String::as_str);
            return Err(Error::Usage(suggest::unknown(&format!("field of `{command}`"), unknown, known)));
        }
        Ok(Self { hidden, asked: asked.to_vec() })
    }

    /// The row of leading cells and a message. A leading cell replaces the field of its name.
    pub fn row(&self, leading: Vec<Cell>, message: &DynamicMessage) -> Row {
        let own = |field: &FieldDescriptor| !leading.iter().any(|cell| cell.name == field.name());
        let descriptor = message.descriptor();
        let fields = descriptor.fields().filter(own).map(|field| cell(field.name(), datum(&field, message)));
        let fields: Vec<Cell> = fields.collect();
        self.select(leading.into_iter().chain(fields).collect())
    }

    /// What is printed of the cells.
    fn select(&self, mut cells: Vec<Cell>) -> Row {
        if self.asked.is_empty() {
            cells.retain(|cell| !self.hidden.contains(&cell.name.as_str()));
            return Row { cells };
        }
        let asked = self.asked.iter().filter_map(|name| cells.iter().find(|cell| cell.name == *name));
        Row { cells: asked.map(|cell| Cell { place: Place::Everywhere, ..cell.clone() }).collect() }
    }
}

/// A cell with a text.
pub fn text_cell(name: &str, text: &str) -> Cell {
    cell(name, Datum::Text(text.to_owned()))
}

/// A cell for JSON only: in a table it would be the same in every row.
pub fn json_cell(name: &str, text: &str) -> Cell {
    Cell { place: Place::Json, ..text_cell(name, text) }
}

fn cell(name: &str, datum: Datum) -> Cell {
    Cell { name: name.to_owned(), datum, place: Place::Everywhere }
}

/// The value of a field of any message.
pub fn datum(field: &FieldDescriptor, message: &DynamicMessage) -> Datum {
    if field.supports_presence() && !message.has_field(field) {
        return Datum::Json(Json::Null);
    }
    value(field, message.get_field(field).as_ref())
}

fn value(field: &FieldDescriptor, value_of: &Value) -> Datum {
    match value_of {
        Value::String(text) => Datum::Text(text.clone()),
        Value::Bool(value) => Datum::Json(Json::Bool(*value)),
        Value::I32(number) => Datum::Json(Json::from(*number)),
        Value::I64(number) => Datum::Json(Json::from(*number)),
        Value::F64(number) => Datum::Json(structs::number_to_json(*number)),
        Value::EnumNumber(number) => Datum::Text(label(field, *number)),
        Value::List(items) => Datum::List(items.iter().map(|item| value(field, item)).collect()),
        Value::Message(inner) if inner.descriptor().full_name() == "google.protobuf.Timestamp" => moment(inner),
        Value::Message(inner) => Datum::Row(inner_row(field, inner)),
        _ => Datum::Json(Json::Null),
    }
}

/// The row of an embedded object begins with its resource, when the field is named for one.
fn inner_row(field: &FieldDescriptor, inner: &DynamicMessage) -> Row {
    let entity = qairon::model().entities().iter().find(|entity| entity.plural == field.name());
    let resource = entity.map(|entity| text_cell("resource", &entity.name));
    let cells = inner.descriptor().fields().map(|field| cell(field.name(), datum(&field, inner))).collect::<Vec<_>>();
    Row { cells: resource.into_iter().chain(cells).collect() }
}

/// The label of an enum's number; the number itself when it is of a newer server.
fn label(field: &FieldDescriptor, number: i32) -> String {
    let kind = field.kind();
    let known = kind.as_enum().and_then(|descriptor| Some((descriptor, descriptor.get_value(number)?)));
    known.map_or_else(|| number.to_string(), |(descriptor, value)| Kind::enum_label(descriptor, value.name()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(name: &str, fields: &[(&str, Value)]) -> DynamicMessage {
        let descriptor = qairon::model().pool().get_message_by_name(&format!("qairon.v1.{name}")).expect(name);
        let mut message = DynamicMessage::new(descriptor);
        for (name, value) in fields {
            message.set_field_by_name(name, value.clone());
        }
        message
    }

    fn text(text: &str) -> Value {
        Value::String(text.to_owned())
    }

    fn json(row: &Row) -> String {
        serde_json::to_string(row).expect("JSON")
    }

    #[test]
    fn rows_hold_all_fields_in_order_without_the_hidden_ones_unless_they_are_asked_for() {
        let row = message(
            "ImpactRow",
            &[("resource", text("stack")), ("id", text("a:b")), ("depth", Value::I32(1)), ("parent_id", text("a"))],
        );
        let shape = |asked: &[&str]| {
            let asked: Vec<String> = asked.iter().map(ToString::to_string).collect();
            Shape::new("trace impact", &[], &row.descriptor(), &["parent_resource", "parent_id"], &asked)
        };
        let all = shape(&[]).expect("no field is asked for").row(Vec::new(), &row);
        assert_eq!(json(&all), r#"{"resource":"stack","id":"a:b","depth":1,"via":""}"#);
        let asked = shape(&["parent_id", "depth"]).expect("both are fields").row(Vec::new(), &row);
        assert_eq!(json(&asked), r#"{"parent_id":"a","depth":1}"#);
        let told = shape(&["dept"]).expect_err("no field").to_string();
        assert_eq!(told, "unknown field of `trace impact` `dept`, did you mean `depth`?");
    }

    #[test]
    fn leading_cells_come_first_and_what_is_unset_is_null() {
        let row = message("BuildRow", &[("resource", text("build")), ("id", text("s:1"))]);
        let shape = Shape::new("x", &["resource", "id"], &row.descriptor(), &[], &[]).expect("no field is asked for");
        let leading = vec![json_cell("resource", "build"), text_cell("id", "s:1")];
        assert_eq!(
            json(&shape.row(leading, &row)),
            r#"{"resource":"build","id":"s:1","build_id":"","vcs_ref":"","deployment_id":null,"current":null,"location":null}"#
        );
    }

    #[test]
    fn lists_enums_and_embedded_objects_have_their_forms() {
        let found = message("FoundObject", &[("match", Value::EnumNumber(2))]);
        let of = |message: &DynamicMessage, field: &str| {
            datum(&message.descriptor().get_field_by_name(field).expect(field), message)
        };
        assert_eq!(of(&found, "match"), Datum::Text("NAME_PREFIX".to_owned()));
        let newer = message("FoundObject", &[("match", Value::EnumNumber(99))]);
        assert_eq!(of(&newer, "match"), Datum::Text("99".to_owned()));
        let fleets = message("InfrastructureRow", &[("fleet_ids", Value::List(vec![text("f"), text("g")]))]);
        assert_eq!(serde_json::to_string(&of(&fleets, "fleet_ids")).expect("JSON"), r#"["f","g"]"#);
        let artifact = Value::Message(message("ArtifactLocation", &[("id", text("b:img"))]));
        let answer = message("TraceProvenanceResponse", &[("build_artifacts", Value::List(vec![artifact]))]);
        let artifacts = serde_json::to_string(&of(&answer, "build_artifacts")).expect("JSON");
        assert!(artifacts.starts_with(r#"[{"resource":"build_artifact","id":"b:img","name":"","#), "{artifacts}");
        assert!(artifacts.ends_with(r#""location":null}]"#), "{artifacts}");
    }
}
