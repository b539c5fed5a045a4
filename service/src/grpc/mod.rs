//! The transport: requests come in as bytes and a path, and go out as bytes or a status. Nothing of what a call does
//! is in here, and nothing of the database.
//!
//! One way through the code: [`listen`] accepts connections as far as [`admission`] has room, and [`greeting`] waits for
//! them to begin. [`protocol`] checks that a request is a call, [`router`] looks its path up in the table of methods,
//! [`metadata`] reads who calls, the context of the call is made, [`account`] opens its log line and metrics, and the
//! handler is run: [`unary`] or [`streams`]. [`status`] turns errors into statuses.

mod account;
pub mod admission;
mod codec;
pub mod descriptors;
mod draining;
mod greeting;
pub mod health;
pub mod listen;
mod metadata;
mod prompt;
mod protocol;
pub mod router;
mod server;
mod status;
mod streams;
mod unary;

pub use server::Server;
