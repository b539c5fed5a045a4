//! The rules that the database itself enforces for every writer: here a plain session, as in psql.

mod dependencies;
mod homes;
mod links;
mod networks;
mod records;
mod releases;
mod session;
mod values;
