//! A PostgreSQL cluster of its own, in a temporary directory, with nothing relaxed that protects data.

use std::fs::File;
use std::net::TcpListener;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use nix::sys::signal::Signal;
use nix::unistd::{Uid, User};
use tempfile::TempDir;
use tokio_postgres::{Client, NoTls};

use crate::process::Program;

const START: Duration = Duration::from_secs(60);
/// Beside the defaults of initdb; `fsync` and `synchronous_commit` are on by default.
const SETTINGS: [&str; 6] = [
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "shared_buffers=1GB",
    "max_wal_size=4GB",
    "max_connections=200",
    // Entries of the log begin with their level, for `statements`.
    "log_line_prefix=",
];

/// A running cluster. Dropped, it is stopped and removed.
pub struct Cluster {
    // Fields drop in this order: first the processes, then their files.
    program: Program,
    dir: TempDir,
    bin: PathBuf,
    port: u16,
}

impl Cluster {
    /// Makes a cluster with an empty database and starts it.
    pub async fn start() -> Result<Self> {
        let bin = find_programs()?;
        let dir = tempfile::Builder::new().prefix("qairon-bench-").tempdir()?;
        let data = dir.path().join("data");
        let user = unprivileged()?;
        if let Some(user) = &user {
            chown(dir.path(), Some(user.uid.as_raw()), Some(user.gid.as_raw()))?;
        }
        let initdb = as_user(&bin.join("initdb"), user.as_ref(), dir.path())
            .args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-locale", "--pgdata"])
            .arg(&data)
            .output()?;
        ensure!(initdb.status.success(), "initdb failed: {}", String::from_utf8_lossy(&initdb.stderr));
        // Free now; if another takes it in between, PostgreSQL says so in its log.
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let log = File::create(dir.path().join("postgresql.log"))?;
        let mut postgres = as_user(&bin.join("postgres"), user.as_ref(), dir.path());
        postgres.arg("-D").arg(&data).arg("-p").arg(port.to_string());
        for setting in SETTINGS {
            postgres.args(["-c", setting]);
        }
        postgres.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        // A fast shutdown: sessions are ended.
        let program = Program::start(&mut postgres, Signal::SIGINT)?;
        let mut cluster = Self { program, dir, bin, port };
        cluster.wait().await?;
        cluster.connect("postgres").await?.batch_execute("CREATE DATABASE qairon").await?;
        Ok(cluster)
    }

    async fn wait(&mut self) -> Result<()> {
        let deadline = Instant::now() + START;
        let mut pause = tokio::time::interval(Duration::from_millis(50));
        loop {
            pause.tick().await;
            let Err(error) = self.connect("postgres").await else { return Ok(()) };
            if self.program.child.try_wait()?.is_some() || Instant::now() > deadline {
                bail!("PostgreSQL did not start: {error:#}\n{}", self.log()?);
            }
        }
    }

    /// Where the database is.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/qairon", self.port)
    }

    /// A session in the database.
    pub async fn session(&self) -> Result<Client> {
        self.connect("qairon").await
    }

    async fn connect(&self, database: &str) -> Result<Client> {
        let mut config = tokio_postgres::Config::new();
        config.host("127.0.0.1").port(self.port).user("postgres").dbname(database);
        let (client, connection) = config.connect(NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }

    /// What PostgreSQL has logged.
    pub fn log(&self) -> Result<String> {
        Ok(std::fs::read_to_string(self.path("postgresql.log"))?)
    }

    /// A path for a file that goes with the cluster.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// A program of PostgreSQL. Not that of the PATH, which Debian wraps in a script that costs more than `psql`.
    pub fn program(&self, name: &str) -> PathBuf {
        self.bin.join(name)
    }

    /// The process whose children serve the sessions.
    pub fn pid(&self) -> u32 {
        self.program.pid()
    }
}

/// Where the newest PostgreSQL is installed.
fn find_programs() -> Result<PathBuf> {
    let version = |dir: &Path| dir.parent()?.file_name()?.to_str()?.parse::<u32>().ok();
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = debian.map(|entry| entry.path().join("bin")).collect();
    found.sort_by_key(|dir| std::cmp::Reverse(version(dir)));
    found.extend(std::env::var_os("PATH").iter().flat_map(std::env::split_paths));
    let whole = |dir: &PathBuf| ["initdb", "postgres", "pgbench", "psql"].iter().all(|name| dir.join(name).is_file());
    found
        .into_iter()
        .find(whole)
        .context("PostgreSQL with initdb, pgbench and psql is not installed; run scripts/ensure-postgres.sh")
}

/// PostgreSQL refuses to run as root; its package brings a user.
fn unprivileged() -> Result<Option<User>> {
    if !Uid::effective().is_root() {
        return Ok(None);
    }
    let user = User::from_name("postgres")?;
    user.map(Some).context("there is no user `postgres` for PostgreSQL to run as; run this as another user than root")
}

fn as_user(program: &Path, user: Option<&User>, dir: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(dir);
    if let Some(user) = user {
        command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
    }
    // A Ctrl-C is for us, who stop the processes in their order.
    command.process_group(0);
    command
}
