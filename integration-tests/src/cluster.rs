//! A PostgreSQL for tests: a temporary cluster on a Unix socket.
//!
//! A shell runs between the test and PostgreSQL. It waits for the end of its standard input, which the test process
//! holds open: however that process ends, PostgreSQL is stopped and its directory removed.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, User, geteuid};
use tokio::sync::OnceCell;
use tokio_postgres::NoTls;

use crate::patience::soon;
use crate::poll::poll_until;
use crate::programs::{Program, program};

const TEMPLATE: &str = "qairon_template";

/// What a cluster does to keep what was committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Nothing: quick, for tests that never kill PostgreSQL.
    None,
    /// What PostgreSQL does by default.
    Full,
}

/// A PostgreSQL with a template database that holds the schema.
#[derive(Debug)]
pub struct Cluster {
    directory: PathBuf,
    durability: Durability,
    settings: Vec<String>,
    watchdog: Option<Child>,
}

impl Cluster {
    /// The cluster of this process, started by the first caller.
    pub async fn shared() -> Arc<Self> {
        static SHARED: OnceCell<Arc<Cluster>> = OnceCell::const_new();
        SHARED.get_or_init(|| async { Arc::new(Self::start(Durability::None).await) }).await.clone()
    }

    /// Starts a cluster of one's own and migrates its template.
    pub async fn start(durability: Durability) -> Self {
        Self::start_with(durability, &[]).await
    }

    /// The same with further settings, each as `name=value`.
    pub async fn start_with(durability: Durability, settings: &[&str]) -> Self {
        let directory =
            tempfile::Builder::new().prefix("qairon-test-").tempdir().expect("a temporary directory").keep();
        if let Some(user) = unprivileged() {
            chown(&directory, Some(user.uid.as_raw()), Some(user.gid.as_raw())).expect("root may give it away");
        }
        fs::set_permissions(&directory, fs::Permissions::from_mode(0o711)).expect("the directory is ours");
        let mut cluster = Self {
            directory,
            durability,
            settings: settings.iter().map(|setting| (*setting).to_owned()).collect(),
            watchdog: None,
        };
        let status = as_unprivileged(&postgres_binary("initdb"))
            .args(["--no-sync", "--no-instructions", "--username=postgres", "--auth=trust", "--encoding=UTF8"])
            .args(["--locale=C", "--pgdata"])
            .arg(cluster.data())
            .stdout(Stdio::null())
            .status()
            .expect("initdb can be run");
        assert!(status.success(), "initdb failed");
        cluster.resume().await;
        cluster.create_template().await;
        cluster
    }

    /// Starts PostgreSQL again after [`Cluster::stop`] or [`Cluster::kill`].
    pub async fn resume(&mut self) {
        let log = fs::File::create(self.directory.join("start.log")).expect("the directory is ours");
        let script = r#"
            trap '' INT TERM HUP
            "$@" &
            read -r order
            kill -QUIT $! 2>/dev/null
            wait
            [ "$order" = keep ] || rm -rf "$DIRECTORY"
        "#;
        let mut command = as_unprivileged(Path::new("/bin/sh"));
        command.env("DIRECTORY", &self.directory).args(["-c", script, "watchdog"]);
        command.arg(postgres_binary("postgres")).arg("-D").arg(self.data());
        for setting in self.settings() {
            command.arg("-c").arg(setting);
        }
        let watchdog = command
            .stdin(Stdio::piped())
            .stdout(log.try_clone().expect("a file"))
            .stderr(log)
            // Ctrl-C is for the test; the end of the test is what the watchdog waits for.
            .process_group(0)
            .spawn()
            .expect("a shell can be run");
        self.watchdog = Some(watchdog);
        poll_until(soon(), "PostgreSQL answers", || async {
            tokio_postgres::connect(&self.url("postgres"), NoTls).await.ok().map(drop)
        })
        .await;
    }

    fn settings(&self) -> Vec<OsString> {
        let mut sockets = OsString::from("unix_socket_directories=");
        sockets.push(&self.directory);
        let mut settings = vec![sockets, "listen_addresses=".into(), "max_connections=500".into()];
        if self.durability == Durability::None {
            settings.extend(
                ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off"].map(Into::into),
            );
        }
        settings.extend(self.settings.iter().map(Into::into));
        settings
    }

    async fn create_template(&self) {
        self.execute(&format!("CREATE DATABASE {TEMPLATE}")).await;
        let output = Command::new(program(Program::Service))
            .args(["migrate", "--database-url", &self.url(TEMPLATE)])
            .output()
            .expect("the service can be run");
        assert!(output.status.success(), "migrate failed: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Creates a database with the schema.
    pub(crate) async fn clone_template(&self, name: &str) {
        self.execute(&format!("CREATE DATABASE {name} TEMPLATE {TEMPLATE}")).await;
    }

    /// Executes a statement in the database `postgres`.
    pub async fn execute(&self, sql: &str) {
        let (client, connection) =
            tokio_postgres::connect(&self.url("postgres"), NoTls).await.expect("PostgreSQL answers");
        let connection = tokio::spawn(connection);
        client.batch_execute(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        drop(client);
        connection.await.expect("no panic").expect("a clean end");
    }

    /// The URL of a database.
    pub fn url(&self, database: &str) -> String {
        let host = self.directory.to_str().expect("the path is text").replace('/', "%2F");
        format!("postgres://postgres@{host}/{database}")
    }

    /// The socket, for a proxy in front of it.
    pub fn socket(&self) -> PathBuf {
        self.directory.join(".s.PGSQL.5432")
    }

    /// The process ID of the postmaster.
    pub fn postmaster(&self) -> i32 {
        let text = fs::read_to_string(self.data().join("postmaster.pid")).expect("PostgreSQL is running");
        text.lines().next().and_then(|line| line.parse().ok()).expect("the first line is the process ID")
    }

    /// Stops PostgreSQL as an administrator would, cutting connections off.
    pub async fn stop(&mut self) {
        self.end(Signal::SIGINT).await;
    }

    /// Kills every process of PostgreSQL, as a crash of the machine would.
    pub async fn kill(&mut self) {
        self.end(Signal::SIGKILL).await;
    }

    async fn end(&mut self, signal: Signal) {
        let postmaster = Pid::from_raw(self.postmaster());
        kill(postmaster, signal).expect("the postmaster runs");
        let mut watchdog = self.watchdog.take().expect("PostgreSQL was started");
        // The shell continues after this line, and keeps the directory.
        use std::io::Write;
        let lock = self.data().join("postmaster.pid");
        poll_until(soon(), "PostgreSQL ends", || async {
            let gone = kill(postmaster, None).is_err() || is_zombie(postmaster);
            gone.then_some(())
        })
        .await;
        watchdog.stdin.take().expect("its input is a pipe").write_all(b"keep\n").expect("the shell reads");
        watchdog.wait().expect("the shell ends");
        // Backends notice that their postmaster is gone at the next look, and hold the shared memory until then.
        if signal == Signal::SIGKILL {
            let shared_memory = fs::read_to_string(&lock).ok().and_then(|text| text.lines().nth(6).map(str::to_owned));
            if let Some(key) = shared_memory.as_deref().and_then(|line| line.split_whitespace().nth(1)) {
                let id = key.to_owned();
                poll_until(soon(), "the backends end", || async { (attached(&id) == 0).then_some(()) }).await;
            }
        }
    }

    fn data(&self) -> PathBuf {
        self.directory.join("data")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        match self.watchdog.take() {
            Some(mut watchdog) => {
                drop(watchdog.stdin.take());
                _ = watchdog.wait();
            }
            None => _ = fs::remove_dir_all(&self.directory),
        }
    }
}

/// How many processes use a segment of shared memory.
fn attached(id: &str) -> usize {
    let segments = fs::read_to_string("/proc/sysvipc/shm").unwrap_or_default();
    let columns = segments.lines().skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>());
    columns
        .filter(|columns| columns.get(1) == Some(&id))
        .filter_map(|columns| columns.get(6)?.parse::<usize>().ok())
        .sum()
}

fn is_zombie(pid: Pid) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('Z'))
}

/// PostgreSQL refuses to run as root.
fn unprivileged() -> Option<User> {
    geteuid().is_root().then(|| User::from_name("postgres").ok().flatten().expect("there is a user `postgres`"))
}

fn as_unprivileged(program: &Path) -> Command {
    let mut command = Command::new(program);
    if let Some(user) = unprivileged() {
        command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
    }
    // It would decide over PostgreSQL's own settings in which language its messages are.
    command.current_dir("/").env_remove("LANGUAGE");
    command
}

/// A program of the newest installed PostgreSQL; `QAIRON_PG_BIN_DIR` names the directory instead.
pub fn postgres_binary(name: &str) -> PathBuf {
    if let Some(directory) = std::env::var_os("QAIRON_PG_BIN_DIR") {
        return PathBuf::from(directory).join(name);
    }
    let installed = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().filter_map(Result::ok);
    let mut versions: Vec<u32> = installed.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    versions.sort_unstable();
    let newest =
        versions.into_iter().rev().map(|version| PathBuf::from(format!("/usr/lib/postgresql/{version}/bin/{name}")));
    newest.into_iter().find(|path| path.exists()).unwrap_or_else(|| name.into())
}
