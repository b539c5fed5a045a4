//! The database: one door to it, and the statements that go through. No transport in here.
//!
//! - [`Door`] is the database as one call may use it; beneath it are what the call sees (`view`: who asks, when, and
//!   what of the data), what reads and writes are done with (`reader`, `transaction`), and [`Db`] with its connections
//!   (`pool`, `shared`, `session`).
//! - `sources` decides what a statement reads of a table, `rows` holds the only statements that change one.
//! - The others are statements by behaviour: `get`, `list`, `search`, `impact`, `trace`, `apply` and so on.
//!
//! Reads by ID go over a few shared connections, pipelined: the statements of many requests travel together, which on
//! a small machine is twice the rate of a checkout per request. Everything that can take long or writes goes through
//! the pool, one connection per operation.

pub mod about;
pub mod apply;
mod attempt;
mod bind;
pub mod closure;
mod column;
pub mod complete;
pub mod connect;
pub mod door;
mod doorway;
mod embed;
pub mod etag;
pub mod export;
pub mod failure;
pub mod get;
#[cfg(test)]
mod golden;
mod held_up;
mod holders;
pub mod identity;
pub mod impact;
mod json;
pub mod list;
pub mod migrations;
mod pool;
pub mod projection;
mod reader;
mod recorder;
mod referrers;
pub mod repeats;
pub mod row;
pub mod rows;
pub mod search;
mod session;
mod shared;
mod shares;
pub mod sources;
mod sql;
mod statements;
pub mod trace;
pub mod transaction;
mod versions;
mod view;
mod violation;
pub mod wire;
mod writing;

pub use door::Door;
pub use doorway::{Db, DbConfig};
pub use identity::Identity;
pub use reader::Sink;
pub use row::Row;
pub use sources::{Access, Moment, Sources};
pub use transaction::{Ending, Transaction};
pub use versions::Versions;
pub use writing::{Weight, Write};
