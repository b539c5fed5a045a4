//! The contexts of the file.

use std::path::PathBuf;

use super::settings::Context;
use crate::error::{Error, Result};
use crate::suggest;

/// What the file says; nothing when there is none.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// Where the file is or would be; `None` on a machine without a home.
    pub path: Option<PathBuf>,
    /// The context that is used when nobody names one, and the line that says so.
    pub current: Option<(String, usize)>,
    /// The contexts, in the order of the file.
    pub contexts: Vec<Context>,
}

impl Config {
    /// The context of a name.
    pub fn context(&self, name: &str) -> Option<&Context> {
        self.contexts.iter().find(|context| context.name == name)
    }

    /// The context that counts: the one that is named, else the current one.
    pub fn chosen(&self, named: Option<&str>) -> Result<Option<&Context>> {
        let (name, place) = match (named, &self.current) {
            (Some(name), _) => (name, String::new()),
            (None, Some((name, line))) => (name.as_str(), format!("{}:{line}: ", self.place())),
            (None, None) => return Ok(None),
        };
        match self.context(name) {
            Some(context) => Ok(Some(context)),
            None => Err(Error::Usage(format!("{place}{}", self.unknown(name)))),
        }
    }

    /// Says that there is no context of a name.
    pub fn unknown(&self, name: &str) -> String {
        match self.contexts.is_empty() {
            true => format!("unknown context `{name}`, {} has none; `qcli config set-context` makes one", self.place()),
            false => suggest::unknown("context", name, self.contexts.iter().map(|context| context.name.as_str())),
        }
    }

    fn place(&self) -> String {
        self.path.as_ref().map_or_else(|| "the config file".to_owned(), |path| path.display().to_string())
    }
}
