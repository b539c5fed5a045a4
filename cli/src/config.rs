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
//! missing file costs one look-up.

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
    match path() {
        Some(path) => load_from(&path),
        None => Ok(Config::default()),
    }
}

/// Reads the file at a path.
pub fn load_from(path: &Path) -> Result<Config> {
    let config = match std::fs::read_to_string(path) {
        Ok(text) => file::parse(path, &text)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Config::default(),
        Err(error) => {
            let name = path.display();
            return Err(Error::Usage(format!("the config file {name} cannot be read: {error}; see {PATH_VARIABLE}")));
        }
    };
    Ok(Config { path: Some(path.to_owned()), ..config })
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
