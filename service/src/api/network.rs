//! AllocateSubnet: the pattern for a method written by hand beside the generated ones.

use bytes::Bytes;
use qairon::v1::{AllocateSubnetRequest, ErrorReason};

use super::repeats::once;
use super::requests::decode;
use crate::call::Context;
use crate::db::failure::Intent;
use crate::db::rows::allocate::{Allocation, allocate};
use crate::db::{Ending, Weight, Write, repeats};
use crate::domain::draft::{Draft, Value, check_new_names};
use crate::domain::validate;
use crate::error::{Error, Result};

/// Creates the first free subnet of a size.
pub async fn allocate_subnet(context: &Context, bytes: Bytes) -> Result<Bytes> {
    let request: AllocateSubnetRequest = decode(bytes.clone())?;
    let model = context.model();
    let (network, subnet) = (model.target("network"), model.target("subnet"));
    validate::id(model, network, "network_id", &request.network_id)?;
    let additional_mask_bits = request.additional_mask_bits.ok_or_else(|| {
        let message =
            "`additional_mask_bits` is required: by how many bits the prefix is longer than that of the network";
        Error::invalid("additional_mask_bits", ErrorReason::Required, message)
    })?;
    if !(0..=128).contains(&additional_mask_bits) {
        let message = format!("`additional_mask_bits` must be 0 to 128, not {additional_mask_bits}");
        return Err(Error::invalid("additional_mask_bits", ErrorReason::OutOfRange, message));
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
    check_new_names(&values)?;
    let allocation = Allocation { network_id: request.network_id, additional_mask_bits };
    let id = format!("{}:{}", allocation.network_id, request.name);
    let write = Write { operation: "allocate_subnet", weight: Weight::Light, validate_only: request.validate_only };
    let once = once(context, &request.request_id, &bytes)?;
    let result = repeats::write(context.db(), write, once, move |transaction| {
        let (allocation, values) = (allocation.clone(), values.clone());
        Box::pin(async move { Ok(Ending::Commit(allocate(transaction, &allocation, subnet, values).await?)) })
    });
    let result = result.await;
    result.map(Bytes::from).map_err(|failure| failure.into_error(model, Intent::on(subnet, &id)))
}
