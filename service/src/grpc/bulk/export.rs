//! ExportObjects: all objects of some resources, as they are at one moment.

use bytes::Bytes;
use qairon::v1::ErrorReason;

use super::super::store::Store;
use super::super::stream::Outlet;
use crate::error::{Error, ErrorKind, Result};

pub async fn export(_store: &Store, _bytes: Bytes, _outlet: Outlet) -> Result<()> {
    Err(Error::new(ErrorKind::Unimplemented, ErrorReason::UnknownMethod, "ExportObjects is not there yet"))
}
