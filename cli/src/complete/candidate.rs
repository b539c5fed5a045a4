//! What is offered.

/// One way to complete the word at the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The word.
    pub text: String,
    /// What it is.
    pub help: String,
    /// Whether the word is complete, so that a space follows.
    pub whole: bool,
}

impl Candidate {
    /// A complete word.
    pub fn whole(text: impl Into<String>, help: impl Into<String>) -> Self {
        Self { text: text.into(), help: help.into(), whole: true }
    }

    /// The beginning of a word.
    pub fn part(text: impl Into<String>) -> Self {
        Self { text: text.into(), help: String::new(), whole: false }
    }
}
