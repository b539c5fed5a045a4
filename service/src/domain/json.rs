//! JSON objects on their way into the database, and what its numbers mean.
//!
//! `google.protobuf.Struct` holds doubles, PostgreSQL holds decimals of any length, exactly as they are written. A double
//! is written as the shortest decimal that is nearer to it than to any other double, and a decimal is read as the
//! nearest double: every double comes back bit for bit. No decimal is minus zero, but a decimal keeps the zeros at its
//! end, so minus zero is written as a zero with more of them than anybody writes. The two are equal in comparisons.

use prost_reflect::DynamicMessage;
use prost_types::value::Kind;
use prost_types::{Struct, Value};
use qairon::model::Field;
use qairon::numbers::shown;
use qairon::v1::ErrorReason;

use super::validate::{MAX_JSON_DEPTH, MAX_VALUE_BYTES};
use crate::error::{Error, Result, shortened};

/// Minus zero, as it is stored.
const MINUS_ZERO: &str = "0.00000000000000000";
/// The longest path that an error names, in bytes.
const PATH_BYTES: usize = 300;

/// The double nearest to a decimal; the largest one for a decimal beyond all of them.
pub fn nearest_double(decimal: &str) -> f64 {
    // Most are short whole numbers.
    if decimal.len() < 16
        && let Ok(whole) = decimal.parse::<i64>()
    {
        #[expect(clippy::cast_precision_loss, reason = "fifteen digits are fewer than a double holds")]
        return whole as f64;
    }
    match decimal {
        MINUS_ZERO => -0.0,
        decimal => decimal.parse::<f64>().unwrap_or_default().clamp(f64::MIN, f64::MAX),
    }
}

/// Checks the object of a JSON field and returns its text.
pub fn text(field: &Field, message: &DynamicMessage) -> Result<String> {
    let mut out = Vec::with_capacity(128);
    write_object(&object(field, message)?, 1, &mut out).map_err(|fault| fault.error(&field.name))?;
    within_limit(&field.name, out)
}

/// The object of a JSON field, as it was sent.
pub fn object(field: &Field, message: &DynamicMessage) -> Result<Struct> {
    // It was decoded once, so the only possible error is that it is too deep.
    message.transcode_to().map_err(|_| too_deep(&field.name))
}

/// Checks what an object has at a path of keys and returns its text; `None` when it has nothing there.
pub fn text_at(field: &Field, object: &Struct, path: &[String]) -> Result<Option<String>> {
    let Some((last, holders)) = path.split_last() else { return Ok(None) };
    let mut holder = object;
    for key in holders {
        match holder.fields.get(key).map(|value| &value.kind) {
            Some(Some(Kind::StructValue(inner))) => holder = inner,
            _ => return Ok(None),
        }
    }
    let Some(value) = holder.fields.get(last) else { return Ok(None) };
    let name = format!("{}{}", field.name, path.iter().map(|key| step(key)).collect::<String>());
    let mut out = Vec::with_capacity(128);
    write_value(value, path.len(), &mut out).map_err(|fault| fault.error(&name))?;
    within_limit(&name, out).map(Some)
}

fn within_limit(name: &str, text: Vec<u8>) -> Result<String> {
    if text.len() > MAX_VALUE_BYTES {
        let message = format!("`{name}` takes up to {MAX_VALUE_BYTES} bytes of JSON, and this is {}", text.len());
        return Err(Error::invalid(name, ErrorReason::ValueTooLarge, message));
    }
    String::from_utf8(text).map_err(Error::internal)
}

fn too_deep(name: &str) -> Error {
    let message = format!("`{name}` takes JSON of up to {MAX_JSON_DEPTH} levels; nest it less, or keep it as text");
    Error::invalid(name, ErrorReason::InvalidValue, message)
}

/// What cannot be stored, and the steps to it from inside the object, the last one first.
struct Fault {
    what: What,
    steps: Vec<String>,
}

enum What {
    Depth,
    Null,
    Number(f64),
}

impl Fault {
    fn of(what: What) -> Self {
        Self { what, steps: Vec::new() }
    }

    fn at(mut self, step: String) -> Self {
        self.steps.push(step);
        self
    }

    fn error(self, name: &str) -> Error {
        let steps: String = self.steps.into_iter().rev().collect();
        let path = shortened(format!("{name}{steps}"), PATH_BYTES);
        let message = match self.what {
            What::Depth => return too_deep(name),
            What::Null => format!("`{path}` holds a null character, which cannot be stored"),
            What::Number(number) => {
                format!("`{path}` is {number}, which JSON has no number for; leave it out, or write it as a text")
            }
        };
        Error::invalid(&path, ErrorReason::InvalidValue, message)
    }
}

fn write_object(object: &Struct, depth: usize, out: &mut Vec<u8>) -> Result<(), Fault> {
    deep_enough(depth)?;
    out.push(b'{');
    for (index, (key, value)) in object.fields.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_text(key, out).map_err(|fault| fault.at(step(key)))?;
        out.push(b':');
        write_value(value, depth, out).map_err(|fault| fault.at(step(key)))?;
    }
    out.push(b'}');
    Ok(())
}

fn write_list(values: &[Value], depth: usize, out: &mut Vec<u8>) -> Result<(), Fault> {
    deep_enough(depth)?;
    out.push(b'[');
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_value(value, depth, out).map_err(|fault| fault.at(format!("[{index}]")))?;
    }
    out.push(b']');
    Ok(())
}

fn write_value(value: &Value, depth: usize, out: &mut Vec<u8>) -> Result<(), Fault> {
    match &value.kind {
        None | Some(Kind::NullValue(_)) => out.extend_from_slice(b"null"),
        Some(Kind::BoolValue(true)) => out.extend_from_slice(b"true"),
        Some(Kind::BoolValue(false)) => out.extend_from_slice(b"false"),
        Some(Kind::StringValue(text)) => write_text(text, out)?,
        Some(Kind::NumberValue(number)) => write_number(*number, out)?,
        Some(Kind::StructValue(object)) => write_object(object, depth + 1, out)?,
        Some(Kind::ListValue(list)) => write_list(&list.values, depth + 1, out)?,
    }
    Ok(())
}

/// Decoding has limited the depth, so recursion is safe.
fn deep_enough(depth: usize) -> Result<(), Fault> {
    if depth > MAX_JSON_DEPTH { Err(Fault::of(What::Depth)) } else { Ok(()) }
}

fn write_number(number: f64, out: &mut Vec<u8>) -> Result<(), Fault> {
    if !number.is_finite() {
        return Err(Fault::of(What::Number(number)));
    }
    match number == 0.0 && number.is_sign_negative() {
        true => out.extend_from_slice(MINUS_ZERO.as_bytes()),
        false => out.extend_from_slice(shown(number).as_bytes()),
    }
    Ok(())
}

fn write_text(text: &str, out: &mut Vec<u8>) -> Result<(), Fault> {
    // Writing to memory does not fail.
    match !text.contains('\0') && serde_json::to_writer(out, text).is_ok() {
        true => Ok(()),
        false => Err(Fault::of(What::Null)),
    }
}

/// The step to a key in a path. As in filters, a key that is not a plain word is quoted.
fn step(key: &str) -> String {
    let plain = key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    match plain {
        true => format!(".{key}"),
        false => format!(".\"{}\"", shortened(key.escape_debug().to_string(), PATH_BYTES)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use prost_types::ListValue;
    use qairon::numbers::EXACT;

    use super::*;

    fn number(number: f64) -> Value {
        Value { kind: Some(Kind::NumberValue(number)) }
    }

    fn object(key: &str, value: Value) -> Struct {
        Struct { fields: [(key.to_owned(), value)].into() }
    }

    fn written(number: f64) -> String {
        let mut out = Vec::new();
        write_number(number, &mut out).map_err(|fault| fault.error("x")).expect("it is finite");
        String::from_utf8(out).expect("ASCII")
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn every_double_comes_back_from_its_decimal(bits: u64) {
            let number = f64::from_bits(bits);
            prop_assume!(number.is_finite());
            prop_assert_eq!(nearest_double(&written(number)).to_bits(), bits);
        }
    }

    #[test]
    fn doubles_at_the_edges_come_back() {
        let edges =
            [0.0, -0.0, 5e-324, f64::MIN_POSITIVE, f64::MAX, f64::MIN, 1.0 / 3.0, EXACT, EXACT + 2.0, 1e22, 1e23];
        for edge in edges {
            assert_eq!(nearest_double(&written(edge)).to_bits(), edge.to_bits(), "{edge:e}");
        }
        // As PostgreSQL prints the largest of them.
        assert_eq!(nearest_double(&format!("17976931348623157{}", "0".repeat(292))).to_bits(), f64::MAX.to_bits());
    }

    #[test]
    fn decimals_that_are_no_doubles_are_read_as_the_nearest() {
        for (decimal, nearest) in
            [("9007199254740993", EXACT), ("0.10", 0.1), ("0.0", 0.0), ("0.000000000000000000", 0.0)]
        {
            assert_eq!(nearest_double(decimal).to_bits(), nearest.to_bits(), "{decimal}");
        }
        let huge = format!("1{}", "0".repeat(400));
        assert_eq!((nearest_double(&huge), nearest_double(&format!("-{huge}"))), (f64::MAX, f64::MIN));
        assert_eq!(nearest_double(&format!("0.{}1", "0".repeat(400))), 0.0);
    }

    #[test]
    fn what_cannot_be_stored_is_named_by_its_path() {
        let list = ListValue { values: vec![number(1.0), number(f64::INFINITY)] };
        let nested = object("a", Value { kind: Some(Kind::ListValue(list)) });
        let null = object("app.kubernetes.io/\"name", Value { kind: Some(Kind::StringValue("\0".to_owned())) });
        for (object, path) in [
            (object("n", number(f64::NAN)), "defaults.n"),
            (nested, "defaults.a[1]"),
            (null, r#"defaults."app.kubernetes.io/\"name""#),
        ] {
            let fault = write_object(&object, 1, &mut Vec::new()).map_err(|fault| fault.error("defaults"));
            let error = fault.expect_err(path);
            assert_eq!((error.reason, error.field.as_deref()), (ErrorReason::InvalidValue, Some(path)));
            assert!(error.message.contains(path), "{error}");
        }
    }
}
