//! The facts of a subject, as data: nested rows.

use qairon::model::{Entity, Field, Kind, Relation, RelationKind};
use serde_json::{Value as Json, json};

use super::subject::Subject;
use crate::args::resource::{create_usage, has_flag, verbs};
use crate::args::{Docs, globals};
use crate::output::row::{Cell, Datum, Place, Row};

/// All facts.
pub fn of(subject: &Subject, docs: &Docs) -> Row {
    match subject {
        Subject::Resource(entity) => resource(entity, docs),
        Subject::Field(entity, field) => {
            let mut row = Row::default();
            push(&mut row, "resource", json!(entity.name));
            row.cells.extend(field_facts(entity, field, docs).cells);
            row
        }
        Subject::Relation(entity, relation) => {
            let mut row = Row::default();
            push(&mut row, "resource", json!(entity.name));
            push(&mut row, "relation", json!(relation.name()));
            row.cells.extend(relation_facts(relation).cells.into_iter().filter(|cell| cell.name != "name"));
            let target = resource(qairon::model().target(&relation.target), docs);
            row.cells.push(cell("target", Datum::Row(target)));
            row
        }
    }
}

fn resource(entity: &Entity, docs: &Docs) -> Row {
    let mut row = Row::default();
    push(&mut row, "resource", json!(entity.name));
    push(&mut row, "plural", json!(entity.plural));
    push(&mut row, "description", json!(docs.whole(entity)));
    push(&mut row, "id_form", json!(qairon::model().id_form(entity)));
    push(&mut row, "id_fields", json!(entity.id_fields));
    push(&mut row, "create", json!(format!("qcli {} create {}", entity.name, create_usage(entity))));
    push(&mut row, "commands", json!(verbs(entity)));
    let fields = entity.fields.iter().map(|field| Datum::Row(field_facts(entity, field, docs)));
    row.cells.push(cell("fields", Datum::List(fields.collect())));
    let relations = entity.relations.iter().map(|relation| Datum::Row(relation_facts(relation)));
    row.cells.push(cell("relations", Datum::List(relations.collect())));
    row
}

fn field_facts(entity: &Entity, field: &Field, docs: &Docs) -> Row {
    let mut row = Row::default();
    push(&mut row, "name", json!(field.name));
    push(&mut row, "type", json!(type_name(field)));
    push(&mut row, "json", json!(json_form(field)));
    push(&mut row, "description", json!(docs.field(&field.descriptor)));
    push(&mut row, "required", json!(field.required));
    push(&mut row, "immutable", json!(field.immutable));
    push(&mut row, "output_only", json!(!can_set(entity, field)));
    push(&mut row, "can_be_unset", json!(field.nullable));
    push(&mut row, "default", json!(field.default));
    push(&mut row, "references", json!(field.reference.as_ref().map(|reference| &reference.entity)));
    push(&mut row, "relation", json!(field.relation()));
    push(&mut row, "type_in", json!(field.object_of));
    let place = |names: &[String]| names.iter().position(|name| *name == field.name).map(|index| index + 1);
    push(&mut row, "place_in_id", json!(place(&entity.id_fields)));
    push(&mut row, "create_argument", json!(place(&entity.create_args)));
    push(&mut row, "create_flag", json!(flag(entity, field)));
    if let Kind::Enum(descriptor) = &field.kind {
        let values = descriptor.values().filter(|value| value.number() != 0).map(|value| {
            let mut row = Row::default();
            push(&mut row, "value", json!(Kind::enum_label(descriptor, value.name())));
            push(&mut row, "description", json!(docs.value(descriptor, value.number())));
            Datum::Row(row)
        });
        row.cells.push(cell("values", Datum::List(values.collect())));
    }
    row
}

fn relation_facts(relation: &Relation) -> Row {
    let mut row = Row::default();
    push(&mut row, "name", json!(relation.name()));
    push(&mut row, "other_names", json!(relation.names[1..]));
    push(&mut row, "leads_to", json!(relation.target));
    push(&mut row, "many", json!(!relation.is_to_one()));
    let kept = match &relation.kind {
        RelationKind::ToOne { field } => format!("the field {field}"),
        RelationKind::ToMany { field } => format!("the field {field} of {}", relation.target),
        RelationKind::Linked { .. } => "links, added by link and removed by unlink".to_owned(),
    };
    push(&mut row, "kept_in", json!(kept));
    row
}

fn can_set(entity: &Entity, field: &Field) -> bool {
    field.is_settable() && (field.name != "id" || entity.id_is_given())
}

/// `-t, --tag`.
fn flag(entity: &Entity, field: &Field) -> Option<String> {
    if field.name == "defaults" {
        // A field of the entity may have the letter.
        let taken = entity.fields.iter().any(|field| field.flag == Some('d'));
        return Some(if taken { "--defaults" } else { "-d, --defaults" }.to_owned());
    }
    let letter = field.flag.filter(|letter| !globals::RESERVED_LETTERS.contains(letter));
    let letter = letter.map(|letter| format!("-{letter}, ")).unwrap_or_default();
    has_flag(entity, field).then(|| format!("{letter}--{}", field.name.replace('_', "-")))
}

fn type_name(field: &Field) -> String {
    match &field.kind {
        _ if field.reference.is_some() || field.object_of.is_some() || field.name == "id" => "id".to_owned(),
        Kind::Text => "text".to_owned(),
        Kind::Name => "name".to_owned(),
        Kind::Cidr => "address range".to_owned(),
        Kind::EntityType => "entity type".to_owned(),
        Kind::Uuid => "uuid".to_owned(),
        Kind::Etag => "etag".to_owned(),
        Kind::Integer => "integer".to_owned(),
        Kind::Double => "number".to_owned(),
        Kind::Bool => "boolean".to_owned(),
        Kind::Enum(descriptor) => format!("one of {}", Kind::enum_labels(descriptor).join(", ")),
        Kind::Json => "object".to_owned(),
        Kind::Timestamp => "time".to_owned(),
        Kind::Object => field.embed.as_ref().map(|embed| embed.entity.clone()).unwrap_or_default(),
        Kind::Objects => field.embed.as_ref().map(|embed| format!("list of {}", embed.entity)).unwrap_or_default(),
    }
}

/// The JSON form of a value.
fn json_form(field: &Field) -> &'static str {
    match &field.kind {
        Kind::Integer | Kind::Double => "number",
        Kind::Bool => "boolean",
        Kind::Json | Kind::Object => "object",
        Kind::Objects => "list",
        Kind::Timestamp => "text as in 2026-01-31T12:00:00.5Z",
        Kind::Cidr => "text as in 10.0.0.0/8",
        Kind::EntityType => "text as in DeploymentTarget",
        Kind::Text | Kind::Name | Kind::Uuid | Kind::Etag | Kind::Enum(_) => "text",
    }
}

fn push(row: &mut Row, name: &str, value: Json) {
    let datum = match value {
        Json::String(text) => Datum::Text(text),
        value => Datum::Json(value),
    };
    row.cells.push(cell(name, datum));
}

fn cell(name: &str, datum: Datum) -> Cell {
    Cell { name: name.to_owned(), datum, place: Place::Everywhere }
}
