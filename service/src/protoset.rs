//! `qairon-service protoset`: what reflection reports, as a file, for servers without it.

use std::collections::HashSet;
use std::io::{self, Write};

use prost::Message;
use prost::bytes::Bytes;

/// A `FileDescriptorSet` whose files stay unchanged: prost's own types would drop their options.
#[derive(Clone, PartialEq, Message)]
struct RawSet {
    #[prost(bytes = "bytes", repeated, tag = "1")]
    files: Vec<Bytes>,
}

/// The name of a file in a set.
#[derive(Clone, PartialEq, Message)]
struct Named {
    #[prost(string, tag = "1")]
    name: String,
}

/// Writes the API, the details of errors and the health service with everything that they import, each file once.
pub fn write(mut out: impl Write) -> io::Result<()> {
    let sets = [
        qairon::DOCUMENTED_DESCRIPTOR_SET,
        tonic_types::pb::FILE_DESCRIPTOR_SET,
        tonic_health::pb::FILE_DESCRIPTOR_SET,
    ];
    let mut whole = RawSet::default();
    let mut names = HashSet::new();
    for set in sets {
        for file in RawSet::decode(set).map_err(io::Error::other)?.files {
            if names.insert(Named::decode(file.clone()).map_err(io::Error::other)?.name) {
                whole.files.push(file);
            }
        }
    }
    out.write_all(&whole.encode_to_vec())?;
    out.flush()
}
