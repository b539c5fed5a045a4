//! Starting PostgreSQL and finding out that it is ready, by connecting to it.

use std::io;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::sys::signal::Signal;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_postgres::{Client, NoTls, config::Config};

use super::account::Account;
use super::binaries::Installation;
use super::error::EmbeddedError;
use super::layout::Layout;
use super::log::Log;
use super::process::Process;
use super::socket::PORT;

pub const SUPERUSER: &str = "qairon";
const DATABASE: &str = "qairon";

const POLL: Duration = Duration::from_millis(20);
/// One attempt to connect: a server that is still starting refuses at once.
const ATTEMPT: Duration = Duration::from_secs(5);
const FAST_SHUTDOWN: Duration = Duration::from_secs(30);
const IMMEDIATE_SHUTDOWN: Duration = Duration::from_secs(10);

/// All that is needed to start PostgreSQL, also repeatedly.
#[derive(Debug)]
pub struct Server {
    pub layout: Layout,
    pub socket_dir: PathBuf,
    pub account: Account,
    pub installation: Installation,
}

impl Server {
    /// Starts PostgreSQL and returns it with its version, once the database exists.
    pub async fn start(&self, patience: Duration) -> Result<(Process, String), EmbeddedError> {
        let log = Log::open(&self.layout.log)?;
        let mut process = self.spawn(&log).await?;
        tokio::select! {
            ready = self.ready(patience) => match ready {
                Ok(Some(version)) => Ok((process, version)),
                Ok(None) => {
                    let (path, tail) = (self.layout.log.clone(), log.tail());
                    stop(&mut process).await?;
                    Err(EmbeddedError::NotReady { timeout: patience, log: path, tail })
                }
                Err(source) => {
                    stop(&mut process).await?;
                    Err(EmbeddedError::Database { database: DATABASE, log: self.layout.log.clone(), source })
                }
            },
            exit = process.ended() => {
                Err(EmbeddedError::Start { exit: exit.text, log: self.layout.log.clone(), tail: log.tail() })
            }
        }
    }

    async fn spawn(&self, log: &Log) -> Result<Process, EmbeddedError> {
        let mut command = self.command("postgres", log)?;
        command.arg("-D").arg(&self.layout.cluster);
        // Only what privacy depends on; the rest is in the cluster's own file.
        let settings = [
            "listen_addresses=".to_owned(),
            format!("port={PORT}"),
            format!("unix_socket_directories=\"{}\"", self.socket_dir.display()),
            "unix_socket_permissions=0700".to_owned(),
            "logging_collector=off".to_owned(),
            "log_destination=stderr".to_owned(),
        ];
        for setting in settings {
            command.arg("-c").arg(setting);
        }
        // When the server is killed, PostgreSQL gets SIGINT and shuts down cleanly.
        Process::spawn(command, Signal::SIGINT).await.map_err(self.cannot_run("postgres"))
    }

    /// A program of the installation, run as the account and writing to the log.
    pub fn command(&self, program: &str, log: &Log) -> Result<Command, EmbeddedError> {
        let mut command = Command::new(self.installation.program(program));
        // Variables such as PGPORT or PGDATA, meant for other servers, must not reach this one.
        command.env_clear();
        for name in ["PATH", "LD_LIBRARY_PATH"] {
            command.envs(std::env::var_os(name).map(|value| (name, value)));
        }
        command
            .env("LC_ALL", "C")
            .env("TZ", "UTC")
            .current_dir(&self.layout.root)
            .stdin(Stdio::null())
            .stdout(log.handle(&self.layout.log)?)
            .stderr(log.handle(&self.layout.log)?);
        self.account.apply(&mut command);
        Ok(command)
    }

    pub fn cannot_run(&self, program: &str) -> impl FnOnce(io::Error) -> EmbeddedError {
        let program = self.installation.program(program);
        move |source| EmbeddedError::Program { program, source }
    }

    pub fn database_url(&self) -> String {
        let host = self.socket_dir.to_string_lossy().replace('\\', "\\\\").replace('\'', "\\'");
        format!("host='{host}' port={PORT} user={SUPERUSER} dbname={DATABASE}")
    }

    /// The version, or nothing when the time is up.
    async fn ready(&self, patience: Duration) -> Result<Option<String>, tokio_postgres::Error> {
        let deadline = Instant::now() + patience;
        while Instant::now() < deadline {
            if let Some(client) = self.connect().await {
                return match timeout_at(deadline, prepare(&client)).await {
                    Ok(prepared) => prepared.map(Some),
                    Err(_) => Ok(None),
                };
            }
            sleep(POLL).await;
        }
        Ok(None)
    }

    /// Any failure means not yet: the reasons are in PostgreSQL's log.
    async fn connect(&self) -> Option<Client> {
        let mut config = Config::new();
        config.host_path(&self.socket_dir).port(PORT).user(SUPERUSER).dbname("postgres");
        let (client, connection) = timeout(ATTEMPT, config.connect(NoTls)).await.ok()?.ok()?;
        // Ends with the client.
        tokio::spawn(connection);
        Some(client)
    }
}

/// Creates the database unless it exists, and asks for the version.
async fn prepare(client: &Client) -> Result<String, tokio_postgres::Error> {
    let present = client.query_opt("SELECT 1 FROM pg_database WHERE datname = $1", &[&DATABASE]).await?;
    if present.is_none() {
        client.batch_execute(&format!("CREATE DATABASE {DATABASE}")).await?;
    }
    let version: String = client.query_one("SHOW server_version", &[]).await?.get(0);
    // Without the distribution's own: `15.18 (Debian 15.18-0+deb12u1)`.
    Ok(version.split(' ').next().unwrap_or_default().to_owned())
}

/// Shuts PostgreSQL down without waiting for its clients, then immediately.
pub async fn stop(process: &mut Process) -> Result<(), EmbeddedError> {
    for (signal, patience) in [(Signal::SIGINT, FAST_SHUTDOWN), (Signal::SIGQUIT, IMMEDIATE_SHUTDOWN)] {
        process.signal(signal);
        if timeout(patience, process.ended()).await.is_ok() {
            return Ok(());
        }
    }
    Err(EmbeddedError::NotStopped { pid: process.id() })
}
