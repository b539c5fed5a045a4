//! Commands about the command line itself, the server, and the model.

mod api_resources;
mod explain;

use clap::ArgMatches;

use crate::commands::Session;
use crate::error::{Error, Result};

/// Runs one of the commands in [`crate::args::tools::NAMES`].
pub async fn run(session: &mut Session, name: &str, _verb: &str, matches: &ArgMatches) -> Result<()> {
    match name {
        "api_resources" => api_resources::run(session),
        "explain" => explain::run(session, matches),
        "version" => session.output.line(concat!("qcli ", env!("CARGO_PKG_VERSION"))),
        name => Err(Error::refused(format!("`{name}` is not there yet"))),
    }
}
