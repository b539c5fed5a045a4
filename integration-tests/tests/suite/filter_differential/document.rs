//! The same filters as JSON query documents, as far as those can say them.

use serde_json::{Value, json};

use super::filter::{End, Filter, Op, Operand, Path, is_word};
use super::random::Random;

/// The filter as a filter of a document; `None` when a document has no way to say it.
pub fn document(filter: &Filter, random: &mut Random) -> Option<Value> {
    match filter {
        Filter::And(inner) => Some(json!({ "and": all(inner, random)? })),
        Filter::Or(inner) => Some(json!({ "or": all(inner, random)? })),
        Filter::Not(inner) => Some(match &**inner {
            Filter::IsNull(path) if random.percent(50) => json!({ "name": name(path), "op": "is_not_null" }),
            Filter::In(path, operands) if random.percent(50) => {
                json!({ "name": name(path), "op": "not_in", "val": list(operands)? })
            }
            Filter::Like { path, pattern, any_case: false } if random.percent(50) => {
                json!({ "name": name(path), "op": "not_like", "val": pattern })
            }
            inner => json!({ "not": document(inner, random)? }),
        }),
        Filter::Compare(path, op, operand) => {
            let symbol = match op {
                Op::Equal => random.word(&["==", "eq", "equals", "equal_to"]),
                Op::NotEqual => random.word(&["!=", "neq", "ne", "does_not_equal", "not_equal_to"]),
                Op::Less => random.word(&["<", "lt"]),
                Op::LessOrEqual => random.word(&["<=", "le", "lte", "leq"]),
                Op::Greater => random.word(&[">", "gt"]),
                Op::GreaterOrEqual => random.word(&[">=", "ge", "gte", "geq"]),
                Op::Has => return None,
            };
            match operand {
                Operand::Field(field) => Some(json!({ "name": name(path), "op": symbol, "field": field })),
                // What `!=` says of null and many objects is the denial of `==` in a document.
                Operand::Null if *op == Op::NotEqual => None,
                operand => Some(json!({ "name": name(path), "op": symbol, "val": value(operand)? })),
            }
        }
        Filter::Like { path, pattern, any_case } => {
            Some(json!({ "name": name(path), "op": if *any_case { "ilike" } else { "like" }, "val": pattern }))
        }
        Filter::IsNull(path) => Some(json!({ "name": name(path), "op": "is_null" })),
        Filter::In(path, operands) => Some(json!({ "name": name(path), "op": "in", "val": list(operands)? })),
        Filter::Network(function, path, operand) => {
            let op = match *function {
                "contained_in" => "<<",
                "contained_in_or_equal" => "<<=",
                "contains" => ">>",
                "contains_or_equal" => ">>=",
                _ => "&&",
            };
            match operand {
                Operand::Field(field) => Some(json!({ "name": name(path), "op": op, "field": field })),
                operand => Some(json!({ "name": name(path), "op": op, "val": value(operand)? })),
            }
        }
        Filter::Any { relations, inner, word } => {
            Some(json!({ "name": relations.join("."), "op": word, "val": document(inner, random)? }))
        }
        Filter::Bare(_) | Filter::CompareAll(..) | Filter::StartsWith(..) => None,
    }
}

fn all(filters: &[Filter], random: &mut Random) -> Option<Vec<Value>> {
    filters.iter().map(|filter| document(filter, random)).collect()
}

/// A path as documents have it: keys that are not plain words are in double quotes.
pub fn name(path: &Path) -> String {
    let mut parts = path.relations.clone();
    match &path.end {
        End::Relation => {}
        End::Field(name) => parts.push(name.clone()),
        End::Json(name, keys) => {
            parts.push(name.clone());
            parts.extend(keys.iter().map(|key| match is_word(key) {
                true => key.clone(),
                false => format!("\"{}\"", key.replace('\\', "\\\\").replace('"', "\\\"")),
            }));
        }
    }
    parts.join(".")
}

fn list(operands: &[Operand]) -> Option<Vec<Value>> {
    // Null is not a value of a list.
    operands.iter().map(|operand| value(operand).filter(|value| !value.is_null())).collect()
}

fn value(operand: &Operand) -> Option<Value> {
    match operand {
        Operand::Null => Some(Value::Null),
        Operand::Literal { pieces, quoted } => {
            let [text] = pieces.as_slice() else { return None };
            let by_value = !quoted
                && (text == "true" || text == "false" || serde_json::from_str::<serde_json::Number>(text).is_ok());
            Some(if by_value { serde_json::from_str(text).ok()? } else { text.as_str().into() })
        }
        Operand::AnyValue | Operand::Field(_) => None,
    }
}
