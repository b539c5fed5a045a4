//! `qcli`, the command line of Qairon.
//!
//! Everything about resources comes from the descriptors through `qairon::model()`: the commands ([`args`]), the
//! requests ([`requests`], sent by [`client`]) and the rows ([`output`]). What a command does is in [`commands`].

mod args;
mod arguments;
mod bulk;
mod client;
mod codec;
mod colour;
mod commands;
mod complete;
mod config;
mod endpoint;
mod error;
mod fields;
mod filter;
mod hazards;
mod help;
mod output;
mod paths;
mod plugins;
mod requests;
mod session;
mod structs;
mod suggest;
mod tools;
mod transport;
mod values;

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use clap::ArgMatches;

use args::{Docs, Full, route};
use error::{Error, Result, one_line, tell};

/// A run of qcli is mostly the building of the model: tens of thousands of small allocations, a fifth of its time with
/// the allocator of the C library.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    run().unwrap_or_else(|error| {
        // The reader of our output closed it.
        if error.is_broken_pipe() {
            return ExitCode::SUCCESS;
        }
        say(&error);
        error.exit_code()
    })
}

fn say(error: &Error) {
    if !error.is_told() && !error.is_broken_pipe() {
        tell(&error.to_string());
    }
}

fn run() -> Result<ExitCode> {
    let argv: Vec<_> = std::env::args_os().collect();
    if let Some(code) = complete::hidden(&argv) {
        return Ok(code);
    }
    let route = route::route(argv)?;
    if let Some(call) = route.plugin {
        return match call.run() {
            Ok(never) => match never {},
            Err(plugins::Failure::Arguments(error)) => refuse(&error),
            Err(plugins::Failure::Other(error)) => Err(error),
        };
    }
    let docs = if route.wants_docs { Docs::load() } else { Docs::default() };
    let mut tree = args::tree(Full::Only(&route.resource), &docs);
    if route.wants_docs && route.resource.is_empty() {
        tree = plugins::listed(tree);
    }
    if route.wants_docs {
        tree = help::shaped(tree, route.wants_all);
    }
    let matches = match tree.try_get_matches_from_mut(route.argv) {
        Ok(matches) => matches,
        Err(error) => return refuse(&error),
    };
    let Some((name, command)) = matches.subcommand() else {
        return Err(Error::Usage("name a resource and a command; see `qcli --help`".to_owned()));
    };
    match name {
        args::HELP_TREE => {
            let tree = args::help_tree(&args::tree(Full::All, &docs));
            std::io::stdout().write_all(tree.as_bytes())?;
            Ok(ExitCode::SUCCESS)
        }
        args::REFERENCE => {
            let directory = command.get_one::<String>("directory").map(String::as_str).unwrap_or_default();
            tools::docs::write(Path::new(directory)).map(|()| ExitCode::SUCCESS)
        }
        name => execute(name, command),
    }
}

fn execute(name: &str, command: &ArgMatches) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let outcome = runtime.block_on(commands::run(name, command));
    // A running DNS look-up would delay the exit.
    runtime.shutdown_background();
    match outcome {
        Err(error) if args::compares(name, command.subcommand_name()) => {
            say(&error);
            Ok(error.comparison_code())
        }
        outcome => outcome.map(|()| ExitCode::SUCCESS),
    }
}

/// Help goes to standard output as it is; a mistake becomes one line.
fn refuse(error: &clap::Error) -> Result<ExitCode> {
    use clap::error::ErrorKind;
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            error.print()?;
            Ok(ExitCode::SUCCESS)
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            error.print()?;
            Ok(ExitCode::from(2))
        }
        _ => {
            let text = error.render().to_string();
            // What to do about it follows the mistake; the usage after that is for `--help`.
            let told = text.split("\n\nUsage:").next().unwrap_or_default();
            let told = told.split("\n\nFor more information").next().unwrap_or_default();
            let told = one_line(told.trim_start_matches("error: ")).replace(" tip: ", "; ").replace('\'', "`");
            Err(Error::Usage(format!("{told}; see `--help`")))
        }
    }
}
