//! The rules that the database itself keeps, whoever writes to it: here a plain session, as psql has it.

mod dependencies;
mod homes;
mod links;
mod networks;
mod records;
mod releases;
mod session;
mod values;
