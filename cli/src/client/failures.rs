//! Classifies a failed call: a refusal, a timeout, or a transient error.

use std::error::Error as _;

use tonic::{Code, Status};
use tonic_types::StatusExt;

use super::handshake;

/// Whether the failure arose on this side: a status that a server sent has no source.
pub fn is_local(status: &Status) -> bool {
    status.source().is_some()
}

/// The root cause.
pub fn root(status: &Status) -> &(dyn std::error::Error + 'static) {
    let mut cause: &(dyn std::error::Error + 'static) = status;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause
}

/// Whether a local timeout ended it: that of the call, or that of the transport.
pub fn is_timeout(cause: &(dyn std::error::Error + 'static)) -> bool {
    cause.is::<tokio::time::error::Elapsed>() || cause.is::<tonic::TimeoutExpired>()
}

/// Whether the time of a call was over, by the server's clock or ours.
pub fn is_out_of_time(status: &Status) -> bool {
    status.code() == Code::DeadlineExceeded || (is_local(status) && is_timeout(root(status)))
}

/// Whether the error is not from the service: all its errors have details. For example, an answer cut off on the way is
/// an unknown error of the transport.
pub fn is_foreign(status: &Status) -> bool {
    status.code() == Code::Unknown && status.get_details_error_info().is_none()
}

pub fn is_transient(status: &Status) -> bool {
    match status.code() {
        Code::Unavailable => !handshake::is_permanent(status),
        // The service gave up on conflicting writes; a stale etag would be stale again.
        Code::Aborted => status.get_details_error_info().is_some_and(|info| info.reason == "CONFLICT"),
        // A connection that broke under the call.
        Code::Unknown | Code::Cancelled | Code::Internal => {
            is_local(status) && !is_timeout(root(status)) && !handshake::is_permanent(status)
        }
        _ => false,
    }
}
