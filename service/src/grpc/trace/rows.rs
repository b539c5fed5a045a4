//! Traces whose rows come out of one join.

use bytes::Bytes;
use futures_util::TryStreamExt;
use qairon::v1::{ErrorReason, TraceBuildsRequest, TraceInfrastructureRequest, TraceNeighborsRequest};

use super::super::requests::decode;
use super::super::store::Store;
use super::super::stream::Outlet;
use super::{Gathered, exists, resume};
use crate::db::snapshot::{PLANNED_ONCE, snapshot};
use crate::db::sql::{Row, Sql};
use crate::db::trace::rows::{self, BUILD_KINDS, Commit};
use crate::db::wire;
use crate::domain::page::fingerprint;
use crate::domain::validate;
use crate::error::{Error, Result};

/// The least that a prefix of a commit has: shorter ones are mistakes more often than questions.
const MIN_PREFIX: usize = 4;

pub async fn infrastructure(store: &Store, bytes: Bytes, outlet: Outlet) -> Result<()> {
    let request: TraceInfrastructureRequest = decode(bytes)?;
    let query = fingerprint(&["TraceInfrastructure", &request.service_id]);
    let after = resume(&request.resume_token, query, 1)?;
    exists(store, store.model.target("service"), "service_id", &request.service_id).await?;
    let sql = rows::infrastructure(&request.service_id, after.as_ref().map(|keys| keys[0].as_str()));
    let columns = Columns {
        encode: |row, out| {
            text(out, 1, row, 0);
            text(out, 2, row, 1);
            for fleet in row.text(6).lines() {
                wire::bytes_field(out, 3, fleet.as_bytes());
            }
            for column in 2..=5 {
                text(out, column + 2, row, column as usize);
            }
        },
        keys: |row| vec![row.text(0).to_owned()],
    };
    stream(store, "trace_infrastructure", sql, Gathered::new(outlet, query), columns).await
}

pub async fn neighbors(store: &Store, bytes: Bytes, outlet: Outlet) -> Result<()> {
    let request: TraceNeighborsRequest = decode(bytes)?;
    let query = fingerprint(&["TraceNeighbors", &request.deployment_id]);
    let after = resume(&request.resume_token, query, 1)?;
    exists(store, store.model.target("deployment"), "deployment_id", &request.deployment_id).await?;
    let sql = rows::neighbors(&request.deployment_id, after.as_ref().map(|keys| keys[0].as_str()));
    let columns = Columns {
        encode: |row, out| {
            for column in 0..=4 {
                text(out, column + 1, row, column as usize);
            }
        },
        keys: |row| vec![row.text(0).to_owned()],
    };
    stream(store, "trace_neighbors", sql, Gathered::new(outlet, query), columns).await
}

pub async fn builds(store: &Store, bytes: Bytes, outlet: Outlet) -> Result<()> {
    let request: TraceBuildsRequest = decode(bytes)?;
    let vcs_ref = request.vcs_ref.as_str();
    let build = store.model.target("build");
    if let Some(field) = build.field("vcs_ref") {
        validate::text(store.model, build, field, vcs_ref)?;
    }
    if request.prefix && vcs_ref.chars().count() < MIN_PREFIX {
        let message = format!("`vcs_ref` as a prefix takes at least {MIN_PREFIX} characters; give more of the commit");
        return Err(Error::invalid("vcs_ref", ErrorReason::InvalidValue, message));
    }
    let (commit, how) = match request.prefix {
        true => (Commit::Prefix(vcs_ref), "prefix"),
        false => (Commit::Exact(vcs_ref), "exact"),
    };
    let query = fingerprint(&["TraceBuilds", how, vcs_ref]);
    let after = resume(&request.resume_token, query, 3)?;
    let after = after.as_ref().map(|keys| (keys[0].as_str(), keys[1].parse().unwrap_or_default(), keys[2].as_str()));
    let sql = rows::builds(commit, after);
    let columns = Columns {
        encode: |row, out| {
            let kind = usize::try_from(row.integer(0)).ok().and_then(|place| BUILD_KINDS.get(place));
            wire::bytes_field(out, 1, kind.copied().unwrap_or_default().as_bytes());
            for column in 1..=4 {
                text(out, column + 1, row, column as usize);
            }
            if row.column(5).is_some() {
                prost::encoding::bool::encode(6, &row.bool(5), out);
            }
            text(out, 7, row, 6);
        },
        keys: |row| vec![row.text(2).to_owned(), row.integer(0).to_string(), row.text(1).to_owned()],
    };
    stream(store, "trace_builds", sql, Gathered::new(outlet, query), columns).await
}

/// Writes a text column as a field, unless it is NULL.
fn text(out: &mut Vec<u8>, number: u32, row: &Row, column: usize) {
    if let Some(bytes) = row.column(column) {
        wire::bytes_field(out, number, bytes);
    }
}

/// How the rows of a statement become rows of an answer.
struct Columns {
    encode: fn(&Row, &mut Vec<u8>),
    /// Behind which a stream is taken up.
    keys: fn(&Row) -> Vec<String>,
}

/// Sends the rows of a statement as they come.
async fn stream(
    store: &Store,
    operation: &'static str,
    sql: Sql,
    mut gathered: Gathered,
    Columns { encode, keys }: Columns,
) -> Result<()> {
    let sent = store.db.stream(operation, move |connection| {
        Box::pin(snapshot(connection, PLANNED_ONCE, move |connection| {
            Box::pin(async move {
                let mut rows = sql.stream(connection).await?;
                let mut last = None;
                while let Some(row) = rows.try_next().await? {
                    let write = |out: &mut Vec<u8>| {
                        encode(&row, out);
                        Ok(())
                    };
                    if let Err(error) = gathered.push(write, || keys(&row)).await {
                        // Nobody listens, and the statement is being cancelled. The connection serves others when it
                        // has ended, not before.
                        while let Ok(Some(_)) = rows.try_next().await {}
                        return Err(error.into());
                    }
                    last = Some(keys(&row));
                }
                Ok(gathered.flush(last.unwrap_or_default()).await?)
            })
        }))
    });
    sent.await.map_err(|failure| failure.into_error(store.model, None))
}
