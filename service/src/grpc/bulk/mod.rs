//! Many objects at once: [`import`] and [`load`] take streams of objects, [`apply`] makes objects be as they are given,
//! and [`export`] reads them.

pub mod apply;
pub mod export;
pub mod import;
pub mod load;

pub use import::unbroken;
