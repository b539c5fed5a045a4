//! The rules: what a request must look like and what it means, without transport and without database.

pub mod apply;
pub mod cidr;
pub mod draft;
pub mod filter;
pub mod gaps;
pub mod impact;
pub mod json;
pub mod keys;
pub mod masks;
pub mod page;
pub mod resource;
pub mod scope;
pub mod search;
pub mod validate;
