//! What the bench shares with the soak: a lean client, organisations of any size, and the cost of processes.

pub mod client;
pub mod fill;
pub mod process;
