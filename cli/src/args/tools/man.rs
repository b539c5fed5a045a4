//! The arguments of `man`.

use clap::{Arg, Command};

use crate::args::parts::positional;

/// Adds its arguments.
pub fn arguments(command: Command) -> Command {
    command
        .arg(positional(
            "directory",
            "Where to write all pages, such as `/usr/local/share/man/man1`; created if missing",
        ))
        .arg(
            Arg::new("page")
                .long("page")
                .value_name("COMMAND")
                .num_args(1..)
                .conflicts_with("directory")
                .help("Print the page of this command, such as `stack create`, instead of the page of qcli"),
        )
        .after_help("Without a directory a page is printed: `qcli man | man -l -` shows it.")
}
