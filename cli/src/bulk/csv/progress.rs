//! The progress of an import, on standard error, at a terminal.

use std::io::{IsTerminal, stderr};
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};

/// A bar; nothing without a terminal.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    started: Instant,
}

impl Progress {
    /// A bar over this many bytes; a spinner if the size is unknown.
    pub fn new(size: Option<u64>, quiet: bool) -> Self {
        let bar = match size {
            _ if quiet || !stderr().is_terminal() => ProgressBar::hidden(),
            Some(size) => ProgressBar::new(size),
            None => ProgressBar::new_spinner(),
        };
        let template = match size {
            Some(_) => "{bar:30} {percent:>3}%  {msg}  {eta} left",
            None => "{spinner} {msg}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        let progress = Self { bar, started: Instant::now() };
        progress.set(0, 0);
        progress
    }

    /// This many bytes, and the rows in them, are done.
    pub fn set(&self, bytes: u64, rows: u64) {
        #[allow(clippy::cast_precision_loss, reason = "for people")]
        let rate = rows as f64 / self.started.elapsed().as_secs_f64().max(0.001);
        self.bar.set_message(format!("{rows} rows, {rate:.0} a second"));
        match self.bar.length() {
            Some(_) => self.bar.set_position(bytes),
            None => self.bar.tick(),
        }
    }

    /// Removes the bar.
    pub fn end(&self) {
        self.bar.finish_and_clear();
    }
}
