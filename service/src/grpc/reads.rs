//! Get, BatchGet and List, over any entity.

use bytes::Bytes;
use qairon::model::Entity;
use qairon::v1::ErrorReason;

use super::requests::{self, decode, paths};
use super::store::Store;
use crate::db::list::{self, Listing};
use crate::db::wire;
use crate::domain::page::{DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, PageToken, fingerprint};
use crate::domain::{filter, validate};
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
    let limit = match i64::from(request.page_size) {
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
    let mut listing = Listing {
        entity,
        projection: store.projection(entity, paths(request.read_mask).as_deref())?,
        filter: compile_filter(store, entity, &request.filter)?,
        order: parse_order(entity, &request.order_by)?,
        token: None,
        skip: request.skip.into(),
        limit,
    };
    listing.complete_order();
    let query = fingerprint(&[&entity.name, &request.filter, &request.order_by, &request.skip.to_string()]);
    listing.token = PageToken::parse(&request.page_token, query, listing.order.len())?;
    let sql = listing.sql();
    let count_sql = request.include_total_size.then(|| listing.count_sql());
    let (projection, keys) = (listing.projection.clone(), listing.order.len());
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
        .map_err(|failure| failure.into_error(store.model, None))?;
    let mut out = page.bytes;
    if let Some(next) = page.next {
        wire::bytes_field(&mut out, 2, PageToken::new(query, next).to_text().as_bytes());
    }
    if let Some(total) = total {
        // Written even when zero: its presence says that it was counted.
        prost::encoding::int64::encode(3, &total, &mut out);
    }
    Ok(out.into())
}

fn compile_filter(store: &Store, entity: &Entity, text: &str) -> Result<Option<filter::SqlFragment>> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let compiled = filter::parse(text)
        .and_then(|ast| filter::compile(store.model, entity, &ast, crate::db::projection::ALIAS))
        .map_err(|error| {
            let message = format!("`filter`, column {}: {}", error.column, error.message);
            Error::invalid("filter", ErrorReason::InvalidFilter, message)
        })?;
    Ok(Some(compiled))
}

fn parse_order<'a>(entity: &'a Entity, text: &str) -> Result<Vec<(&'a qairon::model::Field, bool)>> {
    let keys = filter::parse_order_by(entity, text).map_err(|error| {
        let message = format!("`order_by`, column {}: {}", error.column, error.message);
        Error::invalid("order_by", ErrorReason::InvalidOrderBy, message)
    })?;
    Ok(keys.into_iter().map(|key| (&entity.fields[key.field], key.descending)).collect())
}
