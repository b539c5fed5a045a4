//! JSON as PostgreSQL sends it, written as `google.protobuf.Struct`.
//!
//! Read once from end to end, without values in between. Whoever writes to the database may store more than a Struct
//! holds, and one such value leaves the objects beside it readable: a number is given as the nearest double, and
//! what nests deeper than clients can read as its text.

use prost::encoding::{WireType, encode_key, encode_varint};
use qairon::numbers::shown;

use super::row::unreadable;
use super::wire::{bytes_field, message_field};
use crate::domain::json::nearest_double;
use crate::domain::validate::MAX_JSON_DEPTH;
use crate::error::Result;

/// Writes a `google.protobuf.Struct` field from the text of a JSON object.
pub fn struct_field(out: &mut Vec<u8>, number: u32, json: &[u8]) -> Result<()> {
    let mut reader = Reader { json, at: 0 };
    match reader.next_token() {
        Some(b'{') => message_field(out, number, |out| reader.members(out, 1)),
        _ => Err(malformed()),
    }
}

/// JSON text with every number as it is shown.
pub fn shown_text(json: &str) -> String {
    let mut reader = Reader { json: json.as_bytes(), at: 0 };
    let mut text = String::with_capacity(json.len());
    while let Some(byte) = reader.peek() {
        let start = reader.at;
        match byte {
            b'"' => _ = reader.skip_text(),
            b'-' | b'0'..=b'9' => {
                text.push_str(&shown(nearest_double(reader.literal())));
                continue;
            }
            // White space between values is no part of them.
            b' ' => {
                reader.at += 1;
                continue;
            }
            _ => reader.at += 1,
        }
        text.push_str(json.get(start..reader.at).unwrap_or_default());
    }
    text
}

/// A position in the text of a value.
struct Reader<'j> {
    json: &'j [u8],
    at: usize,
}

impl<'j> Reader<'j> {
    fn peek(&self) -> Option<u8> {
        self.json.get(self.at).copied()
    }

    /// The next byte after white space, without consuming it.
    fn next_token(&mut self) -> Option<u8> {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
        self.peek()
    }

    /// Consumes the comma after an element, or the end of all of them; returns whether there is another.
    fn goes_on(&mut self, end: u8) -> Result<bool> {
        let found = self.next_token().ok_or_else(malformed)?;
        self.at += 1;
        match found {
            b',' => Ok(true),
            found if found == end => Ok(false),
            _ => Err(malformed()),
        }
    }

    /// Consumes the beginning of an object or a list; returns whether it has elements.
    fn enter(&mut self, end: u8) -> bool {
        self.at += 1;
        let empty = self.next_token() == Some(end);
        self.at += usize::from(empty);
        !empty
    }

    /// Writes the members of an object as the content of a Struct.
    fn members(&mut self, out: &mut Vec<u8>, depth: usize) -> Result<()> {
        let mut more = self.enter(b'}');
        while more {
            self.next_token();
            message_field(out, 1, |out| {
                self.text(out, 1)?;
                if self.next_token() != Some(b':') {
                    return Err(malformed());
                }
                self.at += 1;
                message_field(out, 2, |out| self.value(out, depth))
            })?;
            more = self.goes_on(b'}')?;
        }
        Ok(())
    }

    /// Writes the elements of a list as the content of a ListValue.
    fn elements(&mut self, out: &mut Vec<u8>, depth: usize) -> Result<()> {
        let mut more = self.enter(b']');
        while more {
            message_field(out, 1, |out| self.value(out, depth))?;
            more = self.goes_on(b']')?;
        }
        Ok(())
    }

    /// Writes the content of a google.protobuf.Value: its fields are a oneof, so zero values are written.
    fn value(&mut self, out: &mut Vec<u8>, depth: usize) -> Result<()> {
        match self.next_token() {
            Some(b'{' | b'[') if depth >= MAX_JSON_DEPTH => {
                let start = self.at;
                self.skip_value()?;
                bytes_field(out, 3, &self.json[start..self.at]);
                Ok(())
            }
            Some(b'{') => message_field(out, 5, |out| self.members(out, depth + 1)),
            Some(b'[') => message_field(out, 6, |out| self.elements(out, depth + 1)),
            Some(b'"') => self.text(out, 3),
            Some(b'-' | b'0'..=b'9') => {
                encode_key(2, WireType::SixtyFourBit, out);
                out.extend_from_slice(&nearest_double(self.literal()).to_le_bytes());
                Ok(())
            }
            _ => {
                let (number, value) = match self.literal() {
                    "null" => (1, 0),
                    "true" => (4, 1),
                    "false" => (4, 0),
                    _ => return Err(malformed()),
                };
                encode_key(number, WireType::Varint, out);
                encode_varint(value, out);
                Ok(())
            }
        }
    }

    /// Writes a text.
    fn text(&mut self, out: &mut Vec<u8>, number: u32) -> Result<()> {
        let start = self.at;
        let escaped = self.skip_text()?;
        let quoted = &self.json[start..self.at];
        match escaped {
            false => bytes_field(out, number, &quoted[1..quoted.len() - 1]),
            true => {
                let text: String = serde_json::from_slice(quoted).map_err(|_| malformed())?;
                bytes_field(out, number, text.as_bytes());
            }
        }
        Ok(())
    }

    /// Passes over a text; returns whether there are escapes in it.
    fn skip_text(&mut self) -> Result<bool> {
        if self.peek() != Some(b'"') {
            return Err(malformed());
        }
        self.at += 1;
        let mut escaped = false;
        loop {
            match self.peek().ok_or_else(malformed)? {
                b'"' => {
                    self.at += 1;
                    return Ok(escaped);
                }
                b'\\' => {
                    escaped = true;
                    self.at += 2;
                }
                _ => self.at += 1,
            }
        }
    }

    /// Passes over an object or a list, however deep it is.
    fn skip_value(&mut self) -> Result<()> {
        let mut open = 0usize;
        loop {
            match self.peek().ok_or_else(malformed)? {
                b'"' => {
                    self.skip_text()?;
                    continue;
                }
                b'{' | b'[' => open += 1,
                b'}' | b']' => open -= 1,
                _ => {}
            }
            self.at += 1;
            if open == 0 {
                return Ok(());
            }
        }
    }

    /// A number or a word.
    fn literal(&mut self) -> &'j str {
        let rest = &self.json[self.at.min(self.json.len())..];
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        let length = rest.iter().position(|byte| !is_part(byte)).unwrap_or(rest.len());
        self.at += length;
        std::str::from_utf8(&rest[..length]).unwrap_or_default()
    }
}

/// PostgreSQL writes no such text.
fn malformed() -> crate::error::Error {
    unreadable("jsonb")
}

#[cfg(test)]
mod tests {
    use prost::Message;
    use prost_types::value::Kind;
    use prost_types::{Struct, Value};

    use super::*;

    fn read(json: &str) -> Struct {
        let mut out = Vec::new();
        struct_field(&mut out, 1, json.as_bytes()).expect(json);
        // The length in front of it has one byte for each seven bits.
        let start = 1 + out[1..].iter().position(|byte| byte & 0x80 == 0).expect("a length") + 1;
        Struct::decode(&out[start..]).expect("a Struct")
    }

    fn plain(value: &Value) -> serde_json::Value {
        match value.kind.as_ref().expect("a value") {
            Kind::NullValue(_) => serde_json::Value::Null,
            Kind::NumberValue(number) => (*number).into(),
            Kind::StringValue(text) => text.as_str().into(),
            Kind::BoolValue(value) => (*value).into(),
            Kind::StructValue(object) => object.fields.iter().map(|(key, value)| (key.clone(), plain(value))).collect(),
            Kind::ListValue(list) => list.values.iter().map(plain).collect(),
        }
    }

    #[test]
    fn every_kind_of_value_is_read() {
        let json = r#"{"": null, "a": [1.0, -2.5, [], {}, true, false], "b\"\\\n\u0001é": {"c": "x\ty {[,"}, "d": ""}"#;
        let object: serde_json::Value =
            read(json).fields.iter().map(|(key, value)| (key.clone(), plain(value))).collect();
        assert_eq!(object, serde_json::from_str::<serde_json::Value>(json).expect("JSON"));
        assert_eq!(read("{}"), Struct::default());
    }

    #[test]
    fn what_is_nested_too_deeply_is_given_as_its_text() {
        let inner = r#"{"x": [1, "]}"]}"#;
        let json = format!("{}{inner}{}", "{\"a\": ".repeat(MAX_JSON_DEPTH), "}".repeat(MAX_JSON_DEPTH));
        let mut object = read(&json);
        for _ in 1..MAX_JSON_DEPTH {
            let Some(Kind::StructValue(next)) = object.fields.remove("a").and_then(|value| value.kind) else {
                panic!()
            };
            object = next;
        }
        assert_eq!(object.fields["a"].kind, Some(Kind::StringValue(inner.to_owned())));
        let lists = format!("{{\"a\": {}{}}}", "[".repeat(5000), "]".repeat(5000));
        assert_eq!(read(&lists).fields.len(), 1);
    }

    #[test]
    fn what_postgresql_never_sends_is_a_fault() {
        for json in ["", "[]", "{", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":nul}", "{\"a\":\"x", "{\"a\" 1}", "{1:1}"]
        {
            assert!(struct_field(&mut Vec::new(), 1, json.as_bytes()).is_err(), "{json}");
        }
    }

    #[test]
    fn texts_are_shown_with_their_numbers_as_people_write_them() {
        let json = r#"{"a": [1.50, 100000000000000000000, 0.00000000000000000], "b 1.50": "c \" 1.50", "d": true}"#;
        let wanted = r#"{"a":[1.5,1e20,-0.0],"b 1.50":"c \" 1.50","d":true}"#;
        assert_eq!(shown_text(json), wanted);
    }
}
