//! Standard output in the format asked for. Rows are written as they come; nothing holds a whole answer.

mod columns;
pub mod dot;
mod fit;
mod json;
mod plain;
mod printable;
pub mod room;
pub mod row;
pub mod shape;
mod table;
#[cfg(test)]
mod tests;
pub mod tree;
mod yaml;

use std::borrow::Cow;
use std::io::{self, BufWriter, IsTerminal, Write};

use serde::Serialize;

use crate::colour::{self, Paint};
use crate::error::Result;
use dot::Dot;
use row::{Datum, Row};
use table::{ListTable, Style};
use tree::{Lines, Tree};

/// How many rows of a table are laid out together.
const TABLE_PART: usize = 500;

/// A format of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// JSON.
    Json,
    /// JSON, a line for each object.
    Jsonl,
    /// YAML.
    Yaml,
    /// Values on lines.
    Plain,
    /// A table for people.
    Table,
    /// A table with the columns that are too much for most.
    Wide,
}

impl Format {
    /// The names of all formats.
    pub const NAMES: [&'static str; 6] = ["json", "jsonl", "yaml", "plain", "table", "wide"];

    /// The format of this name.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "json" => Self::Json,
            "jsonl" => Self::Jsonl,
            "yaml" => Self::Yaml,
            "plain" => Self::Plain,
            "table" => Self::Table,
            "wide" => Self::Wide,
            _ => return None,
        })
    }

    /// Whether programs can read it back with names and types.
    pub fn is_data(self) -> bool {
        matches!(self, Self::Json | Self::Jsonl | Self::Yaml)
    }

    /// Whether rows are aligned in columns.
    fn is_table(self) -> bool {
        matches!(self, Self::Table | Self::Wide)
    }
}

/// The YAML of a row.
pub fn yaml_of(row: &Row) -> Result<String> {
    let mut text = Vec::new();
    yaml::write(&mut text, row)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// Where output goes and how it looks.
pub struct Output {
    /// The format the caller named, if any.
    pub asked: Option<Format>,
    format: Format,
    indented: bool,
    /// Whether fields were asked for: tables show all of them in their order.
    pub fields_asked: bool,
    colours: bool,
    room: Option<usize>,
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
        Self { quiet, colours: colour::on_stdout(), room: room::of_stdout(), ..Self::to(out, asked, terminal) }
    }

    fn to(out: Box<dyn Write>, asked: Option<Format>, terminal: bool) -> Self {
        let format = asked.unwrap_or(if terminal { Format::Table } else { Format::Json });
        let (fields_asked, colours, room, quiet) = (false, false, None, false);
        Self { asked, format, indented: terminal, fields_asked, colours, room, quiet, out }
    }

    /// Prints one row.
    pub fn object(&mut self, row: &Row) -> Result<()> {
        match self.format {
            Format::Json | Format::Jsonl | Format::Yaml => self.data(row)?,
            Format::Plain => writeln!(self.out, "{}", plain::line(row))?,
            Format::Table | Format::Wide => self.out.write_all(table::object(row, self.style()).as_bytes())?,
        }
        Ok(())
    }

    /// Prints the value of a field: bare, unless a format for programs is given. A script that captures a text needs
    /// the bare text; everything else is JSON in any case.
    pub fn value(&mut self, datum: &Datum) -> Result<()> {
        match datum {
            datum if self.asked_data() => self.data(datum)?,
            Datum::Row(row) => self.object(row)?,
            Datum::Text(text) | Datum::Moment(text) => writeln!(self.out, "{text}")?,
            Datum::Related(_) => writeln!(self.out, "{}", plain::text(datum))?,
            _ => json::write(&mut self.out, datum, self.indented && self.format != Format::Plain)?,
        }
        Ok(())
    }

    /// Prints a value as JSON, or as YAML when that is the format.
    fn data(&mut self, value: &impl Serialize) -> io::Result<()> {
        match self.format {
            Format::Yaml => yaml::write(&mut self.out, value),
            format => json::write(&mut self.out, value, self.indented && format != Format::Jsonl),
        }
    }

    /// Prints a text on its own line, in any format.
    pub fn line(&mut self, text: &str) -> Result<()> {
        Ok(writeln!(self.out, "{text}")?)
    }

    /// Whether rows are printed for programs.
    pub fn is_data(&self) -> bool {
        self.format.is_data()
    }

    /// Whether the caller gave the format.
    pub fn asked_data(&self) -> bool {
        self.asked.is_some_and(Format::is_data)
    }

    /// Prints a tree.
    pub fn tree(&mut self, tree: &Tree) -> Result<()> {
        Ok(tree.write(&mut self.out, Lines::of_locale())?)
    }

    /// Prints a graph.
    pub fn dot(&mut self, dot: Dot) -> Result<()> {
        Ok(self.out.write_all(dot.finish().as_bytes())?)
    }

    /// Prints a note that is not part of the output.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            crate::error::tell(text);
        }
    }

    /// Starts an array. The sentence is for people when there are no rows: a table without any would be
    /// nothing at all. It is empty where they read something else already.
    pub fn array(&mut self, none: impl Into<String>) -> Array<'_> {
        let table = ListTable::new(self.style());
        Array { output: self, none: none.into(), count: 0, part: Vec::new(), table }
    }

    fn style(&self) -> Style {
        let wide = self.format == Format::Wide;
        let room = self.room.filter(|_| !wide);
        Style { wide, bold: self.colours, room, asked: self.fields_asked }
    }

    /// Prints a line in a colour where standard output shows colours.
    pub fn painted_line(&mut self, text: &str, paint: Option<Paint>) -> Result<()> {
        match paint {
            Some(paint) => self.line(&paint.on(text, self.colours)),
            None => self.line(text),
        }
    }

    /// Writes buffered output.
    pub fn finish(&mut self) -> Result<()> {
        Ok(self.out.flush()?)
    }
}

/// An array that is being printed: in JSON, a line for each element.
pub struct Array<'a> {
    output: &'a mut Output,
    none: String,
    count: u64,
    part: Vec<Row>,
    table: ListTable,
}

impl Array<'_> {
    /// Prints the next row.
    pub fn push(&mut self, row: Row) -> Result<()> {
        if !self.output.format.is_table() {
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
            (Format::Jsonl, _) => json::write(out, datum, false)?,
            (Format::Yaml, _) => yaml::write_item(out, datum)?,
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
        if self.output.format.is_table() && !self.output.quiet {
            // After the table.
            self.output.out.flush()?;
            self.tell_what_is_missing();
        }
        let end: &[u8] = match (self.output.format, self.count) {
            (Format::Json | Format::Yaml, 0) => b"[]\n",
            (Format::Json, _) => b"\n]\n",
            _ => b"",
        };
        Ok(self.output.out.write_all(end)?)
    }

    /// Prints what a table does not show, on standard error.
    fn tell_what_is_missing(&self) {
        let missing = self.table.missing();
        let told = match (self.count, missing) {
            (0, _) => Cow::from(&self.none),
            (_, []) => return,
            (_, missing) => {
                let told = format!("(no room for {}; -o wide shows all)", missing.join(", "));
                room::cut(&told, self.output.room.unwrap_or(usize::MAX)).into_owned().into()
            }
        };
        if !told.is_empty() {
            // If nobody reads it, that is not a reason to fail.
            let _ = writeln!(io::stderr(), "{told}");
        }
    }

    fn flush_part(&mut self) -> Result<()> {
        let text = self.table.part(&self.part);
        self.part.clear();
        Ok(self.output.out.write_all(text.as_bytes())?)
    }
}
