//! The header of a CSV file: what each column holds.

use qairon::model::{Entity, Field};

use crate::error::{Error, Result};
use crate::suggest;

/// What a column holds.
#[derive(Debug, Clone)]
pub enum Column {
    /// A field to set.
    Field(&'static Field),
    /// The resource name, which must be the one that is imported.
    Resource,
    /// The composed ID, which must be what the row composes.
    ComposedId,
}

/// The fields that the columns set, in an update's mask.
pub fn mask(columns: &[Column]) -> Vec<String> {
    let fields = columns.iter().filter_map(|column| match column {
        Column::Field(field) if field.number != 1 => Some(field.name.clone()),
        _ => None,
    });
    fields.collect()
}

/// Reads the header and refuses unknown, duplicate and missing columns. Existing objects need only the parts of their
/// ID.
pub fn columns(entity: &'static Entity, header: &[&str], upsert: bool) -> Result<Vec<Column>> {
    let mut problems = Vec::new();
    let mut columns = Vec::new();
    for (at, name) in header.iter().enumerate() {
        if header[..at].contains(name) {
            problems.push(format!("column `{name}` is given twice"));
        }
        match column(entity, name) {
            Ok(column) => columns.push(column),
            Err(problem) => problems.push(problem),
        }
    }
    let has = |field: &Field| header.iter().any(|name| *name == field.name);
    let in_id = |field: &Field| field.number == 1 || entity.id_fields.contains(&field.name);
    let needed = |field: &&Field| field.required && (!upsert || in_id(field));
    let missing = entity.fields.iter().filter(needed).filter(|field| !has(field));
    problems.extend(missing.map(|field| format!("column `{}` is missing", field.name)));
    if problems.is_empty() {
        Ok(columns)
    } else {
        Err(Error::refused(format!("in the header: {}", problems.join("; "))))
    }
}

fn column(entity: &'static Entity, name: &str) -> std::result::Result<Column, String> {
    let field = match (name, entity.field(name)) {
        ("resource", None) => return Ok(Column::Resource),
        ("id", Some(_)) if !entity.id_is_given() => return Ok(Column::ComposedId),
        (_, Some(field)) => field,
        (_, None) => {
            let known = entity.fields.iter().filter(|field| field.is_settable() || field.name == "id");
            let known = known.map(|field| field.name.as_str()).chain(["resource"]);
            return Err(suggest::unknown("column", name, known));
        }
    };
    if field.is_settable() {
        Ok(Column::Field(field))
    } else {
        Err(format!("column `{name}` cannot be imported, only the service sets it"))
    }
}
