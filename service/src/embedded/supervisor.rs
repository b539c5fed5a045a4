//! Keeps PostgreSQL running: whenever it ends without our asking, it is started again.

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

/// The first attempt comes soon: callers wait for it. Those after it come ever later, up to the longest delay.
const FIRST_DELAY: Duration = Duration::from_millis(100);
const LONGEST_DELAY: Duration = Duration::from_secs(5);
/// A PostgreSQL that ran this long has nothing to do with the failures before.
const STEADY: Duration = Duration::from_secs(2);

/// Recovery takes its time, and giving up on it would only begin it anew.
const RECOVERY: Duration = Duration::from_secs(3600);

/// Runs until told to stop, or until nobody is left to tell. The lock is held as long as PostgreSQL may run.
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
            // What is being started was told to end by being dropped, and is waited for like any other orphan.
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

/// A socket directory outside the data directory is not left lying around; it is empty by now.
fn remove_if_distant(socket_dir: &Path, root: &Path) {
    if !socket_dir.starts_with(root)
        && let Err(error) = std::fs::remove_dir(socket_dir)
    {
        warn!("cannot remove the socket directory {}: {error}", socket_dir.display());
    }
}
