//! What no call leaves in PostgreSQL.

use tokio_postgres::Client;

/// What is left in the database of a service that nobody calls: open transactions, locks, prepared transactions, and
/// more sessions than it may have.
pub async fn leftovers(session: &Client, most_sessions: i64) -> Result<Vec<String>, tokio_postgres::Error> {
    let of_service = "datname = current_database() AND application_name = 'qairon-service'";
    let questions = [
        (
            0,
            "sessions in a transaction",
            format!("SELECT count(*) FROM pg_stat_activity WHERE {of_service} AND xact_start IS NOT NULL"),
        ),
        (
            0,
            "locks",
            "SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE a.datname = current_database()
             AND a.application_name = 'qairon-service' AND l.pid <> pg_backend_pid()"
                .to_owned(),
        ),
        (
            0,
            "prepared transactions",
            "SELECT count(*) FROM pg_prepared_xacts WHERE database = current_database()".to_owned(),
        ),
        (most_sessions, "sessions", format!("SELECT count(*) FROM pg_stat_activity WHERE {of_service}")),
    ];
    let mut found = Vec::new();
    for (most, what, sql) in questions {
        let count: i64 = session.query_one(&sql, &[]).await?.get(0);
        if count > most {
            found.push(format!("{count} {what} are left, {most} may be"));
        }
    }
    Ok(found)
}
