//! ApplyObjects: objects become what they are given as, in one transaction.

use bytes::Bytes;
use qairon::v1::ErrorReason;
use tonic::Streaming;

use super::super::store::Store;
use super::super::stream::Outlet;
use crate::error::{Error, ErrorKind, Result};

pub async fn apply(_store: &Store, _stream: Streaming<Bytes>, _outlet: Outlet) -> Result<()> {
    Err(Error::new(ErrorKind::Unimplemented, ErrorReason::UnknownMethod, "ApplyObjects is not there yet"))
}
