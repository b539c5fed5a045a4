//! Traces that answer with one message: where a binary is, and how it came about.

use bytes::Bytes;
use prost::Message;
use qairon::v1::{
    ArtifactLocation, ErrorReason, TraceLineageRequest, TraceLineageResponse, TraceProvenanceRequest,
    TraceProvenanceResponse,
};

use super::super::requests::decode;
use super::super::store::Store;
use super::resource;
use crate::db::sql::{Row, Sql};
use crate::db::trace::provenance as statements;
use crate::domain::validate;
use crate::error::{Error, Result};

/// What artifacts JSON tells of each: as [`ArtifactLocation`], the location being null where there is none.
type Listed = (String, String, String, String, String, Option<String>);

pub async fn provenance(store: &Store, bytes: Bytes) -> Result<Bytes> {
    let TraceProvenanceRequest { deployment_id, release_id } = decode(bytes)?;
    validate::id(store.model, store.model.target("deployment"), "deployment_id", &deployment_id)?;
    let named = Some(release_id.as_str()).filter(|id| !id.is_empty());
    if let Some(id) = named {
        validate::id(store.model, store.model.target("release"), "release_id", id)?;
    }
    let row = one(store, "trace_provenance", statements::provenance(&deployment_id, named)).await?;
    let Some(row) = row else { return Err(Error::not_found("deployment", &deployment_id)) };
    if let Some(id) = named.filter(|_| row.column(2).is_none()) {
        let mut error = Error::not_found("release", id);
        error.message = format!("deployment `{deployment_id}` has no release `{id}`; name one of its own releases");
        return Err(error);
    }
    let response = TraceProvenanceResponse {
        deployment_id: row.text(0).to_owned(),
        service_id: row.text(1).to_owned(),
        release_id: optional(&row, 2),
        build_id: optional(&row, 3),
        vcs_ref: optional(&row, 4),
        release_artifacts: artifacts(row.column(5))?,
        build_artifacts: artifacts(row.column(6))?,
    };
    Ok(response.encode_to_vec().into())
}

pub async fn lineage(store: &Store, bytes: Bytes) -> Result<Bytes> {
    let request: TraceLineageRequest = decode(bytes)?;
    let entity = resource(store, "resource", &request.resource)?;
    let statement = match entity.name.as_str() {
        "build_artifact" => statements::of_build_artifact,
        "release_artifact" => statements::of_release_artifact,
        other => {
            let message =
                format!("`resource` must be `build_artifact` or `release_artifact`: {other} objects have no lineage");
            return Err(Error::invalid("resource", ErrorReason::InvalidValue, message));
        }
    };
    validate::id(store.model, entity, "id", &request.id)?;
    let row = one(store, "trace_lineage", statement(&request.id)).await?;
    let Some(row) = row else { return Err(Error::not_found(&entity.name, &request.id)) };
    let response = TraceLineageResponse {
        resource: entity.name.clone(),
        artifact: Some(ArtifactLocation {
            id: row.text(0).to_owned(),
            name: row.text(1).to_owned(),
            input_repo_id: row.text(2).to_owned(),
            output_repo_id: row.text(3).to_owned(),
            upload_path: row.text(4).to_owned(),
            location: optional(&row, 5),
        }),
        input_repo_url: optional(&row, 6),
        output_repo_url: optional(&row, 7),
        build_id: row.text(8).to_owned(),
        build_num: row.integer(9),
        vcs_ref: row.text(10).to_owned(),
        service_id: row.text(11).to_owned(),
        release_id: optional(&row, 12),
        deployment_id: optional(&row, 13),
    };
    Ok(response.encode_to_vec().into())
}

/// The one row of a statement by ID.
async fn one(store: &Store, operation: &'static str, sql: Sql) -> Result<Option<Row>> {
    let rows = store.db.read(operation, sql).await.map_err(|failure| failure.into_error(store.model, None))?;
    Ok(rows.into_iter().next())
}

fn optional(row: &Row, column: usize) -> Option<String> {
    row.column(column).map(|_| row.text(column).to_owned())
}

/// Artifacts out of the JSON in which a statement has them; NULL for none.
fn artifacts(json: Option<&[u8]>) -> Result<Vec<ArtifactLocation>> {
    let Some(json) = json else { return Ok(Vec::new()) };
    let listed: Vec<Listed> = serde_json::from_slice(json).map_err(Error::internal)?;
    let artifact = |(id, name, input_repo_id, output_repo_id, upload_path, location)| ArtifactLocation {
        id,
        name,
        input_repo_id,
        output_repo_id,
        upload_path,
        location,
    };
    Ok(listed.into_iter().map(artifact).collect())
}
