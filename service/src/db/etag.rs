//! The versions of objects as callers hold them.

/// The etag of an object. The tail of the uid distinguishes an object from a later one with the same ID.
pub fn etag(uid: uuid::Uuid, version: i64) -> String {
    let tail = uid.as_u128() & 0xffff_ffff_ffff;
    format!("{tail:012x}-{version}")
}

/// An etag as callers send it back.
#[derive(Debug, Clone, PartialEq)]
pub struct Etag {
    /// The last twelve digits of the uid.
    pub uid_tail: String,
    /// The version.
    pub version: i64,
}

impl Etag {
    /// Reads an etag. `None` when the caller gave none; what is no etag at all matches nothing.
    pub fn parse(text: &str) -> Option<Self> {
        if text.is_empty() {
            return None;
        }
        let parsed = text.split_once('-').and_then(|(tail, version)| Some((tail, version.parse().ok()?)));
        // No object has version zero.
        let (uid_tail, version) = parsed.unwrap_or(("", 0));
        Some(Self { uid_tail: uid_tail.to_owned(), version })
    }
}
