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
        .help("A setting to leave to the default; repeat it for more");
    with_verbs(command)
        .subcommand(sub("view", "Print every setting as it counts, and where it comes from"))
        .subcommand(sub("path", "Print where the config file is or would be"))
        .subcommand(sub("get_contexts", "Print the contexts"))
        .subcommand(sub("current_context", "Print the name of the context that counts"))
        .subcommand(sub("use_context", "Use a context whenever none is named").arg(name()))
        .subcommand(
            sub("set_context", "Make a context, or change settings of one: those given as options of every command")
                .arg(name())
                .arg(unset),
        )
        .subcommand(
            sub("rename_context", "Give a context another name")
                .arg(name())
                .arg(positional("new_name", "The name that it gets").required(true)),
        )
        .subcommand(sub("delete_context", "Forget a context").arg(name()))
}
