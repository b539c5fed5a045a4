//! The error type of the language, and its suggestions.

use std::fmt;

/// How much of a caller's text an error repeats, in characters.
const SHOWN: usize = 60;

/// What is wrong with a filter or an order, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterError {
    /// Where it is.
    pub place: Place,
    /// What was expected there, and the nearest valid alternative.
    pub message: String,
    /// Whether it is an exceeded limit: a smaller filter may be valid.
    pub is_limit: bool,
}

/// Where an error is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The column of a text, in characters, from 1.
    Column(usize),
    /// A place in a document.
    Document {
        /// The path to the value: `filters[1].op`; empty for the whole document.
        path: String,
        /// The line, from 1.
        line: usize,
        /// The column in the line, in characters, from 1.
        column: usize,
    },
}

impl FilterError {
    pub(super) fn new(column: usize, message: impl Into<String>) -> Self {
        Self { place: Place::Column(column), message: message.into(), is_limit: false }
    }

    pub(super) fn limit(column: usize, message: impl Into<String>) -> Self {
        Self { is_limit: true, ..Self::new(column, message) }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Column(column) => write!(f, "column {column}"),
            Self::Document { path, line, column } if path.is_empty() => write!(f, "line {line}, column {column}"),
            Self::Document { path, line, column } => write!(f, "`{path}` (line {line}, column {column})"),
        }
    }
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

impl std::error::Error for FilterError {}

/// A caller's text as an error shows it: in backticks, short, and without control characters.
pub(super) fn shown(text: &str) -> String {
    let mut short: String = text.chars().take(SHOWN).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(SHOWN).is_some() {
        short.push('…');
    }
    format!("`{short}`")
}

/// The end of a message about an unknown name: the nearest known one, or all of them.
pub(super) fn suggestion<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let mut known: Vec<_> = known.into_iter().collect();
    known.sort_unstable();
    known.dedup();
    // A name typed in full is compared in full; a longer text is not a misspelling.
    let given: String = given.chars().take(SHOWN).collect::<String>().to_lowercase();
    let distance = |name: &str| strsim::damerau_levenshtein(&given, &name.to_lowercase());
    let nearest = known.iter().map(|name| (distance(name), *name)).min();
    match nearest {
        Some((distance, name)) if distance <= 1 + name.chars().count() / 4 => format!("did you mean `{name}`?"),
        Some(_) => {
            let all: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
            format!("known are {}", all.join(", "))
        }
        None => "there are none".to_owned(),
    }
}
