//! Traces whose rows come out of one join.

use bytes::Bytes;
use qairon::v1::{
    ErrorReason, TraceBuildsRequest, TraceDependenciesRequest, TraceInfrastructureRequest, TraceNeighborsRequest,
};

use super::super::requests::decode;
use super::{Gathered, number, resume};
use crate::call::{Context, Outlet};
use crate::db::trace::rows::{self, BUILD_KINDS, Commit};
use crate::db::{Row, Sink, wire};
use crate::domain::page::fingerprint;
use crate::domain::resource::resource;
use crate::domain::validate;
use crate::error::{Error, Result};

/// The least that a prefix of a commit has: shorter ones are mistakes more often than questions.
const MIN_PREFIX: usize = 4;

/// Where a service runs.
pub async fn infrastructure(context: &Context, bytes: Bytes, outlet: Outlet) -> Result<()> {
    let request: TraceInfrastructureRequest = decode(bytes)?;
    let query = fingerprint(&["TraceInfrastructure", &request.service_id]);
    let after = resume::<1>(&request.resume_token, query)?;
    let service = context.model().target("service");
    validate::id(context.model(), service, "service_id", &request.service_id)?;
    let encode: Encode = |row, out| {
        text(out, 1, row, 0)?;
        text(out, 2, row, 1)?;
        for fleet in row.optional_text(6)?.into_iter().flat_map(str::lines) {
            wire::bytes_field(out, 3, fleet.as_bytes());
        }
        for column in 2..=5 {
            text(out, column + 2, row, column as usize)?;
        }
        Ok(())
    };
    let mut rows = Encoded::new(outlet, query, encode, |row| Ok(vec![row.text(0)?.to_owned()]));
    let after = after.as_ref().map(|[id]| id.as_str());
    rows::infrastructure(context.db(), &request.service_id, after, &mut rows).await?;
    rows.finish().await
}

/// What runs on the same target.
pub async fn neighbors(context: &Context, bytes: Bytes, outlet: Outlet) -> Result<()> {
    let request: TraceNeighborsRequest = decode(bytes)?;
    let query = fingerprint(&["TraceNeighbors", &request.deployment_id]);
    let after = resume::<1>(&request.resume_token, query)?;
    let deployment = context.model().target("deployment");
    validate::id(context.model(), deployment, "deployment_id", &request.deployment_id)?;
    let encode: Encode = |row, out| (0..=4).try_for_each(|column| text(out, column + 1, row, column as usize));
    let mut rows = Encoded::new(outlet, query, encode, |row| Ok(vec![row.text(0)?.to_owned()]));
    let after = after.as_ref().map(|[id]| id.as_str());
    rows::neighbors(context.db(), &request.deployment_id, after, &mut rows).await?;
    rows.finish().await
}

/// What contains a commit.
pub async fn builds(context: &Context, bytes: Bytes, outlet: Outlet) -> Result<()> {
    let request: TraceBuildsRequest = decode(bytes)?;
    let vcs_ref = request.vcs_ref.as_str();
    let build = context.model().target("build");
    if let Some(field) = build.field("vcs_ref") {
        validate::text(context.model(), build, field, vcs_ref)?;
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
    let after = resume::<3>(&request.resume_token, query)?;
    let after = match &after {
        Some([build, kind, id]) => Some((build.as_str(), number(kind)?, id.as_str())),
        None => None,
    };
    let encode: Encode = |row, out| {
        let kind = BUILD_KINDS.get(row.index(0)?).ok_or_else(|| Error::internal("a row has no kind"))?;
        wire::bytes_field(out, 1, kind.as_bytes());
        for column in 1..=4 {
            text(out, column + 1, row, column as usize)?;
        }
        if row.column(5)?.is_some() {
            prost::encoding::bool::encode(6, &row.bool(5)?, out);
        }
        text(out, 7, row, 6)
    };
    let keys: Keys = |row| Ok(vec![row.text(2)?.to_owned(), row.integer(0)?.to_string(), row.text(1)?.to_owned()]);
    let mut rows = Encoded::new(outlet, query, encode, keys);
    rows::builds(context.db(), commit, after, &mut rows).await?;
    rows.finish().await
}

/// What an object is declared to depend on, and what is declared to depend on it.
pub async fn dependencies(context: &Context, bytes: Bytes, outlet: Outlet) -> Result<()> {
    let request: TraceDependenciesRequest = decode(bytes)?;
    let query = fingerprint(&["TraceDependencies", &request.resource, &request.id]);
    let after = resume::<2>(&request.resume_token, query)?;
    let entity = resource(context.model(), "resource", &request.resource)?;
    validate::id(context.model(), entity, "id", &request.id)?;
    let after = match &after {
        Some([direction, id]) => Some((number(direction)?, id.as_str())),
        None => None,
    };
    let encode: Encode = |row, out| {
        wire::integer_field(out, 1, row.integer(0)?);
        let type_name = row.text(2)?;
        let other = qairon::model().entity_of_type(type_name);
        wire::bytes_field(out, 2, other.map_or(type_name, |other| other.name.as_str()).as_bytes());
        for (number, column) in [(3, 3), (4, 4), (5, 5), (6, 1)] {
            text(out, number, row, column)?;
        }
        Ok(())
    };
    let keys: Keys = |row| Ok(vec![row.integer(0)?.to_string(), row.text(1)?.to_owned()]);
    let mut rows = Encoded::new(outlet, query, encode, keys);
    rows::dependencies(context.db(), entity, &request.id, after, &mut rows).await?;
    rows.finish().await
}

/// Writes a text column as a field, unless it is NULL.
fn text(out: &mut Vec<u8>, number: u32, row: &Row, column: usize) -> Result<()> {
    if let Some(bytes) = row.column(column)? {
        wire::bytes_field(out, number, bytes);
    }
    Ok(())
}

/// How a row of a statement becomes a row of an answer.
type Encode = fn(&Row, &mut Vec<u8>) -> Result<()>;
/// After what a stream is taken up.
type Keys = fn(&Row) -> Result<Vec<String>>;

/// Rows on their way to the caller.
struct Encoded {
    gathered: Gathered,
    encode: Encode,
    keys: Keys,
    last: Option<Row>,
}

impl Encoded {
    fn new(outlet: Outlet, query: u64, encode: Encode, keys: Keys) -> Self {
        Self { gathered: Gathered::new(outlet, query), encode, keys, last: None }
    }

    /// Sends what is left.
    async fn finish(mut self) -> Result<()> {
        match &self.last {
            Some(last) => self.gathered.flush((self.keys)(last)?).await,
            None => Ok(()),
        }
    }
}

impl Sink for Encoded {
    async fn take(&mut self, row: Row) -> Result<()> {
        let (encode, keys) = (self.encode, self.keys);
        self.gathered.push(|out| encode(&row, out), || keys(&row)).await?;
        self.last = Some(row);
        Ok(())
    }
}
