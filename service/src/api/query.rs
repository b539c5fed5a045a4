//! What a request chooses: filters and orders, as they are written in requests.

use qairon::Model;
use qairon::model::Entity;
use qairon::v1::ErrorReason;

use crate::db::projection::ALIAS;
use crate::domain::filter::{self, FilterError, OrderKey, OrderTerm, Query};
use crate::error::{Error, Result};

/// Reads a filter and an order as a List does, and says them again as AIP-160 text and `order_by`.
pub fn explain(model: &Model, entity: &Entity, filter_text: &str, order_by_text: &str) -> Result<(String, String)> {
    let chosen = choose(model, entity, filter_text, order_by_text)?;
    Ok((filter::print(&chosen.query.ast), filter::print_order(&chosen.terms)))
}

/// What a request chooses.
pub struct Chosen {
    /// What a document says besides.
    pub query: Query,
    /// The condition, compiled.
    pub filter: Option<filter::SqlFragment>,
    /// The order, as it is said.
    terms: Vec<OrderTerm>,
    /// The order, as it is meant.
    pub order: Vec<OrderKey>,
}

/// Reads a filter and an order.
pub fn choose(model: &Model, entity: &Entity, filter_text: &str, order_by_text: &str) -> Result<Chosen> {
    let of_filter = |error: FilterError| refused("filter", ErrorReason::InvalidFilter, &error);
    let of_order = |error: FilterError| refused("order_by", ErrorReason::InvalidOrderBy, &error);
    let query = Query::parse(filter_text).map_err(of_filter)?;
    let compiled = match query.ast.root {
        Some(_) => Some(filter::compile(model, entity, &query.ast, ALIAS).map_err(of_filter)?),
        None => None,
    };
    let terms = filter::parse_order_by(order_by_text).map_err(of_order)?;
    let order = filter::resolve_order_by(model, entity, &terms).map_err(of_order)?;
    let in_document =
        query.order_keys(model, entity).map_err(|error| refused("filter", ErrorReason::InvalidOrderBy, &error))?;
    if !order.is_empty() && !in_document.is_empty() && order != in_document {
        let message = "`order_by` of the request and of the document in `filter` differ; give the order in one of them";
        return Err(Error::invalid("order_by", ErrorReason::InvalidOrderBy, message));
    }
    let (terms, order) = if order.is_empty() { (query.order.clone(), in_document) } else { (terms, order) };
    Ok(Chosen { query, filter: compiled, terms, order })
}

fn refused(field: &str, reason: ErrorReason, error: &FilterError) -> Error {
    Error::invalid(field, error.reason(reason), format!("`{field}`, {error}"))
}
