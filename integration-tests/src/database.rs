//! A database for one test.

use std::sync::Arc;

use tokio::sync::Mutex;
use tokio_postgres::error::DbError;
use tokio_postgres::{Client, Error, NoTls};

use crate::cluster::Cluster;

/// A database with the schema and nothing in it, dropped with this value.
pub struct Database {
    cluster: Option<Arc<Cluster>>,
    name: String,
    url: String,
    /// For the questions that a test asks on the way.
    session: Mutex<Option<Arc<Client>>>,
}

impl Database {
    /// A new database in the cluster of the process.
    pub async fn new() -> Self {
        let cluster = Cluster::shared().await;
        let name = unique_name();
        cluster.clone_template(&name).await;
        Self { url: cluster.url(&name), name, cluster: Some(cluster), session: Mutex::default() }
    }

    /// A new database without any schema.
    pub async fn empty() -> Self {
        let cluster = Cluster::shared().await;
        let name = unique_name();
        cluster.execute(&format!("CREATE DATABASE {name}")).await;
        Self { url: cluster.url(&name), name, cluster: Some(cluster), session: Mutex::default() }
    }

    /// A new database without any schema that belongs to a role, and is used as that role.
    pub async fn owned_by(role: &str) -> Self {
        let cluster = Cluster::shared().await;
        let name = unique_name();
        cluster.execute(&format!("CREATE DATABASE {name} OWNER {role}")).await;
        let url = cluster.url(&name).replacen("postgres@", &format!("{role}@"), 1);
        Self { url, name, cluster: Some(cluster), session: Mutex::default() }
    }

    /// A copy of this one, file by file. Sessions on this one, other than the one that is kept, have to be closed.
    pub async fn copy(&self) -> Self {
        let cluster = self.cluster.clone().expect("a database of the cluster of the process");
        self.session.lock().await.take();
        let name = unique_name();
        cluster.execute(&format!("CREATE DATABASE {name} TEMPLATE {}", self.name)).await;
        Self { url: cluster.url(&name), name, cluster: Some(cluster), session: Mutex::default() }
    }

    /// A new database in a cluster of the test's own, which goes with that cluster.
    pub async fn in_cluster(cluster: &Cluster) -> Self {
        let name = unique_name();
        cluster.clone_template(&name).await;
        Self { url: cluster.url(&name), name, cluster: None, session: Mutex::default() }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A session of its own, as psql would have it.
    pub async fn connect(&self) -> Client {
        let (client, connection) = tokio_postgres::connect(&self.url, NoTls).await.expect("PostgreSQL answers");
        tokio::spawn(async move { _ = connection.await });
        client
    }

    /// A session that is kept for the next call.
    pub async fn session(&self) -> Arc<Client> {
        let mut session = self.session.lock().await;
        match session.as_ref().filter(|client| !client.is_closed()) {
            Some(client) => client.clone(),
            None => session.insert(Arc::new(self.connect().await)).clone(),
        }
    }

    /// Every row of a query, each with its columns as text; NULL is `None`.
    pub async fn query(&self, sql: &str) -> Vec<Vec<Option<String>>> {
        let messages = self.session().await.simple_query(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        let rows = messages.iter().filter_map(|message| match message {
            tokio_postgres::SimpleQueryMessage::Row(row) => {
                Some((0..row.len()).map(|index| row.get(index).map(str::to_owned)).collect())
            }
            _ => None,
        });
        rows.collect()
    }

    /// The one number that a query gives.
    pub async fn number(&self, sql: &str) -> i64 {
        let rows = self.query(sql).await;
        let text = rows.first().and_then(|row| row.first().cloned().flatten());
        text.and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{sql} gives no number: {rows:?}"))
    }

    /// Executes statements as one transaction.
    pub async fn execute(&self, sql: &str) -> Result<(), Error> {
        self.connect().await.batch_execute(sql).await
    }
}

/// The error that PostgreSQL itself gave.
pub fn sql_error(error: &Error) -> &DbError {
    error.as_db_error().unwrap_or_else(|| panic!("not an answer of PostgreSQL: {error:?}"))
}

fn unique_name() -> String {
    format!("test_{}", uuid::Uuid::new_v4().simple())
}

impl Drop for Database {
    fn drop(&mut self) {
        let Some(cluster) = self.cluster.take() else { return };
        let sql = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        // The runtime of the test may be on its way out; this needs one of its own.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(cluster.execute(&sql));
        });
        if dropped.join().is_err() && !std::thread::panicking() {
            panic!("a database could not be dropped");
        }
    }
}
