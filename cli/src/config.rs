//! The config file: a TOML file with contexts, each a server and how to talk to it.
//!
//! ```toml
//! current_context = "prod"
//!
//! [contexts.prod]
//! endpoint = "qairon.prod.example:50051"
//! timeout = "10s"
//! ```
//!
//! [`load`] reads it, [`settings`] defines the settings and their precedence, [`edit`] changes it and keeps comments. A
//! missing file costs one look-up, and is an error if somebody named it.

mod contexts;
pub mod edit;
mod file;
pub mod settings;
#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

pub use contexts::Config;

/// The variable that says where the file is.
pub const PATH_VARIABLE: &str = "QAIRON_CONFIG";
/// The variable that names the context.
pub const CONTEXT_VARIABLE: &str = "QAIRON_CONTEXT";

/// Reads the file.
pub fn load() -> Result<Config> {
    match (named(), path()) {
        (Some(path), _) => load_named(&path),
        (None, Some(path)) => match std::fs::read_to_string(&path) {
            Ok(text) => parsed(&path, &text),
            // Nobody has to have one.
            Err(error) if error.kind() == io::ErrorKind::NotFound => parsed(&path, ""),
            Err(error) => {
                let (name, why) = (path.display(), why(&error));
                Err(Error::Usage(format!("the config file {name} {why}; mend it, or name another in {PATH_VARIABLE}")))
            }
        },
        (None, None) => Ok(Config::default()),
    }
}

/// Reads the file that the variable names. It must exist: a misspelt path would send a command to the default server.
pub fn load_named(path: &Path) -> Result<Config> {
    match std::fs::read_to_string(path) {
        Ok(text) => parsed(path, &text),
        Err(error) => Err(unusable(path, &error)),
    }
}

fn parsed(path: &Path, text: &str) -> Result<Config> {
    Ok(Config { path: Some(path.to_owned()), ..file::parse(path, text)? })
}

/// Says that the file that the variable names cannot be used.
fn unusable(path: &Path, error: &io::Error) -> Error {
    let name = path.display();
    Error::Usage(match error.kind() {
        io::ErrorKind::NotFound => format!(
            "{PATH_VARIABLE} names {name}, which does not exist; create it with `qcli config set-context`, or correct or \
             unset the variable"
        ),
        _ => format!("{PATH_VARIABLE} names {name}, which {}; correct or unset the variable", why(error)),
    })
}

/// Why a file cannot be read, after its name.
fn why(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::IsADirectory => "is a directory".to_owned(),
        io::ErrorKind::InvalidData => "cannot be read: it is not UTF-8".to_owned(),
        io::ErrorKind::PermissionDenied => "cannot be read: permission denied".to_owned(),
        _ => format!("cannot be read: {error}"),
    }
}

/// The path in the variable; `None` when it is unset or empty.
pub fn named() -> Option<PathBuf> {
    std::env::var_os(PATH_VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// Where the file is or would be.
pub fn path() -> Option<PathBuf> {
    path_in(|name| std::env::var_os(name))
}

/// The same in any environment. An empty variable is the same as an unset one.
fn path_in(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(path) = set(PATH_VARIABLE) {
        return Some(path);
    }
    // Its specification does not allow a relative one.
    let directory = set("XDG_CONFIG_HOME").filter(|path| path.is_absolute());
    let directory = directory.or_else(|| Some(set("HOME")?.join(".config")))?;
    Some(directory.join("qairon").join("config.toml"))
}

/// Whether a name can be that of a context.
pub fn check_name(name: &str) -> Result<()> {
    match name.is_empty() || name.starts_with('-') || name.chars().any(|c| c.is_control() || c.is_whitespace()) {
        true => Err(Error::Usage(format!("`{name}` is not a valid name of a context; use one without white space"))),
        false => Ok(()),
    }
}
