//! The filter and ordering language of every List: AIP-160 and JSON documents over the entity model.
//!
//! A text goes through four forms. The [`lexer`] and [`parser`] turn it into an [`Ast`], which knows nothing of
//! entities and can be printed back. A text that begins with `{` or `[` is a query document, which [`document`] turns
//! into the same tree; printing it gives AIP-160. [`resolve`] turns the tree into a typed [`expr::Expr`] over columns of
//! one entity and the paths from it to others. [`sql`] writes that as SQL in which every value is a bind and every
//! identifier is a name of the model. Nothing a caller writes ever becomes SQL text.
//!
//! What the language means where AIP-160 leaves it open:
//!
//! - `OR` binds tighter than `AND`, and terms side by side are joined by `AND`.
//! - Conditions are true or false, never unknown. A field without a value is null: `f = null` finds it, `f != "x"` and
//!   `NOT f = "x"` match it, every other comparison with it is false. A path over an unset reference is null too.
//! - A path over a to-many relation means *any*: `deployments.tag != "x"` finds objects with some deployment of another
//!   tag, `NOT deployments.tag = "x"` those with none of this tag. `any(deployments, (…))` asks a single
//!   object for several things; `has` is its other name. A relation by itself is the ID at its other end, and a
//!   to-many relation is null when it is empty.
//! - `*` matches any text in `=` and `!=` on texts; `\*` in quotes is an asterisk. `f:"x"` is *contains* on a text,
//!   *equals* on everything else; `f:*` asks whether there is a value. A bare literal asks whether the ID contains it,
//!   unless it is an operator of SQL or names something of the entity ([`words`]).
//! - What an ID is compared with by `=`, `!=`, `:` or `in` is an ID of the same entity, or has a wildcard. `:` means
//!   *equals* there.
//! - Right of a comparator an unquoted word reaches to the next white space, parenthesis, comma or comparator other
//!   than `:`, so that IDs, ranges, times and negative numbers need no quotes. It is another field of the same object
//!   when it names one of the same type, and a literal otherwise; quotes always make a literal.
//! - `f = (a OR b)` compares with each; `f != (a OR b)` means that it equals neither.
//! - In JSON a quoted literal compares as text, an unquoted number with numbers by value. `= null` holds for a missing
//!   key and for JSON's null, `:*` for any key that exists. `:` asks an object for a key, an array for an element, a
//!   text for a part of it.
//! - Times have microseconds; finer digits are cut off. A date is its midnight in UTC.

mod ast;
mod chain;
mod compare;
mod compile;
mod document;
mod error;
mod expr;
mod functions;
mod json;
mod json_field;
mod lexer;
mod limits;
mod notation;
mod order;
mod parser;
mod path;
mod places;
mod print;
mod query;
mod resolve;
mod span;
mod sql;
mod values;
mod words;

#[cfg(test)]
mod tests;

pub use compile::compile;
pub use error::FilterError;
pub use notation::parse;
pub use order::{OrderKey, OrderTerm, parse as parse_order_by, print_order, resolve as resolve_order_by};
pub use print::print;
pub use query::Query;
pub use sql::{Bind, SqlFragment, SqlPart};
pub use values::{after_prefix, like_escaped};
