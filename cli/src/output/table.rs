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
#[derive(Debug)]
pub struct ListTable {
    wide: bool,
    bold: bool,
    widths: Option<Vec<u16>>,
}

impl ListTable {
    /// A table with the columns of a list or, when it is wide, with those that are too much for most; its header is bold
    /// where a terminal is there to show it.
    pub fn new(wide: bool, bold: bool) -> Self {
        Self { wide, bold, widths: None }
    }

    /// The text of the next rows, under a header when they are the first.
    pub fn part(&mut self, rows: &[Row]) -> String {
        let Some(first) = rows.first() else { return String::new() };
        let mut table = empty();
        let header = self.columns(first).map(|cell| cell.name.to_uppercase()).collect::<Vec<_>>();
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
            table.add_row(self.columns(row).map(|cell| shown(&cell.datum)));
        }
        let has_header = self.widths.is_none();
        if has_header {
            // Constraints count the padding of a column.
            self.widths = Some(table.column_max_content_widths().into_iter().map(|width| width + 2).collect());
        }
        let text = trimmed(&table);
        match text.split_once('\n') {
            Some((header, rows)) if has_header && self.bold => format!("\u{1b}[1m{header}\u{1b}[0m\n{rows}"),
            _ => text,
        }
    }

    fn columns<'a>(&self, row: &'a Row) -> impl Iterator<Item = &'a Cell> + use<'a> {
        let wide = self.wide;
        row.cells.iter().filter(move |cell| cell.place == Place::Everywhere || (wide && cell.place == Place::Detail))
    }
}

fn empty() -> Table {
    let mut table = Table::new();
    // Lines grow beyond the terminal and do not break, so that an ID can be copied.
    table.load_style(presets::NOTHING);
    table
}

/// Null is an empty cell, the texts of a list are joined, and control characters are removed.
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
