//! The pages of `docs/cli`: an index with the common options, and a page for each resource and each command.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use clap::{Arg, Command};

use crate::args::{self, Docs, Full};
use crate::error::{Error, Result};

/// The top of every page.
const NOTE: &str = "<!-- Written by `make cli-docs` from the commands themselves. -->\n";

/// Writes all pages, and removes those of removed commands.
pub fn write(directory: &Path) -> Result<()> {
    let mut root = args::tree(Full::All, &Docs::load()).disable_help_subcommand(true);
    root.build();
    let told = |path: &Path, error: std::io::Error| Error::refused(format!("{}: {error}", path.display()));
    fs::create_dir_all(directory).map_err(|error| told(directory, error))?;
    let mut pages = vec![("README.md".to_owned(), index(&root))];
    pages.extend(shown(&root).map(|command| (format!("{}.md", command.get_name()), page(command))));
    for (name, text) in &pages {
        let path = directory.join(name);
        fs::write(&path, text).map_err(|error| told(&path, error))?;
    }
    let entries = fs::read_dir(directory).map_err(|error| told(directory, error))?;
    for path in
        entries.flatten().map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|end| end == "md"))
    {
        let is_known = pages.iter().any(|(name, _)| path.file_name().is_some_and(|file| file == name.as_str()));
        // Only files that this has written.
        if !is_known && fs::read_to_string(&path).is_ok_and(|text| text.starts_with(NOTE)) {
            fs::remove_file(&path).map_err(|error| told(&path, error))?;
        }
    }
    Ok(())
}

fn shown(command: &Command) -> impl Iterator<Item = &Command> {
    command.get_subcommands().filter(|command| !command.is_hide_set())
}

// Writing to a text cannot fail, here and below.

fn index(root: &Command) -> String {
    let is_resource = |command: &&Command| qairon::model().entity(command.get_name()).is_some();
    let mut text = format!("{NOTE}\n# qcli\n\n{}.\n", about(root));
    text.push_str(
        "\n    qcli [OPTIONS] <RESOURCE> <COMMAND> [ARGUMENTS]\n\nNames of resources and commands may have \
         hyphens instead of underscores: `deployment-target` is `deployment_target`. For the setup see [the page of \
         qcli](../clients/qcli.md).\n",
    );
    let mut commands: Vec<&Command> = shown(root).collect();
    commands.sort_by_key(|command| command.get_name());
    let (resources, commands): (Vec<&Command>, Vec<&Command>) = commands.into_iter().partition(is_resource);
    for (title, commands) in [("Resources", resources), ("Commands", commands)] {
        let _ = write!(text, "\n## {title}\n\n| | |\n|---|---|\n");
        for command in commands {
            let name = command.get_name();
            let _ = writeln!(text, "| [`{name}`]({name}.md) | {} |", cell(&about(command)));
        }
    }
    text.push_str("\n## Options of every command\n");
    arguments(&mut text, root.get_arguments().filter(|arg| arg.is_global_set()).collect());
    text
}

fn page(command: &Command) -> String {
    let mut text = format!("{NOTE}\n# qcli {}\n", command.get_name());
    body(&mut text, command);
    for command in shown(command) {
        let _ = write!(text, "\n## {}\n", command.get_name());
        body(&mut text, command);
    }
    text.push_str("\n[All commands](README.md), and the options of every command.\n");
    text
}

fn body(text: &mut String, command: &Command) {
    let _ = write!(text, "\n{}.\n", about(command));
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ").lines().map(str::trim).collect::<Vec<_>>().join("\n    ");
    let _ = write!(text, "\n    {usage}\n");
    arguments(text, command.get_arguments().filter(|arg| !arg.is_global_set()).collect());
    if let Some(note) = command.get_after_help() {
        let _ = write!(text, "\n{note}\n");
    }
}

fn arguments(text: &mut String, arguments: Vec<&Arg>) {
    let shown: Vec<&Arg> = arguments
        .into_iter()
        .filter(|arg| !arg.is_hide_set() && !["help", "version"].contains(&arg.get_id().as_str()))
        .collect();
    if shown.is_empty() {
        return;
    }
    text.push_str("\n| argument | what it is |\n|---|---|\n");
    for arg in shown {
        let mut help = arg.get_help().map(ToString::to_string).unwrap_or_default();
        let values: Vec<String> = arg
            .get_possible_values()
            .iter()
            .filter(|value| !value.is_hide_set())
            .map(|value| format!("`{}`", value.get_name()))
            .collect();
        if arg.get_action().takes_values() && !values.is_empty() {
            let _ = write!(help, " ({})", values.join(", "));
        }
        let _ = writeln!(
            text,
            "| {} | {} |",
            cell(&format!("`{}`", args::signature(arg).trim_matches(['[', ']']))),
            cell(&help)
        );
    }
}

fn about(command: &Command) -> String {
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    about.trim_end_matches('.').to_owned()
}

/// A text within a table: nothing in it ends the cell, and nothing outside of code is taken for a tag.
fn cell(text: &str) -> String {
    let text = text.replace('\n', " ").replace('|', "\\|");
    let parts = text.split('`').enumerate();
    let parts = parts.map(|(at, part)| if at % 2 == 0 { part.replace('<', "\\<") } else { part.to_owned() });
    parts.collect::<Vec<_>>().join("`")
}
