//! The fields that are printed of rows that are no object's.

use clap::ArgMatches;

use crate::error::{Error, Result};
use crate::output::row::Row;
use crate::suggest;

/// The fields asked for.
pub(super) fn asked(matches: &ArgMatches) -> Vec<String> {
    matches.get_many::<String>("asked fields").into_iter().flatten().cloned().collect()
}

/// What is printed of a row that is no object's.
pub(super) fn select(command: &str, row: Row, asked: &[String]) -> Result<Row> {
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
