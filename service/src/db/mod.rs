//! The database: one doorway to its connections, and the statements that go through it. No transport in here.
//!
//! Reads by ID go over a few shared connections, pipelined: the statements of many requests travel together, which on
//! a small machine is twice the rate of a checkout per request. Everything that can take long or writes goes through
//! the pool, one connection per operation.

pub mod allocate;
pub mod apply;
pub mod bulk;
pub mod closure;
pub mod column;
pub mod complete;
pub mod connect;
pub mod deployments;
pub mod doorway;
pub mod export;
pub mod failure;
pub mod idempotency;
pub mod impact;
pub mod links;
pub mod list;
pub mod migrations;
pub mod objects;
pub mod projection;
pub mod readers;
pub mod search;
pub mod snapshot;
pub mod sql;
pub mod trace;
pub mod versions;
pub mod wire;

pub use doorway::{Db, DbConfig, Write};
