//! Many objects at once: CSV files in and out, bundles that are applied, compared and exported.

mod apply;
mod bundle;
mod calls;
mod csv;
mod export;
mod plan;
mod report;
mod stdin;
mod wire;

use clap::ArgMatches;

use crate::error::{Error, Result};
use crate::session::Session;

pub use bundle::edited::{Edited, edited};

/// Runs one of the commands in [`crate::args::bulk::NAMES`].
pub async fn run(session: &mut Session, name: &str, verb: &str, matches: &ArgMatches) -> Result<()> {
    match (name, verb) {
        ("csv_import", "import_csv") => csv::import(session, matches).await,
        ("csv_import", "export_csv") => csv::export(session, matches).await,
        ("apply", _) => apply::apply(session, matches).await,
        ("diff", _) => apply::diff(session, matches).await,
        ("export", _) => export::run(session, matches).await,
        (name, verb) => Err(Error::Usage(format!("unknown command `{name} {verb}`"))),
    }
}
