//! CompleteIds: how an ID that was begun goes on.

use bytes::Bytes;
use qairon::v1::ErrorReason;

use super::store::Store;
use crate::error::{Error, ErrorKind, Result};

pub async fn complete_ids(_store: &Store, _bytes: Bytes) -> Result<Bytes> {
    Err(Error::new(ErrorKind::Unimplemented, ErrorReason::UnknownMethod, "CompleteIds is not there yet"))
}
