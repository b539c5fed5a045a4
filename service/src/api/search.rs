//! Search over all entities.

use std::collections::BTreeSet;

use bytes::Bytes;
use prost::Message;
use qairon::v1::{
    ErrorReason, ExplainFilterRequest, ExplainFilterResponse, FindByNativeIdRequest, FindByNativeIdResponse,
    FindObjectsRequest, FindObjectsResponse, FoundObject, Match, NativeObject,
};

use super::query;
use super::requests::decode;
use crate::call::Context;
use crate::db::search::{self, Fit, Place, Search};
use crate::domain::page::{DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, PageKey, PageToken, fingerprint};
use crate::domain::resource::resource;
use crate::domain::search::Text;
use crate::error::{Error, Result};

/// The longest identifier of a provider, in bytes: none is recorded that is longer.
const MAX_NATIVE_ID: usize = 2000;

/// Finds a text in IDs and names.
pub async fn find(context: &Context, request: Bytes) -> Result<Bytes> {
    let request: FindObjectsRequest = decode(request)?;
    let text = Text::parse(&request.text)?;
    let limit = page_size(request.page_size)?;
    let mut entities = BTreeSet::new();
    for name in &request.resources {
        entities.insert(resource(context.model(), "resources", name)?.rank);
    }
    let chosen: Vec<String> = entities.iter().map(usize::to_string).collect();
    if entities.is_empty() {
        entities.extend(0..context.model().entities().len());
    }
    let query = fingerprint(&["FindObjects", &request.text, &chosen.join(",")]);
    let start = place(context, &request.page_token, query)?;
    let search = Search { model: context.model(), text, entities, start };
    // One more than asked for says whether another page follows.
    let mut found = search.next(context.db(), limit + 1).await?;
    let next_page_token = next_page(context, query, &mut found, limit);
    let object = |place: Place| {
        let fit = Fit::ALL.into_iter().find(|fit| fit.number() == place.kind);
        let r#match = match_of(fit.ok_or_else(|| Error::internal("an object that fits in no way"))?).into();
        let resource = context.model().ranked(place.rank).name.clone();
        Ok(FoundObject { resource, id: place.id, r#match })
    };
    let objects = found.into_iter().map(object).collect::<Result<_>>()?;
    Ok(FindObjectsResponse { objects, next_page_token }.encode_to_vec().into())
}

/// Finds objects by their provider's identifier.
pub async fn by_native_id(context: &Context, request: Bytes) -> Result<Bytes> {
    let FindByNativeIdRequest { native_id, page_size: size, page_token } = decode(request)?;
    let refused = |reason, message: String| Err(Error::invalid("native_id", reason, message));
    if native_id.is_empty() {
        return refused(ErrorReason::Required, "`native_id` is required: an identifier such as an ARN".to_owned());
    }
    if native_id.len() > MAX_NATIVE_ID {
        let message = format!("`native_id` takes up to {MAX_NATIVE_ID} bytes, not {}", native_id.len());
        return refused(ErrorReason::ValueTooLarge, message);
    }
    if native_id.contains('\0') {
        let message = "`native_id` holds a null character, which no identifier holds; leave it out".to_owned();
        return refused(ErrorReason::InvalidValue, message);
    }
    let limit = page_size(size)?;
    let query = fingerprint(&["FindByNativeId", &native_id]);
    let start = place(context, &page_token, query)?;
    let mut found = search::by_native_id(context.db(), &native_id, &start, limit + 1).await?;
    let next_page_token = next_page(context, query, &mut found, limit);
    let objects = found.into_iter().map(|place| NativeObject {
        resource: context.model().ranked(place.rank).name.clone(),
        id: place.id,
        native_id: native_id.clone(),
    });
    Ok(FindByNativeIdResponse { objects: objects.collect(), next_page_token }.encode_to_vec().into())
}

/// Says a filter and an order again.
pub async fn explain_filter(context: &Context, request: Bytes) -> Result<Bytes> {
    let request: ExplainFilterRequest = decode(request)?;
    let entity = resource(context.model(), "resource", &request.resource)?;
    let (filter, order_by) = query::explain(context.model(), entity, &request.filter, &request.order_by)?;
    Ok(ExplainFilterResponse { filter, order_by }.encode_to_vec().into())
}

fn match_of(fit: Fit) -> Match {
    match fit {
        Fit::Exact => Match::Exact,
        Fit::ComponentAndName | Fit::Component => Match::Component,
        Fit::NamePrefix => Match::NamePrefix,
        Fit::Name => Match::Name,
        Fit::Id => Match::Id,
    }
}

fn page_size(size: i32) -> Result<usize> {
    let size = usize::try_from(size).map_err(|_| {
        let message = format!("`page_size` must be zero or greater, not {size}");
        Error::invalid("page_size", ErrorReason::OutOfRange, message)
    })?;
    let (default, largest) = (DEFAULT_PAGE_SIZE as usize, MAX_PAGE_SIZE as usize);
    Ok(if size == 0 { default } else { size.min(largest) })
}

/// Where a page begins. The token names the entity, whose rank may be another in the next release.
fn place(context: &Context, token: &str, query: u64) -> Result<Place> {
    let token = PageToken::parse(token, query, 3).map_err(|error| match error.reason {
        ErrorReason::PageTokenMismatch => {
            let message = "`page_token` belongs to another search; repeat the request of the first page, or start \
                           again with an empty token";
            Error::invalid("page_token", error.reason, message)
        }
        _ => error,
    })?;
    let Some(token) = token else { return Ok(Place::default()) };
    let mut keys = token.keys.into_iter().map_while(|key| key.value);
    let kind = keys.next().and_then(|key| key.parse().ok());
    let rank = keys.next().and_then(|name| context.model().entity(&name)).map(|entity| entity.rank);
    match (kind, rank, keys.next()) {
        (Some(kind), Some(rank), Some(id)) if !id.contains('\0') => Ok(Place { kind, rank, id }),
        _ => {
            let message = "`page_token` is not one that the service gave out; start again with an empty one";
            Err(Error::invalid("page_token", ErrorReason::InvalidPageToken, message))
        }
    }
}

/// Cuts what was found to the size of the page and returns the token of the next.
fn next_page(context: &Context, query: u64, found: &mut Vec<Place>, limit: usize) -> String {
    if found.len() <= limit {
        return String::new();
    }
    found.truncate(limit);
    let Some(last) = found.last() else { return String::new() };
    let entity = &context.model().ranked(last.rank).name;
    let keys = [last.kind.to_string(), entity.clone(), last.id.clone()];
    PageToken::new(query, keys.map(|value| PageKey { value: Some(value) }).into()).to_text()
}
