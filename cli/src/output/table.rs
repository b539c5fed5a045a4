//! Tables for people at a terminal.

use comfy_table::{ColumnConstraint, Table, Width, presets};

use super::plain;
use super::row::{Cell, Datum, Place, Row};

/// The table of one object: a line for each field.
pub fn object(row: &Row) -> String {
    let mut table = empty();
    for cell in row.cells.iter().filter(|cell| cell.place != Place::Json) {
        table.add_row([cell.name.clone(), shown(&cell.datum)]);
    }
    trimmed(&table)
}

/// A table that comes in parts: the first decides the widths of the columns.
#[derive(Debug, Default)]
pub struct ListTable {
    widths: Option<Vec<u16>>,
}

impl ListTable {
    /// The text of the next rows, under a header when they are the first.
    pub fn part(&mut self, rows: &[Row]) -> String {
        let Some(first) = rows.first() else { return String::new() };
        let mut table = empty();
        let header = columns(first).map(|cell| cell.name.to_uppercase()).collect::<Vec<_>>();
        match &self.widths {
            None => {
                table.set_header(header);
            }
            Some(widths) => {
                let widths = widths.iter().map(|width| ColumnConstraint::LowerBoundary(Width::Fixed(*width)));
                table.set_constraints(widths);
            }
        }
        for row in rows {
            table.add_row(columns(row).map(|cell| shown(&cell.datum)));
        }
        if self.widths.is_none() {
            // Constraints count the padding of a column.
            self.widths = Some(table.column_max_content_widths().into_iter().map(|width| width + 2).collect());
        }
        trimmed(&table)
    }
}

fn columns(row: &Row) -> impl Iterator<Item = &Cell> {
    row.cells.iter().filter(|cell| cell.place == Place::Everywhere)
}

fn empty() -> Table {
    let mut table = Table::new();
    // Lines grow beyond the terminal rather than break: an ID is there to be copied.
    table.load_style(presets::NOTHING);
    table
}

/// Null is an empty cell, texts of a list stand side by side, and nothing that steers a terminal passes.
fn shown(datum: &Datum) -> String {
    let text = match datum {
        Datum::Json(serde_json::Value::Null) => String::new(),
        Datum::List(items) if items.iter().all(|item| matches!(item, Datum::Text(_))) => {
            items.iter().map(plain::text).collect::<Vec<_>>().join(", ")
        }
        datum => plain::text(datum),
    };
    text.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect()
}

fn trimmed(table: &Table) -> String {
    table.to_string().lines().map(|line| format!("{}\n", line.trim_end())).collect()
}
