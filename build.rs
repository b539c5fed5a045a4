//! Compiles `proto/` into messages, clients, server traits and the embedded descriptor set.
//!
//! The entity model is parsed here as well, only to refuse a description that breaks a rule of `options.proto` at
//! build time, where its author sees it.

use std::path::{Path, PathBuf};

use prost::Message;
use prost_reflect::DescriptorPool;

fn main() {
    println!("cargo:rerun-if-changed=proto");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));

    let mut compiler = protox::Compiler::new(["proto"]).expect("proto/ can be read");
    compiler.include_imports(true).include_source_info(true);
    if let Err(error) = compiler.open_files(proto_files(Path::new("proto/qairon/v1"))) {
        panic!("proto/ does not compile: {error:?}");
    }
    // The encoded set keeps the bytes of our options; prost's own types would drop them.
    let documented = compiler.encode_file_descriptor_set();
    let pool = DescriptorPool::decode(documented.as_slice()).expect("protox writes valid descriptors");
    if let Err(error) = qairon_model::Model::parse_checked(pool) {
        panic!("proto/ breaks a rule of options.proto: {error}");
    }
    std::fs::write(out.join("documented.bin"), &documented).expect("OUT_DIR is writable");
    std::fs::write(out.join("descriptors.bin"), slim(&documented)).expect("OUT_DIR is writable");

    let set = prost_types::FileDescriptorSet::decode(documented.as_slice()).expect("the bytes were just written");
    tonic_prost_build::configure()
        // Other servers are rare: fakes in tests. They ask for the traits by feature.
        .server_mod_attribute(".", "#[cfg(feature = \"server\")]")
        .client_mod_attribute(".", "#[cfg(feature = \"client\")]")
        .compile_well_known_types(false)
        .compile_fds(set)
        .expect("code can be generated");
}

fn proto_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the proto folder can be read");
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("the proto folder can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "proto"))
        .collect();
    files.sort();
    files
}

/// The set without what only people and reflection want of it: comments, and the options of requests and responses.
/// `qcli` parses what is left at every start.
fn slim(set: &[u8]) -> Vec<u8> {
    // The numbers are those of descriptor.proto.
    const FILE_MESSAGE: u32 = 4;
    const FILE_SOURCE_INFO: u32 = 9;
    const MESSAGE_FIELD: u32 = 2;
    const MESSAGE_OPTIONS: u32 = 7;
    const FIELD_OPTIONS: u32 = 8;
    const FIELD_JSON_NAME: u32 = 10;
    let slim_field = |bytes: &[u8], entity: bool| {
        rewrite(bytes, |number, inner| match number {
            // Follows from the name.
            FIELD_JSON_NAME => None,
            FIELD_OPTIONS if !entity => None,
            _ => Some(inner.to_vec()),
        })
    };
    let slim_message = |bytes: &[u8]| {
        let mut entity = false;
        rewrite(bytes, |number, inner| {
            entity |= number == MESSAGE_OPTIONS;
            Some(inner.to_vec())
        });
        rewrite(bytes, |number, inner| {
            Some(if number == MESSAGE_FIELD { slim_field(inner, entity) } else { inner.to_vec() })
        })
    };
    let slim_file = |bytes: &[u8]| {
        let ours = bytes.windows(9).any(|window| window == b"qairon.v1");
        rewrite(bytes, |number, inner| match number {
            FILE_SOURCE_INFO => None,
            FILE_MESSAGE if ours => Some(slim_message(inner)),
            _ => Some(inner.to_vec()),
        })
    };
    rewrite(set, |_, file| Some(slim_file(file)))
}

/// Copies an encoded message field by field. What the function returns for the bytes of a length-delimited field takes
/// their place; `None` leaves the field out. All else stays as it is.
fn rewrite(message: &[u8], mut change: impl FnMut(u32, &[u8]) -> Option<Vec<u8>>) -> Vec<u8> {
    use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, encode_key, encode_varint, skip_field};
    let mut rest = message;
    let mut out = Vec::with_capacity(message.len());
    while !rest.is_empty() {
        let before = rest;
        let (number, wire_type) = decode_key(&mut rest).expect("a valid message");
        if wire_type != WireType::LengthDelimited {
            skip_field(wire_type, number, &mut rest, DecodeContext::default()).expect("a valid message");
            out.extend_from_slice(&before[..before.len() - rest.len()]);
            continue;
        }
        let length = usize::try_from(decode_varint(&mut rest).expect("a valid message")).expect("a length");
        let (bytes, behind) = rest.split_at(length);
        rest = behind;
        if let Some(changed) = change(number, bytes) {
            encode_key(number, WireType::LengthDelimited, &mut out);
            encode_varint(changed.len() as u64, &mut out);
            out.extend_from_slice(&changed);
        }
    }
    out
}
