//! What one call may take.

use std::time::Duration;

/// What clients in most languages send and receive at most, in bytes.
pub const MAX_MESSAGE_BYTES: usize = 4 * 1024 * 1024;
/// How many values a message holds at most, those of the objects in it included.
pub const MAX_ELEMENTS: usize = 200_000;
/// How often a field of a request is repeated at most in one message: the objects of a load, for example.
pub const MAX_REPEATED: usize = 10_000;
/// How many paths a mask has at most.
pub const MAX_MASK_PATHS: usize = 1000;
/// What the received messages of all calls take in memory at most, in bytes, until they are decoded.
pub const MAX_RECEIVED_BYTES: usize = 96 * 1024 * 1024;
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
    /// How many bytes all bundles together may take in memory.
    pub max_bundle_memory: usize,
    /// How long the reader of a stream may take for a message.
    pub longest_stall: Duration,
}
