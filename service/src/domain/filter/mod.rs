//! The filter and ordering language of every List: AIP-160 and JSON documents over the entity model.
//!
//! A text goes through four forms. The [`lexer`] and [`parser`] turn it into an [`Ast`], which knows nothing of
//! entities and can be printed back; a text that begins with `{` or `[` is a query document, which [`document`] turns
//! into the same tree, and printing it gives AIP-160. [`resolve`] turns the tree into a typed [`expr::Expr`] over columns of one entity
//! and the ways from it to others; [`sql`] writes that as SQL in which every value is a bind and every identifier is a
//! name of the model. Nothing a caller writes ever becomes SQL text.
//!
//! What the language means where AIP-160 leaves it open:
//!
//! - `OR` binds tighter than `AND`, and terms side by side are joined by `AND`.
//! - Conditions are true or false, never unknown. A field without a value is null: `f = null` finds it, `f != "x"` and
//!   `NOT f = "x"` hold for it, every other comparison with it is false. A path over an unset reference is null too.
//! - A path over a to-many relation means *any*: `deployments.tag != "x"` finds objects with some deployment of another
//!   tag, `NOT deployments.tag = "x"` those with none of this tag. `any(deployments, (…))` asks one and the same
//!   object for several things; `has` is its other name. A relation by itself stands for the ID at its other end, and a
//!   to-many relation is null when it is empty.
//! - `*` stands for any text in `=` and `!=` on texts; `\*` in quotes is an asterisk. `f:"x"` is *contains* on a text,
//!   *equals* on everything else; `f:*` asks whether there is a value. A bare literal asks whether the ID contains it.
//! - Right of a comparator an unquoted word reaches to the next white space, parenthesis, comma or comparator other
//!   than `:`, so that IDs, ranges, times and negative numbers need no quotes. It is another field of the same object
//!   when it names one of the same type, and a literal otherwise; quotes always make a literal.
//! - `f = (a OR b)` compares with each; `f != (a OR b)` means that it equals neither.
//! - In JSON a quoted literal compares as text, an unquoted number with numbers by value. `= null` holds for a missing
//!   key and for JSON's null, `:*` for any key that is there. `:` asks an object for a key, an array for an element, a
//!   text for a part of it.
//! - Times have microseconds; finer digits are cut off. A date is its midnight in UTC.

mod ast;
mod chain;
mod compare;
mod document;
mod error;
mod expr;
mod functions;
mod json;
mod lexer;
mod order;
mod parser;
mod path;
mod print;
mod resolve;
mod sql;
mod values;

#[cfg(test)]
mod tests;

use qairon::Model;
use qairon::model::Entity;

pub use ast::{Arg, Ast, Call, Comparator, Comparison, Member, Node, Part, Span};
pub use document::Places;
pub use error::{FilterError, Place};
pub use order::{Join, OrderKey, OrderTerm, print_order};
pub use print::print;
pub use sql::{Bind, SqlFragment, SqlPart};
pub use values::{after_prefix, like_escaped};

/// The longest filter, in bytes.
pub const MAX_BYTES: usize = 16 * 1024;
/// How deep parentheses and functions nest.
pub const MAX_DEPTH: usize = 32;
/// How many comparisons, functions and literals a filter holds.
pub const MAX_TERMS: usize = 256;
/// How many relations one path crosses.
pub const MAX_PATH_RELATIONS: usize = 16;
/// How many tables beside the entity's own the SQL of a filter reads; terms that share a path count once.
pub const MAX_TABLES: usize = 64;

/// What a caller asks for: which objects and, if a document says so, in which order and how many of them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Query {
    /// Which objects.
    pub ast: Ast,
    /// The order that a document gives; empty when it gives none.
    pub order: Vec<OrderTerm>,
    /// How many objects a document wants at most.
    pub limit: Option<i64>,
    /// How many a document passes over first.
    pub offset: Option<i64>,
}

impl Query {
    /// Reads a filter in either notation; an empty one matches everything.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        match document::is_document(text) {
            true => document::parse(text),
            false => Ok(Self { ast: parser::parse(text)?, ..Self::default() }),
        }
    }

    /// The order that a document gives, for an entity.
    pub fn order_keys(&self, model: &Model, entity: &Entity) -> Result<Vec<OrderKey>, FilterError> {
        order::resolve(model, entity, &self.order).map_err(|error| self.ast.locate(error))
    }
}

/// Reads a filter in either notation, where there is nothing to order: a document that asks for more is refused.
pub fn parse(text: &str) -> Result<Ast, FilterError> {
    let query = Query::parse(text)?;
    if !query.order.is_empty() || query.limit.is_some() || query.offset.is_some() {
        return Err(query.ast.locate(FilterError::new(
            1 + text.chars().take_while(|c| c.is_whitespace()).count(),
            "`order_by`, `limit` and `offset` stand in the documents of List methods only; leave them out",
        )));
    }
    Ok(query.ast)
}

/// Reads an order; an empty one has no keys.
pub fn parse_order_by(text: &str) -> Result<Vec<OrderTerm>, FilterError> {
    order::parse(text)
}

/// Gives an order its meaning on an entity.
pub fn resolve_order_by(model: &Model, entity: &Entity, terms: &[OrderTerm]) -> Result<Vec<OrderKey>, FilterError> {
    order::resolve(model, entity, terms)
}

/// Turns a filter on an entity into a condition on its table, which the caller has under `alias`. Aliases inside begin
/// with that one and an underscore, so they clash with nothing the caller has.
pub fn compile(model: &Model, entity: &Entity, ast: &Ast, alias: &str) -> Result<SqlFragment, FilterError> {
    let expr = resolve::resolve(model, entity, ast).map_err(|error| ast.locate(error))?;
    Ok(sql::generate(&expr, alias))
}

/// Refuses a text that is too long.
fn check_bytes(text: &str) -> Result<(), FilterError> {
    if text.len() <= MAX_BYTES {
        return Ok(());
    }
    let column = text.char_indices().take_while(|(at, _)| *at < MAX_BYTES).count();
    Err(FilterError::limit(column, format!("a filter has at most {MAX_BYTES} bytes, this one has {}", text.len())))
}
