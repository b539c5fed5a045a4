//! The error type of the language, and its suggestions.

use std::fmt;

use qairon::v1::ErrorReason;

/// How much of a caller's text an error repeats, in characters.
const SHOWN: usize = 60;

/// What is wrong with a filter or an order, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterError {
    /// Where it is.
    pub place: Place,
    /// What was expected there, and the nearest valid alternative.
    pub message: String,
    /// What kind of error it is.
    pub fault: Fault,
}

/// What is wrong with a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It is not a filter of the entity.
    Invalid,
    /// It exceeds a limit of size: a smaller filter may be valid.
    TooLarge,
    /// It would take too long to answer.
    TooCostly,
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
        Self { place: Place::Column(column), message: message.into(), fault: Fault::Invalid }
    }

    pub(super) fn costly(column: usize, message: impl Into<String>) -> Self {
        Self { fault: Fault::TooCostly, ..Self::new(column, message) }
    }

    pub(super) fn limit(column: usize, message: impl Into<String>) -> Self {
        Self { fault: Fault::TooLarge, ..Self::new(column, message) }
    }
}

impl FilterError {
    /// Whether it exceeds a limit.
    #[cfg(test)]
    pub fn is_limit(&self) -> bool {
        self.fault != Fault::Invalid
    }

    /// The reason, for programs: `invalid` when it is not a filter, or not an order.
    pub fn reason(&self, invalid: ErrorReason) -> ErrorReason {
        match self.fault {
            Fault::Invalid => invalid,
            Fault::TooLarge => ErrorReason::FilterTooLarge,
            Fault::TooCostly => ErrorReason::FilterTooCostly,
        }
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
