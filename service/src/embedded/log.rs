//! PostgreSQL's log file. A start appends to it, renames it when it is large, and quotes it when the start fails.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use super::error::EmbeddedError;
use super::layout::open_private;

const ROTATE_BYTES: u64 = 16 * 1024 * 1024;
const TAIL_LINES: usize = 8;
const TAIL_BYTES: u64 = 4096;

/// The log as one program writes it.
#[derive(Debug)]
pub struct Log {
    file: File,
    /// Where the output of this program begins: older failures would mislead.
    start: u64,
}

impl Log {
    /// Keeps one older log beside the current one.
    pub fn open(path: &Path) -> Result<Self, EmbeddedError> {
        if path.metadata().is_ok_and(|metadata| metadata.len() > ROTATE_BYTES) {
            fs::rename(path, path.with_extension("log.1")).map_err(EmbeddedError::file("rotate", path))?;
        }
        let file = open_private(path).map_err(EmbeddedError::file("open", path))?;
        let start = file.metadata().map_err(EmbeddedError::file("read", path))?.len();
        Ok(Self { file, start })
    }

    /// A handle for a child's standard output or error.
    pub fn handle(&self, path: &Path) -> Result<File, EmbeddedError> {
        self.file.try_clone().map_err(EmbeddedError::file("open", path))
    }

    /// The last lines, as one.
    pub fn tail(mut self) -> String {
        let mut read = || {
            let end = self.file.seek(SeekFrom::End(0))?;
            self.file.seek(SeekFrom::Start(self.start.max(end.saturating_sub(TAIL_BYTES))))?;
            let mut bytes = Vec::new();
            self.file.read_to_end(&mut bytes).map(|_| bytes)
        };
        match read() {
            Ok(bytes) => last_lines(&String::from_utf8_lossy(&bytes)),
            Err(error) => format!("(unreadable: {error})"),
        }
    }
}

fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    match lines.as_slice() {
        [] => "(empty)".to_owned(),
        lines => lines[lines.len().saturating_sub(TAIL_LINES)..].join(" | "),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn the_tail_is_one_line_of_what_this_start_wrote() {
        let path = std::env::temp_dir().join(format!("qairon-log-test-{}", std::process::id()));
        fs::write(&path, "an older failure\n").unwrap();
        let log = Log::open(&path).unwrap();
        let mut child = log.handle(&path).unwrap();
        write!(child, "LOG:  starting\n\n\tFATAL:  no space\n").unwrap();
        assert_eq!(log.tail(), "LOG:  starting | FATAL:  no space");
        assert_eq!(Log::open(&path).unwrap().tail(), "(empty)");
        fs::remove_file(path).unwrap();
    }

    #[test]
    fn the_next_start_renames_a_large_log() {
        let path = std::env::temp_dir().join(format!("qairon-rotate-test-{}.log", std::process::id()));
        File::create(&path).unwrap().set_len(ROTATE_BYTES + 1).unwrap();
        Log::open(&path).unwrap();
        assert_eq!(path.metadata().unwrap().len(), 0);
        let older = path.with_extension("log.1");
        assert_eq!(older.metadata().unwrap().len(), ROTATE_BYTES + 1);
        fs::remove_file(older).unwrap();
        fs::remove_file(path).unwrap();
    }
}
