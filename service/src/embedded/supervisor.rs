//! Keeps PostgreSQL running: restarts it whenever it ends unexpectedly.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};
use tracing::{info, warn};

use super::error::EmbeddedError;
use super::leftover;
use super::lock::Lock;
use super::process::Process;
use super::server::{self, Server};

/// The first attempt is soon, because callers wait for it. The delay then doubles up to the longest.
const FIRST_DELAY: Duration = Duration::from_millis(100);
const LONGEST_DELAY: Duration = Duration::from_secs(5);
/// After running this long, PostgreSQL has recovered from earlier failures.
const STEADY: Duration = Duration::from_secs(2);

/// Recovery can take long, and aborting it would only restart it.
const RECOVERY: Duration = Duration::from_secs(3600);

/// Runs until it is asked to stop, or until nobody is left to ask. The lock is held as long as PostgreSQL may run.
pub async fn run(
    server: Server,
    mut process: Process,
    pid: Arc<AtomicU32>,
    mut stop: oneshot::Receiver<()>,
    _lock: Lock,
) -> Result<(), EmbeddedError> {
    let mut delay = FIRST_DELAY;
    loop {
        let since = Instant::now();
        tokio::select! {
            _ = &mut stop => return shut_down(&server, &mut process).await,
            exit = process.ended() => {
                warn!("PostgreSQL (pid {}) ended unexpectedly: {}; starting it again", process.id(), exit.text);
            }
        }
        if since.elapsed() > STEADY {
            delay = FIRST_DELAY;
        }
        process = tokio::select! {
            // Dropping the start has asked it to end; wait for it as for any other orphan.
            _ = &mut stop => return leftover::clear(&server.layout.cluster, &server.socket_dir).await,
            process = start_again(&server, &mut delay) => process,
        };
        pid.store(process.id(), Ordering::Relaxed);
    }
}

async fn start_again(server: &Server, delay: &mut Duration) -> Process {
    loop {
        sleep(*delay).await;
        *delay = (*delay * 2).min(LONGEST_DELAY);
        match try_start(server).await {
            Ok((process, version)) => {
                info!("PostgreSQL {version} runs again, pid {}", process.id());
                return process;
            }
            Err(error) => warn!("cannot start PostgreSQL again, next attempt in {delay:?}: {error}"),
        }
    }
}

async fn try_start(server: &Server) -> Result<(Process, String), EmbeddedError> {
    leftover::clear(&server.layout.cluster, &server.socket_dir).await?;
    server.start(RECOVERY).await
}

async fn shut_down(server: &Server, process: &mut Process) -> Result<(), EmbeddedError> {
    server::stop(process).await?;
    info!("the private PostgreSQL in {} has stopped", server.layout.root.display());
    remove_if_distant(&server.socket_dir, &server.layout.root);
    Ok(())
}

/// A socket directory outside the data directory is removed; it is empty by now.
fn remove_if_distant(socket_dir: &Path, root: &Path) {
    if !socket_dir.starts_with(root)
        && let Err(error) = std::fs::remove_dir(socket_dir)
    {
        warn!("cannot remove the socket directory {}: {error}", socket_dir.display());
    }
}
