//! CloneDeployment and PromoteDeployment.

use bytes::Bytes;
use qairon::v1::{CloneDeploymentRequest, PromoteDeploymentRequest};

use super::repeats::once;
use super::requests::decode;
use crate::call::Context;
use crate::db::failure::Intent;
use crate::db::rows::deployments;
use crate::db::{Ending, Weight, Write, repeats};
use crate::domain::draft::{Value, rekeyed_id};
use crate::domain::validate;
use crate::error::Result;

/// Copies a deployment to another target.
pub async fn clone(context: &Context, bytes: Bytes) -> Result<Bytes> {
    let request: CloneDeploymentRequest = decode(bytes.clone())?;
    let model = context.model();
    let deployment = model.target("deployment");
    validate::id(model, deployment, "id", &request.id)?;
    validate::id(model, model.target("deployment_target"), "deployment_target_id", &request.deployment_target_id)?;
    let target =
        deployment.field("deployment_target_id").map(|f| (f, Value::Text(request.deployment_target_id.clone())));
    let id = rekeyed_id(model, deployment, &request.id, target.as_slice());
    let write = Write { operation: "clone_deployment", weight: Weight::Light, validate_only: request.validate_only };
    let once = once(context, &request.request_id, &bytes)?;
    let result = repeats::write(context.db(), write, once, move |transaction| {
        let CloneDeploymentRequest { id, deployment_target_id, .. } = request.clone();
        Box::pin(async move { Ok(Ending::Commit(deployments::clone(transaction, &id, &deployment_target_id).await?)) })
    });
    let result = result.await;
    result.map(Bytes::from).map_err(|failure| failure.into_error(model, Intent::on(deployment, &id)))
}

/// Releases the current build of one deployment to another.
pub async fn promote(context: &Context, bytes: Bytes) -> Result<Bytes> {
    let request: PromoteDeploymentRequest = decode(bytes.clone())?;
    let model = context.model();
    let deployment = model.target("deployment");
    validate::id(model, deployment, "source_id", &request.source_id)?;
    validate::id(model, deployment, "destination_id", &request.destination_id)?;
    let id = request.destination_id.clone();
    let write = Write { operation: "promote_deployment", weight: Weight::Light, validate_only: request.validate_only };
    let once = once(context, &request.request_id, &bytes)?;
    let result = repeats::write(context.db(), write, once, move |transaction| {
        let PromoteDeploymentRequest { source_id, destination_id, .. } = request.clone();
        Box::pin(
            async move { Ok(Ending::Commit(deployments::promote(transaction, &source_id, &destination_id).await?)) },
        )
    });
    let result = result.await;
    result.map(Bytes::from).map_err(|failure| failure.into_error(model, Intent::on(deployment, &id)))
}
