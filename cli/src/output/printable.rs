//! Texts of others at a terminal.

/// The text with nothing in it that steers a terminal or begins a new line.
pub(super) fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
