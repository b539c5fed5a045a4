//! Who calls and how: what is made once per call, before anything else, and goes with it to the end.
//!
//! A [`Context`] knows who asks ([`Caller`]), by which method, until when, at which moment and how much of the data.
//! It is the only way from a call to the database. A method that takes or returns a stream does so through an
//! [`Inlet`] or an [`Outlet`], whatever the transport. What a message may be made of ([`elements`]), the memory that calls
//! share ([`memory`]) and work that takes a processor for long ([`heavy`]) have their limits here.

pub mod caller;
pub mod context;
pub mod contexts;
pub mod elements;
pub mod heavy;
pub mod inlet;
pub mod limits;
pub mod memory;
pub mod outlet;

pub use caller::Caller;
pub use context::Context;
pub use contexts::Contexts;
pub use inlet::{Broken, Inlet};
pub use limits::Limits;
pub use outlet::Outlet;
