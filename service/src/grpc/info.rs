//! GetServerInfo: which server this is.

use std::time::{Duration, Instant};

use bytes::Bytes;
use prost::Message;
use qairon::v1::{GetServerInfoRequest, GetServerInfoResponse};
use tokio::sync::Mutex;

use super::requests::decode;
use super::router::MAX_MESSAGE_BYTES;
use super::store::Store;
use crate::db::versions::{Versions, versions};
use crate::error::Result;

/// How long the answer of the database is good for.
const FRESH: Duration = Duration::from_secs(1);
/// How long the database may take: the rest of the answer does not need it.
const PATIENCE: Duration = Duration::from_millis(500);

/// What the database said last, and when.
///
/// However many callers ask, the database is asked once at a time and about once a second. That it is away is
/// remembered too: who asks meanwhile does not wait for the same silence.
#[derive(Default)]
pub struct KnownVersions(Mutex<Option<(Instant, Option<Versions>)>>);

impl KnownVersions {
    async fn get(&self, store: &Store) -> Option<Versions> {
        let mut known = self.0.lock().await;
        if let Some((when, versions)) = &*known
            && when.elapsed() < FRESH
        {
            return versions.clone();
        }
        let told = tokio::time::timeout(PATIENCE, versions(&store.db)).await;
        let told = told.ok().and_then(std::result::Result::ok);
        *known = Some((Instant::now(), told.clone()));
        told
    }
}

/// Answers whether or not the database does.
pub async fn server_info(store: &Store, bytes: Bytes) -> Result<Bytes> {
    let GetServerInfoRequest {} = decode(bytes)?;
    let Versions { database, schema } = store.versions.get(store).await.unwrap_or_default();
    let packages =
        store.model.methods().iter().map(|method| method.descriptor.parent_service().package_name().to_owned());
    let mut api_packages: Vec<String> = packages.collect();
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
