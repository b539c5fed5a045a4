//! The rows of a CSV file as objects.

use std::io::Cursor;
use std::sync::Arc;

use csv::{Reader, ReaderBuilder, StringRecord};
use prost_reflect::{DynamicMessage, Value};
use qairon::model::{Entity, Kind};

use super::header::{Column, columns};
use crate::error::{Error, Result};
use crate::values;

/// The rows, each with its line: an object to send, or what is wrong with it.
pub struct Rows {
    entity: &'static Entity,
    columns: Vec<Column>,
    reader: Reader<Cursor<Arc<[u8]>>>,
    record: StringRecord,
}

impl Rows {
    /// Reads the header.
    pub fn new(entity: &'static Entity, content: Arc<[u8]>) -> Result<Self> {
        let mut reader = ReaderBuilder::new().flexible(true).from_reader(Cursor::new(content));
        let header = reader.headers().map_err(|error| Error::refused(format!("in the header: {}", told(&error))))?;
        let columns = columns(entity, header)?;
        Ok(Self { entity, columns, reader, record: StringRecord::new() })
    }

    /// The line where the last record begins; the reader counts from before the blank lines that it passes over.
    fn line(&self) -> u64 {
        let Some(position) = self.record.position() else { return 0 };
        let at = usize::try_from(position.byte()).unwrap_or(usize::MAX);
        let rest = self.reader.get_ref().get_ref().get(at..).unwrap_or_default();
        let blank = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
        position.line() + blank.filter(|byte| **byte == b'\n').map(|_| 1).sum::<u64>()
    }

    fn object(&self) -> std::result::Result<DynamicMessage, String> {
        if self.record.len() != self.columns.len() {
            return Err(format!("{} cells where the header has {}", self.record.len(), self.columns.len()));
        }
        let mut problems = Vec::new();
        let mut object = DynamicMessage::new(self.entity.message.clone());
        let mut checked_id = None;
        for (column, cell) in self.columns.iter().zip(&self.record) {
            match column {
                Column::Field(field) if cell.is_empty() => {
                    if field.required {
                        problems.push(format!("`{}` is required", field.name));
                    }
                }
                Column::Field(field) => match values::parse(field, cell) {
                    Ok(value) => object.set_field(&field.descriptor, value),
                    Err(problem) => problems.push(problem),
                },
                Column::Resource if cell.is_empty() || cell == self.entity.name => {}
                Column::Resource => problems.push(format!("`resource` is `{cell}`, not `{}`", self.entity.name)),
                Column::ComposedId => checked_id = Some(cell).filter(|cell| !cell.is_empty()),
            }
        }
        if let (Some(id), true) = (checked_id, problems.is_empty()) {
            let composed = compose(self.entity, &object);
            if composed != id {
                problems.push(format!("`id` is `{id}`, but the row composes `{composed}`"));
            }
        }
        if problems.is_empty() { Ok(object) } else { Err(problems.join("; ")) }
    }
}

impl Iterator for Rows {
    type Item = (u64, std::result::Result<DynamicMessage, String>);

    fn next(&mut self) -> Option<Self::Item> {
        match self.reader.read_record(&mut self.record) {
            Ok(false) => None,
            Ok(true) => Some((self.line(), self.object())),
            Err(error) => {
                let line = error.position().map_or_else(|| self.reader.position().line(), csv::Position::line);
                Some((line, Err(told(&error))))
            }
        }
    }
}

/// The ID that the service will compose.
fn compose(entity: &Entity, object: &DynamicMessage) -> String {
    let part = |name: &String| {
        let Some(field) = entity.field(name) else { return String::new() };
        match (object.get_field(&field.descriptor).as_ref(), &field.kind) {
            (Value::String(text), _) if text.is_empty() => field.default.clone().unwrap_or_default(),
            (Value::String(text), _) => text.clone(),
            (Value::I64(number), _) => number.to_string(),
            (Value::EnumNumber(number), Kind::Enum(descriptor)) => descriptor
                .get_value(*number)
                .map(|value| Kind::enum_label(descriptor, value.name()))
                .unwrap_or_default(),
            _ => String::new(),
        }
    };
    entity.id_fields.iter().map(part).collect::<Vec<_>>().join(":")
}

fn told(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Utf8 { .. } => "the text is not UTF-8".to_owned(),
        _ => error.to_string(),
    }
}
