//! Compiles `proto/` into messages, clients, server traits and the embedded descriptor set.
//!
//! The entity model is parsed here as well, only to refuse a description that breaks a rule of `options.proto` at
//! build time, where its author sees it.

use std::path::{Path, PathBuf};

use prost::Message;
use prost_reflect::DescriptorPool;

#[path = "src/model/mod.rs"]
#[allow(dead_code, unused_imports)]
mod model;

fn main() {
    println!("cargo:rerun-if-changed=proto");
    println!("cargo:rerun-if-changed=src/model");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));

    let mut compiler = protox::Compiler::new(["proto"]).expect("proto/ can be read");
    compiler.include_imports(true).include_source_info(true);
    if let Err(error) = compiler.open_files(proto_files(Path::new("proto/qairon/v1"))) {
        panic!("proto/ does not compile: {error:?}");
    }
    // The encoded set keeps the bytes of our options; prost's own types would drop them.
    let documented = compiler.encode_file_descriptor_set();
    let pool = DescriptorPool::decode(documented.as_slice()).expect("protox writes valid descriptors");
    if let Err(error) = model::Model::parse(pool.clone()) {
        panic!("proto/ breaks a rule of options.proto: {error}");
    }
    std::fs::write(out.join("documented.bin"), &documented).expect("OUT_DIR is writable");
    std::fs::write(out.join("descriptors.bin"), without_source_info(&documented)).expect("OUT_DIR is writable");

    let set = prost_types::FileDescriptorSet::decode(documented.as_slice()).expect("the bytes were just written");
    tonic_prost_build::configure()
        // Servers other than ours are rare: fakes in somebody's tests. They ask for the traits by feature.
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

/// Comments are two thirds of the set and would cost `qcli` milliseconds at every start.
fn without_source_info(set: &[u8]) -> Vec<u8> {
    /// A FileDescriptorSet whose files stay opaque.
    #[derive(Clone, PartialEq, prost::Message)]
    struct Opaque {
        #[prost(bytes = "vec", repeated, tag = "1")]
        file: Vec<Vec<u8>>,
    }
    let mut opaque = Opaque::decode(set).expect("a descriptor set");
    for file in &mut opaque.file {
        *file = drop_field(file, 9);
    }
    opaque.encode_to_vec()
}

/// Copies an encoded message without one of its length-delimited fields, leaving every other byte as it is.
fn drop_field(message: &[u8], number: u32) -> Vec<u8> {
    use prost::encoding::{DecodeContext, WireType, decode_key, skip_field};
    let mut rest = message;
    let mut kept = Vec::with_capacity(message.len());
    while !rest.is_empty() {
        let before = rest;
        let (tag, wire_type) = decode_key(&mut rest).expect("a valid message");
        skip_field(wire_type, tag, &mut rest, DecodeContext::default()).expect("a valid message");
        if tag != number || wire_type != WireType::LengthDelimited {
            kept.extend_from_slice(&before[..before.len() - rest.len()]);
        }
    }
    kept
}
