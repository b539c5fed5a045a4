//! Canonical bytes: the entries of maps in the order of their keys, which is what Go and Python call deterministic.

use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, encode_key, encode_varint, skip_field};
use prost_reflect::{Kind, MessageDescriptor};

/// An encoded message with its maps in order. All else stays where it is.
pub fn canonical(message: &MessageDescriptor, bytes: &[u8]) -> Vec<u8> {
    let mut rest = bytes;
    let mut fields: Vec<(u32, Vec<u8>)> = Vec::new();
    while !rest.is_empty() {
        let before = rest;
        let (number, wire_type) = decode_key(&mut rest).expect("a valid message");
        let descriptor = message.get_field(number).map(|field| field.kind());
        if let (WireType::LengthDelimited, Some(Kind::Message(inner))) = (wire_type, descriptor) {
            let length = usize::try_from(decode_varint(&mut rest).expect("a valid message")).expect("a length");
            let (content, behind) = rest.split_at(length);
            rest = behind;
            let content = canonical(&inner, content);
            let mut field = Vec::new();
            encode_key(number, wire_type, &mut field);
            encode_varint(content.len() as u64, &mut field);
            field.extend(content);
            fields.push((number, field));
        } else {
            skip_field(wire_type, number, &mut rest, DecodeContext::default()).expect("a valid message");
            fields.push((number, before[..before.len() - rest.len()].to_vec()));
        }
    }
    let is_map = |number: &u32| message.get_field(*number).is_some_and(|field| field.is_map());
    let mut entries: Vec<_> = fields.iter().filter(|(number, _)| is_map(number)).cloned().collect();
    entries.sort_by_key(|(number, entry)| (*number, key(entry)));
    let mut entries = entries.into_iter();
    let ordered =
        fields.into_iter().map(|field| if is_map(&field.0) { entries.next().expect("as many") } else { field });
    ordered.flat_map(|(_, field)| field).collect()
}

/// The key of a map's entry: all maps of the API, those of `Struct`, have texts for keys.
fn key(entry: &[u8]) -> Vec<u8> {
    let mut rest = entry;
    decode_key(&mut rest).expect("a key");
    decode_varint(&mut rest).expect("a length");
    decode_key(&mut rest).expect("a key");
    let length = usize::try_from(decode_varint(&mut rest).expect("a length")).expect("a length");
    rest[..length].to_vec()
}
