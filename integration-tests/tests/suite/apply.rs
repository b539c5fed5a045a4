//! ApplyObjects: objects become what a bundle gives.

mod bundle;
mod changes;
mod links;
mod prune;
mod refusals;
mod together;
mod whole;

pub use bundle::{applied, apply, object};
