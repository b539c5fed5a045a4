//! Commands about the command line itself, the server, and the model.

mod api_resources;
pub mod config;
pub mod docs;
mod explain;
pub mod man;
mod version;

use clap::ArgMatches;

use crate::commands::Session;
use crate::error::{Error, Result};
use crate::output::row::Row;
use crate::suggest;

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

/// The fields asked for.
fn asked(matches: &ArgMatches) -> Vec<String> {
    matches.get_many::<String>("asked fields").into_iter().flatten().cloned().collect()
}

/// The requested fields of a row that is not an object's.
fn select(command: &str, row: Row, asked: &[String]) -> Result<Row> {
    if asked.is_empty() {
        return Ok(row);
    }
    let cells = asked.iter().map(|name| {
        row.cells.iter().find(|cell| cell.name == *name).cloned().ok_or_else(|| {
            let known = row.cells.iter().map(|cell| cell.name.as_str());
            Error::Usage(suggest::unknown(&format!("field of `{command}`"), name, known))
        })
    });
    Ok(Row { cells: cells.collect::<Result<_>>()? })
}
