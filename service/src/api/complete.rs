//! CompleteIds: how an ID that was begun goes on.

use bytes::Bytes;
use prost::Message;
use qairon::v1::{CompleteIdsRequest, CompleteIdsResponse, ErrorReason, IdCompletion};

use super::query;
use super::requests::decode;
use crate::call::Context;
use crate::db::complete::{Begun, ways};
use crate::domain::resource::resource;
use crate::error::{Error, Result};

/// How many answers there are when nobody says.
const DEFAULT_RESULTS: i64 = 100;
/// How many answers there are at most.
const MAX_RESULTS: i64 = 1000;
/// The longest beginning, in bytes: more than any ID has.
const MAX_PREFIX: usize = 8192;

/// Continues an ID.
pub async fn complete_ids(context: &Context, request: Bytes) -> Result<Bytes> {
    let request: CompleteIdsRequest = decode(request)?;
    let entity = resource(context.model(), "resource", &request.resource)?;
    let limit = match i64::from(request.max_results) {
        0 => DEFAULT_RESULTS,
        limit if limit < 0 => {
            let message = format!("`max_results` must be zero or greater, not {limit}");
            return Err(Error::invalid("max_results", ErrorReason::OutOfRange, message));
        }
        limit => limit.min(MAX_RESULTS),
    };
    if request.prefix.len() > MAX_PREFIX {
        let message = format!("`prefix` takes up to {MAX_PREFIX} bytes, not {}", request.prefix.len());
        return Err(Error::invalid("prefix", ErrorReason::ValueTooLarge, message));
    }
    if request.prefix.contains('\0') {
        let message = "`prefix` holds a null character, which no ID holds; leave it out".to_owned();
        return Err(Error::invalid("prefix", ErrorReason::InvalidValue, message));
    }
    let filter = query::choose(context.model(), entity, &request.filter, "")?.filter;
    // One more than asked for says that there are more.
    let mut ways = ways(context.db(), &Begun { entity, prefix: &request.prefix, filter, limit }).await?;
    let shown = usize::try_from(limit).map_err(Error::internal)?;
    let truncated = ways.len() > shown;
    ways.truncate(shown);
    let completions = ways.into_iter().map(|(text, whole)| IdCompletion { text, whole }).collect();
    Ok(CompleteIdsResponse { completions, truncated }.encode_to_vec().into())
}
