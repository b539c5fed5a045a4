//! Calls that can be repeated without harm.

use bytes::Bytes;
use prost_reflect::DynamicMessage;

use crate::call::Context;
use crate::db::repeats::Once;
use crate::error::{Error, Result};

/// The idempotency of a request; nothing is decoded again unless it carries a request ID.
pub fn once(context: &Context, request_id: &str, bytes: &Bytes) -> Result<Option<Once>> {
    if request_id.is_empty() {
        return Ok(None);
    }
    let method = context.method();
    let mut message = DynamicMessage::decode(method.descriptor.input(), bytes.clone()).map_err(Error::internal)?;
    // A rehearsal is of the same request as the real call.
    message.clear_field_by_name("validate_only");
    Once::new(&context.caller().principal, request_id, &method.path, &message, method.is_sensitive)
}
