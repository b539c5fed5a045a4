//! A text in an editor.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::Command;

use tempfile::{Builder, TempPath};

use crate::error::{Error, Result};

/// A text that is being edited. It is removed in the end, unless it is kept.
pub struct Draft(TempPath);

impl Draft {
    /// Writes the text to a file that only the user can read.
    pub fn new(text: &str) -> Result<Self> {
        let mut file = Builder::new().prefix("qcli-edit-").suffix(".yaml").tempfile()?;
        file.write_all(text.as_bytes())?;
        file.flush()?;
        Ok(Self(file.into_temp_path()))
    }

    /// Runs the editor until it ends, and returns the text.
    pub async fn edit(&self) -> Result<String> {
        let (name, mut command) = editor()?;
        command.arg(&*self.0);
        // The connection is kept alive meanwhile.
        let status = tokio::task::spawn_blocking(move || command.status()).await.map_err(io::Error::other)?;
        let status = status.map_err(|error| {
            Error::refused(format!("the editor `{name}` cannot be run: {error}; set VISUAL or EDITOR to another"))
        })?;
        if !status.success() {
            return Err(Error::refused(format!("the editor `{name}` ended with {status}, so nothing was changed")));
        }
        std::fs::read_to_string(&*self.0)
            .map_err(|error| Error::refused(format!("cannot read what the editor wrote: {error}")))
    }

    /// Keeps the file; returns where it is.
    pub fn keep(self) -> Result<PathBuf> {
        Ok(self.0.keep().map_err(|error| error.error)?)
    }
}

/// The editor of the user, with its arguments.
fn editor() -> Result<(String, Command)> {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    let line = set("VISUAL").or_else(|| set("EDITOR")).unwrap_or_else(|| "vi".to_owned());
    let words = shell_words::split(&line)
        .map_err(|error| Error::Usage(format!("the editor `{line}` cannot be read: {error}; see VISUAL and EDITOR")))?;
    let Some((program, args)) = words.split_first() else {
        return Err(Error::Usage("the editor has no name; see VISUAL and EDITOR".to_owned()));
    };
    let mut command = Command::new(program);
    command.args(args);
    Ok((line, command))
}
