//! One file per behaviour, in one program: it is linked once, and its tests share one PostgreSQL.

mod allocation;
mod cancellation;
mod conformance_delete;
mod conformance_inputs;
mod conformance_reads;
mod conformance_rekey;
mod conformance_repeats;
mod conformance_writes;
mod embedded;
mod golden;
mod injection;
mod lifecycle;
mod links;
mod listing;
mod metrics;
mod new_entity;
mod restart;
mod reviewed;
mod rules_in_the_database;
mod schema_catalogue;
mod snapshot;
mod stage;
mod transport;
