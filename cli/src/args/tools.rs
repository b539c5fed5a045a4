//! The commands about the command line itself, the server, and the model.

mod config;
mod man;
mod version;

use clap::Command;

/// Their names.
pub const NAMES: [&str; 6] = ["api_resources", "config", "explain", "man", OPTIONS, "version"];

/// The command that prints the options of every command.
pub const OPTIONS: &str = "options";

/// The commands of one that is a group.
pub fn verbs(name: &str) -> Vec<&'static str> {
    match name {
        "config" => config::VERBS.to_vec(),
        _ => Vec::new(),
    }
}

/// Adds its arguments or its commands.
pub(super) fn group(command: Command) -> Command {
    match command.get_name() {
        "config" => config::group(command),
        "man" => man::arguments(command),
        "version" => version::arguments(command),
        "explain" => super::explain::arguments(command),
        _ => command,
    }
}
