//! What a call does, one file per behaviour: a handler decodes its request, checks it, has the work done through the
//! context and encodes the answer. No transport and no SQL in here.
//!
//! [`methods`] is the table of all methods. Standard methods ([`reads`], [`writes`], [`links`]) are handlers over the
//! entity model; the others are beside them, each in a file of its own.

mod bulk;
mod complete;
mod dependency;
mod deployment;
mod info;
mod links;
pub mod methods;
mod network;
mod query;
mod reads;
mod repeats;
mod requests;
mod search;
mod trace;
mod writes;

pub use methods::{Handler, handler};
