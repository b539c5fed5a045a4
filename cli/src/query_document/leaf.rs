//! One comparison of a filter.

use qairon::model::{Entity, Kind};
use serde_json::Value as Json;

use super::Told;
use super::op::{Op, mirrored, opposite};
use super::path::{Path, resolve};
use crate::filter::quoted;
use crate::structs::kind_of;
use crate::suggest;

/// The text of a comparison with a value.
pub fn leaf(
    entity: &'static Entity,
    name: &str,
    op_name: &str,
    op: Op,
    negated: bool,
    val: Option<&Json>,
) -> Told<String> {
    let path = resolve(entity, name)?;
    let text = &path.text;
    if op.is_network() && path.kind != Some(Kind::Cidr) {
        return Err(format!("`{op_name}` is for address ranges, which `{name}` is not"));
    }
    if path.kind == Some(Kind::Json) && op != Op::IsNull {
        return Err(format!("`{name}` is JSON, compare what is in it, such as `{name}.key`"));
    }
    let not = if negated { "NOT " } else { "" };
    match op {
        Op::IsNull if val.is_none_or(Json::is_null) => Ok(format!("{not}is_null({text})")),
        Op::IsNull => Err(format!("`{op_name}` on `{name}` takes no `val`")),
        Op::In => {
            let list = val.and_then(Json::as_array);
            let list = list.ok_or_else(|| format!("`{op_name}` on `{name}` needs a list as its `val`"))?;
            if list.is_empty() {
                // One of none: never, and always when negated.
                return Ok(if negated { "id = id" } else { "id != id" }.to_owned());
            }
            let items = list.iter().map(|item| literal(name, &path, item)).collect::<Told<Vec<_>>>()?;
            Ok(format!("{not}in({text}, {})", items.join(", ")))
        }
        Op::Call(function) => {
            let operand = val.and_then(Json::as_str);
            let operand = operand.ok_or_else(|| format!("`{op_name}` on `{name}` needs a text as its `val`"))?;
            Ok(format!("{not}{function}({text}, {})", quoted(operand)))
        }
        Op::Compare(comparison) => {
            let val = val.ok_or_else(|| format!("`{op_name}` on `{name}` needs a `val` or a `field`"))?;
            match (val.is_null(), comparison) {
                (true, "=") => Ok(format!("{not}is_null({text})")),
                (true, _) => Err(format!("`{op_name}` on `{name}` cannot compare with null")),
                (false, comparison) => {
                    Ok(format!("{text} {} {}", told(comparison, negated), literal(name, &path, val)?))
                }
            }
        }
        Op::Related { .. } => Err(format!("`{op_name}` on `{name}` needs a filter as its `val`")),
    }
}

/// The text of a comparison of two fields. The right one stands without quotes, and must be a field of the entity
/// itself and of the same type: anything else there would be taken for a value.
pub fn fields(
    entity: &'static Entity,
    name: &str,
    comparison: &'static str,
    negated: bool,
    field: &str,
) -> Told<String> {
    let (left, right) = (resolve(entity, name)?, resolve(entity, field)?);
    let comparison = told(comparison, negated);
    let (left, comparison, right) = match (left.is_own, right.is_own) {
        (_, true) => (left, comparison, right),
        (true, false) => (right, mirrored(comparison), left),
        (false, false) => {
            return Err(format!("of `{name}` and `{field}` one must be a field of `{}` itself", entity.name));
        }
    };
    let is_text = |path: &Path| matches!(path.kind, Some(Kind::Text | Kind::Name));
    if left.kind.is_none() || !(left.kind == right.kind || is_text(&left) && is_text(&right)) {
        return Err(format!("`{name}` and `{field}` are of different types"));
    }
    Ok(format!("{} {comparison} {}", left.text, right.text))
}

fn told(comparison: &'static str, negated: bool) -> &'static str {
    if negated { opposite(comparison) } else { comparison }
}

/// A value as the filter language writes it, after the kind of the field.
fn literal(name: &str, path: &Path, json: &Json) -> Told<String> {
    let refused = |wanted: &str| Err(format!("`{name}` is compared with {wanted}, not with {}", kind_of(json)));
    match (&path.kind, json) {
        (_, Json::Null | Json::Array(_) | Json::Object(_)) => refused("a single value"),
        (Some(Kind::Integer | Kind::Double), Json::Number(number)) => Ok(number.to_string()),
        (Some(Kind::Integer | Kind::Double), Json::String(text)) if text.parse::<f64>().is_ok_and(f64::is_finite) => {
            Ok(text.clone())
        }
        (Some(Kind::Integer | Kind::Double), _) => refused("a number"),
        (Some(Kind::Bool) | None, Json::Bool(value)) => Ok(value.to_string()),
        (Some(Kind::Bool), _) => refused("`true` or `false`"),
        (None, Json::Number(number)) => Ok(number.to_string()),
        (Some(Kind::Enum(descriptor)), Json::String(text)) if Kind::enum_number(descriptor, text).is_none() => {
            let labels = Kind::enum_labels(descriptor);
            Err(format!("`{name}`: {}", suggest::unknown("value", text, labels.iter().map(String::as_str))))
        }
        (_, Json::String(text)) => Ok(quoted(text)),
        // Account numbers are texts, whatever they look like.
        (_, Json::Number(number)) => Ok(quoted(&number.to_string())),
        (_, Json::Bool(_)) => refused("a text"),
    }
}
