//! CSV files: `csv_import import_csv` and `csv_import export_csv`.
//!
//! A file is read once, from beginning to end, and nothing of it stays in memory: [`records`] finds the cells,
//! [`header`] and [`row`] make objects of them, [`chunks`] sends them while they are read, and [`import`] reads the
//! answers. Only the lines of rows are kept, so that a refusal has its location ([`lines`]).

mod chunks;
mod export;
mod header;
mod import;
mod lines;
mod progress;
mod records;
mod row;
#[cfg(test)]
mod tests;

pub use export::run as export;
pub use header::mask;
pub use import::run as import;
pub use records::{Broken, Record, Records};
pub use row::Rows;
