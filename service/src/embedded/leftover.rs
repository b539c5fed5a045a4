//! The remains of a killed server: a `postmaster.pid`, and perhaps a running PostgreSQL.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::time::{Instant, sleep};
use tracing::{info, warn};

use super::error::EmbeddedError;
use super::socket::PORT;

/// A fast shutdown writes a checkpoint, which takes a while after many writes.
const FAST: Duration = Duration::from_secs(30);
/// An immediate shutdown; PostgreSQL itself kills its slower children after 5 s.
const IMMEDIATE: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(20);

/// Prepares a start. Call with the data directory's lock held, so that no other server uses it.
pub async fn clear(cluster: &Path, socket_dir: &Path) -> Result<(), EmbeddedError> {
    let path = cluster.join("postmaster.pid");
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(EmbeddedError::file("read", &path)(error)),
    };
    let pid = parse_pid(&text);
    if let Some(pid) = pid
        && runs_on(pid, cluster)
    {
        warn!("stopping a PostgreSQL left over from an earlier run, pid {pid}");
        return stop(pid, cluster).await;
    }
    // PostgreSQL removes the file of a dead process by itself, after looking for survivors among its children.
    // It refuses to start when another program has the number by now, or when the file is empty. Its check for
    // survivors does not depend on the file: it uses the cluster's own shared memory.
    if pid.is_none_or(is_alive) {
        info!("removing a stale {}", path.display());
        let socket_lock = socket_dir.join(format!(".s.PGSQL.{PORT}.lock"));
        for stale in [&path, &socket_lock] {
            match fs::remove_file(stale) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(EmbeddedError::file("remove", stale)(error));
                }
                _ => {}
            }
        }
    }
    Ok(())
}

async fn stop(pid: i32, cluster: &Path) -> Result<(), EmbeddedError> {
    for (signal, patience) in [(Signal::SIGINT, FAST), (Signal::SIGQUIT, IMMEDIATE)] {
        // It may have ended, or belong to another user: the wait finds out.
        let _ = kill(Pid::from_raw(pid), signal);
        let deadline = Instant::now() + patience;
        while Instant::now() < deadline {
            if !runs_on(pid, cluster) {
                return Ok(());
            }
            sleep(POLL).await;
        }
    }
    Err(EmbeddedError::LeftoverRuns { pid, cluster: cluster.to_path_buf() })
}

/// The first line of `postmaster.pid`; a single-user backend writes its number negated.
fn parse_pid(text: &str) -> Option<i32> {
    let pid: i32 = text.lines().next()?.trim().parse().ok()?;
    pid.checked_abs().filter(|&pid| pid != 0)
}

fn is_alive(pid: i32) -> bool {
    matches!(kill(Pid::from_raw(pid), None), Ok(()) | Err(Errno::EPERM))
}

/// Whether the process is a PostgreSQL on this very cluster: another program may have its number by now.
#[cfg(target_os = "linux")]
fn runs_on(pid: i32, cluster: &Path) -> bool {
    let process = Path::new("/proc").join(pid.to_string());
    // The command line of a process that has ended but was not waited for is empty.
    let Ok(command_line) = fs::read(process.join("cmdline")) else { return false };
    let works_in = fs::read_link(process.join("cwd")).ok();
    is_postgres_on(&command_line, works_in.as_deref(), cluster)
}

#[cfg(not(target_os = "linux"))]
fn runs_on(pid: i32, cluster: &Path) -> bool {
    let output = std::process::Command::new("ps").args(["-o", "command=", "-p", &pid.to_string()]).output();
    let Ok(output) = output else { return false };
    let words = String::from_utf8_lossy(&output.stdout).trim().replacen(" -D ", "\0-D\0", 1).replace(" -c ", "\0-c\0");
    is_postgres_on(words.as_bytes(), None, cluster)
}

/// PostgreSQL works in its data directory.
fn is_postgres_on(command_line: &[u8], works_in: Option<&Path>, cluster: &Path) -> bool {
    let command_line = String::from_utf8_lossy(command_line);
    let mut words = command_line.split('\0');
    let program = words.next().map(Path::new).and_then(Path::file_name);
    let is_postgres = program.is_some_and(|name| name == "postgres" || name == "postmaster");
    let names_cluster = || words.skip_while(|&word| word != "-D").nth(1).map(Path::new) == Some(cluster);
    is_postgres && (works_in == Some(cluster) || names_cluster())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pid_is_the_first_line_of_the_file() {
        assert_eq!(parse_pid("4711\n/data/postgres\n1700000000\n5432\n"), Some(4711));
        assert_eq!(parse_pid("-4711\n/data/postgres\n"), Some(4711));
        assert_eq!(parse_pid(""), None);
        assert_eq!(parse_pid("0\n"), None);
        assert_eq!(parse_pid("-2147483648\n"), None);
        assert_eq!(parse_pid("postgres\n4711\n"), None);
    }

    #[test]
    fn only_a_postgres_on_the_same_cluster_is_a_leftover() {
        let cluster = Path::new("/data/postgres");
        let postmaster = b"/usr/lib/postgresql/15/bin/postgres\0-D\0/data/postgres\0-c\0port=5432\0";
        assert!(is_postgres_on(postmaster, Some(cluster), cluster));
        assert!(is_postgres_on(postmaster, None, cluster));
        assert!(is_postgres_on(b"postmaster\0", Some(cluster), cluster));
        assert!(!is_postgres_on(b"postgres\0-D\0/other\0", Some(Path::new("/other")), cluster));
        assert!(!is_postgres_on(b"/usr/bin/vim\0/data/postgres\0", Some(cluster), cluster));
        assert!(!is_postgres_on(b"", None, cluster));
    }

    #[tokio::test]
    async fn a_file_that_names_another_program_is_removed() {
        let cluster = std::env::temp_dir().join(format!("qairon-leftover-test-{}", std::process::id()));
        fs::create_dir_all(&cluster).unwrap();
        let (file, socket_lock) = (cluster.join("postmaster.pid"), cluster.join(".s.PGSQL.5432.lock"));
        fs::write(&file, format!("{}\n", std::process::id())).unwrap();
        fs::write(&socket_lock, format!("{}\n", std::process::id())).unwrap();
        clear(&cluster, &cluster).await.unwrap();
        assert!(!file.exists() && !socket_lock.exists());
        fs::remove_dir_all(cluster).unwrap();
    }
}
