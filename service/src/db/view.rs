//! The database as one call sees it: who asks, at which moment, and what may be read. Every statement of the call is
//! made ready here.

use std::sync::Arc;

use qairon::Model;
use qairon::model::Entity;

use super::doorway::Db;
use super::identity::Identity;
use super::projection::Projection;
use super::sources::Sources;
use super::sql::{Rendered, Sql};
use super::statements::Statements;
use crate::error::{Error, Result};

/// The database as one call sees it.
#[derive(Clone)]
pub struct View {
    db: Db,
    identity: Arc<Identity>,
    sources: Sources,
}

impl View {
    pub(super) fn new(db: Db, identity: Identity, sources: Sources) -> Self {
        Self { db, identity: Arc::new(identity), sources }
    }

    pub(in crate::db) fn db(&self) -> &Db {
        &self.db
    }

    pub(in crate::db) fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The entity model.
    pub(in crate::db) fn model(&self) -> &'static Model {
        self.db.model
    }

    /// Makes a statement ready to be sent: this is where its references to tables are resolved.
    pub(in crate::db) fn prepare(&self, operation: &'static str, sql: &Sql) -> Result<Rendered> {
        let mut rendered = sql.render()?;
        if let Some(recorder) = &self.db.recorder {
            recorder.record(&self.identity.method, operation, &rendered.text);
        }
        rendered.text = self.sources.resolve(&rendered.text);
        Ok(rendered)
    }

    /// The statements of an entity that are made once.
    pub(in crate::db) fn statements(&self, entity: &Entity) -> Result<&Statements> {
        let statements = self.db.statements.get(entity.index);
        statements.ok_or_else(|| Error::internal(format!("`{}` is of another model", entity.name)))
    }

    /// Every field of an entity.
    pub(in crate::db) fn whole(&self, entity: &Entity) -> Result<Arc<Projection>> {
        Ok(self.statements(entity)?.whole.clone())
    }

    /// The fields of an answer.
    pub(in crate::db) fn projection(&self, entity: &Entity, mask: Option<&[String]>) -> Result<Arc<Projection>> {
        match mask {
            None => self.whole(entity),
            mask => Ok(Arc::new(Projection::new(self.model(), entity, mask)?)),
        }
    }
}
