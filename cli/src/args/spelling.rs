//! Names as people write them.

use std::ffi::OsString;

/// Underscores for hyphens.
pub fn normal(word: &OsString) -> String {
    word.to_string_lossy().replace('-', "_")
}
