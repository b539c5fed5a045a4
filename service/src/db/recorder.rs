//! The record of statements: which texts each method has sent, for tests that hold them against the rules.
//!
//! A reference to a table is `<service>` in the record, or `<!service>` where it is written to. What names a table in
//! another way is a fault, which the record shows. Every pair of method and text is recorded once. Values are not.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::sources::{Use, replaced};

/// Where statements are recorded.
pub struct Recorder(Mutex<(File, HashSet<(String, String)>)>);

impl Recorder {
    /// Records to a file, after what is in it.
    pub fn open(path: &Path) -> std::io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Self(Mutex::new((file, HashSet::new()))))
    }

    /// Records a statement, in which tables are references.
    pub(in crate::db) fn record(&self, method: &str, operation: &str, text: &str) {
        let mut guard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (file, known) = &mut *guard;
        if !known.insert((method.to_owned(), text.to_owned())) {
            return;
        }
        let shown = replaced(text, |name, used| match used {
            Use::Source => format!("<{name}>"),
            Use::Target => format!("<!{name}>"),
        });
        let line = serde_json::json!({ "method": method, "operation": operation, "statement": shown });
        if let Err(error) = writeln!(file, "{line}") {
            tracing::warn!(%error, "a statement could not be recorded");
        }
    }
}
