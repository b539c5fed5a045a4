//! From the tree to the typed form.

use qairon::Model;
use qairon::model::Entity;

use super::ast::{Ast, Member, Node};
use super::compare;
use super::error::FilterError;
use super::expr::{Check, Column, Course, Expr};
use super::functions;
use super::limits::{MAX_TABLES, MAX_TURNS};
use super::values::contains_pattern;
use super::words;

/// Gives every name of a filter its meaning on an entity.
pub(super) fn resolve(model: &Model, entity: &Entity, ast: &Ast) -> Result<Expr, FilterError> {
    let Some(root) = &ast.root else { return Ok(Expr::Constant(true)) };
    let expr = node(model, entity, root)?;
    if expr.tables() > MAX_TABLES {
        let message = format!("a filter reads at most {MAX_TABLES} other tables, this one {}", expr.tables());
        return Err(FilterError::limit(1, message));
    }
    let turns = expr.turns(Course::default());
    if turns > MAX_TURNS {
        let message = format!(
            "the paths of this filter lead from many objects to many others of theirs {turns} times, and {MAX_TURNS} are \
             allowed: each time more is read again; use fewer or shorter paths"
        );
        return Err(FilterError::costly(1, message));
    }
    Ok(expr)
}

/// A condition on objects of an entity.
fn node(model: &Model, entity: &Entity, tree: &Node) -> Result<Expr, FilterError> {
    match tree {
        Node::And(nodes) => words::check(model, entity, nodes)?,
        Node::Literal(_) | Node::Not(_) => words::check(model, entity, std::slice::from_ref(tree))?,
        Node::Or(_) | Node::Compare(_) | Node::Call(_) => {}
    }
    let all = |nodes: &[Node]| nodes.iter().map(|inner| node(model, entity, inner)).collect::<Result<Vec<_>, _>>();
    match tree {
        Node::And(nodes) => Ok(Expr::all(all(nodes)?)),
        Node::Or(nodes) => Ok(Expr::any(all(nodes)?)),
        Node::Not(inner) => Ok(node(model, entity, inner)?.negated()),
        Node::Literal(member) => Ok(id_contains(member)),
        Node::Compare(comparison) => compare::comparison(model, entity, comparison),
        Node::Call(call) => functions::call(model, entity, call, node),
    }
}

/// A literal by itself: the ID contains it.
fn id_contains(member: &Member) -> Expr {
    let column = Column { name: "id".to_owned(), nullable: false, keys: None };
    Expr::test(&column, Check::Like { pattern: contains_pattern(&member.pieces()), any_case: false })
}
