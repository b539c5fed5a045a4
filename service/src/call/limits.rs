//! What one call may take.

use std::time::Duration;

/// What clients in most languages send and receive at most, in bytes.
pub const MAX_MESSAGE_BYTES: usize = 4 * 1024 * 1024;
/// The longest stream, when the client gives no deadline. It lives as long as it is fed, or read.
pub const LONGEST_STREAM: Duration = Duration::from_secs(24 * 3600);

/// What one call may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How long a call may last that is no stream, whatever deadline the client gives.
    pub longest_call: Duration,
    /// How many objects one deletion or change of ID may concern.
    pub max_affected: usize,
    /// How many objects one bundle may have.
    pub max_apply_objects: usize,
    /// How long the reader of a stream may take for a message.
    pub longest_stall: Duration,
}
