//! Failures collected over many entities, so that one does not hide the others.

use std::fmt::Display;

use crate::failure::Failure;

/// What went wrong, and where.
#[derive(Debug, Default)]
pub struct Report {
    failures: Vec<String>,
    checks: usize,
}

impl Report {
    /// An empty report.
    pub fn new() -> Self {
        Self::default()
    }

    /// Records a check, and what is printed if it fails.
    pub fn check(&mut self, holds: bool, place: impl Display, what: impl Display) {
        self.checks += 1;
        if !holds {
            self.failures.push(format!("{place}: {what}"));
        }
    }

    /// Notes whether two values are equal.
    pub fn equal<T: PartialEq + std::fmt::Debug>(&mut self, place: impl Display, found: T, wanted: T) {
        self.checks += 1;
        if found != wanted {
            self.failures.push(format!("{place}: expected {wanted:?}, found {found:?}"));
        }
    }

    /// Notes whether a call was refused with a code, a reason and an invalid field (none when empty), by an error
    /// without flaws.
    pub fn refused<T>(
        &mut self,
        place: impl Display,
        result: Result<T, Failure>,
        code: tonic::Code,
        reason: &str,
        field: &str,
    ) {
        self.checks += 1;
        let failure = match result {
            Ok(_) => {
                self.failures.push(format!("{place}: accepted instead of {code:?} {reason}"));
                return;
            }
            Err(failure) => failure,
        };
        for flaw in failure.flaws() {
            self.failures.push(format!("{place}: {flaw}: {failure}"));
        }
        let field_fits = field.is_empty() || failure.fields.iter().any(|found| found == field);
        if failure.code != code || failure.reason != reason || !field_fits {
            self.failures.push(format!("{place}: expected {code:?} {reason} [{field}], found {failure}"));
        }
    }

    /// The value of a call that has to succeed.
    pub fn accepted<T>(&mut self, place: impl Display, result: Result<T, Failure>) -> Option<T> {
        self.checks += 1;
        match result {
            Ok(value) => Some(value),
            Err(failure) => {
                self.failures.push(format!("{place}: {failure}"));
                None
            }
        }
    }

    /// Fails the test when anything was wrong, or when nothing was checked at all.
    pub fn finish(self) {
        assert!(self.checks > 0, "nothing was checked");
        let count = self.failures.len();
        assert!(count == 0, "{count} of {} checks failed:\n{}", self.checks, self.failures.join("\n"));
    }
}
