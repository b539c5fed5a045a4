//! Completion in shells.

use clap::ArgMatches;

use crate::commands::Session;
use crate::error::{Error, Result};

/// Prints the script of a shell.
pub fn completion(_session: &mut Session, _matches: &ArgMatches) -> Result<()> {
    Err(Error::refused("`completion` is not there yet"))
}
