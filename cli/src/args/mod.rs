//! The command tree, built from the model.
//!
//! Building 36 resources with 14 commands each is slow. So the resource or the group is found first ([`route`]), and
//! only its commands are built in full. The others are only names in the list that `--help` prints.

pub mod action;
pub mod bulk;
pub mod complete;
mod docs;
mod explain;
pub mod globals;
mod help_tree;
mod misordered;
mod parts;
pub mod resource;
pub mod route;
pub mod spelling;
pub mod tools;
pub mod trace;

use clap::Command;

use parts::{positional, verbs};

pub use action::Action;
pub use docs::Docs;
pub use help_tree::{help_tree, signature};

/// The commands that do not belong to a resource, with their help.
pub const GROUPS: [(&str, &str); 15] = [
    ("api_resources", "List the resources, with their IDs and what can be done with them"),
    ("apply", "Apply files: create and update objects, and with --prune delete others"),
    ("completion", "Print the completion script of a shell"),
    ("config", "Show the settings, and manage contexts: named servers with their settings"),
    ("csv_import", "Import objects from CSV files, and export them"),
    ("dependencies", "Follow dependencies between any two objects"),
    ("diff", "Print what `apply` would change; the exit code is 0 if nothing, 1 if something, 2 for any trouble"),
    ("explain", "Explain a resource or one of its fields"),
    ("export", "Print objects in the form that `apply` takes"),
    ("find", "Find a text in the IDs and names of all objects, best matches first"),
    ("man", "Print a manual page, or write all of them"),
    ("native_id", "Find every object with a provider's own identifier, such as an ARN"),
    (tools::OPTIONS, "Print the options that every command takes"),
    (trace::TRACE, "Follow relations: what runs where, what depends on what, where a binary came from"),
    ("version", "Print the versions of qcli and the server"),
];

/// The commands that compare, in groups of their own or not. They end like GNU diff.
const COMPARISONS: [(&str, Option<&str>); 1] = [("diff", None)];

/// Whether a command compares.
pub fn compares(name: &str, verb: Option<&str>) -> bool {
    COMPARISONS.contains(&(name, verb))
}

/// The hidden command that prints the whole tree, for the golden test.
pub const HELP_TREE: &str = "help_tree";

/// The hidden command that writes the pages of `docs/cli`.
pub const REFERENCE: &str = "help_reference";

/// Commands for developers of qcli.
pub const HIDDEN: [&str; 2] = [HELP_TREE, REFERENCE];

/// The command tree, with the commands of one resource in full, or of all.
pub fn tree(full: Full<'_>, docs: &Docs) -> Command {
    let mut root = Command::new("qcli")
        .about("The command line of Qairon, the system of record for infrastructure and operations")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .max_term_width(120)
        .subcommand_help_heading("Resources and commands")
        .override_usage("qcli [OPTIONS] <RESOURCE> <COMMAND> [ARGUMENTS]")
        .after_help("`qcli <resource> --help` lists the commands of a resource, and `qcli <resource> <command> --help` their arguments.")
        .args(globals::args());
    let wanted = |name: &str| match full {
        Full::All => true,
        Full::Only(only) => only == name,
    };
    for entity in qairon::model().entities() {
        let command = Command::new(entity.name.clone()).about(docs.entity(entity));
        root = root.subcommand(if wanted(&entity.name) { resource::commands(command, entity, docs) } else { command });
    }
    let groups = GROUPS.iter().map(|(name, about)| {
        let command = Command::new(*name).about(*about);
        if wanted(name) { group(command, docs) } else { command }
    });
    root.subcommands(groups)
        .subcommand(Command::new(HELP_TREE).hide(true).about("Print every command with its arguments"))
        .subcommand(
            Command::new(REFERENCE)
                .hide(true)
                .about("Write the reference of the command line in Markdown")
                .arg(positional("directory", "Where to write it").required(true)),
        )
}

/// Whose commands are built.
#[derive(Debug, Clone, Copy)]
pub enum Full<'a> {
    /// Those of the resource or the group of this name.
    Only(&'a str),
    /// Those of every resource.
    All,
}

/// The commands of a group.
pub fn group_verbs(name: &str) -> Vec<&'static str> {
    match name {
        "dependencies" => vec!["get_related"],
        trace::TRACE => trace::TRACES.iter().map(|trace| trace.verb).collect(),
        name if bulk::NAMES.contains(&name) => bulk::verbs(name),
        name if tools::NAMES.contains(&name) => tools::verbs(name),
        _ => Vec::new(),
    }
}

fn group(command: Command, docs: &Docs) -> Command {
    match command.get_name() {
        "dependencies" => verbs(command).subcommand(
            Command::new("get_related")
                .about("List the objects that a dependency relates to")
                .arg(positional("id", "The ID of the dependency").value_name("dependency_id").required(true)),
        ),
        trace::TRACE => trace::group(command, docs),
        complete::COMPLETION => complete::completion(command),
        name if bulk::NAMES.contains(&name) => bulk::group(command),
        name if tools::NAMES.contains(&name) => tools::group(command),
        _ => trace::search(command, docs),
    }
}
