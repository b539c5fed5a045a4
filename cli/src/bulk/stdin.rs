//! Standard input among files.

/// The name of standard input among files.
pub const STDIN: &str = "-";

/// A file's name for people.
pub fn file_name(path: &str) -> &str {
    if path == STDIN { "standard input" } else { path }
}
