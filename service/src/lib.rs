//! The Qairon server.
//!
//! `grpc` speaks to callers, `domain` knows the rules, `db` speaks to PostgreSQL; imports run in that direction.
//! `serve` and `migrate` are the two things the program does.

pub mod config;
pub mod db;
pub mod domain;
pub mod embedded;
pub mod error;
pub mod grpc;
pub mod listen;
pub mod migrate;
pub mod protoset;
pub mod serve;
pub mod telemetry;
