//! Commands about the command line itself, the server, and the model.

mod api_resources;
pub mod config;
pub mod docs;
mod explain;
pub mod man;
pub mod options;
mod select;
mod version;

use clap::ArgMatches;

use crate::error::{Error, Result};
use crate::session::Session;

/// Runs one of the commands in [`crate::args::tools::NAMES`].
pub async fn run(session: &mut Session, name: &str, _verb: &str, matches: &ArgMatches) -> Result<()> {
    match name {
        "api_resources" => api_resources::run(session),
        "explain" => explain::run(session, matches),
        "man" => man::run(session, matches),
        "version" => version::run(session, matches).await,
        name => Err(Error::refused(format!("`{name}` is not implemented"))),
    }
}
