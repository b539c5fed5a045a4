//! The errors, each as one sentence with its remedy.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::version::OLDEST_MAJOR;

#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    #[error(
        "PostgreSQL is not installed: install {OLDEST_MAJOR} or newer (`apt-get install postgresql`, `dnf install \
         postgresql-server` or `brew install postgresql`), name its programs' directory with `--pg-bin-dir`, or use a \
         server of your own with `--database-url`"
    )]
    NotInstalled,

    #[error(
        "`{}` holds no PostgreSQL server: `--pg-bin-dir` must name the directory of `postgres` and `initdb`, such as \
         `/usr/lib/postgresql/15/bin`; leave it out to have them found",
        bin_dir.display()
    )]
    NoServerIn { bin_dir: PathBuf },

    #[error(
        "the installed PostgreSQL is too old ({installed}): install {OLDEST_MAJOR} or newer, or use a server of your \
         own with `--database-url`"
    )]
    TooOld { installed: String },

    #[error(
        "the data directory `{}` was created by PostgreSQL {major}, which is not installed (found: \
         {installed}): install PostgreSQL {major} (`apt-get install postgresql-{major}`), convert the data with \
         `pg_upgrade`, or choose another `--data-dir`",
        data_dir.display()
    )]
    OtherMajor { data_dir: PathBuf, major: u32, installed: String },

    #[error(
        "the data directory `{}` is not empty and not Qairon's (it holds `{found}`): choose an empty or new directory \
         with `--data-dir`",
        data_dir.display()
    )]
    NotOurs { data_dir: PathBuf, found: String },

    #[error(
        "the data directory `{}` is a PostgreSQL {version} cluster that Qairon did not create: choose another \
         `--data-dir`, or run that cluster yourself and name it with `--database-url`",
        data_dir.display()
    )]
    NotOurCluster { data_dir: PathBuf, version: String },

    #[error("the data directory `{}` is not a directory: choose another with `--data-dir`", data_dir.display())]
    NotADirectory { data_dir: PathBuf },

    #[error(
        "the cluster in `{}` is damaged (its `PG_VERSION` is missing or unreadable): restore it from a backup, or move \
         it away to start empty",
        cluster.display()
    )]
    Damaged { cluster: PathBuf },

    #[error(
        "the data directory `{}` is in use by {}: stop that server first, or choose another `--data-dir`",
        data_dir.display(), holder(*pid)
    )]
    Locked { data_dir: PathBuf, pid: Option<u32> },

    #[error(
        "the data directory `{}` belongs to user `{owner}`, not to `{me}`: start as `{owner}`, or choose another \
         `--data-dir`",
        data_dir.display()
    )]
    OtherOwner { data_dir: PathBuf, owner: String, me: String },

    #[error(
        "PostgreSQL refuses to run as root, and there is neither a user `postgres` nor a user `nobody` to run it as: \
         create one (`useradd --system postgres`), or start as an unprivileged user"
    )]
    NoAccount,

    #[error(
        "PostgreSQL runs as user `{account}`, which cannot enter `{}` on the path to `{}`: {}, or run \
         `chmod o+x {}`",
        blocked.display(), target.display(), elsewhere(target), blocked.display()
    )]
    Unreachable { account: String, blocked: PathBuf, target: PathBuf },

    #[error(
        "the socket directory `{}` cannot be used ({reason}): remove it, or choose a `--data-dir` with a shorter path",
        dir.display()
    )]
    SocketDir { dir: PathBuf, reason: &'static str },

    #[error(
        "a PostgreSQL left over from an earlier run (pid {pid}) still holds `{}` and does not stop: end it with \
         `kill -QUIT {pid}` and start again",
        cluster.display()
    )]
    LeftoverRuns { pid: i32, cluster: PathBuf },

    #[error("cannot {action} `{}`: {source}; check its permissions, or choose another `--data-dir`", path.display())]
    File { action: &'static str, path: PathBuf, source: io::Error },

    #[error("cannot run `{}`: {source}; check the PostgreSQL installation", program.display())]
    Program { program: PathBuf, source: io::Error },

    #[error("`initdb` failed ({exit}); the end of `{}`: {tail}", log.display())]
    Init { exit: String, log: PathBuf, tail: String },

    #[error("PostgreSQL did not start ({exit}); the end of `{}`: {tail}", log.display())]
    Start { exit: String, log: PathBuf, tail: String },

    #[error(
        "PostgreSQL accepted no connections within {}: give it longer with `--pg-start-timeout` if it is recovering; \
         the end of `{}`: {tail}",
        seconds(*timeout), log.display()
    )]
    NotReady { timeout: Duration, log: PathBuf, tail: String },

    #[error("cannot create the database `{database}` on the private PostgreSQL: {source}; see `{}`", log.display())]
    Database { database: &'static str, log: PathBuf, source: tokio_postgres::Error },

    #[error("PostgreSQL (pid {pid}) does not stop: end it with `kill -KILL {pid}`; the next start recovers")]
    NotStopped { pid: u32 },

    #[error("the supervisor of the private PostgreSQL failed: {source}; start the service again")]
    Supervisor { source: tokio::task::JoinError },
}

impl EmbeddedError {
    /// For `map_err` on file operations.
    pub(super) fn file(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::File { action, path, source }
    }
}

fn holder(pid: Option<u32>) -> String {
    pid.map_or_else(|| "another process".to_owned(), |pid| format!("the process {pid}"))
}

/// The remedy depends on what cannot be reached: the data or the programs.
fn elsewhere(target: &Path) -> &'static str {
    if target.join("initdb").exists() {
        "choose another `--pg-bin-dir`"
    } else {
        "choose a `--data-dir` outside it, such as `/var/lib/qairon`"
    }
}

fn seconds(timeout: Duration) -> String {
    format!("{} s", timeout.as_secs_f32())
}
