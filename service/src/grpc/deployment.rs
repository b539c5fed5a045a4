//! CloneDeployment and PromoteDeployment.

use bytes::Bytes;
use diesel_async::AsyncPgConnection;
use qairon::v1::{CloneDeploymentRequest, PromoteDeploymentRequest};

use super::requests::decode;
use super::store::Store;
use super::writes::{Method, once};
use crate::db::deployments;
use crate::db::doorway::Write;
use crate::db::failure::{Failure, Intent};
use crate::db::objects;
use crate::db::projection::Projection;
use crate::db::wire;
use crate::domain::draft::{Value, rekeyed_id};
use crate::domain::validate;
use crate::error::{Error, Result};

/// Copies a deployment to another target.
pub async fn clone(store: &Store, method: &Method<'_>, bytes: Bytes) -> Result<Bytes> {
    let request: CloneDeploymentRequest = decode(bytes.clone())?;
    let model = store.model;
    let deployment = model.target("deployment");
    validate::id(model, deployment, "id", &request.id)?;
    validate::id(model, model.target("deployment_target"), "deployment_target_id", &request.deployment_target_id)?;
    let write = Write {
        operation: "clone_deployment",
        validate_only: request.validate_only,
        single_statement: false,
        once: once(&request.request_id, method.path, method.input, &bytes)?,
    };
    let target =
        deployment.field("deployment_target_id").map(|f| (f, Value::Text(request.deployment_target_id.clone())));
    let id = rekeyed_id(model, deployment, &request.id, target.as_slice());
    let projection = store.statements(deployment).whole.clone();
    let result = store
        .db
        .write(write, move |connection| {
            let (request, projection) = (request.clone(), projection.clone());
            Box::pin(async move {
                let new_id = deployments::clone(connection, &request.id, &request.deployment_target_id).await?;
                answer(connection, &projection, &new_id).await
            })
        })
        .await
        .map_err(|failure| failure.into_error(model, Intent::on(deployment, &id)))?;
    Ok(result.into())
}

/// Releases the current build of one deployment to another.
pub async fn promote(store: &Store, method: &Method<'_>, bytes: Bytes) -> Result<Bytes> {
    let request: PromoteDeploymentRequest = decode(bytes.clone())?;
    let model = store.model;
    let deployment = model.target("deployment");
    validate::id(model, deployment, "source_id", &request.source_id)?;
    validate::id(model, deployment, "destination_id", &request.destination_id)?;
    let write = Write {
        operation: "promote_deployment",
        validate_only: request.validate_only,
        single_statement: false,
        once: once(&request.request_id, method.path, method.input, &bytes)?,
    };
    let id = request.destination_id.clone();
    let projection = store.statements(deployment).whole.clone();
    let result = store
        .db
        .write(write, move |connection| {
            let (request, projection) = (request.clone(), projection.clone());
            Box::pin(async move {
                deployments::promote(connection, &request.source_id, &request.destination_id).await?;
                answer(connection, &projection, &request.destination_id).await
            })
        })
        .await
        .map_err(|failure| failure.into_error(model, Intent::on(deployment, &id)))?;
    Ok(result.into())
}

async fn answer(
    connection: &mut AsyncPgConnection,
    projection: &Projection,
    id: &str,
) -> std::result::Result<Vec<u8>, Failure> {
    let sql = objects::select(qairon::model().target("deployment"), projection, id);
    let row = objects::one(connection, sql).await?.ok_or_else(|| Error::internal("a written deployment is gone"))?;
    let mut out = Vec::with_capacity(row.size() + 64);
    wire::message_field(&mut out, 1, |out| projection.encode(&row, out))?;
    Ok(out)
}
