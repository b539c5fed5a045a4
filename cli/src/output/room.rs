//! Texts in the room that a terminal has. Widths are those at a terminal, where a character can take two places or none.

use std::borrow::Cow;
use std::io::{self, IsTerminal};

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// The width of a terminal that does not know its own.
const USUAL: usize = 80;

/// What replaces the rest of a text.
const ELLIPSIS: char = '…';

/// How wide lines of standard output may be: as `COLUMNS` says, else as the terminal. A file or a pipe has no limit.
pub fn of_stdout() -> Option<usize> {
    let said = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok()).filter(|columns| *columns > 0);
    said.or_else(|| {
        let stdout = io::stdout();
        stdout.is_terminal().then(|| {
            let size = terminal_size::terminal_size_of(stdout);
            size.map(|(width, _)| usize::from(width.0)).filter(|columns| *columns > 0).unwrap_or(USUAL)
        })
    })
}

/// The width of a text of one line.
pub fn width(text: &str) -> usize {
    text.width()
}

/// The text, or as much of it as there is room for and an ellipsis.
pub fn cut(text: &str, room: usize) -> Cow<'_, str> {
    // The width of a text is at most the number of its bytes.
    if text.len() <= room || width(text) <= room {
        return Cow::Borrowed(text);
    }
    if room == 0 {
        return Cow::Borrowed("");
    }
    if !is_id(text) {
        let (kept, _) = split(text, room - 1);
        return Cow::Owned(format!("{kept}{ELLIPSIS}"));
    }
    // IDs of one list often begin alike, and say at their end which one it is.
    let (begin, _) = split(text, (room - 1) / 3);
    let end = split_end(text, room - 1 - width(begin));
    Cow::Owned(format!("{begin}{ELLIPSIS}{end}"))
}

/// Whether a text looks like an ID: components with colons between them.
fn is_id(text: &str) -> bool {
    text.contains(':') && !text.starts_with(['{', '[', '"']) && !text.contains(char::is_whitespace)
}

/// The first line, with an ellipsis when there are more.
pub fn one_line(text: &str) -> Cow<'_, str> {
    match text.split_once('\n') {
        Some((line, _)) => Cow::Owned(format!("{line}{ELLIPSIS}")),
        None => Cow::Borrowed(text),
    }
}

/// The text in lines of this width.
pub fn wrapped(text: &str, room: usize) -> Vec<&str> {
    let (mut lines, mut rest) = (Vec::new(), text);
    while width(rest) > room.max(1) {
        let (line, left) = split(rest, room.max(1));
        let pause = line.rfind([' ', ',', ':']).filter(|at| *at > line.len() / 2);
        let (line, left) = match pause {
            // A character that is wider than the room is on a line of its own.
            None if line.is_empty() => first(rest),
            None => (line, left),
            Some(at) => rest.split_at(at + 1),
        };
        lines.push(line);
        rest = left;
    }
    lines.push(rest);
    lines
}

/// What fits into the room, and the rest. What belongs to one character stays together.
fn split(text: &str, room: usize) -> (&str, &str) {
    let mut used = 0;
    for (at, character) in text.grapheme_indices(true) {
        used += width(character);
        if used > room {
            return text.split_at(at);
        }
    }
    (text, "")
}

/// The end of a text that fits into the room.
fn split_end(text: &str, room: usize) -> &str {
    let mut used = 0;
    for (at, character) in text.grapheme_indices(true).rev() {
        used += width(character);
        if used > room {
            return &text[at + character.len()..];
        }
    }
    text
}

fn first(text: &str) -> (&str, &str) {
    text.split_at(text.graphemes(true).next().map_or(0, str::len))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_by_what_they_take_at_a_terminal() {
        for (text, room, wanted) in [
            ("abc", 3, "abc"),
            ("abcd", 3, "ab…"),
            ("abcd", 1, "…"),
            ("abcd", 0, ""),
            ("日本語", 6, "日本語"),
            ("日本語", 5, "日本…"),
            ("日本語", 4, "日…"),
            // Five letters with accents of their own.
            ("e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}", 5, "e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}"),
            ("e\u{301}e\u{301}e\u{301}", 2, "e\u{301}…"),
            ("", 0, ""),
            ("shop:web:cart", 12, "sho…web:cart"),
            ("shop:日本語", 6, "s…本語"),
            ("a:b", 1, "…"),
            ("{\"a\":1}", 5, "{\"a\"…"),
        ] {
            assert_eq!(cut(text, room), wanted, "{text} in {room}");
            assert!(width(&cut(text, room)) <= room, "{text} in {room}");
        }
        assert_eq!(one_line("a\nb"), "a…");
    }

    #[test]
    fn nothing_is_lost_of_a_text_that_is_wrapped() {
        let text = "ab日本語e\u{301}cd";
        for room in 0..12 {
            let lines = wrapped(text, room);
            assert_eq!(lines.concat(), text);
            assert!(lines.iter().all(|line| width(line) <= room.max(2)), "{lines:?}");
        }
        assert_eq!(wrapped("", 3), [""]);
        assert_eq!(wrapped("shop:web:cart", 11), ["shop:web:", "cart"]);
    }
}
