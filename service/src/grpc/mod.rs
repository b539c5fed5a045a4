//! The transport: requests come in as bytes and a path, and go out as bytes or a status.
//!
//! One way through the code: [`router`] finds the method, [`call`] gives it a deadline, a log line and metrics, a
//! handler decodes the request, has the work done and encodes the answer. Standard methods share handlers over the
//! entity model; the others stand beside them in files of their own.

pub mod bulk;
pub mod call;
pub mod codec;
pub mod complete;
pub mod deployment;
pub mod ending;
pub mod health;
pub mod info;
pub mod network;
pub mod reads;
pub mod requests;
pub mod router;
pub mod search;
pub mod status;
pub mod store;
pub mod stream;
pub mod trace;
pub mod writes;
