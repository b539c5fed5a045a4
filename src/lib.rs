//! The Qairon API: the messages and clients of package `qairon.v1`, its descriptors, and the entity model parsed from
//! them. Nothing here touches a database or a terminal.

use std::sync::LazyLock;

use prost_reflect::DescriptorPool;

pub use qairon_model::{self as model, Model};

pub mod numbers;

/// The messages of package `qairon.v1`, its clients and, with the feature `server`, its server traits.
#[allow(clippy::all, clippy::pedantic)]
pub mod v1 {
    tonic::include_proto!("qairon.v1");
}

/// The encoded `FileDescriptorSet` of the API and everything it imports, options included, comments left out.
pub const DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

/// The same set with comments, for reflection and documentation.
pub const DOCUMENTED_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/documented.bin"));

/// The address a server listens on and a client connects to by default.
pub const DEFAULT_ADDRESS: &str = "127.0.0.1:50051";

/// The `domain` of every `google.rpc.ErrorInfo`.
pub const ERROR_DOMAIN: &str = "qairon.dev";

static MODEL: LazyLock<Model> = LazyLock::new(|| {
    let pool = DescriptorPool::decode(DESCRIPTOR_SET).expect("the build wrote valid descriptors");
    Model::parse(pool).expect("the build checked the model")
});

/// The entity model, parsed from the embedded descriptors at first use.
pub fn model() -> &'static Model {
    &MODEL
}
