//! First results of calls that carried a request ID.
//!
//! The row is written in the transaction of the call itself: a repetition that comes while the first is under way
//! waits for it at the primary key, and one that comes later reads its response. A call that fails leaves no row, so
//! that it can be tried again. A request ID belongs to its principal.

use std::sync::Arc;

use prost_reflect::DynamicMessage;
use qairon::v1::ErrorReason;

use super::bind::Bind;
use super::door::Door;
use super::failure::Failure;
use super::sql::Sql;
use super::transaction::{Ending, Transaction, Work};
use super::writing::{Weight, Write};
use crate::error::{Error, ErrorKind, Result};

/// How long results are kept; the API promises 24 hours.
const KEPT_HOURS: u32 = 48;

/// A call that is done once.
#[derive(Debug, Clone)]
pub struct Once {
    principal: String,
    request_id: String,
    method: String,
    /// Of the request.
    digest: Vec<u8>,
    /// The response is no one else's to read, and is not kept.
    sensitive: bool,
}

impl Once {
    /// Checks a request ID. `None` when the caller gave none. The request is digested in its JSON form, whose keys are
    /// sorted: clients encode the same JSON object in another order every time.
    pub fn new(
        principal: &str,
        request_id: &str,
        method: &str,
        request: &DynamicMessage,
        sensitive: bool,
    ) -> Result<Option<Self>> {
        if request_id.is_empty() {
            return Ok(None);
        }
        if request_id.len() > 64 || !request_id.bytes().all(|byte| byte.is_ascii_graphic()) {
            let message = "`request_id` must be 1 to 64 printable ASCII characters, such as a UUID";
            return Err(Error::invalid("request_id", ErrorReason::InvalidRequestId, message));
        }
        // What JSON has no form for is in a field that is not written: the others have been checked.
        let canonical = serde_json::to_value(request).map_err(|error| {
            let message = "the request holds a number or a time that no JSON can hold, such as NaN; leave it out";
            let mut refused = Error::invalid("request_id", ErrorReason::InvalidValue, message);
            refused.cause = Some(error.to_string());
            refused
        })?;
        let canonical = canonical.to_string();
        Ok(Some(Self {
            principal: principal.to_owned(),
            request_id: request_id.to_owned(),
            method: method.to_owned(),
            digest: uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, canonical.as_bytes()).as_bytes().to_vec(),
            sensitive,
        }))
    }

    fn condition(&self, sql: &mut Sql) {
        sql.push(" WHERE principal = ").bind(Bind::Text(self.principal.clone()));
        sql.push(" AND request_id = ").bind(Bind::Text(self.request_id.clone()));
    }
}

/// Does a write and returns its encoded response; a repetition returns the first response.
pub async fn write<F>(door: &Door, write: Write, once: Option<Once>, work: F) -> Result<Vec<u8>, Failure>
where
    F: for<'t> Fn(&'t mut Transaction) -> Work<'t, Ending<Vec<u8>>> + Send + Sync + 'static,
{
    let Some(once) = once else { return door.write(write, work).await };
    let shared = Arc::new((once, work));
    door.write(write, move |transaction| {
        let shared = shared.clone();
        Box::pin(async move {
            let (once, work) = &*shared;
            transaction.goes_on = true;
            // A rehearsal answers as the repetition would, but claims nothing.
            let first = match transaction.is_rehearsal() {
                true => find(transaction, once).await?,
                false => claim(transaction, once).await?,
            };
            if let Some(first) = first {
                return Ok(Ending::Commit(first));
            }
            let ending = work(transaction).await?;
            if let Ending::Commit(response) = &ending
                && !transaction.is_rehearsal()
            {
                keep(transaction, once, response).await?;
            }
            Ok(ending)
        })
    })
    .await
}

/// Claims the request ID, or returns the response of the call that has it.
async fn claim(transaction: &mut Transaction, once: &Once) -> Result<Option<Vec<u8>>, Failure> {
    let mut claim = Sql::new();
    claim.push("INSERT INTO idempotency (principal, request_id, method, digest) VALUES (");
    claim.bind(Bind::Text(once.principal.clone())).push(", ");
    claim.bind(Bind::Text(once.request_id.clone())).push(", ");
    claim.bind(Bind::Text(once.method.clone())).push(", ");
    claim.bind(Bind::Bytes(once.digest.clone())).push(") ON CONFLICT DO NOTHING RETURNING true");
    match transaction.one(claim).await? {
        Some(_) => Ok(None),
        None => find(transaction, once).await,
    }
}

/// The response of the call that has the request ID; `None` when there is none.
async fn find(transaction: &mut Transaction, once: &Once) -> Result<Option<Vec<u8>>, Failure> {
    let mut read = Sql::new();
    read.push("SELECT method = ").bind(Bind::Text(once.method.clone()));
    read.push(" AND digest = ").bind(Bind::Bytes(once.digest.clone())).push(", response FROM idempotency");
    once.condition(&mut read);
    let Some(row) = transaction.one(read).await? else { return Ok(None) };
    if !row.bool(0)? {
        let message = format!("`{}` was the request ID of another request; use a new one", once.request_id);
        return Err(Error::invalid("request_id", ErrorReason::RequestIdReused, message).into());
    }
    match row.column(1)? {
        Some(response) => Ok(Some(response.to_vec())),
        None => {
            let message = format!(
                "the call with the request ID `{}` was done, and its answer, which is secret, was given once and not \
                 kept; call again with a new request ID",
                once.request_id
            );
            Err(Error::new(ErrorKind::FailedPrecondition, ErrorReason::AnswerNotKept, message)
                .with_field("request_id")
                .into())
        }
    }
}

/// Keeps the response, unless it is secret.
async fn keep(transaction: &mut Transaction, once: &Once, response: &[u8]) -> Result<(), Failure> {
    if once.sensitive {
        return Ok(());
    }
    let mut sql = Sql::new();
    sql.push("UPDATE idempotency SET response = ").bind(Bind::Bytes(response.to_vec()));
    once.condition(&mut sql);
    transaction.run(sql).await?;
    Ok(())
}

/// Removes results that are older than promised, a thousand at a time, so that no lock is held for long.
pub async fn forget_old(door: &Door) -> Result<(), Failure> {
    let text: Arc<str> = format!(
        "DELETE FROM idempotency WHERE (principal, request_id) IN (SELECT principal, request_id FROM idempotency WHERE \
         created_at < now() - interval '{KEPT_HOURS} hours' LIMIT 1000)"
    )
    .into();
    loop {
        let text = text.clone();
        let write = Write { operation: "forget_requests", weight: Weight::Light, validate_only: false };
        let removed = door.write(write, move |transaction| {
            let sql = Sql::shared(&text);
            Box::pin(async move { Ok(Ending::Commit(transaction.run(sql).await?)) })
        });
        if removed.await? < 1000 {
            return Ok(());
        }
    }
}
