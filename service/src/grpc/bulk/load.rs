//! LoadObjects: a stream of objects, acknowledged message by message.

use bytes::Bytes;
use qairon::v1::ErrorReason;
use tonic::Streaming;

use super::super::store::Store;
use super::super::stream::Outlet;
use crate::error::{Error, ErrorKind, Result};

pub async fn load(_store: &Store, _stream: Streaming<Bytes>, _outlet: Outlet) -> Result<()> {
    Err(Error::new(ErrorKind::Unimplemented, ErrorReason::UnknownMethod, "LoadObjects is not there yet"))
}
