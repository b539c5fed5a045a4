//! Commands about the command line itself, the server, and the model.

pub mod config;
pub mod docs;
pub mod man;
mod version;

use clap::ArgMatches;

use crate::commands::Session;
use crate::error::{Error, Result};

/// Runs one of the commands in [`crate::args::tools::NAMES`].
pub async fn run(session: &mut Session, name: &str, _verb: &str, matches: &ArgMatches) -> Result<()> {
    match name {
        "man" => man::run(session, matches),
        "version" => version::run(session, matches).await,
        name => Err(Error::refused(format!("`{name}` is not there yet"))),
    }
}
