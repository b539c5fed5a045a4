//! The whole command tree as text, the same on every machine: a golden file that shows every change.

use std::fmt::Write;

use clap::{Arg, Command};

/// Every command in the order of the tree, each with its arguments.
pub fn help_tree(root: &Command) -> String {
    let mut text = String::new();
    append(&mut text, root, root.get_name());
    text
}

fn append(text: &mut String, command: &Command, path: &str) {
    // Writing to a text cannot fail.
    let _ = writeln!(text, "{path}: {}", command.get_about().map(ToString::to_string).unwrap_or_default());
    for arg in command.get_arguments() {
        let _ =
            writeln!(text, "    {}: {}", signature(arg), arg.get_help().map(ToString::to_string).unwrap_or_default());
    }
    for command in command.get_subcommands().filter(|command| !command.is_hide_set()) {
        append(text, command, &format!("{path} {}", command.get_name()));
    }
}

/// How an argument is written: `[-o, --output <FORMAT>]`.
pub fn signature(arg: &Arg) -> String {
    let value = match arg.get_value_names() {
        Some([name]) if arg.get_action().takes_values() => format!("<{name}>"),
        _ => String::new(),
    };
    let short = arg.get_short().map(|letter| format!("-{letter}"));
    let long = arg.get_long().map(|name| format!("--{name}"));
    let flags = [short, long].into_iter().flatten().collect::<Vec<_>>().join(", ");
    let joined = [flags, value].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    if arg.is_required_set() { joined } else { format!("[{joined}]") }
}
