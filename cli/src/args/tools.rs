//! The commands about the command line itself, the server, and the model.

use clap::Command;

/// Their names.
pub const NAMES: [&str; 5] = ["api_resources", "config", "explain", "man", "version"];

/// The commands of one that is a group.
pub fn verbs(_name: &str) -> Vec<&'static str> {
    Vec::new()
}

/// Adds its arguments or its commands.
pub(super) fn group(command: Command) -> Command {
    match command.get_name() {
        "explain" => super::explain::arguments(command),
        _ => command,
    }
}
