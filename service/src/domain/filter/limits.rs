//! The limits of a filter, in either notation.

use super::error::FilterError;

/// The longest filter, in bytes.
pub const MAX_BYTES: usize = 16 * 1024;
/// How deep parentheses and functions nest.
pub const MAX_DEPTH: usize = 32;
/// How many comparisons, functions and literals a filter holds.
pub const MAX_TERMS: usize = 256;
/// How many relations one path crosses.
pub const MAX_PATH_RELATIONS: usize = 16;
/// How many tables beside the entity's own the SQL of a filter reads; terms that share a path count once.
pub const MAX_TABLES: usize = 64;

/// How often a path leads from many objects to many others of theirs. Each time more is read again.
pub const MAX_PATH_TURNS: usize = 4;
/// And how often all paths of a filter do.
pub const MAX_TURNS: usize = 8;

/// Refuses a text that is too long.
pub(super) fn check_bytes(text: &str) -> Result<(), FilterError> {
    if text.len() <= MAX_BYTES {
        return Ok(());
    }
    let column = text.char_indices().take_while(|(at, _)| *at < MAX_BYTES).count();
    Err(FilterError::limit(column, format!("a filter has at most {MAX_BYTES} bytes, this one has {}", text.len())))
}
