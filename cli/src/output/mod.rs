//! Standard output in the format asked for. Rows are written as they come; nothing holds a whole answer.

pub mod dot;
mod json;
mod plain;
pub mod row;
pub mod shape;
mod table;
#[cfg(test)]
mod tests;
pub mod tree;

use std::io::{self, BufWriter, IsTerminal, Write};

use crate::error::Result;
use dot::Dot;
use row::{Datum, Row};
use table::ListTable;
use tree::{Lines, Tree};

/// How many rows of a table are laid out at once.
const TABLE_PART: usize = 500;

/// A format of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// JSON.
    Json,
    /// Values on lines.
    Plain,
    /// A table for people.
    Table,
}

impl Format {
    /// The names of all formats.
    pub const NAMES: [&'static str; 3] = ["json", "plain", "table"];

    /// The format of this name.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "json" => Self::Json,
            "plain" => Self::Plain,
            "table" => Self::Table,
            _ => return None,
        })
    }
}

/// Where output goes and how it looks.
pub struct Output {
    /// The format the caller named, if any.
    pub asked: Option<Format>,
    format: Format,
    indented: bool,
    quiet: bool,
    out: Box<dyn Write>,
}

impl Output {
    /// Output to standard output: a table at a terminal and JSON elsewhere, unless a format is asked for.
    pub fn stdout(asked: Option<Format>, quiet: bool) -> Self {
        let terminal = io::stdout().is_terminal();
        let out: Box<dyn Write> = match quiet {
            true => Box::new(io::sink()),
            false => Box::new(BufWriter::new(io::stdout())),
        };
        Self { quiet, ..Self::to(out, asked, terminal) }
    }

    fn to(out: Box<dyn Write>, asked: Option<Format>, terminal: bool) -> Self {
        let format = asked.unwrap_or(if terminal { Format::Table } else { Format::Json });
        Self { asked, format, indented: terminal, quiet: false, out }
    }

    /// Prints one row.
    pub fn object(&mut self, row: &Row) -> Result<()> {
        match self.format {
            Format::Json => json::write(&mut self.out, row, self.indented)?,
            Format::Plain => writeln!(self.out, "{}", plain::line(row))?,
            Format::Table => self.out.write_all(table::object(row).as_bytes())?,
        }
        Ok(())
    }

    /// Prints the one value of a field: bare, unless JSON was asked for by name. A script that captures a text wants
    /// the text, and everything else is JSON either way.
    pub fn value(&mut self, datum: &Datum) -> Result<()> {
        match (self.asked, datum) {
            (Some(Format::Json), _) => json::write(&mut self.out, datum, self.indented)?,
            (_, Datum::Row(row)) => self.object(row)?,
            (_, Datum::Text(text)) => writeln!(self.out, "{text}")?,
            _ => json::write(&mut self.out, datum, self.indented && self.format != Format::Plain)?,
        }
        Ok(())
    }

    /// Prints a text on a line of its own, whatever the format.
    pub fn line(&mut self, text: &str) -> Result<()> {
        Ok(writeln!(self.out, "{text}")?)
    }

    /// Whether rows are printed as JSON.
    pub fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Prints a tree.
    pub fn tree(&mut self, tree: &Tree) -> Result<()> {
        Ok(tree.write(&mut self.out, Lines::of_locale())?)
    }

    /// Prints a graph.
    pub fn dot(&mut self, dot: Dot) -> Result<()> {
        Ok(self.out.write_all(dot.finish().as_bytes())?)
    }

    /// Tells people something that is no part of the output.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            crate::error::tell(text);
        }
    }

    /// Starts an array.
    pub fn array(&mut self) -> Array<'_> {
        Array { output: self, count: 0, part: Vec::new(), table: ListTable::default() }
    }

    /// Writes out what is still held back.
    pub fn finish(&mut self) -> Result<()> {
        Ok(self.out.flush()?)
    }
}

/// The text with nothing in it that steers a terminal or begins a new line.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// An array that is being printed: in JSON, a line for each element.
pub struct Array<'a> {
    output: &'a mut Output,
    count: u64,
    part: Vec<Row>,
    table: ListTable,
}

impl Array<'_> {
    /// Prints the next row.
    pub fn push(&mut self, row: Row) -> Result<()> {
        if self.output.format != Format::Table {
            return self.push_value(&Datum::Row(row));
        }
        self.count += 1;
        self.part.push(row);
        if self.part.len() == TABLE_PART { self.flush_part() } else { Ok(()) }
    }

    /// Prints the next element.
    pub fn push_value(&mut self, datum: &Datum) -> Result<()> {
        let out = &mut self.output.out;
        match (self.output.format, datum) {
            (Format::Json, _) => {
                out.write_all(if self.count == 0 { b"[\n" } else { b",\n" })?;
                json::write_bare(out, datum, self.output.indented)?;
            }
            (_, Datum::Row(row)) => writeln!(out, "{}", plain::line(row))?,
            // The related rows of one object: a line each, like a list of their own.
            (_, Datum::List(items)) => {
                for item in items {
                    match item {
                        Datum::Row(row) => writeln!(out, "{}", plain::line(row))?,
                        item => writeln!(out, "{}", plain::text(item))?,
                    }
                }
            }
            (_, datum) => writeln!(out, "{}", plain::text(datum))?,
        }
        self.count += 1;
        Ok(())
    }

    /// Ends the array.
    pub fn finish(mut self) -> Result<()> {
        self.flush_part()?;
        if self.output.format == Format::Json {
            self.output.out.write_all(if self.count == 0 { b"[]\n" } else { b"\n]\n" })?;
        }
        Ok(())
    }

    fn flush_part(&mut self) -> Result<()> {
        let text = self.table.part(&self.part);
        self.part.clear();
        Ok(self.output.out.write_all(text.as_bytes())?)
    }
}
