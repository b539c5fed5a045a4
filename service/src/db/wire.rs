//! Protobuf's wire format, written from column values.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnetwork::IpNetwork;
use prost::encoding::{WireType, encode_key, encode_varint};

use super::bind::POSTGRES_EPOCH_MICROS;
use super::row::unreadable;
use crate::error::Result;

/// 0001-01-01T00:00:00Z, in microseconds since 1970.
pub const FIRST_MICROS: i64 = -62_135_596_800_000_000;
/// 9999-12-31T23:59:59.999999Z.
pub const LAST_MICROS: i64 = 253_402_300_799_999_999;

/// Writes a length-delimited field: a text, or a message encoded already.
pub fn bytes_field(out: &mut Vec<u8>, number: u32, bytes: &[u8]) {
    encode_key(number, WireType::LengthDelimited, out);
    encode_varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

/// Writes a message field whose content is written by a closure.
pub fn message_field(out: &mut Vec<u8>, number: u32, write: impl FnOnce(&mut Vec<u8>) -> Result<()>) -> Result<()> {
    encode_key(number, WireType::LengthDelimited, out);
    let start = out.len();
    write(out)?;
    // The length goes in front of what it measures; moving a few hundred bytes is cheaper than a second buffer.
    let length = (out.len() - start) as u64;
    let mut prefix = [0u8; 10];
    let mut rest = &mut prefix[..];
    encode_varint(length, &mut rest);
    let used = 10 - rest.len();
    out.splice(start..start, prefix[..used].iter().copied());
    Ok(())
}

/// Writes an integer, a boolean or an enum; zero is not written.
pub fn integer_field(out: &mut Vec<u8>, number: u32, value: i64) {
    if value != 0 {
        present_integer(out, number, value);
    }
}

/// Writes an integer, a boolean or an enum of a field with presence, where zero is a value.
pub fn present_integer(out: &mut Vec<u8>, number: u32, value: i64) {
    encode_key(number, WireType::Varint, out);
    encode_varint(value.cast_unsigned(), out);
}

/// Writes a double of a field with presence from its eight bytes in network order.
pub fn double_field(out: &mut Vec<u8>, number: u32, bytes: &[u8]) -> Result<()> {
    let value = bytes.try_into().map(f64::from_be_bytes).map_err(|_| unreadable("double"))?;
    present_double(out, number, value);
    Ok(())
}

/// Writes a double of a field with presence, where zero is a value.
pub fn present_double(out: &mut Vec<u8>, number: u32, value: f64) {
    encode_key(number, WireType::SixtyFourBit, out);
    out.extend_from_slice(&value.to_le_bytes());
}

/// Writes a google.protobuf.Timestamp from microseconds since 2000 in network order.
pub fn timestamp_field(out: &mut Vec<u8>, number: u32, bytes: &[u8]) -> Result<()> {
    let micros = bytes.try_into().map(i64::from_be_bytes).map_err(|_| unreadable("timestamp"))?;
    timestamp_value(out, number, micros.saturating_add(POSTGRES_EPOCH_MICROS))
}

/// Writes a google.protobuf.Timestamp from microseconds since 1970.
///
/// A Timestamp holds the years 1 to 9999; PostgreSQL more of them, and infinity. What is outside is given as the nearest.
pub fn timestamp_value(out: &mut Vec<u8>, number: u32, unix_micros: i64) -> Result<()> {
    let unix_micros = unix_micros.clamp(FIRST_MICROS, LAST_MICROS);
    message_field(out, number, |out| {
        integer_field(out, 1, unix_micros.div_euclid(1_000_000));
        integer_field(out, 2, unix_micros.rem_euclid(1_000_000) * 1000);
        Ok(())
    })
}

/// The canonical notation of a cidr column.
pub fn cidr(bytes: &[u8]) -> Result<String> {
    // Family, prefix length, is-cidr, address length, address.
    let network = match bytes {
        [_, prefix, _, 4, address @ ..] => {
            let octets: [u8; 4] = address.try_into().map_err(|_| unreadable("cidr"))?;
            IpNetwork::new(IpAddr::V4(Ipv4Addr::from(octets)), *prefix)
        }
        [_, prefix, _, 16, address @ ..] => {
            let octets: [u8; 16] = address.try_into().map_err(|_| unreadable("cidr"))?;
            IpNetwork::new(IpAddr::V6(Ipv6Addr::from(octets)), *prefix)
        }
        _ => return Err(unreadable("cidr")),
    };
    network.map(|network| network.to_string()).map_err(|_| unreadable("cidr"))
}
