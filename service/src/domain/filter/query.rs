//! What a caller asks for in either notation.

use qairon::Model;
use qairon::model::Entity;

use super::ast::Ast;
use super::error::FilterError;
use super::order::{self, OrderKey, OrderTerm};

/// Which objects and, if a document says so, in which order and how many of them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Query {
    /// Which objects.
    pub ast: Ast,
    /// The order that a document gives; empty when it gives none.
    pub order: Vec<OrderTerm>,
    /// How many objects a document wants at most.
    pub limit: Option<i64>,
    /// How many a document skips first.
    pub offset: Option<i64>,
}

impl Query {
    /// The order that a document gives, for an entity.
    pub fn order_keys(&self, model: &Model, entity: &Entity) -> Result<Vec<OrderKey>, FilterError> {
        order::resolve(model, entity, &self.order).map_err(|error| self.ast.locate(error))
    }
}
