//! The statements of an entity that are made once.

use std::sync::Arc;

use qairon::Model;
use qairon::model::Entity;

use super::projection::{ALIAS, Projection};
use super::sources::table;
use crate::error::Result;

/// The statements of an entity that are the same for every request.
#[derive(Debug)]
pub(in crate::db) struct Statements {
    /// Every field.
    pub whole: Arc<Projection>,
    /// Selects one object; its ID follows.
    pub get: Arc<str>,
    /// Selects several objects.
    pub batch_get: Arc<str>,
}

impl Statements {
    /// The statements of an entity.
    pub fn new(model: &Model, entity: &Entity) -> Result<Self> {
        let whole = Projection::new(model, entity, None)?;
        Ok(Self { get: get_text(entity, &whole), batch_get: batch_get_text(entity, &whole), whole: Arc::new(whole) })
    }
}

/// Selects one object; its ID follows.
pub(in crate::db) fn get_text(entity: &Entity, projection: &Projection) -> Arc<str> {
    let from = table(&entity.name);
    format!("SELECT {} FROM {from} {ALIAS} WHERE {ALIAS}.\"id\" = ", projection.sql).into()
}

/// Selects several objects, with the place of each. Their IDs go where the question mark is.
pub(in crate::db) fn batch_get_text(entity: &Entity, projection: &Projection) -> Arc<str> {
    format!(
        "SELECT {}, wanted.place FROM unnest(?) WITH ORDINALITY AS wanted (id, place) JOIN {} {ALIAS} ON \
         {ALIAS}.\"id\" = wanted.id ORDER BY wanted.place",
        projection.sql,
        table(&entity.name)
    )
    .into()
}
