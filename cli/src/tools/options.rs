//! `qcli options`: the options of every command, which the help of a command only names.

use crate::error::Result;
use crate::help;

/// Prints them.
pub fn run() -> Result<()> {
    Ok(help::options().print_help()?)
}
