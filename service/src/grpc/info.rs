//! GetServerInfo: which server this is.

use bytes::Bytes;
use qairon::v1::ErrorReason;

use super::store::Store;
use crate::error::{Error, ErrorKind, Result};

pub async fn server_info(_store: &Store, _bytes: Bytes) -> Result<Bytes> {
    Err(Error::new(ErrorKind::Unimplemented, ErrorReason::UnknownMethod, "GetServerInfo is not there yet"))
}
