//! Get, BatchGet and List, over any entity.

use bytes::Bytes;
use qairon::Model;
use qairon::model::Entity;
use qairon::v1::ErrorReason;

use super::requests::{self, decode, paths};
use super::store::Store;
use crate::db::list::{self, Listing};
use crate::db::projection::ALIAS;
use crate::db::wire;
use crate::domain::filter::{self, FilterError, OrderKey, OrderTerm, Query};
use crate::domain::page::{DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, PageToken, fingerprint};
use crate::domain::validate;
use crate::error::{Error, ErrorKind, Result};

const MAX_BATCH: usize = 1000;

/// Gets one object.
pub async fn get(store: &Store, entity: &'static Entity, request: Bytes) -> Result<Bytes> {
    let request: requests::Get = decode(request)?;
    validate::id(store.model, entity, "id", &request.id)?;
    let mask = paths(request.read_mask);
    let projection = store.projection(entity, mask.as_deref())?;
    let sql = store.statements(entity).get(entity, &projection, &request.id);
    let rows = store.db.read("get", sql).await.map_err(|failure| failure.into_error(store.model, None))?;
    let row = rows.first().ok_or_else(|| Error::not_found(&entity.name, &request.id))?;
    let mut out = Vec::with_capacity(row.size() + 64);
    wire::message_field(&mut out, 1, |out| projection.encode(row, out))?;
    Ok(out.into())
}

/// Gets several objects, all or none, in the order of the request.
pub async fn batch_get(store: &Store, entity: &'static Entity, request: Bytes) -> Result<Bytes> {
    let request: requests::BatchGet = decode(request)?;
    let ids = request.ids;
    if ids.is_empty() || ids.len() > MAX_BATCH {
        let message = format!("`ids` takes 1 to {MAX_BATCH} IDs, not {}", ids.len());
        return Err(Error::invalid("ids", ErrorReason::OutOfRange, message));
    }
    for id in &ids {
        validate::id(store.model, entity, "ids", id)?;
    }
    let mask = paths(request.read_mask);
    let projection = store.projection(entity, mask.as_deref())?;
    let sql = store.statements(entity).batch_get(entity, &projection, ids.clone());
    let rows = store.db.read("batch_get", sql).await.map_err(|failure| failure.into_error(store.model, None))?;
    if rows.len() < ids.len() {
        let places: Vec<i64> = rows.iter().map(|row| row.integer(projection.width)).collect();
        return Err(missing(entity, &ids, &places));
    }
    let mut out = Vec::new();
    for row in &rows {
        wire::message_field(&mut out, 1, |out| projection.encode(row, out))?;
    }
    Ok(out.into())
}

fn missing(entity: &Entity, ids: &[String], found: &[i64]) -> Error {
    let found: std::collections::HashSet<i64> = found.iter().copied().collect();
    let missing: Vec<&String> =
        (1i64..).zip(ids).filter(|(place, _)| !found.contains(place)).map(|(_, id)| id).collect();
    let named: Vec<String> = missing.iter().take(10).map(|id| format!("`{id}`")).collect();
    let more = if missing.len() > 10 { format!(" and {} more", missing.len() - 10) } else { String::new() };
    let message = format!("there is no {} {}{more}", entity.human(), named.join(", "));
    Error::new(ErrorKind::NotFound, ErrorReason::NotFound, message)
        .with_resource(&entity.name, missing[0])
        .with_field("ids")
}

/// Lists one page.
pub async fn list(store: &Store, entity: &'static Entity, request: Bytes) -> Result<Bytes> {
    let request: requests::List = decode(request)?;
    let page_size = match i64::from(request.page_size) {
        0 => DEFAULT_PAGE_SIZE,
        size if size < 0 => {
            let message = format!("`page_size` must be zero or greater, not {size}");
            return Err(Error::invalid("page_size", ErrorReason::OutOfRange, message));
        }
        size => size.min(MAX_PAGE_SIZE),
    };
    if request.skip < 0 {
        let message = format!("`skip` must be zero or greater, not {}", request.skip);
        return Err(Error::invalid("skip", ErrorReason::OutOfRange, message));
    }
    let projection = store.projection(entity, paths(request.read_mask).as_deref())?;
    let chosen = choose(store.model, entity, &request.filter, &request.order_by)?;
    let mut listing = Listing {
        entity,
        projection,
        filter: chosen.filter,
        order: chosen.order,
        token: None,
        skip: one_skip(request.skip.into(), chosen.query.offset)?,
        limit: page_size,
    };
    listing.complete_order();
    let query = fingerprint(&[&entity.name, &request.filter, &request.order_by, &request.skip.to_string()]);
    listing.token = PageToken::parse(&request.page_token, query, listing.order.len())?;
    // The limit of a document is for all pages together, so a token carries what is left of it.
    let left = match &listing.token {
        Some(token) => token.left,
        None => chosen.query.limit,
    };
    let limit = left.map_or(page_size, |left| left.clamp(0, page_size));
    listing.limit = limit;
    let sql = listing.sql();
    let count_sql = request.include_total_size.then(|| listing.count_sql());
    let (projection, keys) = (listing.projection.clone(), listing.order.len());
    let has_token = listing.token.is_some();
    let (page, total) = store
        .db
        .query("list", move |connection| {
            Box::pin(async move {
                let page = list::page(connection, sql, &projection, keys, limit).await?;
                let total = match count_sql {
                    Some(sql) => Some(list::count(connection, sql).await?),
                    None => None,
                };
                Ok((page, total))
            })
        })
        .await
        .map_err(|failure| match has_token && failure.is_malformed_value() {
            // Filters are checked before; only the keys of a token are for the database to read.
            true => PageToken::foreign(),
            false => failure.into_error(store.model, None),
        })?;
    let mut out = page.bytes;
    let left = left.map(|left| left - page.rows);
    if let Some(next) = page.next.filter(|_| left != Some(0)) {
        wire::bytes_field(&mut out, 2, PageToken::new(query, next).with_left(left).to_text().as_bytes());
    }
    if let Some(total) = total {
        // Written even when zero: its presence says that it was counted.
        prost::encoding::int64::encode(3, &total, &mut out);
    }
    Ok(out.into())
}

/// Reads a filter and an order as a List does, and says them again as AIP-160 text and `order_by`.
pub fn explain(model: &Model, entity: &Entity, filter_text: &str, order_by_text: &str) -> Result<(String, String)> {
    let chosen = choose(model, entity, filter_text, order_by_text)?;
    Ok((filter::print(&chosen.query.ast), filter::print_order(&chosen.terms)))
}

/// What a request chooses.
pub(super) struct Chosen {
    query: Query,
    /// The condition, compiled.
    pub filter: Option<filter::SqlFragment>,
    /// The order, as it is said.
    terms: Vec<OrderTerm>,
    /// The order, as it is meant.
    order: Vec<OrderKey>,
}

/// Reads a filter and an order.
pub(super) fn choose(model: &Model, entity: &Entity, filter_text: &str, order_by_text: &str) -> Result<Chosen> {
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
    let reason = if error.is_limit { ErrorReason::FilterTooLarge } else { reason };
    Error::invalid(field, reason, format!("`{field}`, {error}"))
}

/// How many objects to pass over, said by the request, by the document in its filter, or by both alike.
fn one_skip(skip: i64, offset: Option<i64>) -> Result<i64> {
    match offset {
        Some(offset) if skip != 0 && skip != offset => {
            let message =
                format!("`skip` is {skip} and the `offset` of the document in `filter` is {offset}; give one of them");
            Err(Error::invalid("skip", ErrorReason::InvalidValue, message))
        }
        offset => Ok(offset.unwrap_or(skip)),
    }
}
