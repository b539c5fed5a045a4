//! The functions.

use qairon::Model;
use qairon::model::{Entity, Kind};

use super::ast::{Arg, Call, Comparator, Member, Node};
use super::chain::{Chain, wrap};
use super::compare::{Scope, check_id, check_named, compare, is_text, other_field};
use super::error::{FilterError, shown, suggestion};
use super::expr::{Check, Expr, Operand, Operator};
use super::json_field;
use super::limits::MAX_TERMS;
use super::path::{self, End, Path};
use super::values::{literal_only, operand, plain_text};

/// What a function does.
#[derive(Debug, Clone, Copy)]
enum Function {
    Like { any_case: bool },
    StartsWith,
    IsNull,
    In,
    Network(Operator),
    Any,
}

const FUNCTIONS: [(&str, Function, &str); 12] = [
    ("like", Function::Like { any_case: false }, "like(field, \"pattern\")"),
    ("ilike", Function::Like { any_case: true }, "ilike(field, \"pattern\")"),
    ("starts_with", Function::StartsWith, "starts_with(field, \"text\")"),
    ("is_null", Function::IsNull, "is_null(field)"),
    ("in", Function::In, "in(field, value, …)"),
    ("contained_in", Function::Network(Operator::ContainedIn), "contained_in(field, \"range\")"),
    (
        "contained_in_or_equal",
        Function::Network(Operator::ContainedInOrEqual),
        "contained_in_or_equal(field, \"range\")",
    ),
    ("contains", Function::Network(Operator::Contains), "contains(field, \"range\")"),
    ("contains_or_equal", Function::Network(Operator::ContainsOrEqual), "contains_or_equal(field, \"range\")"),
    ("overlaps", Function::Network(Operator::Overlaps), "overlaps(field, \"range\")"),
    ("any", Function::Any, "any(relation, (condition))"),
    ("has", Function::Any, "has(relation, (condition))"),
];

/// Gives a condition on an entity its meaning.
type Resolve = fn(&Model, &Entity, &Node) -> Result<Expr, FilterError>;

/// How a function is written; `None` when there is none of this name.
pub(super) fn usage(name: &str) -> Option<&'static str> {
    FUNCTIONS.iter().find(|(known, ..)| *known == name).map(|(.., usage)| *usage)
}

/// Gives a function its meaning on an entity; `resolve` does so for the condition in one.
pub(super) fn call(model: &Model, entity: &Entity, call: &Call, resolve: Resolve) -> Result<Expr, FilterError> {
    let Some((_, function, usage)) = FUNCTIONS.iter().find(|(name, ..)| *name == call.name) else {
        let nearest = suggestion(&call.name, FUNCTIONS.iter().map(|(name, ..)| *name));
        let message = format!("there is no function {}; {nearest}", shown(&call.name));
        return Err(FilterError::new(call.span.start, message));
    };
    let misused = || FilterError::new(call.span.start, format!("expected `{usage}`"));
    let scope = Scope { model, entity };
    let values: Option<Vec<&Member>> = call.args.iter().map(as_value).collect();
    match (function, call.args.as_slice(), values.as_deref()) {
        (Function::Like { any_case }, _, Some([field, pattern])) => {
            let path = text_path(&scope, field, &call.name)?;
            let check = Check::Like { pattern: sql_pattern(pattern)?, any_case: *any_case };
            Ok(Chain::to_value(&path).holds(Expr::test(&path.column, check)))
        }
        (Function::StartsWith, _, Some([field, prefix])) => {
            let path = text_path(&scope, field, &call.name)?;
            let check = match plain_text(prefix)? {
                prefix if prefix.is_empty() => Check::Present,
                prefix => Check::Prefix(prefix),
            };
            Ok(Chain::to_value(&path).holds(Expr::test(&path.column, check)))
        }
        (Function::IsNull, _, Some([field])) => {
            let path = path::resolve(model, entity, field)?;
            Ok(Chain::to_null(&path).holds_not(Expr::test(&path.column, Check::Present)))
        }
        (Function::In, _, Some([field, values @ ..])) => one_of(&scope, field, values),
        (Function::Network(operator), _, Some([field, range])) => network(&scope, *operator, field, range, &call.name),
        (Function::Any, [Arg::Value(relation), Arg::Filter(condition)], _) => {
            any(&scope, relation, condition, &call.name, resolve)
        }
        _ => Err(misused()),
    }
}

fn as_value(arg: &Arg) -> Option<&Member> {
    match arg {
        Arg::Value(value) => Some(value),
        Arg::Filter(_) => None,
    }
}

/// A single object of the relation satisfies the whole condition. A document uses `has` for a relation to one and `any`
/// for a relation to many; in text they are the same.
fn any(
    scope: &Scope<'_>,
    relation: &Member,
    condition: &Node,
    function: &str,
    resolve: Resolve,
) -> Result<Expr, FilterError> {
    let way = path::resolve_relation(scope.model, scope.entity, relation)?;
    if relation.named && way.many != (function == "any") {
        let (is, wanted) = if way.many { ("many objects", "any") } else { ("one object", "has") };
        let message = format!("{} leads to {is}; use `{wanted}`", shown(&relation.text()));
        return Err(FilterError::new(relation.span.start, message));
    }
    Ok(wrap(&way.steps, resolve(scope.model, way.target, condition)?))
}

/// A path to a text: a text field, the ID of a relation, or something in JSON.
fn text_path<'m>(scope: &Scope<'m>, field: &Member, function: &str) -> Result<Path<'m>, FilterError> {
    let path = path::resolve(scope.model, scope.entity, field)?;
    let is_text = match path.end {
        End::Relation { .. } => true,
        End::Field(end) => match &path.column.keys {
            Some(keys) => !keys.is_empty(),
            None => is_text(&end.kind) || matches!(end.kind, Kind::EntityType | Kind::Enum(_)),
        },
    };
    match is_text {
        true => Ok(path),
        false => {
            let message = format!("`{function}` takes a text field, which {} is not", shown(&field.text()));
            Err(FilterError::new(field.span.start, message))
        }
    }
}

/// A pattern of SQL, in which an asterisk is an asterisk. The database refuses one that ends in the middle of an escape.
fn sql_pattern(pattern: &Member) -> Result<String, FilterError> {
    literal_only(pattern)?;
    let text = pattern.text();
    let trailing = text.chars().rev().take_while(|c| *c == '\\').count();
    if trailing % 2 == 1 {
        let message = "the pattern ends with `\\`; a character must follow it";
        return Err(FilterError::new(pattern.span.start, message));
    }
    Ok(text)
}

fn one_of(scope: &Scope<'_>, field: &Member, values: &[&Member]) -> Result<Expr, FilterError> {
    let path = path::resolve(scope.model, scope.entity, field)?;
    let name = field.text();
    let (is_plain, in_json) = match path.end {
        End::Relation { .. } => (true, false),
        End::Field(field) => (is_text(&field.kind), path.column.keys.as_ref().is_some_and(|keys| !keys.is_empty())),
    };
    // Plain texts go into one array, which an index serves; the rest is compared one by one.
    let (mut texts, mut others) = (Vec::new(), Vec::new());
    for &value in values {
        let names_field = !in_json && other_field(scope, &path, &Kind::Text, value).is_some();
        let plain = !value.is_word("null") && value.pieces().len() == 1 && !names_field;
        match plain && (is_plain || in_json && !json_field::is_number(value)) {
            true => {
                check_id(scope, &path, &name, value, true)?;
                texts.push(plain_text(value)?);
            }
            false => others.push(compare(scope, &path, &name, Comparator::Equal, value)?),
        }
        if others.len() > MAX_TERMS {
            let message = format!("`in` takes any number of texts, but at most {MAX_TERMS} values of other types");
            return Err(FilterError::limit(value.span.start, message));
        }
    }
    if !texts.is_empty() {
        others.push(Chain::to_value(&path).holds(Expr::test(&path.column, Check::In(texts))));
    }
    Ok(Expr::any(others))
}

fn network(
    scope: &Scope<'_>,
    operator: Operator,
    field: &Member,
    range: &Member,
    function: &str,
) -> Result<Expr, FilterError> {
    let path = path::resolve(scope.model, scope.entity, field)?;
    let End::Field(end) = path.end else { return Err(not_a_range(field, function)) };
    if end.kind != Kind::Cidr {
        return Err(not_a_range(field, function));
    }
    check_named(scope, &path, &field.text(), range)?;
    let operand: Operand = match other_field(scope, &path, &end.kind, range) {
        Some(other) => other,
        None => operand(scope.model, &end.name, &end.kind, range)?,
    };
    Ok(Chain::to_value(&path).holds(Expr::test(&path.column, Check::Compare(operator, operand))))
}

fn not_a_range(field: &Member, function: &str) -> FilterError {
    let message = format!(
        "`{function}` takes an address range, which {} is not; a part of a text is found with `field:\"text\"`",
        shown(&field.text())
    );
    FilterError::new(field.span.start, message)
}
