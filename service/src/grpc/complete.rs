//! CompleteIds: how an ID that was begun goes on.

use bytes::Bytes;
use prost::Message;
use qairon::v1::{CompleteIdsRequest, CompleteIdsResponse, ErrorReason, IdCompletion};

use super::reads;
use super::requests::decode;
use super::store::Store;
use super::trace::resource;
use crate::db::complete::{Begun, sql, way};
use crate::error::{Error, Result};

/// How many answers there are when nobody says.
const DEFAULT_RESULTS: i64 = 100;
/// How many answers there are at most.
const MAX_RESULTS: i64 = 1000;
/// The longest beginning, in bytes: more than any ID has.
const MAX_PREFIX: usize = 8192;

/// Continues an ID.
pub async fn complete_ids(store: &Store, request: Bytes) -> Result<Bytes> {
    let request: CompleteIdsRequest = decode(request)?;
    let entity = resource(store, "resource", &request.resource)?;
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
    let filter = reads::choose(store.model, entity, &request.filter, "")?.filter;
    let is_filtered = filter.is_some();
    let sql = sql(&Begun { entity, prefix: &request.prefix, filter, limit });
    let rows = match is_filtered {
        // Quick whatever was begun.
        false => store.db.read("complete_ids", sql).await,
        true => store.db.query("complete_ids", move |connection| Box::pin(sql.rows(connection))).await,
    };
    let rows = rows.map_err(|failure| failure.into_error(store.model, None))?;
    let shown = rows.iter().take(usize::try_from(limit).unwrap_or_default()).map(way);
    let completions = shown.map(|(text, whole)| IdCompletion { text: text.to_owned(), whole }).collect::<Vec<_>>();
    let truncated = rows.len() > completions.len();
    Ok(CompleteIdsResponse { completions, truncated }.encode_to_vec().into())
}
