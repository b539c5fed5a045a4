//! The statements of the traces that are about certain entities, and the search for ways between any two objects.
//!
//! [`rows`] and [`provenance`] name the tables they join, for their questions are about these. [`path`] knows no table
//! by name but those of declared dependencies: [`edges`] derives what it follows from the model.

pub mod edges;
pub mod path;
pub mod provenance;
pub mod rows;
pub mod ways;
