//! Values as JSON text, as in the rows of qcli.

use prost::Message;
use qairon::model::{Field, Kind};
use qairon::numbers::shown;
use qairon::v1::ObjectChange;
use serde_json::Value as Json;

use crate::db::json::shown_text;
use crate::db::row::{Row, unreadable};
use crate::db::wire;
use crate::domain::draft::Value;
use crate::error::{Error, Result};

/// How many bytes of results one message holds, about. No change is longer.
pub const MESSAGE_BYTES: usize = 512 * 1024;
/// Values beyond this are cut where a change is too long.
const LONG_VALUE: usize = 8 * 1024;

/// Cuts long values of a change that would not fit into a message. They stay JSON: the beginning, as a text.
pub fn shorten(change: &mut ObjectChange) {
    if change.encoded_len() <= MESSAGE_BYTES {
        return;
    }
    let values = change.fields.iter_mut().flat_map(|field| [&mut field.before, &mut field.after]);
    for value in values.filter(|value| value.len() > LONG_VALUE) {
        let end = value.floor_char_boundary(LONG_VALUE);
        let beginning = format!("{}… ({} bytes of JSON)", &value[..end], value.len());
        *value = serde_json::Value::from(beginning).to_string();
    }
}

/// The value in a column of a row.
pub fn value(field: &Field, row: &Row, column: usize) -> Result<Value> {
    let Some(bytes) = row.column(column)? else { return Ok(Value::Null) };
    Ok(match field.kind {
        Kind::Integer => Value::Integer(row.integer(column)?),
        Kind::Double => Value::Double(bytes.try_into().map(f64::from_be_bytes).map_err(Error::internal)?),
        Kind::Bool => Value::Bool(row.bool(column)?),
        Kind::Cidr => Value::Cidr(wire::cidr(bytes)?.parse().map_err(Error::internal)?),
        // A byte for the version of the format comes before the text.
        Kind::Json => {
            let (_, text) = bytes.split_first().ok_or_else(|| unreadable("jsonb"))?;
            Value::Json(String::from_utf8(text.to_vec()).map_err(Error::internal)?)
        }
        _ => Value::Text(row.text(column)?.to_owned()),
    })
}

/// The JSON text of a value; empty when there is none.
pub fn json(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Text(text) => Json::from(text.as_str()).to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Double(number) => shown(*number),
        Value::Bool(value) => value.to_string(),
        Value::Cidr(network) => Json::from(network.to_string()).to_string(),
        Value::Json(text) => shown_text(text),
    }
}

/// The JSON text of a list of IDs; empty when it is.
pub fn list<'a>(ids: impl IntoIterator<Item = &'a String>) -> String {
    let ids: Vec<Json> = ids.into_iter().map(|id| Json::from(id.as_str())).collect();
    if ids.is_empty() { String::new() } else { Json::from(ids).to_string() }
}
