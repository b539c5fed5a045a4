//! The statements that change the tables of entities and links. No other code writes to them: only this module can
//! name a table as a target.
//!
//! - [`single`]: one object; [`links`]: one link, or many.
//! - [`insert`], [`upsert`], [`update`]: many objects of an entity, as one array per column ([`arrays`]), compared with
//!   what is there ([`compare`]). What PostgreSQL refuses is tried in halves, down to the object at fault ([`halves`]).
//! - [`delete`]: an object, and what depends on it.
//! - [`allocate`], [`deployments`]: the operations beside the standard methods.

pub mod allocate;
mod arrays;
pub(in crate::db) mod compare;
pub mod delete;
pub mod dependencies;
pub mod deployments;
#[cfg(test)]
pub(in crate::db) mod golden;
pub(in crate::db) mod halves;
pub mod insert;
pub mod links;
pub mod single;
pub(in crate::db) mod update;
pub mod upsert;

use super::sources::Table;

/// A table to write to.
fn target(name: &str) -> Table<'_> {
    Table::target(name)
}
