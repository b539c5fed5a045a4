//! The members of an object.

use super::super::error::{FilterError, shown, suggestion};
use super::super::json::{Entry, Json};

/// The value under a key.
pub(super) fn entry<'j>(entries: &'j [Entry], key: &str) -> Option<&'j Json> {
    entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value)
}

/// Refuses what would be ignored.
pub(super) fn known_keys(entries: &[Entry], known: &[&str]) -> Result<(), FilterError> {
    match entries.iter().find(|entry| !known.contains(&entry.key.as_str())) {
        Some(entry) => {
            let nearest = suggestion(&entry.key, known.iter().copied());
            Err(FilterError::new(entry.at.start, format!("unknown key {} here; {nearest}", shown(&entry.key))))
        }
        None => Ok(()),
    }
}
