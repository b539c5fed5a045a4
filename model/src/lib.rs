//! The entity model: what the annotated protos say of entities, their fields, references, relations and methods.
//!
//! Server, command line and tests read this one structure; none of them keeps a list of entities of its own. It is
//! built once from descriptors and never changes, so names are plain strings and look-ups are by map.

mod dependence;
mod entity;
mod field;
mod id;
mod method;
mod model;
mod name;
mod options;
mod parse;
mod presence;
mod relation;
mod sequence;
mod walk;
mod words;

pub use dependence::{Crossing, Dependence, Mood};
pub use entity::{Entity, Link, LinkEnd, LinkScope};
pub use field::{Embed, Field, Kind, Reference};
pub use id::IdError;
pub use method::{Method, Verb};
pub use model::Model;
pub use name::{MAX_NAME_BYTES, NameError, check_name, is_name};
pub use relation::{Relation, RelationKind};
