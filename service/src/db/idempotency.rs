//! First results of calls that carried a request ID.
//!
//! The row is written in the transaction of the call itself: a repetition that comes while the first is under way
//! waits for it at the primary key, and one that comes later reads its response. A call that fails leaves no row, so
//! that it can be tried again.

use diesel_async::AsyncPgConnection;
use prost_reflect::DynamicMessage;
use qairon::v1::ErrorReason;

use super::doorway::Db;
use super::failure::Failure;
use super::sql::{Bind, Sql};
use crate::error::{Error, Result};

/// How long results are kept; the API promises 24 hours.
const KEPT_HOURS: u32 = 48;

/// A call that is done once.
#[derive(Debug, Clone)]
pub struct Once {
    /// The caller's request ID.
    pub request_id: String,
    /// The method.
    pub method: String,
    /// A digest of the request.
    pub digest: Vec<u8>,
}

impl Once {
    /// Checks a request ID. `None` when the caller gave none. The request is digested in its JSON form, whose keys are
    /// sorted: clients encode the same JSON object in another order every time.
    pub fn new(request_id: &str, method: &str, request: &DynamicMessage) -> Result<Option<Self>> {
        if request_id.is_empty() {
            return Ok(None);
        }
        if request_id.len() > 64 || !request_id.bytes().all(|byte| byte.is_ascii_graphic()) {
            let message = "`request_id` must be 1 to 64 printable ASCII characters, such as a UUID";
            return Err(Error::invalid("request_id", ErrorReason::InvalidRequestId, message));
        }
        let canonical = serde_json::to_value(request).map_err(Error::internal)?.to_string();
        let digest = uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, canonical.as_bytes()).as_bytes().to_vec();
        Ok(Some(Self { request_id: request_id.to_owned(), method: method.to_owned(), digest }))
    }
}

/// Claims the request ID, or returns the response of the call that has it.
pub async fn begin(connection: &mut AsyncPgConnection, once: &Once) -> Result<Option<Vec<u8>>, Failure> {
    let mut claim = Sql::new();
    claim.push("INSERT INTO idempotency (request_id, method, digest) VALUES (");
    claim.bind(Bind::Text(once.request_id.clone())).push(", ");
    claim.bind(Bind::Text(once.method.clone())).push(", ");
    claim.bind(Bind::Bytes(once.digest.clone())).push(") ON CONFLICT DO NOTHING RETURNING true");
    let claimed = claim.rows(connection).await?;
    if !claimed.is_empty() {
        return Ok(None);
    }
    find(connection, once).await
}

/// The response of the call that has the request ID; `None` when there is none.
pub async fn find(connection: &mut AsyncPgConnection, once: &Once) -> Result<Option<Vec<u8>>, Failure> {
    let mut read = Sql::new();
    read.push("SELECT method = ").bind(Bind::Text(once.method.clone()));
    read.push(" AND digest = ").bind(Bind::Bytes(once.digest.clone()));
    read.push(", response FROM idempotency WHERE request_id = ").bind(Bind::Text(once.request_id.clone()));
    let found = read.rows(connection).await?;
    match found.first() {
        None => Ok(None),
        Some(row) if row.bool(0) => Ok(Some(row.column(1).unwrap_or_default().to_vec())),
        Some(_) => {
            let message = format!("`{}` was the request ID of another request; use a new one", once.request_id);
            Err(Error::invalid("request_id", ErrorReason::RequestIdReused, message).into())
        }
    }
}

/// Keeps the response.
pub async fn finish(connection: &mut AsyncPgConnection, once: &Once, response: &[u8]) -> Result<(), Failure> {
    let mut sql = Sql::new();
    sql.push("UPDATE idempotency SET response = ").bind(Bind::Bytes(response.to_vec()));
    sql.push(" WHERE request_id = ").bind(Bind::Text(once.request_id.clone()));
    sql.run(connection).await?;
    Ok(())
}

/// Removes results that are older than promised, a thousand at a time, so that no lock is held for long.
pub async fn forget_old(db: &Db) -> Result<(), Failure> {
    let text = format!(
        "DELETE FROM idempotency WHERE request_id IN (SELECT request_id FROM idempotency WHERE created_at < now() - \
         interval '{KEPT_HOURS} hours' LIMIT 1000) RETURNING true"
    );
    loop {
        let sql = Sql::shared(&text.as_str().into());
        let removed = db
            .query("forget_requests", move |connection| Box::pin(async move { Ok(sql.rows(connection).await?.len()) }))
            .await?;
        if removed < 1000 {
            return Ok(());
        }
    }
}
