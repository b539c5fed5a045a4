//! The rows of a CSV file as encoded objects.

use std::io::Read;

use qairon::model::{Entity, Field};

use super::header::{Column, columns};
use super::records::{Broken, Record, Records};
use crate::bulk::wire;
use crate::error::{Error, Result};

/// How large an encoded object can be: a message to the server has 4 MiB.
const MAX_OBJECT_BYTES: usize = 3 << 20;

/// The rows of an input.
pub struct Rows<R> {
    entity: &'static Entity,
    /// What each column holds.
    pub columns: Vec<Column>,
    records: Records<R>,
    record: Record,
    ended: bool,
}

/// A row: where it begins, and the object that it describes or what is wrong with it.
#[derive(Debug)]
pub struct Row {
    /// Its line, from one.
    pub line: u64,
    /// The object, in the encoding of protobuf.
    pub object: std::result::Result<Vec<u8>, String>,
}

impl<R: Read> Rows<R> {
    /// Reads the header.
    pub fn new(entity: &'static Entity, input: R, upsert: bool) -> Result<Self> {
        let (mut records, mut record) = (Records::new(input), Record::default());
        match records.read(&mut record) {
            // An empty file lacks every column.
            Ok(_) => {}
            Err(Broken::Io(error)) => return Err(Error::Usage(format!("cannot read: {error}"))),
            Err(Broken::Endless { message, .. }) => return Err(Error::refused(format!("in the header: {message}"))),
        }
        let header: Option<Vec<&str>> = record.cells().map(|(cell, _)| cell).collect();
        let header = header.ok_or_else(|| Error::refused("in the header: the text is not UTF-8"))?;
        Ok(Self { entity, columns: columns(entity, &header, upsert)?, records, record, ended: false })
    }

    /// How many bytes of the input the rows so far have taken.
    pub fn bytes(&self) -> u64 {
        self.records.bytes()
    }

    /// The next row; `None` at the end.
    pub fn next(&mut self) -> std::io::Result<Option<Row>> {
        if self.ended {
            return Ok(None);
        }
        match self.records.read(&mut self.record) {
            Ok(false) => Ok(None),
            Ok(true) => Ok(Some(Row { line: self.record.line, object: self.object() })),
            Err(Broken::Io(error)) => Err(error),
            Err(Broken::Endless { line, message }) => {
                self.ended = true;
                Ok(Some(Row { line, object: Err(message) }))
            }
        }
    }

    fn object(&self) -> std::result::Result<Vec<u8>, String> {
        if self.record.len() != self.columns.len() {
            return Err(format!("{} cells where the header has {}", self.record.len(), self.columns.len()));
        }
        let (mut object, mut problems, mut id) = (Vec::with_capacity(128), Vec::new(), None);
        for (column, (cell, quoted)) in self.columns.iter().zip(self.record.cells()) {
            let Some(cell) = cell else { return Err("the text is not UTF-8".to_owned()) };
            match column {
                Column::Field(field) if cell.is_empty() => {
                    if field.required {
                        problems.push(format!("`{}` is required", field.name));
                    } else if quoted && wire::knows_empty(field) {
                        problems.extend(wire::append_text(field, cell, &mut object).err());
                    }
                }
                Column::Field(field) => problems.extend(wire::append_text(field, cell, &mut object).err()),
                Column::Resource if cell.is_empty() || cell == self.entity.name => {}
                Column::Resource => problems.push(format!("`resource` is `{cell}`, not `{}`", self.entity.name)),
                Column::ComposedId => id = Some(cell).filter(|cell| !cell.is_empty()),
            }
        }
        if let (Some(id), true) = (id, problems.is_empty()) {
            problems.extend(self.check_id(id));
        }
        if problems.is_empty() && object.len() > MAX_OBJECT_BYTES {
            problems.push(format!("the row is larger than the {} MiB that can be sent", MAX_OBJECT_BYTES >> 20));
        }
        if problems.is_empty() { Ok(object) } else { Err(problems.join("; ")) }
    }

    /// What is wrong when an ID is not the one that the row composes.
    fn check_id(&self, id: &str) -> Option<String> {
        let cell = |wanted: &Field| {
            let at =
                self.columns.iter().position(|c| matches!(c, Column::Field(field) if field.name == wanted.name))?;
            self.record.cells().nth(at).and_then(|(cell, _)| cell).map(str::to_owned)
        };
        let composed = wire::composed_id(self.entity, cell)?;
        (composed != id).then(|| format!("`id` is `{id}`, but the row composes `{composed}`"))
    }
}
