//! Objects that are refused, as answers name them.

use qairon::v1::ImportError;

use crate::error::{Error, shortened};

/// How many refusals an answer has.
pub const MAX_SHOWN: usize = 1000;
/// How long the message of one is, in bytes.
const MAX_MESSAGE_BYTES: usize = 1500;

/// A refusal, by the place of the object in its stream.
pub fn refusal(index: i64, error: Error) -> ImportError {
    ImportError {
        index,
        code: error.kind.number(),
        reason: error.reason_name().to_owned(),
        // Empty when no field is at fault.
        field: error.field.unwrap_or_default(),
        message: shortened(error.message, MAX_MESSAGE_BYTES),
    }
}
