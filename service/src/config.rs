//! The command line and the environment.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::call::Limits;
use crate::db::DbConfig;
use crate::db::connect::SessionLimits;
use crate::grpc::listen::METRICS_CONNECTIONS;
use crate::telemetry::log::LogFormat;

/// The Qairon server: the system of record for what runs where, over gRPC on PostgreSQL.
#[derive(Debug, Parser)]
#[command(name = "qairon-service", version, max_term_width = 110)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the API. Without --database-url, on a private PostgreSQL that it runs itself.
    Serve(Box<ServeArgs>),
    /// Migrate the database to the schema of this program, and exit.
    Migrate(MigrateArgs),
    /// Write the descriptors of the API to standard output, as `grpcurl -protoset` reads them.
    Protoset,
}

/// The database and its limits.
#[derive(Debug, Clone, Args)]
pub struct DatabaseArgs {
    /// The PostgreSQL to use (14 or newer): postgres://user:password@host/database, or key=value pairs. Without it the
    /// server runs a private PostgreSQL from the installed binaries.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// Where the private PostgreSQL keeps its data [default: /var/lib/qairon for root, else ~/.local/share/qairon]
    #[arg(long, env = "QAIRON_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
    /// Where the PostgreSQL binaries are, if the search does not find them
    #[arg(long, env = "QAIRON_PG_BIN_DIR")]
    pub pg_bin_dir: Option<PathBuf>,
    /// How long the private PostgreSQL may take to start, its recovery included
    #[arg(long, env = "QAIRON_PG_START_TIMEOUT", default_value = "60s", value_parser = duration)]
    pub pg_start_timeout: Duration,
    /// How long to wait for a PostgreSQL that is not running yet
    #[arg(long, env = "QAIRON_DATABASE_WAIT", default_value = "60s", value_parser = duration)]
    pub database_wait: Duration,
    /// How long opening a connection may take
    #[arg(long, env = "QAIRON_CONNECT_TIMEOUT", default_value = "5s", value_parser = duration)]
    pub connect_timeout: Duration,
    /// The longest statement
    #[arg(long, env = "QAIRON_STATEMENT_TIMEOUT", default_value = "30s", value_parser = duration)]
    pub statement_timeout: Duration,
    /// The longest wait for a lock
    #[arg(long, env = "QAIRON_LOCK_TIMEOUT", default_value = "10s", value_parser = duration)]
    pub lock_timeout: Duration,
    /// The longest pause within a transaction
    #[arg(long, env = "QAIRON_IDLE_IN_TRANSACTION_TIMEOUT", default_value = "30s", value_parser = duration)]
    pub idle_in_transaction_timeout: Duration,
    /// What to log: a level, or a filter such as qairon_service=debug
    #[arg(long, env = "QAIRON_LOG", default_value = "info")]
    pub log: String,
    /// The format of the log
    #[arg(long, env = "QAIRON_LOG_FORMAT", value_enum, default_value = "text")]
    pub log_format: LogFormat,
}

/// Options of `serve`.
#[derive(Debug, Clone, Args)]
pub struct ServeArgs {
    /// The database.
    #[command(flatten)]
    pub database: DatabaseArgs,
    /// Where to serve the API; port 0 picks a free one
    #[arg(long, env = "QAIRON_LISTEN", default_value = qairon::DEFAULT_ADDRESS)]
    pub listen: SocketAddr,
    /// Where to serve metrics at /metrics; port 0 picks a free one [default: 127.0.0.1:9464, or a free port when that is
    /// taken]
    #[arg(long, env = "QAIRON_METRICS_LISTEN")]
    pub metrics_listen: Option<SocketAddr>,
    /// First migrate the database of --database-url to the schema of this program. A private PostgreSQL is always
    /// migrated.
    #[arg(long, env = "QAIRON_MIGRATE")]
    pub migrate: bool,
    /// Connections for writes and listings
    #[arg(long, env = "QAIRON_POOL_SIZE", default_value = "16", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub pool_size: u32,
    /// Shared connections for reads by ID
    #[arg(long, env = "QAIRON_READ_CONNECTIONS", default_value = "1", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub read_connections: u16,
    /// The longest wait for a connection of the pool
    #[arg(long, env = "QAIRON_POOL_TIMEOUT", default_value = "10s", value_parser = duration)]
    pub pool_timeout: Duration,
    /// The longest call, whatever deadline the client gives; a stream lasts as long as it is read
    #[arg(long, env = "QAIRON_REQUEST_TIMEOUT", default_value = "60s", value_parser = duration)]
    pub request_timeout: Duration,
    /// How long the reader of a stream may take for a message
    #[arg(long, env = "QAIRON_STREAM_STALL_TIMEOUT", default_value = "20s", value_parser = duration)]
    pub stream_stall_timeout: Duration,
    /// How long running calls may continue after SIGTERM
    #[arg(long, env = "QAIRON_DRAIN_TIMEOUT", default_value = "20s", value_parser = duration)]
    pub drain_timeout: Duration,
    /// How many objects one deletion or change of ID may affect
    #[arg(long, env = "QAIRON_MAX_AFFECTED", default_value = "200000")]
    pub max_affected: usize,
    /// How many objects one bundle to apply may have; it is kept in memory
    #[arg(long, env = "QAIRON_MAX_APPLY_OBJECTS", default_value = "100000")]
    pub max_apply_objects: usize,
    /// How much memory the bundles to apply may take, all together
    #[arg(long, env = "QAIRON_MAX_BUNDLE_MEMORY", default_value = "240MiB", value_parser = bytes)]
    pub max_bundle_memory: usize,
    /// Connections of clients at most; fewer when the limit of open files is lower
    #[arg(long, env = "QAIRON_MAX_CONNECTIONS", default_value = "1024", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub max_connections: u32,
    /// Connections from one address at most; a proxy is one address [default: three quarters of all]
    #[arg(long, env = "QAIRON_MAX_CONNECTIONS_PER_PEER", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub max_connections_per_peer: Option<u32>,
    /// Whether clients may ask for the descriptors; with `off` they use those of `qairon-service protoset`
    #[arg(long, env = "QAIRON_REFLECTION", value_enum, default_value = "on")]
    pub reflection: Reflection,
    /// Record the text of every statement, by method, in a file; for tests of the service itself
    #[arg(long, hide = true)]
    pub record_statements: Option<PathBuf>,
    /// Print one line of JSON with the addresses on standard output when ready
    #[arg(long)]
    pub print_ready: bool,
}

/// Whether server reflection is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Reflection {
    /// As v1 and v1alpha.
    On,
    /// Its methods are unimplemented.
    Off,
}

/// Options of `migrate`.
#[derive(Debug, Clone, Args)]
pub struct MigrateArgs {
    /// The database.
    #[command(flatten)]
    pub database: DatabaseArgs,
    /// Print what would be done, and do nothing
    #[arg(long, conflicts_with = "revert_all")]
    pub dry_run: bool,
    /// Revert every migration: DELETES ALL DATA
    #[arg(long)]
    pub revert_all: bool,
}

impl DatabaseArgs {
    /// The limits of a session.
    pub fn limits(&self) -> SessionLimits {
        SessionLimits {
            statement: self.statement_timeout,
            lock: self.lock_timeout,
            idle_in_transaction: self.idle_in_transaction_timeout,
            connect: self.connect_timeout,
        }
    }
}

impl ServeArgs {
    /// What one call may take.
    pub fn call_limits(&self) -> Limits {
        Limits {
            max_affected: self.max_affected,
            max_apply_objects: self.max_apply_objects,
            max_bundle_memory: self.max_bundle_memory,
            longest_call: self.request_timeout,
            longest_stall: self.stream_stall_timeout,
        }
    }

    /// How many connections clients may have, if there are descriptors for them.
    pub fn max_connections(&self) -> usize {
        self.max_connections as usize
    }

    /// How many descriptors may be needed beside those connections: for metrics and for the database, where a
    /// cancellation takes another connection.
    pub fn other_descriptors(&self) -> usize {
        METRICS_CONNECTIONS.0 + 2 * (self.pool_size as usize + usize::from(self.read_connections))
    }

    /// How many connections clients may have in all and from one address, when there are descriptors for so many.
    pub fn connections_of(&self, all: usize) -> (usize, usize) {
        let per_peer = self.max_connections_per_peer.map_or((all * 3).div_ceil(4), |given| given as usize);
        (all, per_peer.min(all))
    }

    /// How the database at a URL is used.
    pub fn db(&self, url: &str) -> DbConfig {
        DbConfig {
            url: url.to_owned(),
            pool_size: self.pool_size,
            readers: self.read_connections.into(),
            pool_timeout: self.pool_timeout,
            limits: self.database.limits(),
            record: self.record_statements.clone(),
        }
    }
}

/// A duration such as 500ms, 30s or 5m.
fn duration(text: &str) -> Result<Duration, String> {
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(split);
    let amount: u64 = digits.parse().map_err(|_| "expected a duration such as 500ms, 30s or 5m".to_owned())?;
    let millis = match unit {
        "ms" => Some(amount),
        "s" => amount.checked_mul(1000),
        "m" => amount.checked_mul(60_000),
        "h" => amount.checked_mul(3_600_000),
        _ => return Err(format!("expected a duration such as 500ms, 30s or 5m; `{unit}` is not a unit of time")),
    };
    match millis {
        Some(0) => Err("expected more than zero".to_owned()),
        // PostgreSQL takes milliseconds as a 32-bit integer.
        Some(millis) if i32::try_from(millis).is_ok() => Ok(Duration::from_millis(millis)),
        _ => Err("expected at most 24 days".to_owned()),
    }
}

/// A size such as 64MiB or 1GiB.
fn bytes(text: &str) -> Result<usize, String> {
    const EXPECTED: &str = "expected a size such as 64MiB or 1GiB";
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(split);
    let amount: usize = digits.parse().map_err(|_| EXPECTED.to_owned())?;
    let shift = match unit {
        "KiB" => 10,
        "MiB" => 20,
        "GiB" => 30,
        _ => return Err(format!("{EXPECTED}; `{unit}` is not KiB, MiB or GiB")),
    };
    amount.checked_mul(1 << shift).filter(|bytes| *bytes > 0).ok_or_else(|| EXPECTED.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }

    #[test]
    fn sizes_have_a_unit() {
        assert_eq!((bytes("64MiB"), bytes("1GiB")), (Ok(64 << 20), Ok(1 << 30)));
        for bad in ["", "5", "MiB", "-1MiB", "1MB", "0GiB", "99999999999999999999GiB", "1.5GiB"] {
            assert!(bytes(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn one_address_leaves_connections_to_others() {
        use clap::Parser;
        let serve = |args: &[&str]| {
            let args = [&["qairon-service", "serve"], args].concat();
            let Command::Serve(args) = Cli::try_parse_from(args).expect("arguments").command else { panic!("serve") };
            args.connections_of(args.max_connections())
        };
        assert_eq!(serve(&[]), (1024, 768));
        assert_eq!(serve(&["--max-connections", "10", "--max-connections-per-peer", "99"]), (10, 10));
        assert_eq!(serve(&["--max-connections", "1"]), (1, 1));
    }

    #[test]
    fn durations_have_a_unit() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
        for bad in ["", "5", "s", "-1s", "1d", "0s", "99999999999h", "1.5s"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }
}
