//! Reading a filter in the notation it is written in.

use super::ast::Ast;
use super::error::FilterError;
use super::query::Query;
use super::{document, parser};

impl Query {
    /// Reads a filter in either notation; an empty one matches everything.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        match document::is_document(text) {
            true => document::parse(text),
            false => Ok(Self { ast: parser::parse(text)?, ..Self::default() }),
        }
    }
}

/// Reads a filter in either notation, for methods without an order: a document that asks for one is refused.
pub fn parse(text: &str) -> Result<Ast, FilterError> {
    let query = Query::parse(text)?;
    if !query.order.is_empty() || query.limit.is_some() || query.offset.is_some() {
        return Err(query.ast.locate(FilterError::new(
            1 + text.chars().take_while(|c| c.is_whitespace()).count(),
            "only documents of List methods take `order_by`, `limit` and `offset`; leave them out",
        )));
    }
    Ok(query.ast)
}
