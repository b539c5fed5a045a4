//! The arguments of `version`.

use clap::{Arg, ArgAction, Command};

/// Adds its arguments.
pub fn arguments(command: Command) -> Command {
    command.arg(
        Arg::new("client")
            .long("client")
            .action(ArgAction::SetTrue)
            .help("Print only the version of qcli, and call no server"),
    )
}
