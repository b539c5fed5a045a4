//! Many objects at once: CSV files in and out, bundles that are applied, compared and exported.

mod csv;

use clap::ArgMatches;

use crate::commands::Session;
use crate::error::{Error, Result};

/// Runs one of the commands in [`crate::args::bulk::NAMES`].
pub async fn run(session: &mut Session, name: &str, verb: &str, matches: &ArgMatches) -> Result<()> {
    match (name, verb) {
        ("csv_import", "import_csv") => csv::run(session, matches).await,
        (name, _) => Err(Error::refused(format!("`{name}` is not there yet"))),
    }
}
