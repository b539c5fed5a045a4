//! The commands that read and write many objects.

use clap::{Arg, ArgAction, Command};

use super::parts::{dry_run, positional, verbs as with_verbs, yes};

/// Their names.
pub const NAMES: [&str; 4] = ["apply", "csv_import", "diff", "export"];

/// The commands of one that is a group.
pub fn verbs(name: &str) -> Vec<&'static str> {
    match name {
        "csv_import" => vec!["import_csv", "export_csv"],
        _ => Vec::new(),
    }
}

/// Adds its arguments or its commands.
pub(super) fn group(command: Command) -> Command {
    match command.get_name() {
        "csv_import" => with_verbs(command).subcommand(import_csv()).subcommand(export_csv()),
        "apply" => files(command).arg(dry_run()).args(prune()).arg(yes()),
        "diff" => files(command).args(prune()),
        _ => command.args(selection()),
    }
}

fn import_csv() -> Command {
    Command::new("import_csv")
        .about("Create the objects of a CSV file, all or none; the header names the fields")
        .arg(resource())
        .arg(positional("file", "The file, or `-` for standard input").required(true))
        .arg(dry_run())
        .arg(flag("continue", "Keep the good rows even if others are refused"))
        .arg(flag("upsert", "Update existing objects: set the fields that have a column; an empty cell clears"))
}

fn export_csv() -> Command {
    Command::new("export_csv")
        .about("Write the objects of a resource as a CSV file that `import_csv` reads")
        .arg(resource())
        .arg(positional("file", "The file, or `-` for standard output").default_value("-"))
        .arg(filter("Only objects that this filter matches"))
}

fn selection() -> Vec<Arg> {
    vec![
        positional("resource", "Only objects of these resources [default: all]")
            .action(ArgAction::Append)
            .num_args(0..),
        scope("Only this object and everything whose ID contains its ID; repeat it for more"),
        filter("Only objects that this filter matches; it takes one resource"),
    ]
}

/// The files of a bundle. They replace the option for fields, which has the same letter in other commands.
fn files(command: Command) -> Command {
    command.arg(
        Arg::new(super::globals::ASKED)
            .short('f')
            .long("file")
            .value_name("FILE")
            .required(true)
            .action(ArgAction::Append)
            .help(
                "A file in YAML, JSON or CSV, a directory of such files, or `-` for standard input; repeat it for more",
            ),
    )
}

fn prune() -> [Arg; 3] {
    [
        flag("prune", "Delete objects that are in the scopes and not in the files").requires("scope"),
        scope("Where to delete: objects whose ID contains this object's ID; repeat it for more").requires("prune"),
        Arg::new("prune_resource")
            .long("prune-resource")
            .alias("prune_resource")
            .value_name("RESOURCE")
            .requires("prune")
            .action(ArgAction::Append)
            .help("Delete only objects of this resource; repeat it for more [default: the resources in the files]"),
    ]
}

fn resource() -> Arg {
    positional("resource", "The resource of the rows, such as `stack`").required(true)
}

fn scope(help: &'static str) -> Arg {
    Arg::new("scope").long("scope").value_name("RESOURCE/ID").action(ArgAction::Append).help(help)
}

fn filter(help: &'static str) -> Arg {
    Arg::new("filter").long("filter").value_name("FILTER").allow_hyphen_values(true).help(help)
}

fn flag(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
}
