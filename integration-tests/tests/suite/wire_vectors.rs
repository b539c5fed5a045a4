//! `stubs/testdata/wire.json`: messages in binary and in JSON that every language has to read and write alike.
//!
//! The vectors are made from the descriptors: every message of the API with all its fields set, and with those that can
//! distinguish unset from zero set to zero; then what is hard, by hand. Go and Python read the same file. A vector that
//! is `lossy` says more in binary than JSON can, or says it in an unusual way: it is decoded, never encoded.

mod canonical;
mod hard;
mod samples;

use prost::Message;
use prost_reflect::{DynamicMessage, MessageDescriptor};
use qairon_integration_tests::{Report, assert_golden, workspace};
use serde_json::{Value, json};

use canonical::canonical;

/// A vector on its way into the file.
struct Vector {
    name: String,
    message: MessageDescriptor,
    binary: Vec<u8>,
    lossy: bool,
}

impl Vector {
    fn line(&self) -> String {
        let message = DynamicMessage::decode(self.message.clone(), self.binary.as_slice()).expect("valid bytes");
        let mut line = json!({
            "name": self.name,
            "type": self.message.full_name(),
            "json": serde_json::to_value(&message).expect("every vector has a form in JSON"),
            "binary": base64::encode(&self.binary),
        });
        if self.lossy {
            line["lossy"] = true.into();
        }
        line.to_string()
    }
}

fn messages() -> impl Iterator<Item = MessageDescriptor> {
    let pool = qairon::model().pool().clone();
    let all: Vec<_> = pool.all_messages().collect();
    all.into_iter().filter(|message| message.full_name().starts_with("qairon.v1.") && !message.is_map_entry())
}

#[test]
fn the_vectors_are_those_of_the_descriptors() {
    let mut vectors = Vec::new();
    for message in messages() {
        let name = message.name().to_owned();
        for (kind, sample) in [("full", samples::full(&message)), ("zero", samples::zero(&message))] {
            let binary = canonical(&message, &sample.encode_to_vec());
            vectors.push(Vector { name: format!("{name}: {kind}"), message: message.clone(), binary, lossy: false });
        }
    }
    vectors.extend(hard::vectors());
    let lines: Vec<String> = vectors.iter().map(Vector::line).collect();
    assert_golden("../../stubs/testdata/wire.json", &format!("[\n{}\n]\n", lines.join(",\n")));
}

#[test]
fn rust_reads_and_writes_the_vectors() {
    let path = workspace().join("stubs/testdata/wire.json");
    let vectors: Vec<Value> = serde_json::from_slice(&std::fs::read(path).expect("the file is there")).expect("JSON");
    let mut report = Report::new();
    for vector in &vectors {
        let (name, json) = (vector["name"].as_str().expect("a name"), &vector["json"]);
        let type_name = vector["type"].as_str().expect("a type");
        let message = qairon::model().pool().get_message_by_name(type_name).expect("a message of the API");
        let binary = base64::decode(vector["binary"].as_str().expect("bytes"));
        let decoded = DynamicMessage::decode(message.clone(), binary.as_slice()).expect("valid bytes");
        report.equal(name, &serde_json::to_value(&decoded).expect("JSON"), json);
        if vector["lossy"] == true {
            continue;
        }
        let parsed = DynamicMessage::deserialize(message.clone(), json).expect("valid JSON");
        report.equal(name, canonical(&message, &parsed.encode_to_vec()), binary.clone());
        report.equal(name, canonical(&message, &decoded.encode_to_vec()), binary);
    }
    report.finish();
}

/// The generated messages, of those kinds that the hard vectors are about.
#[test]
fn generated_rust_messages_keep_every_byte() {
    use qairon::v1;
    let mut report = Report::new();
    for vector in hard::vectors().iter().filter(|vector| !vector.lossy) {
        let bytes = vector.binary.as_slice();
        let again = match vector.message.name() {
            "Build" => v1::Build::decode(bytes).map(|message| message.encode_to_vec()),
            "Capacity" => v1::Capacity::decode(bytes).map(|message| message.encode_to_vec()),
            "BuildRow" => v1::BuildRow::decode(bytes).map(|message| message.encode_to_vec()),
            "UpdateBuildRequest" => v1::UpdateBuildRequest::decode(bytes).map(|message| message.encode_to_vec()),
            "ListBuildsRequest" => v1::ListBuildsRequest::decode(bytes).map(|message| message.encode_to_vec()),
            "ListBuildsResponse" => v1::ListBuildsResponse::decode(bytes).map(|message| message.encode_to_vec()),
            "ImportObjectsRequest" => v1::ImportObjectsRequest::decode(bytes).map(|message| message.encode_to_vec()),
            "ApplyObjectsRequest" => v1::ApplyObjectsRequest::decode(bytes).map(|message| message.encode_to_vec()),
            "ObjectChange" => v1::ObjectChange::decode(bytes).map(|message| message.encode_to_vec()),
            other => panic!("`{other}` has a hard vector and no generated message here"),
        };
        report.equal(&vector.name, again.expect("valid bytes"), vector.binary.clone());
    }
    report.finish();
}

/// The two functions that are needed; the crate of that name would be a dependency for forty lines.
mod base64 {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    pub fn encode(bytes: &[u8]) -> String {
        let mut text = String::new();
        for chunk in bytes.chunks(3) {
            let triple = chunk.iter().fold(0u32, |sum, byte| sum << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
            for place in 0..4 {
                let digit = DIGITS[(triple >> (18 - 6 * place) & 63) as usize];
                text.push(if place <= chunk.len() { digit.into() } else { '=' });
            }
        }
        text
    }

    pub fn decode(text: &str) -> Vec<u8> {
        let (mut bytes, mut held, mut bits) = (Vec::new(), 0u32, 0);
        for digit in text.trim_end_matches('=').bytes() {
            let value = DIGITS.iter().position(|known| *known == digit).expect("a digit of base64");
            held = held << 6 | u32::try_from(value).expect("below 64");
            bits += 6;
            if bits >= 8 {
                bits -= 8;
                bytes.push((held >> bits & 255) as u8);
            }
        }
        bytes
    }
}
