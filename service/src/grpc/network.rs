//! AllocateSubnet: the pattern for a method written by hand beside the generated ones.

use bytes::Bytes;
use qairon::v1::{AllocateSubnetRequest, ErrorReason};

use super::requests::decode;
use super::store::Store;
use super::writes::{Method, once};
use crate::db::allocate::{Allocation, allocate};
use crate::db::doorway::Write;
use crate::db::failure::Intent;
use crate::db::wire;
use crate::domain::draft::{Draft, Value};
use crate::domain::validate;
use crate::error::{Error, Result};

/// Creates the first free subnet of a size.
pub async fn allocate_subnet(store: &Store, method: &Method<'_>, bytes: Bytes) -> Result<Bytes> {
    let request: AllocateSubnetRequest = decode(bytes.clone())?;
    let model = store.model;
    let (network, subnet) = (model.target("network"), model.target("subnet"));
    validate::id(model, network, "network_id", &request.network_id)?;
    if request.additional_bits < 0 || request.additional_bits > 128 {
        let message = format!("`additional_bits` must be 0 to 128, not {}", request.additional_bits);
        return Err(Error::invalid("additional_bits", ErrorReason::OutOfRange, message));
    }
    // The subnet as a plain create would send it, but for its range.
    let draft = qairon::v1::Subnet {
        network_id: request.network_id.clone(),
        name: request.name.clone(),
        defaults: request.defaults,
        ..Default::default()
    };
    let draft = Draft::decode(subnet, &prost::Message::encode_to_vec(&draft))?;
    let values = draft.for_update(model, subnet, None)?;
    if !values.iter().any(|(field, value)| field.name == "name" && *value != Value::Null) {
        return Err(Error::invalid("name", ErrorReason::Required, "`name` is required: the name of the new subnet"));
    }
    let allocation = Allocation { network_id: request.network_id, additional_bits: request.additional_bits };
    let id = format!("{}:{}", allocation.network_id, request.name);
    let projection = store.statements(subnet).whole.clone();
    let write = Write {
        operation: "allocate_subnet",
        validate_only: request.validate_only,
        single_statement: false,
        once: once(&request.request_id, method.path, method.input, &bytes)?,
    };
    let result = store
        .db
        .write(write, move |connection| {
            let (allocation, values, projection) = (allocation.clone(), values.clone(), projection.clone());
            Box::pin(async move {
                let row = allocate(connection, &allocation, subnet, values, &projection).await?;
                let mut out = Vec::with_capacity(row.size() + 64);
                wire::message_field(&mut out, 1, |out| projection.encode(&row, out))?;
                Ok(out)
            })
        })
        .await
        .map_err(|failure| failure.into_error(model, Intent::on(subnet, &id)))?;
    Ok(result.into())
}
