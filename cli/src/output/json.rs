//! JSON: compact for programs, indented for people at a terminal. The content is the same.

use std::io::{self, Write};

use serde::Serialize;

/// Writes one value on lines of its own.
pub fn write(out: &mut impl Write, value: &impl Serialize, indented: bool) -> io::Result<()> {
    write_bare(out, value, indented)?;
    out.write_all(b"\n")
}

/// Writes one value without a line end.
pub fn write_bare(out: &mut impl Write, value: &impl Serialize, indented: bool) -> io::Result<()> {
    let written = if indented { serde_json::to_writer_pretty(out, value) } else { serde_json::to_writer(out, value) };
    written.map_err(io::Error::from)
}
