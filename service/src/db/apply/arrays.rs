//! The values of many objects as arrays, one for each field, that a statement unnests.

use qairon::model::{Field, Kind};

use crate::db::sql::{Bind, Sql};
use crate::domain::draft::Value;

/// Appends `unnest(…)` of IDs and of the values of some fields; its columns are `id`, `f0`, `f1` and so on.
pub fn push_unnest(sql: &mut Sql, fields: &[&Field], rows: &[(&str, &[(&'static Field, Value)])]) {
    sql.push("unnest(").bind(Bind::TextArray(rows.iter().map(|(id, _)| (*id).to_owned()).collect()));
    for (place, field) in fields.iter().enumerate() {
        let column = rows.iter().map(|(_, values)| text(&values[place].1)).collect();
        sql.push(", ").bind(Bind::OptionalTextArray(column)).push(cast(field));
    }
    sql.push(")");
}

/// The names of the columns of such an `unnest`.
pub fn columns(fields: &[&Field]) -> String {
    let fields = (0..fields.len()).map(|place| format!(", f{place}"));
    format!("id{}", fields.collect::<String>())
}

/// Texts travel as they are, everything else as its text.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Text(text) | Value::Json(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Double(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Cidr(network) => Some(network.to_string()),
    }
}

fn cast(field: &Field) -> &'static str {
    match field.kind {
        Kind::Integer => "::bigint[]",
        Kind::Double => "::double precision[]",
        Kind::Bool => "::boolean[]",
        Kind::Cidr => "::cidr[]",
        Kind::Json => "::jsonb[]",
        _ => "",
    }
}
