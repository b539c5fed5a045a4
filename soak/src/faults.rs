//! What goes wrong around the service. Every fault ends with the service as it was, or with an error.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use qairon_bench::process::child_pids;
use serde_json::json;
use tokio::time::{sleep, timeout};

use crate::proxy::Weather;
use crate::stage::Stage;

/// The longest that PostgreSQL is stopped for, as its administrators may have to.
const STOPPED: Duration = Duration::from_secs(5);
const RECOVERY: Duration = Duration::from_secs(60);

/// A fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    ServiceKilled,
    ServiceStopped,
    BackendsTerminated,
    PostgresFrozen,
    PostgresKilled,
    PostgresStopped,
    ConnectionsCut,
    NetworkSlow,
    ConnectionsHalfOpen,
}

impl Fault {
    pub const ALL: [Self; 9] = [
        Self::ServiceKilled,
        Self::ServiceStopped,
        Self::BackendsTerminated,
        Self::PostgresFrozen,
        Self::PostgresKilled,
        Self::PostgresStopped,
        Self::ConnectionsCut,
        Self::NetworkSlow,
        Self::ConnectionsHalfOpen,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::ServiceKilled => "service killed",
            Self::ServiceStopped => "service stopped by SIGTERM",
            Self::BackendsTerminated => "backends terminated again and again",
            Self::PostgresFrozen => "PostgreSQL frozen",
            Self::PostgresKilled => "PostgreSQL killed",
            Self::PostgresStopped => "PostgreSQL restarted",
            Self::ConnectionsCut => "connections cut",
            Self::NetworkSlow => "network slow",
            Self::ConnectionsHalfOpen => "connections half-open",
        }
    }

    /// Lets it happen, for about so long where it lasts, and waits until a write succeeds again. Returns how long that
    /// took.
    pub async fn happen(self, stage: &Stage, lasting: Duration) -> Result<Duration> {
        match self {
            Self::ServiceKilled => {
                let mut server = stage.server.lock().await;
                server.kill9().await;
                stage.restart(&mut server).await?;
            }
            Self::ServiceStopped => {
                let mut server = stage.server.lock().await;
                let status = server.stop().await;
                ensure!(status.success(), "the service ended with {status} after SIGTERM");
                stage.restart(&mut server).await?;
            }
            Self::BackendsTerminated => terminate(stage, lasting).await?,
            Self::PostgresFrozen => freeze(stage, lasting.min(STOPPED)).await?,
            Self::PostgresKilled => {
                let mut cluster = stage.cluster.lock().await;
                cluster.kill().await;
                stage.resume(&mut cluster).await;
            }
            Self::PostgresStopped => {
                let mut cluster = stage.cluster.lock().await;
                cluster.stop().await;
                stage.resume(&mut cluster).await;
            }
            Self::ConnectionsCut => {
                for _ in 0..5 {
                    stage.proxy.cut();
                    sleep(lasting / 5).await;
                }
            }
            Self::NetworkSlow => {
                stage.proxy.set(Weather::Slow(Duration::from_millis(40)));
                sleep(lasting).await;
                stage.proxy.set(Weather::Fair);
            }
            Self::ConnectionsHalfOpen => {
                stage.proxy.set(Weather::Void);
                sleep(lasting).await;
                stage.proxy.set(Weather::Fair);
            }
        }
        let began = std::time::Instant::now();
        timeout(RECOVERY, recovered(stage)).await.with_context(|| format!("no write succeeds within {RECOVERY:?}"))?;
        Ok(began.elapsed())
    }
}

/// Waits until a write and a list succeed.
async fn recovered(stage: &Stage) {
    loop {
        let client = stage.client().with_timeout(Duration::from_secs(2));
        let probe = json!({ "application": { "id": "soak-probe" }, "validate_only": true });
        let done = client.call("CreateApplication", probe).await.is_ok()
            && client.page("application", json!({ "page_size": 1 })).await.is_ok();
        if done {
            return;
        }
        sleep(Duration::from_millis(50)).await;
    }
}

async fn terminate(stage: &Stage, lasting: Duration) -> Result<()> {
    let session = stage.database.connect().await;
    let sql = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
               WHERE datname = current_database() AND application_name = 'qairon-service'";
    let end = std::time::Instant::now() + lasting;
    while std::time::Instant::now() < end {
        session.execute(sql, &[]).await?;
        sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

/// Stops every process of PostgreSQL without ending it, as a machine that hangs does.
async fn freeze(stage: &Stage, lasting: Duration) -> Result<()> {
    let postmaster = stage.postmaster();
    let processes: Vec<u32> = std::iter::once(postmaster).chain(child_pids(postmaster)).collect();
    let signal = |signal| {
        for process in &processes {
            // A backend may have ended meanwhile.
            if let Ok(process) = i32::try_from(*process) {
                _ = kill(Pid::from_raw(process), signal);
            }
        }
    };
    signal(Signal::SIGSTOP);
    sleep(lasting).await;
    signal(Signal::SIGCONT);
    Ok(())
}
