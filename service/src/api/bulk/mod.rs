//! Many objects at once: [`import`] and [`load`] take streams of objects, [`apply`] makes objects be as they are given,
//! and [`export`] reads them.
//!
//! Import and load are one way through the code: [`feed`] receives messages, [`objects`] decodes them, [`engine`] writes
//! them and keeps in [`held`] those that refer to others that have not come yet.

pub mod apply;
mod engine;
pub mod export;
mod feed;
mod gather;
mod held;
pub mod import;
pub mod load;
mod objects;
mod order;
mod refusals;
