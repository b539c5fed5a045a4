//! The records of CSV text, one at a time.
//!
//! csv-core parses the grammar. This module adds what its own reader does not report: the line where a record begins,
//! skipped blank lines, whether an empty cell was quoted, and an open quote before it takes the rest of the file into
//! memory.

use std::io::{self, Read};

use csv_core::ReadFieldResult;

/// The byte order mark that some programs put at the beginning of UTF-8 files.
const BOM: &[u8] = b"\xef\xbb\xbf";
/// How much is read at once.
const BUFFER_BYTES: usize = 64 << 10;
/// How large a record can be: a message to the server has 4 MiB.
const MAX_RECORD_BYTES: usize = 4 << 20;

/// One record.
#[derive(Debug, Default)]
pub struct Record {
    /// The line where it begins, from one.
    pub line: u64,
    bytes: Vec<u8>,
    /// Where each cell ends, and whether it began with a quote.
    cells: Vec<(usize, bool)>,
}

/// Why there is no next record.
#[derive(Debug)]
pub enum Broken {
    /// The input could not be read.
    Io(io::Error),
    /// The record that begins on this line has no end, so the rest of the file cannot be read.
    Endless {
        /// The line.
        line: u64,
        /// What is wrong with it.
        message: String,
    },
}

/// The records of an input.
pub struct Records<R> {
    input: R,
    core: csv_core::Reader,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    at_end: bool,
    started: bool,
    /// Lines that ended between records.
    skipped: u64,
    consumed: u64,
}

impl Record {
    /// How many cells it has.
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// Its cells in order; each with whether it was quoted. `None` is a cell that is not UTF-8.
    pub fn cells(&self) -> impl Iterator<Item = (Option<&str>, bool)> {
        let starts = std::iter::once(0).chain(self.cells.iter().map(|(end, _)| *end));
        let cells = starts.zip(&self.cells);
        cells.map(|(start, (end, quoted))| (std::str::from_utf8(&self.bytes[start..*end]).ok(), *quoted))
    }
}

impl<R: Read> Records<R> {
    /// Begins to read.
    pub fn new(input: R) -> Self {
        Self {
            input,
            core: csv_core::Reader::new(),
            buffer: vec![0; BUFFER_BYTES],
            start: 0,
            end: 0,
            at_end: false,
            started: false,
            skipped: 0,
            consumed: 0,
        }
    }

    /// How many bytes of the input the records so far have taken.
    pub fn bytes(&self) -> u64 {
        self.consumed
    }

    /// Reads the next record into one that is used again; `false` at the end.
    pub fn read(&mut self, record: &mut Record) -> Result<bool, Broken> {
        if !self.started {
            self.skip_mark()?;
        }
        record.cells.clear();
        if !self.skip_blank()? {
            return Ok(false);
        }
        record.line = self.line();
        let mut filled = 0;
        let mut begun = false;
        let mut quoted = false;
        loop {
            if self.start == self.end && !self.fill()? {
                self.finish(record, filled, begun && quoted)?;
                return Ok(true);
            }
            if !begun {
                (begun, quoted) = (true, self.buffer[self.start] == b'"');
            }
            if record.bytes.len() == filled {
                if filled >= MAX_RECORD_BYTES {
                    let message = format!(
                        "the row is longer than {} MiB, and the rest was not read; is there an open quote?",
                        MAX_RECORD_BYTES >> 20
                    );
                    return Err(Broken::Endless { line: record.line, message });
                }
                record.bytes.resize((filled * 2).max(1024), 0);
            }
            let input = &self.buffer[self.start..self.end];
            let (result, taken, written) = self.core.read_field(input, &mut record.bytes[filled..]);
            self.take(taken);
            filled += written;
            if let ReadFieldResult::Field { record_end } = result {
                record.cells.push((filled, quoted));
                begun = false;
                if record_end {
                    return Ok(true);
                }
            }
        }
    }

    /// Ends the last record of an input that has no line end there. A further line end shows whether a quote is open:
    /// it is then part of the cell.
    fn finish(&mut self, record: &mut Record, filled: usize, quoted: bool) -> Result<(), Broken> {
        let mut spare = [0; 8];
        let (result, _, _) = self.core.read_field(b"\n", &mut spare);
        let ReadFieldResult::Field { .. } = result else {
            let message = "a quote is left open at the end of the file".to_owned();
            return Err(Broken::Endless { line: record.line, message });
        };
        record.cells.push((filled, quoted));
        Ok(())
    }

    fn line(&self) -> u64 {
        // The core counts the lines that end inside of what it is given.
        self.core.line() + self.skipped
    }

    fn take(&mut self, bytes: usize) {
        self.start += bytes;
        self.consumed += bytes as u64;
    }

    /// Skips line ends between records; `false` at the end of the input.
    fn skip_blank(&mut self) -> Result<bool, Broken> {
        loop {
            if self.start == self.end && !self.fill()? {
                return Ok(false);
            }
            match self.buffer[self.start] {
                b'\n' => self.skipped += 1,
                b'\r' => {}
                _ => return Ok(true),
            }
            self.take(1);
        }
    }

    fn skip_mark(&mut self) -> Result<(), Broken> {
        self.started = true;
        while self.end < BOM.len() && self.fill()? {}
        if self.buffer[..self.end].starts_with(BOM) {
            self.take(BOM.len());
        }
        Ok(())
    }

    /// Reads more, after what is in the buffer; `false` at the end of the input.
    fn fill(&mut self) -> Result<bool, Broken> {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
        while !self.at_end {
            match self.input.read(&mut self.buffer[self.end..]) {
                Ok(0) => self.at_end = true,
                Ok(bytes) => {
                    self.end += bytes;
                    return Ok(true);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Broken::Io(error)),
            }
        }
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns one byte at a time, like a slow pipe.
    struct Slow<'a>(&'a [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let Some((first, rest)) = self.0.split_first() else { return Ok(0) };
            buffer[0] = *first;
            self.0 = rest;
            Ok(1)
        }
    }

    fn records(mut records: Records<impl Read>) -> Vec<String> {
        let mut record = Record::default();
        let mut told = Vec::new();
        loop {
            match records.read(&mut record) {
                Ok(false) => return told,
                Ok(true) => {
                    let cells = record.cells().map(|(cell, quoted)| {
                        let mark = if quoted { "'" } else { "" };
                        format!("{mark}{}{mark}", cell.unwrap_or("?"))
                    });
                    told.push(format!("{}:{}", record.line, cells.collect::<Vec<_>>().join("|")));
                }
                Err(Broken::Endless { line, message }) => {
                    told.push(format!("{line}!{message}"));
                    return told;
                }
                Err(Broken::Io(error)) => panic!("{error}"),
            }
        }
    }

    fn both(content: &[u8]) -> Vec<String> {
        let whole = records(Records::new(content));
        assert_eq!(whole, records(Records::new(Slow(content))), "byte by byte");
        whole
    }

    #[test]
    fn lines_are_those_where_records_begin() {
        assert_eq!(both(b"a,b\nc,d\n"), ["1:a|b", "2:c|d"]);
        assert_eq!(both(b"\n\na,b\r\n\r\n\r\n\"c\nc\",d\r\ne,f"), ["3:a|b", "6:'c\nc'|d", "8:e|f"]);
        assert_eq!(both(b"\xef\xbb\xbfa\n\n\xff\n"), ["1:a", "3:?"]);
        assert_eq!(both(b""), Vec::<String>::new());
        assert_eq!(both(b"\xef\xbb\xbf"), Vec::<String>::new());
    }

    #[test]
    fn quoted_cells_are_told_from_bare_ones() {
        assert_eq!(both(b"a,\"\",,\"x\"\"y\"\n,\n\"\""), ["1:a|''||'x\"y'", "2:|", "3:''"]);
        assert_eq!(both(b"a\"b,c\n"), ["1:a\"b|c"]);
    }

    #[test]
    fn an_open_quote_is_told_where_it_begins() {
        assert_eq!(both(b"a\n\"b\nc\n"), ["1:a", "2!a quote is left open at the end of the file"]);
        let long = [b"a\n\"".as_slice(), &b"line\n".repeat(1 << 20)].concat();
        assert_eq!(
            records(Records::new(&long[..])),
            ["1:a", "2!the row is longer than 4 MiB, and the rest was not read; is there an open quote?"]
        );
    }
}
