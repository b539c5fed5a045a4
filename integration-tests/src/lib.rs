//! The helpers of the integration tests.
//!
//! Every test runs the real programs against a real PostgreSQL and shares nothing with other tests but that PostgreSQL:
//!
//! - [`Cluster`]: a PostgreSQL that the tests start themselves. One serves the whole process; a test that stops or
//!   kills PostgreSQL starts one of its own.
//! - [`Database`]: a database for one test, cloned from a template that `qairon-service migrate` filled once.
//! - [`Server`]: `qairon-service serve` on free ports, killed when dropped; its log is shown when a test fails.
//! - [`Client`]: any method of the API with requests and responses as JSON, over the descriptors.
//! - [`Factory`]: valid objects of any entity with everything they refer to, from the model.
//! - [`Qcli`]: the command line, as a process.
//! - [`poll_until`]: waits for something to come true, with a deadline; tests never sleep.
//! - [`violations`]: what no database of the service may hold, whatever happened to it.
//! - [`soon`] and [`long`]: the deadlines, longer on a busy machine; no test has others.
//!
//! ```no_run
//! # async fn test() {
//! use qairon_integration_tests::{Database, Server};
//! use serde_json::json;
//!
//! let database = Database::new().await;
//! let server = Server::start(&database, &[]).await;
//! let client = server.client();
//! let stack = client.factory().create("stack").await;
//! let response = client.call("GetStack", json!({ "id": stack.id() })).await.unwrap();
//! assert_eq!(response["stack"]["id"], stack.id());
//! # }
//! ```

mod client;
mod cluster;
mod codec;
mod database;
mod factory;
mod failure;
mod golden;
mod invariants;
mod json;
mod patience;
mod poll;
mod programs;
mod qcli;
mod report;
mod server;
mod statements;

pub use client::{Client, Messages, Row, find_entity, merged};
pub use cluster::{Cluster, Durability, postgres_binary};
pub use database::{Database, sql_error};
pub use factory::{Factory, World};
pub use failure::Failure;
pub use golden::assert_golden;
pub use invariants::{Invariant, invariants, leftovers, violations};
pub use json::empty;
pub use patience::{long, soon};
pub use poll::{poll_or, poll_until};
pub use programs::{Program, program, workspace};
pub use qcli::{Output, Qcli};
pub use report::Report;
pub use server::Server;
pub use statements::{Statement, is_read, validation};
