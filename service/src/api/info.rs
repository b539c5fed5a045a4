//! GetServerInfo: which server this is.

use bytes::Bytes;
use prost::Message;
use qairon::v1::{GetServerInfoRequest, GetServerInfoResponse};

use super::requests::decode;
use crate::call::Context;
use crate::call::limits::MAX_MESSAGE_BYTES;
use crate::db::Versions;
use crate::db::about::versions;
use crate::error::Result;

/// Answers whether or not the database does.
pub async fn server_info(context: &Context, bytes: Bytes) -> Result<Bytes> {
    let GetServerInfoRequest {} = decode(bytes)?;
    // The versions are empty while the database does not answer.
    let Versions { database, schema } = versions(context.db()).await.unwrap_or_default();
    let methods = context.model().methods().iter();
    let mut api_packages: Vec<String> =
        methods.map(|method| method.descriptor.parent_service().package_name().to_owned()).collect();
    api_packages.sort();
    api_packages.dedup();
    let response = GetServerInfoResponse {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        api_packages,
        database_version: database,
        schema_version: schema,
        max_message_bytes: MAX_MESSAGE_BYTES as i64,
    };
    Ok(response.encode_to_vec().into())
}
