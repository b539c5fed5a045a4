//! The one mapping from errors to statuses, with `google.rpc` details.

use std::collections::HashMap;

use qairon::ERROR_DOMAIN;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

use crate::call::limits::MAX_MESSAGE_BYTES as MAX_BYTES;
use crate::error::{Error, ErrorKind, shortened};

/// Headers carry the message, and the details with the message once or twice again, and clients take 16 KiB of them.
/// A letter takes up to three times its bytes there.
const MAX_MESSAGE_BYTES: usize = 1500;
/// No ID is longer.
const MAX_ID_BYTES: usize = 2600;

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        // Destructured, so that a field added to errors is not forgotten here.
        let reason = error.reason_name();
        let Error { kind, reason: _, message, field, resource, cause: _ } = error;
        let message = shortened(message, MAX_MESSAGE_BYTES);
        let mut metadata = HashMap::new();
        let mut details = ErrorDetails::new();
        if let Some(field) = field {
            details.add_bad_request_violation(&field, &message);
            metadata.insert("field".to_owned(), field);
        }
        if let Some((entity, id)) = resource {
            if kind == ErrorKind::FailedPrecondition {
                details.add_precondition_failure_violation(reason, shortened(id.clone(), MAX_MESSAGE_BYTES), &message);
            }
            details.set_resource_info(entity.clone(), shortened(id, MAX_ID_BYTES), "", "");
            metadata.insert("resource".to_owned(), entity);
        }
        details.set_error_info(reason, ERROR_DOMAIN, metadata);
        Self::with_error_details(Code::from_i32(kind.number()), message, details)
    }
}

/// Statuses that the transport makes itself have other codes than convention wants: those are set right here.
pub fn from_transport(code: Code, message: &str) -> Option<Error> {
    use qairon::v1::ErrorReason;
    match code {
        Code::OutOfRange => Some(too_large(message)),
        // A compressed message that grows beyond the limit.
        Code::ResourceExhausted if message.starts_with("Error decompressing: size limit") => Some(too_large(message)),
        Code::Internal
            if message.contains("compress")
                || message.contains("protocol error")
                || message.contains("rror decompressing") =>
        {
            Some(Error::new(
                ErrorKind::InvalidArgument,
                ErrorReason::MalformedMessage,
                "the body is not a gRPC message of the method's type",
            ))
        }
        Code::Internal | Code::Unknown
            if message.contains("Missing request message") || message.contains("Unexpected EOF") =>
        {
            Some(Error::new(
                ErrorKind::InvalidArgument,
                ErrorReason::MalformedMessage,
                "the request holds no whole message",
            ))
        }
        _ => None,
    }
}

fn too_large(cause: &str) -> Error {
    use qairon::v1::ErrorReason::MessageTooLarge;
    let message = format!("a message takes up to {} bytes; send less at once", MAX_BYTES);
    let mut error = Error::new(ErrorKind::Exhausted, MessageTooLarge, message);
    error.cause = Some(cause.to_owned());
    error
}
