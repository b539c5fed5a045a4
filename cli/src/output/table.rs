//! Tables for people at a terminal.
//!
//! A table fits its terminal: what is too wide is cut, and columns for which there is no room are left out. Where there
//! is no limit nothing is cut, and a cell of several lines takes as many.

use super::columns::{self, Column};
use super::fit::{self, GAP, MARGIN, Wish};
use super::plain;
use super::room::{cut, one_line, width, wrapped};
use super::row::{Cell, Datum, Place, Row};
use crate::colour::Paint;

/// How tables look.
#[derive(Debug, Clone, Copy, Default)]
pub struct Style {
    /// With all columns and whole values.
    pub wide: bool,
    /// With a bold header.
    pub bold: bool,
    /// How wide a line may be.
    pub room: Option<usize>,
    /// Whether the columns were asked for, so that none is left out or moved.
    pub asked: bool,
}

/// The table of one object: a line for each field. Nothing is cut: a long value goes on below itself.
pub fn object(row: &Row, style: Style) -> String {
    // An embedded object would repeat the reference to it.
    let is_repeated = |cell: &Cell| {
        cell.place == Place::Embedded && row.cells.iter().any(|other| other.name == format!("{}_id", cell.name))
    };
    let cells: Vec<_> = row.cells.iter().filter(|cell| cell.place != Place::Json && !is_repeated(cell)).collect();
    let names = cells.iter().map(|cell| width(&cell.name)).max().unwrap_or_default();
    let room = style.room.map_or(usize::MAX, |room| room.saturating_sub(MARGIN + names + GAP).max(LEAST_VALUE));
    let mut text = String::new();
    for cell in cells {
        let value = shown(&cell.datum, style.wide);
        let mut name = cell.name.as_str();
        for line in value.split('\n').flat_map(|line| wrapped(line, room)) {
            append(&mut text, [(name, names), (line, 0)]);
            name = "";
        }
    }
    text
}

/// The column without which an ID is not known.
const RESOURCE: &str = "RESOURCE";

/// Whether a part of the cell would say something else than the whole.
fn is_uncut(row: &Row, column: &Column) -> bool {
    row.cells.get(column.cell).is_some_and(|cell| match &cell.datum {
        Datum::Moment(_) => true,
        Datum::Json(json) => json.is_number() || json.is_boolean(),
        _ => false,
    })
}

/// Narrower values would be a column of letters.
const LEAST_VALUE: usize = 20;

/// A table that comes in parts: the first decides the columns and their widths.
#[derive(Debug)]
pub struct ListTable {
    style: Style,
    layout: Option<Layout>,
}

#[derive(Debug)]
struct Layout {
    columns: Vec<Column>,
    widths: Vec<usize>,
    /// The column that is cut last.
    key: usize,
    /// How much of a cell is shown.
    rooms: Vec<usize>,
    /// What there was no room for.
    missing: Vec<String>,
}

impl ListTable {
    /// An empty table.
    pub fn new(style: Style) -> Self {
        Self { style, layout: None }
    }

    /// The headers of the columns that are left out.
    pub fn missing(&self) -> &[String] {
        self.layout.as_ref().map_or(&[], |layout| &layout.missing)
    }

    /// The text of the next rows, under a header when they are the first.
    pub fn part(&mut self, rows: &[Row]) -> String {
        let Some(first) = rows.first() else { return String::new() };
        let style = self.style;
        let known = self.layout.take();
        let is_first = known.is_none();
        let mut layout = known.unwrap_or_else(|| Layout::of(first, style));
        let cells: Vec<Vec<String>> = rows.iter().map(|row| layout.cells(row, style)).collect();
        if is_first || style.room.is_none() {
            layout.measure(&cells);
        }
        if let Some(room) = style.room.filter(|_| is_first) {
            let uncut: Vec<bool> =
                layout.columns.iter().map(|column| rows.iter().any(|row| is_uncut(row, column))).collect();
            layout.fit(room, &uncut, style.asked);
        }
        let mut text = String::new();
        if is_first {
            let headers: Vec<String> = layout.columns.iter().map(|column| column.header.clone()).collect();
            layout.append(&mut text, &headers, style.room);
            text = text.trim_end().to_owned();
            text = format!("{}\n", Paint::Bold.on(&text, style.bold));
        }
        // Columns that were left out have no cells.
        let cells = if is_first { rows.iter().map(|row| layout.cells(row, style)).collect() } else { cells };
        cells.iter().for_each(|cells| layout.append(&mut text, cells, style.room));
        self.layout = Some(layout);
        text
    }
}

impl Layout {
    fn of(row: &Row, style: Style) -> Self {
        let columns = columns::of(row, style.wide, style.asked);
        let widths = columns.iter().map(|column| width(&column.header)).collect();
        Self { key: columns::key(row, &columns), columns, widths, rooms: Vec::new(), missing: Vec::new() }
    }

    fn cells(&self, row: &Row, style: Style) -> Vec<String> {
        let cells = self.columns.iter().map(|column| row.cells.get(column.cell));
        let text = |cell: Option<&Cell>| cell.map(|cell| shown(&cell.datum, style.wide)).unwrap_or_default();
        match style.room {
            // A row is one line where there is a limit.
            Some(_) => cells.map(|cell| one_line(&text(cell)).into_owned()).collect(),
            None => cells.map(text).collect(),
        }
    }

    /// Makes room for these rows.
    fn measure(&mut self, rows: &[Vec<String>]) {
        for cells in rows {
            for (widest, cell) in self.widths.iter_mut().zip(cells) {
                *widest = cell.split('\n').map(width).fold(*widest, usize::max);
            }
        }
    }

    /// Cuts the columns, and leaves out those for which there is no room.
    fn fit(&mut self, room: usize, uncut: &[bool], asked: bool) {
        let columns = self.columns.iter().zip(&self.widths).zip(uncut);
        let wishes: Vec<Wish> = columns
            .map(|((column, widest), uncut)| {
                let kept = column.header == RESOURCE;
                Wish { width: *widest, header: width(&column.header), uncut: *uncut || kept, kept }
            })
            .collect();
        let fitted = fit::fit(&wishes, self.key, room, asked);
        // What is whole in the first rows is whole in all of them, if it may not be cut.
        for (at, width) in fitted.iter().enumerate() {
            let Some(width) = *width else { continue };
            let is_whole = width == self.widths[at] && (at == self.key || uncut[at]);
            self.rooms.push(if is_whole { room.saturating_sub(MARGIN).max(1) } else { width });
        }
        // What is left out is never the key.
        self.key -= fitted[..self.key].iter().filter(|width| width.is_none()).count();
        let columns = std::mem::take(&mut self.columns);
        for (column, width) in columns.into_iter().zip(&fitted) {
            match width {
                Some(_) => self.columns.push(column),
                None => self.missing.push(column.header),
            }
        }
        self.widths = fitted.into_iter().flatten().collect();
    }

    /// Adds a row. An ID or a number that is longer than those of the first rows is whole all the same, and moves the
    /// rest of its line.
    fn append(&self, text: &mut String, cells: &[String], room: Option<usize>) {
        let Some(room) = room else {
            let height = cells.iter().map(|cell| cell.split('\n').count()).max().unwrap_or_default();
            for line in 0..height {
                let parts = cells.iter().map(|cell| cell.split('\n').nth(line).unwrap_or_default());
                append(text, parts.zip(self.widths.iter().copied()));
            }
            return;
        };
        let parts = cells.iter().zip(self.widths.iter().zip(&self.rooms));
        let parts = parts.map(|(cell, (width, room))| (cut(cell, *room), *width));
        let parts: Vec<_> = parts.collect();
        let mut line = String::new();
        append(&mut line, parts.iter().map(|(part, width)| (part.as_ref(), *width)));
        text.push_str(&cut(line.trim_end(), room));
        text.push('\n');
    }
}

/// Adds a line of cells with their widths.
fn append<'a>(text: &mut String, cells: impl IntoIterator<Item = (&'a str, usize)>) {
    let mut line = " ".repeat(MARGIN);
    for (cell, room) in cells {
        line.push_str(cell);
        line.push_str(&" ".repeat(room.saturating_sub(width(cell)) + GAP));
    }
    text.push_str(line.trim_end());
    text.push('\n');
}

/// What a cell shows: of an embedded object the ID, of a list its elements, of a time the minute unless all is shown.
/// Null is an empty cell, and control characters are removed.
fn shown(datum: &Datum, whole: bool) -> String {
    let text = match datum {
        Datum::Json(serde_json::Value::Null) => String::new(),
        Datum::Moment(time) if !whole => minute(time),
        Datum::Row(row) => row.id().map_or_else(|| plain::text(datum), str::to_owned),
        Datum::List(items) => match items.iter().map(summary).collect::<Option<Vec<_>>>() {
            Some(texts) => texts.join(", "),
            None => plain::text(datum),
        },
        datum => plain::text(datum),
    };
    text.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect()
}

fn summary(item: &Datum) -> Option<&str> {
    match item {
        Datum::Text(text) => Some(text),
        Datum::Row(row) | Datum::Related(row) => row.id(),
        _ => None,
    }
}

/// `2026-11-24 10:11` of `2026-11-24T10:11:12.5Z`.
fn minute(time: &str) -> String {
    match (time.get(..10), time.get(10..11), time.get(11..16)) {
        (Some(day), Some("T"), Some(minute)) => format!("{day} {minute}"),
        _ => time.to_owned(),
    }
}
