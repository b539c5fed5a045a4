//! What was refused of files: each with its place, in the order of the files, and not more than people read.

use qairon::v1::ImportError;

use crate::error::{one_line, tell};

/// How many refusals are told one by one: as many as the server tells.
const MAX_TOLD: usize = 1_000;

/// Where something stands: in which file of several, and on which line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The place of the file among all.
    pub file: usize,
    /// The line, from one.
    pub line: u64,
}

/// Something that was refused.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// Where it stands.
    pub place: Place,
    /// What is wrong with it.
    pub message: String,
    /// The `ErrorReason`, when the server gave one.
    pub reason: Option<String>,
}

/// The refusals of a run.
#[derive(Debug, Default)]
pub struct Report {
    refusals: Vec<Refusal>,
    /// How many there are, those included that are not told.
    pub refused: u64,
}

impl Refusal {
    /// What was found wrong before anything was sent.
    pub fn local(place: Place, message: impl Into<String>) -> Self {
        Self { place, message: message.into(), reason: None }
    }

    /// What the server said of the object at a place.
    pub fn of_server(place: Place, error: ImportError) -> Self {
        let named = error.field.is_empty() || error.message.contains(&format!("`{}`", error.field));
        let message = if named { error.message } else { format!("`{}`: {}", error.field, error.message) };
        Self { place, message, reason: Some(error.reason).filter(|reason| !reason.is_empty()) }
    }
}

impl Report {
    /// Notes something that was refused.
    pub fn push(&mut self, refusal: Refusal) {
        self.refused += 1;
        self.tell_of(refusal);
    }

    /// Keeps the words for something that is counted elsewhere.
    pub fn tell_of(&mut self, refusal: Refusal) {
        // Those of the server and our own come in turns: each has its share, and the first of all are told in the end.
        if self.refusals.len() < 2 * MAX_TOLD {
            self.refusals.push(refusal);
        }
    }

    /// What is remembered, in the order in which it came.
    #[cfg(test)]
    pub fn told(&self) -> impl Iterator<Item = &Refusal> {
        self.refusals.iter()
    }

    /// Prints a line for each, under the names of the files.
    pub fn print(&mut self, files: &[String]) {
        self.refusals.sort_by_key(|refusal| refusal.place);
        self.refusals.truncate(MAX_TOLD);
        for refusal in &self.refusals {
            let reason = refusal.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
            let file = files.get(refusal.place.file).map_or("standard input", String::as_str);
            // What is refused to pruning stands in no file.
            let place =
                if refusal.place.line == 0 { String::new() } else { format!("{file}:{}: ", refusal.place.line) };
            tell(&format!("{place}{}{reason}", one_line(&refusal.message)));
        }
        let more = self.refused.saturating_sub(self.refusals.len() as u64);
        if more > 0 {
            tell(&format!("… and {more} more"));
        }
    }
}

/// `1 row was refused`, `2 rows were refused`.
pub fn were_refused(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what} was refused") } else { format!("{count} {what}s were refused") }
}
