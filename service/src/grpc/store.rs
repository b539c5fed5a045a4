//! What handlers work with: the model, the database, and the statements prepared for each entity.

use std::sync::Arc;
use std::time::Duration;

use qairon::Model;
use qairon::model::Entity;
use tokio_util::sync::CancellationToken;

use super::info::KnownVersions;
use crate::db::Db;
use crate::db::objects::Statements;
use crate::db::projection::Projection;
use crate::error::Result;

/// What one call may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How many objects one deletion or change of ID may concern.
    pub max_affected: usize,
    /// How many objects one bundle may have.
    pub max_apply_objects: usize,
    /// How long the reader of a stream may take for a message.
    pub longest_stall: Duration,
}

/// Shared by all handlers.
pub struct Store {
    /// The entity model.
    pub model: &'static Model,
    /// The database.
    pub db: Db,
    /// How many objects one deletion or change of ID may concern.
    pub max_affected: usize,
    /// How many objects one bundle may have.
    pub max_apply_objects: usize,
    /// How long the reader of a stream may take for a message.
    pub longest_stall: Duration,
    /// Cancelled when the server stops: streams end then.
    pub stopping: CancellationToken,
    /// What the database is, as it said last.
    pub versions: KnownVersions,
    statements: Vec<Statements>,
}

impl Store {
    /// Prepares the statements of every entity.
    pub fn new(model: &'static Model, db: Db, limits: Limits) -> Result<Self> {
        let statements = model.entities().iter().map(|entity| Statements::new(model, entity));
        let statements = statements.collect::<Result<_>>()?;
        let stopping = CancellationToken::new();
        let versions = KnownVersions::default();
        let Limits { max_affected, max_apply_objects, longest_stall } = limits;
        Ok(Self { model, db, max_affected, max_apply_objects, longest_stall, stopping, versions, statements })
    }

    /// The statements of an entity.
    pub fn statements(&self, entity: &Entity) -> &Statements {
        &self.statements[entity.index]
    }

    /// The columns of an answer.
    pub fn projection(&self, entity: &Entity, mask: Option<&[String]>) -> Result<Arc<Projection>> {
        match mask {
            None => Ok(self.statements(entity).whole.clone()),
            mask => Ok(Arc::new(Projection::new(self.model, entity, mask)?)),
        }
    }
}
