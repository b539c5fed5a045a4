//! The grammar of names: what one component of an ID may be.
//!
//! Two names that look the same are the same. A name has no character that nobody sees, and of the ways in which Unicode
//! writes a text it has the composed one (NFC). The objects of earlier servers may have other names: they are found by
//! them, and keep them until they are renamed.

use std::fmt;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

/// The longest name, in bytes.
pub const MAX_NAME_BYTES: usize = 253;

/// What is invisible besides the characters of category Cf: the others that Unicode lists as default ignorable, and two
/// that are empty in every font.
const INVISIBLE: [(char, char); 12] = [
    ('\u{34f}', '\u{34f}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{2065}', '\u{2065}'),
    ('\u{2800}', '\u{2800}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fff8}'),
    ('\u{1d159}', '\u{1d159}'),
    ('\u{e0000}', '\u{e0fff}'),
];

/// Whether a text can be one component of the ID of an object that exists.
pub fn is_name(text: &str) -> bool {
    (1..=MAX_NAME_BYTES).contains(&text.len()) && !text.contains(is_forbidden)
}

/// Why a text cannot become a name.
#[derive(Debug, Clone, PartialEq)]
pub enum NameError {
    /// It is empty or too long.
    Length {
        /// How many bytes it has.
        bytes: usize,
    },
    /// It has a character that separates.
    Separator {
        /// The character.
        character: char,
        /// Its position, in characters from 1.
        position: usize,
    },
    /// It has a character that nobody sees.
    Invisible {
        /// The character.
        character: char,
        /// Its position, in characters from 1.
        position: usize,
    },
    /// It is not in the composed form, NFC.
    NotComposed {
        /// The first character that the composed form has another one for.
        character: char,
        /// Its position, in characters from 1.
        position: usize,
    },
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at =
            |f: &mut fmt::Formatter<'_>, c: char, position| write!(f, "U+{:04X} at position {position}", u32::from(c));
        match self {
            Self::Length { bytes } => write!(f, "must be 1 to {MAX_NAME_BYTES} bytes, not {bytes}"),
            Self::Separator { character, position } => {
                write!(f, "must have no `:`, white space or control characters, and has ")?;
                at(f, *character, *position)
            }
            Self::Invisible { character, position } => {
                write!(f, "must have no invisible characters, and has ")?;
                at(f, *character, *position)?;
                write!(f, "; leave it out")
            }
            Self::NotComposed { character, position } => {
                write!(f, "must be in Unicode's composed form (NFC), and has ")?;
                at(f, *character, *position)?;
                write!(f, ", which that form writes otherwise; normalize it to NFC")
            }
        }
    }
}

/// Checks a text that is to become the name of an object.
pub fn check_name(text: &str) -> Result<(), NameError> {
    if !(1..=MAX_NAME_BYTES).contains(&text.len()) {
        return Err(NameError::Length { bytes: text.len() });
    }
    // Most names are ASCII, where nothing below the delete character is invisible or composed.
    for (index, character) in text.chars().enumerate() {
        let position = index + 1;
        if is_forbidden(character) {
            return Err(NameError::Separator { character, position });
        }
        if !character.is_ascii() && is_invisible(character) {
            return Err(NameError::Invisible { character, position });
        }
    }
    if text.is_ascii() || is_nfc_quick(text.chars()) == IsNormalized::Yes {
        return Ok(());
    }
    let mut composed = text.nfc();
    let differs = |(_, character): &(usize, char)| composed.next() != Some(*character);
    match text.chars().enumerate().find(differs) {
        Some((index, character)) => Err(NameError::NotComposed { character, position: index + 1 }),
        None => Ok(()),
    }
}

fn is_forbidden(c: char) -> bool {
    c == ':' || c.is_whitespace() || c.is_control()
}

fn is_invisible(c: char) -> bool {
    c.general_category() == GeneralCategory::Format
        || INVISIBLE.iter().any(|(first, last)| (*first..=*last).contains(&c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn look_alikes_are_refused_with_character_and_position() {
        for (name, told) in [
            ("web\u{200b}", "U+200B at position 4"),
            ("\u{feff}web", "U+FEFF at position 1"),
            ("w\u{202e}eb", "U+202E at position 2"),
            ("we\u{2066}b", "U+2066 at position 3"),
            ("we\u{ad}b", "U+00AD at position 3"),
            ("w\u{3164}eb", "U+3164 at position 2"),
            ("w\u{fe0f}eb", "U+FE0F at position 2"),
            ("w\u{2800}eb", "U+2800 at position 2"),
            ("w\u{e0041}eb", "U+E0041 at position 2"),
            ("cafe\u{301}", "U+0065 at position 4"),
            ("\u{212b}", "U+212B at position 1"),
            ("a b", "U+0020 at position 2"),
            ("a\u{2028}b", "U+2028 at position 2"),
        ] {
            let error = check_name(name).expect_err(told).to_string();
            assert!(error.contains(told), "{name:?}: {error}");
        }
        assert_eq!(check_name(""), Err(NameError::Length { bytes: 0 }));
    }

    #[test]
    fn visible_names_in_the_composed_form_are_names() {
        for name in ["web", "a/b@c", "日本", "Ünïcode-😀", "café", "\u{c5}", "हिन्दी", "각"] {
            assert_eq!(check_name(name), Ok(()), "{name:?}");
        }
    }

    /// What is stored was a name once, and is found by it.
    #[test]
    fn every_name_can_be_one_that_exists() {
        for c in ('\u{1}'..=char::MAX).map(|c| format!("a{c}")) {
            assert!(is_name(&c) || check_name(&c).is_err(), "{c:?}");
        }
    }
}
