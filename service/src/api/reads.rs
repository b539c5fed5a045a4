//! Get, BatchGet and List, over any entity.

use bytes::Bytes;
use qairon::v1::ErrorReason;

use super::query::choose;
use super::requests::{self, decode, paths};
use crate::call::Context;
use crate::call::limits::MAX_MESSAGE_BYTES;
use crate::db::list::{self, Listing};
use crate::db::{get, wire};
use crate::domain::page::{DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, PageToken, fingerprint};
use crate::domain::validate;
use crate::error::{Error, Result};

const MAX_BATCH: usize = 1000;

/// Gets one object.
pub async fn get(context: &Context, request: Bytes) -> Result<Bytes> {
    let request: requests::Get = decode(request)?;
    let entity = context.entity()?;
    validate::id(context.model(), entity, "id", &request.id)?;
    let mask = paths(request.read_mask);
    let found = get::object(context.db(), entity, mask.as_deref(), &request.id).await?;
    found.ok_or_else(|| Error::not_found(&entity.name, &request.id))
}

/// Gets several objects, all or none, in the order of the request.
pub async fn batch_get(context: &Context, request: Bytes) -> Result<Bytes> {
    let request: requests::BatchGet = decode(request)?;
    let entity = context.entity()?;
    let ids = request.ids;
    if ids.is_empty() || ids.len() > MAX_BATCH {
        let message = format!("`ids` takes 1 to {MAX_BATCH} IDs, not {}", ids.len());
        return Err(Error::invalid("ids", ErrorReason::OutOfRange, message));
    }
    for id in &ids {
        validate::id(context.model(), entity, "ids", id)?;
    }
    let mask = paths(request.read_mask);
    Ok(get::objects(context.db(), entity, mask.as_deref(), ids, MAX_MESSAGE_BYTES).await?)
}

/// Lists one page.
pub async fn list(context: &Context, request: Bytes) -> Result<Bytes> {
    let request: requests::List = decode(request)?;
    let entity = context.entity()?;
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
    let chosen = choose(context.model(), entity, &request.filter, &request.order_by)?;
    let mut listing = Listing {
        entity,
        mask: paths(request.read_mask),
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
    listing.limit = left.map_or(page_size, |left| left.clamp(0, page_size));
    let has_token = listing.token.is_some();
    let (page, total) =
        list::page(context.db(), &listing, request.include_total_size).await.map_err(|failure| match has_token {
            // Filters are checked before; only the keys of a token are for the database to read.
            true if failure.is_malformed_value() => PageToken::foreign(),
            _ => failure.into(),
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
