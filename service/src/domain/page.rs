//! Page tokens: the position of a listing, bound to its query.
//!
//! A token holds the order keys of the last row of a page. It is opaque to callers, not secret: it grants no more than
//! the same query does.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use prost::Message;
use qairon::v1::ErrorReason;

use crate::error::{Error, Result};

/// How many rows a page has by default.
pub const DEFAULT_PAGE_SIZE: i64 = 100;
/// The largest page.
pub const MAX_PAGE_SIZE: i64 = 1000;
/// Where a page is cut short: clients of many languages receive at most 4 MiB.
pub const MAX_PAGE_BYTES: usize = 3 * 1024 * 1024;
/// The largest object that is sent: what clients receive, with room for what is around the object.
pub const MAX_OBJECT_BYTES: usize = 4 * 1024 * 1024 - 8 * 1024;

const VERSION: u32 = 1;

/// The position of a listing.
#[derive(Clone, PartialEq, Message)]
pub struct PageToken {
    #[prost(uint32, tag = "1")]
    version: u32,
    /// Binds the token to method, filter, order and skip.
    #[prost(fixed64, tag = "2")]
    query: u64,
    /// The order keys of the last row, as text; see `db::list`.
    #[prost(message, repeated, tag = "3")]
    pub keys: Vec<PageKey>,
    /// How many rows are left of those that the query wants at most; unset when it wants all.
    #[prost(int64, optional, tag = "4")]
    pub left: Option<i64>,
}

/// One order key of the last row of a page.
#[derive(Clone, PartialEq, Message)]
pub struct PageKey {
    /// Its value in PostgreSQL's text notation; unset for NULL.
    #[prost(string, optional, tag = "1")]
    pub value: Option<String>,
}

impl PageToken {
    /// A token for the rows after a row with these order keys.
    pub fn new(query: u64, keys: Vec<PageKey>) -> Self {
        Self { version: VERSION, query, keys, left: None }
    }

    /// The token of a query that wants so many more rows.
    #[must_use]
    pub fn with_left(self, left: Option<i64>) -> Self {
        Self { left, ..self }
    }

    /// The notation for callers.
    pub fn to_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.encode_to_vec())
    }

    /// Reads a token of a query whose order has a number of keys. `None` for the first page.
    pub fn parse(text: &str, query: u64, keys: usize) -> Result<Option<Self>> {
        if text.is_empty() {
            return Ok(None);
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).ok();
        let is_ours = |token: &Self| {
            // No value that the database has given out holds a null character.
            let nulls = token.keys.iter().filter_map(|key| key.value.as_deref()).any(|key| key.contains('\0'));
            token.version == VERSION && !nulls
        };
        let token = bytes.and_then(|bytes| Self::decode(bytes.as_slice()).ok()).filter(is_ours);
        let Some(token) = token else { return Err(Self::foreign()) };
        if token.query != query || token.keys.len() != keys {
            let message = "`page_token` belongs to a query with another filter, order or skip; repeat those of the \
                           first page, or start again with an empty token";
            return Err(Error::invalid("page_token", ErrorReason::PageTokenMismatch, message));
        }
        Ok(Some(token))
    }

    /// The error for a token that this service did not create.
    pub fn foreign() -> Error {
        let message = "`page_token` is not one that the service gave out; start again with an empty one";
        Error::invalid("page_token", ErrorReason::InvalidPageToken, message)
    }
}

/// A number that identifies a query, the same on every server.
pub fn fingerprint(parts: &[&str]) -> u64 {
    // FNV-1a: tokens are bound against mistakes, not against forgery.
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for part in parts {
        for byte in part.bytes().chain([0xff]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    hash
}
