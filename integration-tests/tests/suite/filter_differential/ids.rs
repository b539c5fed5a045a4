//! What a filter compares IDs with: a text that can be no ID is refused, not compared in vain.

use qairon::model::Entity;

use super::filter::{End, Filter, Op, Operand, Path, Values};

/// The entity whose ID a path leads to.
pub fn id_of(entity: &'static Entity, path: &Path) -> Option<&'static Entity> {
    let model = qairon::model();
    let end = over(entity, &path.relations);
    match &path.end {
        End::Relation => Some(end),
        End::Field(name) if name == "id" => Some(end),
        End::Field(name) => {
            let reference = end.field(name).and_then(|field| field.reference.as_ref());
            reference.map(|reference| model.target(&reference.entity))
        }
        End::Json(..) => None,
    }
}

/// Whether a filter compares an ID with a text that can be none.
pub fn compares_with_none(entity: &'static Entity, filter: &Filter) -> bool {
    match filter {
        Filter::And(inner) | Filter::Or(inner) => inner.iter().any(|inner| compares_with_none(entity, inner)),
        Filter::Not(inner) => compares_with_none(entity, inner),
        Filter::Any { relations, inner, .. } => compares_with_none(over(entity, relations), inner),
        Filter::Compare(path, op, operand) => is_equality(*op) && is_none(entity, path, operand),
        Filter::CompareAll(path, op, values) => is_equality(*op) && any_is_none(entity, path, values),
        Filter::In(path, operands) => operands.iter().any(|operand| is_none(entity, path, operand)),
        Filter::Bare(_) | Filter::Like { .. } | Filter::StartsWith(..) | Filter::IsNull(_) | Filter::Network(..) => {
            false
        }
    }
}

fn over(entity: &'static Entity, relations: &[String]) -> &'static Entity {
    let cross = |entity: &'static Entity, name: &String| {
        qairon::model().target(&entity.relation(name).expect("generated paths exist").target)
    };
    relations.iter().fold(entity, cross)
}

fn is_equality(op: Op) -> bool {
    matches!(op, Op::Equal | Op::NotEqual | Op::Has)
}

fn any_is_none(entity: &'static Entity, path: &Path, values: &Values) -> bool {
    match values {
        Values::One(operand) => is_none(entity, path, operand),
        Values::And(inner) | Values::Or(inner) => inner.iter().any(|inner| any_is_none(entity, path, inner)),
        Values::Not(inner) => any_is_none(entity, path, inner),
    }
}

fn is_none(entity: &'static Entity, path: &Path, operand: &Operand) -> bool {
    let (Some(entity), Operand::Literal { pieces, .. }) = (id_of(entity, path), operand) else { return false };
    matches!(&pieces[..], [text] if qairon::model().check_id(entity, text).is_err())
}
