//! Bundles in CSV: rows of one resource.

use qairon::model::Entity;
use qairon::v1::BulkObject;

use super::object::bulk_object;
use crate::arguments::named;
use crate::bulk::csv::{Broken, Record, Records, Rows, mask};

/// The objects of a text, each with its line. The resource comes from the file's name, or from a column.
pub fn objects(resource: Option<&str>, text: &str) -> Vec<(u64, Result<BulkObject, String>)> {
    let refused = |message: String| vec![(1, Err(message))];
    let entity = match entity(resource, text) {
        Ok(entity) => entity,
        Err(message) => return refused(message),
    };
    let mut rows = match Rows::new(entity, text.as_bytes(), true) {
        Ok(rows) => rows,
        Err(error) => return refused(error.to_string()),
    };
    let fields = mask(&rows.columns);
    let mut objects = Vec::new();
    // Reading from memory does not fail.
    while let Ok(Some(row)) = rows.next() {
        let object = row.object.map(|encoded| bulk_object(entity, encoded, fields.clone(), Vec::new()));
        objects.push((row.line, object));
    }
    objects
}

fn entity(resource: Option<&str>, text: &str) -> Result<&'static Entity, String> {
    let name = match resource {
        Some(name) => name.to_owned(),
        None => first_resource(text).ok_or_else(|| {
            "the resource is unknown: name the file after it, such as `stack.csv`, or add a column `resource`"
                .to_owned()
        })?,
    };
    named(&name).map_err(|error| error.to_string())
}

/// What the first row has in the column `resource`.
fn first_resource(text: &str) -> Option<String> {
    let (mut records, mut record) = (Records::new(text.as_bytes()), Record::default());
    let mut next = |record: &mut Record| -> Result<bool, Broken> { records.read(record) };
    next(&mut record).ok().filter(|found| *found)?;
    let at = record.cells().position(|(cell, _)| cell == Some("resource"))?;
    next(&mut record).ok().filter(|found| *found)?;
    record.cells().nth(at).and_then(|(cell, _)| cell).map(str::to_owned)
}
