//! `qairon-service`: reads the command line and maps the outcome to an exit code.

use std::process::ExitCode;

use clap::Parser;
use qairon_service::config::{Cli, Command};
use qairon_service::{migrate, protoset, serve, telemetry};

/// Gives memory back to the system soon after it was used, also what idle threads have freed. The allocator of the C
/// library keeps what many threads have used once.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let database = match &cli.command {
        Command::Serve(args) => &args.database,
        Command::Migrate(args) => &args.database,
        Command::Protoset => return protoset(),
    };
    let _logs = match telemetry::log::start(database.log_format, &database.log) {
        Ok(guard) => guard,
        Err(error) => return failed(&error),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&format!("cannot start threads: {error}")),
    };
    let outcome = runtime.block_on(async {
        match cli.command {
            Command::Serve(args) => serve::serve(*args).await,
            Command::Migrate(args) => migrate::migrate(args).await,
            Command::Protoset => Ok(()),
        }
    });
    // Running calls have had their time to finish.
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error.to_string()),
    }
}

/// Needs neither a log nor a database.
fn protoset() -> ExitCode {
    match protoset::write(std::io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&format!("cannot write the descriptors: {error}")),
    }
}

#[allow(clippy::print_stderr, reason = "the last words of the program, with or without a log")]
fn failed(message: &str) -> ExitCode {
    eprintln!("qairon-service: {message}");
    ExitCode::FAILURE
}
