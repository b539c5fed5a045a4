//! One file per behaviour, in one program: it is linked once, and its tests share one PostgreSQL.

mod allocation;
mod conformance_reads;
mod cancellation;
mod embedded;
mod lifecycle;
mod metrics;
mod new_entity;
mod restart;
mod transport;
