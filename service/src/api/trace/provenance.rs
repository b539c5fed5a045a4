//! Traces that answer with one message: where a binary is, and how it came about.

use bytes::Bytes;
use prost::Message;
use qairon::v1::{
    ArtifactLocation, ErrorReason, TraceLineageRequest, TraceLineageResponse, TraceProvenanceRequest,
    TraceProvenanceResponse,
};

use super::super::requests::decode;
use crate::call::Context;
use crate::db::Row;
use crate::db::trace::provenance::{Part, of_build_artifact, of_release_artifact, provenance as find};
use crate::domain::resource::resource;
use crate::domain::validate;
use crate::error::{Error, Result};

/// Where a deployment's binary is, and how it came about.
pub async fn provenance(context: &Context, bytes: Bytes) -> Result<Bytes> {
    let TraceProvenanceRequest { deployment_id, release_id } = decode(bytes)?;
    validate::id(context.model(), context.model().target("deployment"), "deployment_id", &deployment_id)?;
    let named = Some(release_id.as_str()).filter(|id| !id.is_empty());
    if let Some(id) = named {
        validate::id(context.model(), context.model().target("release"), "release_id", id)?;
    }
    let rows = find(context.db(), &deployment_id, named).await?;
    let Some(row) = of(&rows, Part::Deployment)?.first().copied() else {
        return Err(Error::not_found("deployment", &deployment_id));
    };
    let release_id = optional(row, 3)?;
    if let Some(id) = named.filter(|_| release_id.is_none()) {
        let mut error = Error::not_found("release", id);
        error.message = format!("deployment `{deployment_id}` has no release `{id}`; name one of its own releases");
        return Err(error);
    }
    let response = TraceProvenanceResponse {
        deployment_id: row.text(1)?.to_owned(),
        service_id: row.text(2)?.to_owned(),
        release_id,
        build_id: optional(row, 4)?,
        vcs_ref: optional(row, 5)?,
        release_artifacts: artifacts(&rows, Part::ReleaseArtifact)?,
        build_artifacts: artifacts(&rows, Part::BuildArtifact)?,
    };
    Ok(response.encode_to_vec().into())
}

/// How an artifact came about.
pub async fn lineage(context: &Context, bytes: Bytes) -> Result<Bytes> {
    let request: TraceLineageRequest = decode(bytes)?;
    let entity = resource(context.model(), "resource", &request.resource)?;
    let is_of_build = match entity.name.as_str() {
        "build_artifact" => true,
        "release_artifact" => false,
        other => {
            let message =
                format!("`resource` must be `build_artifact` or `release_artifact`: {other} objects have no lineage");
            return Err(Error::invalid("resource", ErrorReason::InvalidValue, message));
        }
    };
    validate::id(context.model(), entity, "id", &request.id)?;
    let row = match is_of_build {
        true => of_build_artifact(context.db(), &request.id).await?,
        false => of_release_artifact(context.db(), &request.id).await?,
    };
    let Some(row) = row else { return Err(Error::not_found(&entity.name, &request.id)) };
    let response = TraceLineageResponse {
        resource: entity.name.clone(),
        artifact: Some(ArtifactLocation {
            id: row.text(0)?.to_owned(),
            name: row.text(1)?.to_owned(),
            input_repo_id: row.text(2)?.to_owned(),
            output_repo_id: row.text(3)?.to_owned(),
            upload_path: row.text(4)?.to_owned(),
            location: optional(&row, 5)?,
        }),
        input_repo_url: optional(&row, 6)?,
        output_repo_url: optional(&row, 7)?,
        build_id: row.text(8)?.to_owned(),
        build_num: row.integer(9)?,
        vcs_ref: row.text(10)?.to_owned(),
        service_id: row.text(11)?.to_owned(),
        release_id: optional(&row, 12)?,
        deployment_id: optional(&row, 13)?,
    };
    Ok(response.encode_to_vec().into())
}

fn optional(row: &Row, column: usize) -> Result<Option<String>> {
    Ok(row.optional_text(column)?.map(str::to_owned))
}

/// The rows of a part.
fn of(rows: &[Row], part: Part) -> Result<Vec<&Row>> {
    let mut found = Vec::new();
    for row in rows {
        if row.integer(0)? == part as i64 {
            found.push(row);
        }
    }
    Ok(found)
}

/// The artifacts of a part, in the order of their IDs.
fn artifacts(rows: &[Row], part: Part) -> Result<Vec<ArtifactLocation>> {
    let artifact = |row: &Row| {
        Ok(ArtifactLocation {
            id: row.text(1)?.to_owned(),
            name: row.text(2)?.to_owned(),
            input_repo_id: row.text(3)?.to_owned(),
            output_repo_id: row.text(4)?.to_owned(),
            upload_path: row.text(5)?.to_owned(),
            location: optional(row, 6)?,
        })
    };
    let mut artifacts = of(rows, part)?.into_iter().map(artifact).collect::<Result<Vec<_>>>()?;
    artifacts.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(artifacts)
}
