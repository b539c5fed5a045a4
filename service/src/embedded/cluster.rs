//! Creating the cluster, once and atomically: `initdb` works in a sibling directory, which is renamed when complete.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use nix::fcntl::OFlag;
use nix::sys::signal::Signal;
use tracing::{info, warn};

use super::directory::make_dir_for;
use super::error::EmbeddedError;
use super::layout::{Layout, UNFINISHED};
use super::log::Log;
use super::process::Process;
use super::server::{SUPERUSER, Server};

const MIB: u64 = 1024 * 1024;

/// The major version that created the cluster, if there is one.
pub fn major_version(layout: &Layout) -> Result<Option<u32>, EmbeddedError> {
    let damaged = || EmbeddedError::Damaged { cluster: layout.cluster.clone() };
    let path = layout.cluster.join("PG_VERSION");
    match fs::read_to_string(&path) {
        Ok(text) => text.trim().parse().map(Some).map_err(|_| damaged()),
        Err(error) if error.kind() == ErrorKind::NotFound && !layout.cluster.exists() => Ok(None),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Err(EmbeddedError::file("read", &path)(error)),
        Err(_) => Err(damaged()),
    }
}

pub async fn initialise_once(server: &Server) -> Result<(), EmbeddedError> {
    let Layout { root, cluster, .. } = &server.layout;
    remove_unfinished(root);
    if cluster.exists() {
        return Ok(());
    }
    info!("creating a PostgreSQL {} cluster in {}", server.installation.major, root.display());
    let unfinished = root.join(format!("{UNFINISHED}{}", std::process::id()));
    make_dir_for(&unfinished, &server.account).map_err(EmbeddedError::file("create", &unfinished))?;
    let made = make(server, &unfinished).await;
    if made.is_err() {
        remove_unfinished(root);
    }
    made
}

async fn make(server: &Server, unfinished: &Path) -> Result<(), EmbeddedError> {
    let Layout { root, cluster, log: log_path, .. } = &server.layout;
    let log = Log::open(log_path)?;
    let mut command = server.command("initdb", &log)?;
    command
        .arg("--pgdata")
        .arg(unfinished)
        .args(["--username", SUPERUSER, "--encoding", "UTF8", "--locale", "C", "--data-checksums"])
        // Who can enter the socket's directory is trusted; there is no other way to connect.
        .args(["--auth-local", "trust", "--auth-host", "reject", "--no-instructions"]);

    // A partial cluster is useless, so initdb needs no clean shutdown.
    let mut initdb = Process::spawn(command, Signal::SIGKILL).await.map_err(server.cannot_run("initdb"))?;
    let exit = initdb.ended().await;
    if !exit.success {
        return Err(EmbeddedError::Init { exit: exit.text, log: log_path.clone(), tail: log.tail() });
    }
    append_settings(&unfinished.join("postgresql.conf"))?;
    fs::rename(unfinished, cluster).map_err(EmbeddedError::file("rename", unfinished))?;
    File::open(root).and_then(|dir| dir.sync_all()).map_err(EmbeddedError::file("sync", root))
}

/// Leftovers of starts that were killed. One that an orphaned `initdb` still writes to is removed by a later start.
fn remove_unfinished(root: &Path) {
    let Ok(entries) = fs::read_dir(root) else { return };
    for entry in entries.filter_map(Result::ok) {
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED)
            && let Err(error) = fs::remove_dir_all(entry.path())
        {
            warn!("cannot remove the unfinished cluster {}: {error}", entry.path().display());
        }
    }
}

/// Settings go to the cluster's own file, where users can change them, and not to the command line.
fn append_settings(path: &Path) -> Result<(), EmbeddedError> {
    let write = || {
        let mut file = OpenOptions::new().append(true).custom_flags(OFlag::O_NOFOLLOW.bits()).open(path)?;
        file.write_all(settings(memory_bytes()).as_bytes())?;
        file.sync_all()
    };
    write().map_err(EmbeddedError::file("write", path))
}

fn settings(memory: Option<u64>) -> String {
    let shared_buffers = memory.map_or(128, |bytes| (bytes / 4 / MIB).clamp(128, 256));
    // Known to PostgreSQL on Linux only, in its older versions.
    let linux = if cfg!(target_os = "linux") { "client_connection_check_interval = '100ms'\n" } else { "" };
    format!(
        "\n# Qairon's own settings for a service on one machine; your changes here are kept.\n\
         max_connections = 200\n\
         shared_buffers = '{shared_buffers}MB'\n\
         fsync = on\n\
         synchronous_commit = on\n\
         wal_compression = on\n\
         jit = off\n\
         track_io_timing = off\n\
         timezone = 'UTC'\n\
         log_timezone = 'UTC'\n\
         # The service reports refused statements.\n\
         log_min_messages = log\n\
         {linux}"
    )
}

/// What this machine, or the container, may use.
fn memory_bytes() -> Option<u64> {
    let meminfo = fs::read_to_string("/proc/meminfo").ok();
    let machine = meminfo.as_deref().and_then(parse_meminfo);
    let container = fs::read_to_string("/sys/fs/cgroup/memory.max").ok().and_then(|text| text.trim().parse().ok());
    machine.into_iter().chain(container).min()
}

fn parse_meminfo(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_buffers_are_a_quarter_of_the_memory_within_bounds() {
        let with = |mib: u64| settings(Some(mib * MIB));
        assert!(with(256).contains("shared_buffers = '128MB'\n"));
        assert!(with(800).contains("shared_buffers = '200MB'\n"));
        assert!(with(64 * 1024).contains("shared_buffers = '256MB'\n"));
        assert!(settings(None).contains("shared_buffers = '128MB'\n"));
    }

    #[test]
    fn the_memory_is_read_from_meminfo() {
        assert_eq!(parse_meminfo("MemTotal:       24684096 kB\nMemFree: 1 kB\n"), Some(24_684_096 * 1024));
        assert_eq!(parse_meminfo("MemFree: 1 kB\n"), None);
    }

    #[test]
    fn a_cluster_without_a_readable_version_is_damaged() {
        let root = std::env::temp_dir().join(format!("qairon-cluster-test-{}", std::process::id()));
        let layout = Layout::at(root.clone());
        assert_eq!(major_version(&layout).unwrap(), None);
        fs::create_dir_all(&layout.cluster).unwrap();
        assert!(matches!(major_version(&layout), Err(EmbeddedError::Damaged { .. })));
        fs::write(layout.cluster.join("PG_VERSION"), "fifteen\n").unwrap();
        assert!(matches!(major_version(&layout), Err(EmbeddedError::Damaged { .. })));
        fs::write(layout.cluster.join("PG_VERSION"), "15\n").unwrap();
        assert_eq!(major_version(&layout).unwrap(), Some(15));
        fs::remove_dir_all(root).unwrap();
    }
}
