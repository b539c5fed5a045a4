//! Comparisons: a path, a comparator and one or several values.

use qairon::Model;
use qairon::model::{Entity, Kind};

use super::ast::{Arg, Comparator, Comparison, Member, Node};
use super::chain::Chain;
use super::error::{FilterError, shown, suggestion};
use super::expr::{Check, Expr, Operand, Operator};
use super::json_field;
use super::path::{self, End, Lead, Path};
use super::values::{contains_pattern, literal_only, operand, text_equal};

/// Where a comparison is.
pub(super) struct Scope<'m> {
    pub model: &'m Model,
    /// The entity that the filter, or the `any` around, is on.
    pub entity: &'m Entity,
}

pub(super) fn comparison(model: &Model, entity: &Entity, comparison: &Comparison) -> Result<Expr, FilterError> {
    let scope = Scope { model, entity };
    let path = path::resolve(model, entity, &comparison.left).map_err(|error| match comparison.comparator {
        // `prod:aws` may be meant as part of an ID.
        Comparator::Has => {
            FilterError { message: format!("{}; a text that holds `:` is quoted", error.message), ..error }
        }
        _ => error,
    })?;
    let field = comparison.left.text();
    match (&comparison.right, comparison.comparator) {
        (Arg::Value(value), comparator) => compare(&scope, &path, &field, comparator, value),
        // Equal to none of them.
        (Arg::Filter(node), Comparator::NotEqual) => {
            let chain = Chain::to_value(&path);
            let one = |value: &Member| {
                let (condition, negated) = condition(&scope, &path, &field, Comparator::Equal, value)?;
                let holds = chain.one_holds(condition);
                Ok(if negated { holds.negated() } else { holds })
            };
            Ok(chain.some(distribute(node, &one)?.negated()))
        }
        (Arg::Filter(node), comparator) => {
            distribute(node, &|value: &Member| compare(&scope, &path, &field, comparator, value))
        }
    }
}

/// The condition that a tree of values makes with a condition for each value.
fn distribute(node: &Node, one: &dyn Fn(&Member) -> Result<Expr, FilterError>) -> Result<Expr, FilterError> {
    let all = |nodes: &[Node]| nodes.iter().map(|inner| distribute(inner, one)).collect::<Result<Vec<_>, _>>();
    match node {
        Node::And(nodes) => Ok(Expr::all(all(nodes)?)),
        Node::Or(nodes) => Ok(Expr::any(all(nodes)?)),
        Node::Not(inner) => Ok(distribute(inner, one)?.negated()),
        Node::Literal(value) => one(value),
        Node::Compare(Comparison { left, .. }) => Err(only_values(left.span.start)),
        Node::Call(call) => Err(only_values(call.span.start)),
    }
}

fn only_values(column: usize) -> FilterError {
    FilterError::new(column, "only values are allowed in parentheses after a comparator")
}

/// A path compared with one value.
pub(super) fn compare(
    scope: &Scope<'_>,
    path: &Path<'_>,
    field: &str,
    comparator: Comparator,
    value: &Member,
) -> Result<Expr, FilterError> {
    check_named(scope, path, field, value)?;
    if let Some((lead, prefix)) = by_lead(scope, path, comparator, value) {
        let (chain, condition) = (Chain::of(&lead.steps), Expr::test(&lead.column, Check::Prefix(prefix)));
        let holds = comparator == Comparator::Equal;
        return Ok(if holds { chain.holds(condition) } else { chain.holds_not(condition) });
    }
    let chain = if value.is_word("null") { Chain::to_null(path) } else { Chain::to_value(path) };
    let (condition, negated) = condition(scope, path, field, comparator, value)?;
    Ok(if negated { chain.holds_not(condition) } else { chain.holds(condition) })
}

/// The column to read an ID from by its beginning, and the beginning that is equivalent to the comparison. An ID is the
/// beginning only when it has as many components as IDs of its entity have, and so is a prefix of it when it has no
/// more; other texts are compared as they are, and match nothing.
fn by_lead<'p, 'm>(
    scope: &Scope<'_>,
    path: &'p Path<'m>,
    comparator: Comparator,
    value: &Member,
) -> Option<(&'p Lead<'m>, String)> {
    let lead = path.lead.as_ref()?;
    let (components, open_ended) = scope.model.id_components(lead.target);
    let literal = !value.is_word("null") && other_field(scope, path, &Kind::Text, value).is_none();
    if open_ended || !literal || literal_only(value).is_err() {
        return None;
    }
    if !matches!(comparator, Comparator::Equal | Comparator::NotEqual) {
        return None;
    }
    match value.pieces().as_slice() {
        [id] if scope.model.check_id(lead.target, id).is_ok() => Some((lead, format!("{id}:"))),
        [prefix, end] if end.is_empty() && !prefix.is_empty() && prefix.matches(':').count() < components => {
            Some((lead, prefix.clone()))
        }
        _ => None,
    }
}

/// The condition on the row at the end of the path, and whether it must hold or must not.
fn condition(
    scope: &Scope<'_>,
    path: &Path<'_>,
    field: &str,
    comparator: Comparator,
    value: &Member,
) -> Result<(Expr, bool), FilterError> {
    if value.is_word("null") {
        return match comparator {
            Comparator::Equal => Ok((Expr::test(&path.column, Check::Present), true)),
            Comparator::NotEqual => Ok((Expr::test(&path.column, Check::Present), false)),
            other => Err(FilterError::new(
                value.span.start,
                format!(
                    "`null` is allowed after `=` and `!=` only, not after `{}`; quote it if it is a text",
                    other.symbol()
                ),
            )),
        };
    }
    if let Some(keys) = &path.column.keys {
        return json_field::condition(&path.column, keys, field, comparator, value);
    }
    if comparator == Comparator::Has && value.is_wildcard() {
        return Ok((Expr::test(&path.column, Check::Present), false));
    }
    literal_only(value)?;
    let (operator, negated) = match comparator {
        Comparator::Equal | Comparator::Has => (Operator::Equal, false),
        Comparator::NotEqual => (Operator::Equal, true),
        Comparator::Less => (Operator::Less, false),
        Comparator::LessOrEqual => (Operator::LessOrEqual, false),
        Comparator::Greater => (Operator::Greater, false),
        Comparator::GreaterOrEqual => (Operator::GreaterOrEqual, false),
    };
    let id = Kind::Text;
    let (kind, contains) = match path.end {
        End::Field(field) => {
            // An ID is equal or not, however it is named.
            let contains = comparator == Comparator::Has && is_text(&field.kind) && path.id_of.is_none();
            (&field.kind, contains)
        }
        End::Relation { .. } => (&id, false),
    };
    if operator == Operator::Equal && !contains {
        check_id(scope, path, field, value, comparator != Comparator::Has)?;
    }
    if comparator != Comparator::Has
        && let Some(other) = other_field(scope, path, kind, value)
    {
        return Ok((Expr::test(&path.column, Check::Compare(operator, other)), negated));
    }
    if matches!(kind, Kind::Bool | Kind::Enum(_)) && operator != Operator::Equal {
        let message = format!("{} has no order; compare it with `=` or `!=`", shown(field));
        return Err(FilterError::new(value.span.start, message));
    }
    if contains {
        let pattern = contains_pattern(&value.pieces());
        return Ok((Expr::test(&path.column, Check::Like { pattern, any_case: false }), negated));
    }
    if has_wildcards(kind) && operator == Operator::Equal && value.pieces().len() > 1 {
        let checks = text_equal(&value.pieces()).into_iter().map(|check| Expr::test(&path.column, check));
        return Ok((Expr::all(checks.collect()), negated));
    }
    let operand = operand(scope.model, field, kind, value)?;
    Ok((Expr::test(&path.column, Check::Compare(operator, operand)), negated))
}

/// Refuses to compare an ID with what can be none: a text without a wildcard that is not of the form of such IDs.
/// `may_be_field`: where it names a field, it is one.
pub(super) fn check_id(
    scope: &Scope<'_>,
    path: &Path<'_>,
    field: &str,
    value: &Member,
    may_be_field: bool,
) -> Result<(), FilterError> {
    let Some(entity) = path.id_of else { return Ok(()) };
    let [text] = &value.pieces()[..] else { return Ok(()) };
    if value.is_word("null") || (may_be_field && other_field(scope, path, &Kind::Text, value).is_some()) {
        return Ok(());
    }
    let Err(error) = scope.model.check_id(entity, text) else { return Ok(()) };
    let remedy = match text.as_str() {
        "" => format!("no value is written `{field} = null`"),
        _ => format!("a part of an ID is found with `{field} = \"*…*\"`, its beginning with `{field} = \"…*\"`"),
    };
    let message = format!("{} is not the ID of {}: {error}; {remedy}", shown(text), entity.a_human());
    Err(FilterError::new(value.span.start, message))
}

/// The field of the same object and of the same type that an unquoted value names.
pub(super) fn other_field(scope: &Scope<'_>, path: &Path<'_>, kind: &Kind, value: &Member) -> Option<Operand> {
    let [part] = value.parts.as_slice() else { return None };
    let [name] = part.pieces.as_slice() else { return None };
    let other = scope.entity.field(name).filter(|other| !part.quoted && other.is_column())?;
    let same = (is_text(kind) && is_text(&other.kind)) || (*kind == other.kind && *kind != Kind::Json);
    same.then(|| Operand::Column { up: path.steps.len(), name: other.name.clone(), nullable: other.nullable })
}

/// Refuses a value that was given as a field but cannot be compared with the left side.
pub(super) fn check_named(scope: &Scope<'_>, path: &Path<'_>, field: &str, value: &Member) -> Result<(), FilterError> {
    let in_json = path.column.keys.is_some();
    let kind = match path.end {
        End::Field(end) => &end.kind,
        End::Relation { .. } => &Kind::Text,
    };
    if !value.named || !in_json && other_field(scope, path, kind, value).is_some() {
        return Ok(());
    }
    let name = value.text();
    let message = match scope.entity.field(&name).filter(|other| other.is_column()) {
        Some(_) if in_json => format!("{} is in JSON and can be compared with values only", shown(field)),
        Some(_) => format!("{} and {} are of different types", shown(field), shown(&name)),
        None => {
            let fields = scope.entity.fields.iter().filter(|other| other.is_column());
            let nearest = suggestion(&name, fields.map(|other| other.name.as_str()));
            format!("`{}` has no field {} to compare with; {nearest}", scope.entity.name, shown(&name))
        }
    };
    Err(FilterError::new(value.span.start, message))
}

/// Texts that can be searched for a part.
pub(super) fn is_text(kind: &Kind) -> bool {
    matches!(kind, Kind::Text | Kind::Name)
}

/// Texts in which wildcards match parts.
fn has_wildcards(kind: &Kind) -> bool {
    is_text(kind) || matches!(kind, Kind::EntityType | Kind::Enum(_))
}
