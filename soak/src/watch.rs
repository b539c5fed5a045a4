//! Looks at the service once a second.

use std::sync::Arc;
use std::time::Duration;

use qairon_bench::process::{connections, descriptors, memory};
use tokio::time::{interval, timeout};
use tokio_postgres::{Client, NoTls};

use crate::record::{Record, State};
use crate::stage::Stage;

/// A database that does not answer by then does not answer.
const PATIENCE: Duration = Duration::from_millis(500);

/// Looks until it is dropped.
pub async fn watch(stage: Arc<Stage>, record: Arc<Record>) {
    let mut pause = interval(Duration::from_secs(1));
    let mut session = None;
    loop {
        pause.tick().await;
        let sessions = match timeout(PATIENCE, sessions(&stage, &mut session)).await {
            Ok(count) => count,
            Err(_) => {
                session = None;
                None
            }
        };
        record.state(look(&stage, &record, sessions));
    }
}

fn look(stage: &Stage, record: &Record, sessions: Option<i64>) -> State {
    let pid = stage.pid();
    let port = stage.api().rsplit(':').next().and_then(|port| port.parse().ok());
    State {
        at: record.now(),
        memory: memory(pid).ok(),
        descriptors: descriptors(pid).ok(),
        connections: port.and_then(|port| connections(port).ok()),
        sessions,
    }
}

async fn sessions(stage: &Stage, session: &mut Option<Client>) -> Option<i64> {
    if session.as_ref().is_none_or(Client::is_closed) {
        let (client, connection) = tokio_postgres::connect(stage.database.url(), NoTls).await.ok()?;
        tokio::spawn(async move { _ = connection.await });
        *session = Some(client);
    }
    let sql = "SELECT count(*) FROM pg_stat_activity
               WHERE datname = current_database() AND application_name = 'qairon-service'";
    Some(session.as_ref()?.query_one(sql, &[]).await.ok()?.get(0))
}
