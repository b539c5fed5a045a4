//! The arguments of completion.

use clap::{Arg, Command};

/// The command that prints the script of a shell.
pub const COMPLETION: &str = "completion";

/// The shells.
pub const SHELLS: [&str; 3] = ["bash", "zsh", "fish"];

/// Adds its arguments.
pub(super) fn completion(command: Command) -> Command {
    let shell = Arg::new("shell").value_name("SHELL").value_parser(SHELLS).required(true);
    command.arg(shell.help("The shell that reads the script")).after_help(
        "bash:  source <(qcli completion bash)        in ~/.bashrc\n\
         zsh:   source <(qcli completion zsh)         in ~/.zshrc, after compinit\n\
         fish:  qcli completion fish | source         in ~/.config/fish/config.fish",
    )
}
