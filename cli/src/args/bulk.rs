//! The commands that read and write many objects.

use clap::Arg;
use clap::Command;

use super::{dry_run, positional, verbs as with_verbs};

/// Their names.
pub const NAMES: [&str; 4] = ["apply", "csv_import", "diff", "export"];

/// The commands of one that is a group.
pub fn verbs(name: &str) -> Vec<&'static str> {
    match name {
        "csv_import" => vec!["import_csv"],
        _ => Vec::new(),
    }
}

/// Adds its arguments or its commands.
pub(super) fn group(command: Command) -> Command {
    let resource = || -> Arg { positional("resource", "What the rows are, such as `stack`").required(true) };
    match command.get_name() {
        "csv_import" => with_verbs(command).subcommand(
            Command::new("import_csv")
                .about("Create the objects of a CSV file, all or none; the header names the fields")
                .arg(resource())
                .arg(positional("file", "The file, or `-` for standard input").required(true))
                .arg(dry_run()),
        ),
        _ => command,
    }
}
