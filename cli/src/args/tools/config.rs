//! The arguments of `config`.

use clap::{Arg, ArgAction, Command};

use crate::args::parts::{positional, verbs as with_verbs};
use crate::config::settings;

/// Its commands.
pub const VERBS: [&str; 8] = [
    "view",
    "path",
    "get_contexts",
    "current_context",
    "use_context",
    "set_context",
    "rename_context",
    "delete_context",
];

/// Adds its commands.
pub fn group(command: Command) -> Command {
    let sub = |name: &'static str, about: &'static str| Command::new(name).about(about);
    let name = || positional("name", "The name of the context").required(true);
    let unset = Arg::new("unset")
        .long("unset")
        .value_name("SETTING")
        .action(ArgAction::Append)
        .value_delimiter(',')
        .value_parser(settings::names())
        .help("A setting to reset to the default; repeat it for more");
    with_verbs(command)
        .subcommand(sub("view", "Print the effective value of every setting and its source"))
        .subcommand(sub("path", "Print the path of the config file, even if it is missing"))
        .subcommand(sub("get_contexts", "Print the contexts"))
        .subcommand(sub("current_context", "Print the name of the current context"))
        .subcommand(sub("use_context", "Make a context the current one").arg(name()))
        .subcommand(
            sub("set_context", "Create or change a context; the options of every command are its settings")
                .arg(name())
                .arg(unset),
        )
        .subcommand(
            sub("rename_context", "Rename a context")
                .arg(name())
                .arg(positional("new_name", "The new name").required(true)),
        )
        .subcommand(sub("delete_context", "Delete a context").arg(name()))
}
