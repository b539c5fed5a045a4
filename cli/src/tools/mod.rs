//! Commands about the command line itself, the server, and the model.

use clap::ArgMatches;

use crate::commands::Session;
use crate::error::{Error, Result};

/// Runs one of the commands in [`crate::args::tools::NAMES`].
pub async fn run(session: &mut Session, name: &str, _verb: &str, _matches: &ArgMatches) -> Result<()> {
    match name {
        "version" => session.output.line(concat!("qcli ", env!("CARGO_PKG_VERSION"))),
        name => Err(Error::refused(format!("`{name}` is not there yet"))),
    }
}
