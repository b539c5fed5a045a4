//! From a tree to SQL.

use qairon::Model;
use qairon::model::Entity;

use super::ast::Ast;
use super::error::FilterError;
use super::resolve::resolve;
use super::sql::{self, SqlFragment};

/// Turns a filter on an entity into a condition on its table, which the caller has under `alias`. Aliases inside begin
/// with that one and an underscore, so they clash with nothing the caller has.
pub fn compile(model: &Model, entity: &Entity, ast: &Ast, alias: &str) -> Result<SqlFragment, FilterError> {
    let expr = resolve(model, entity, ast).map_err(|error| ast.locate(error))?;
    Ok(sql::generate(&expr, alias))
}
