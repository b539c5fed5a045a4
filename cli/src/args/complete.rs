//! The arguments of completion.

use clap::Command;

/// The command that prints the script of a shell.
pub const COMPLETION: &str = "completion";

/// Adds its arguments.
pub(super) fn completion(command: Command) -> Command {
    command
}
