//! The Qairon server.
//!
//! A call comes in by a transport ([`grpc`]), gets its context ([`call`]), and is done by its handler ([`api`]), which
//! has the rules from [`domain`] and the data from [`db`]. Imports run in that direction.
//! [`serve`] and [`migrate`] are the two things the program does.

mod api;
mod call;
pub mod config;
mod db;
mod domain;
mod embedded;
mod error;
mod grpc;
pub mod migrate;
pub mod protoset;
pub mod serve;
pub mod telemetry;
