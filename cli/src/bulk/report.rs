//! The refusals: each with its location, in the order of the files, limited to a readable number.

use qairon::v1::ImportError;

use crate::error::{one_line, tell};

/// How many refusals are printed: as many as the server returns.
const MAX_TOLD: usize = 1_000;

/// A location: which file, and which line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The index of the file.
    pub file: usize,
    /// The line, from one.
    pub line: u64,
}

/// Something that was refused.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// The location.
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
    /// The number of refusals, including those that are not printed.
    pub refused: u64,
}

impl Refusal {
    /// The errors found before anything was sent.
    pub fn local(place: Place, message: impl Into<String>) -> Self {
        Self { place, message: message.into(), reason: None }
    }

    /// The server's refusal of the object at a location.
    pub fn of_server(place: Place, error: ImportError) -> Self {
        let named = error.field.is_empty() || error.message.contains(&format!("`{}`", error.field));
        let message = if named { error.message } else { format!("`{}`: {}", error.field, error.message) };
        Self { place, message, reason: Some(error.reason).filter(|reason| !reason.is_empty()) }
    }
}

impl Report {
    /// Records a refusal.
    pub fn push(&mut self, refusal: Refusal) {
        self.refused += 1;
        self.tell_of(refusal);
    }

    /// Records the text of a refusal that is counted elsewhere.
    pub fn tell_of(&mut self, refusal: Refusal) {
        // Refusals of the server and of qcli alternate: each gets its share, and the first of all are printed.
        if self.refusals.len() < 2 * MAX_TOLD {
            self.refusals.push(refusal);
        }
    }

    /// The recorded refusals, in the order of arrival.
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
            // A refused deletion by pruning has no location.
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
