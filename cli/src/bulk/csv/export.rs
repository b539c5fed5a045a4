//! `csv_import export_csv`: objects as a file that `import_csv` reads back.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::ArgMatches;
use prost_reflect::DynamicMessage;
use qairon::model::{Entity, Field};
use qairon::v1::ExportObjectsRequest;
use serde_json::{Value as Json, json};

use crate::args::spelling::normal;
use crate::arguments::{named, text};
use crate::bulk::export::{Objects, decoded};
use crate::bulk::stdin::STDIN;
use crate::error::{Error, Result};
use crate::output::row::{Datum, Row, datum};
use crate::session::Session;
use crate::suggest;

/// A column: a field, or the name of the resource.
type Column = Option<&'static Field>;

/// Runs the command.
pub async fn run(session: &mut Session, matches: &ArgMatches) -> Result<()> {
    let entity = named(&normal(&text(matches, "resource").into()))?;
    let columns = columns(entity, &session.asked)?;
    let paths = columns.iter().flatten().map(|field| field.name.clone()).collect();
    let request = ExportObjectsRequest {
        resources: vec![entity.name.clone()],
        filter: text(matches, "filter").to_owned(),
        read_mask: Some(prost_types::FieldMask { paths }),
        omit_links: true,
        ..ExportObjectsRequest::default()
    };
    let mut objects = Objects::of(session, &request)?;
    // A refused export leaves no file.
    let mut next = objects.next().await?;
    let path = text(matches, "file");
    let mut target = Target::open(path, matches.get_flag("quiet"))?;
    let mut line = header(&columns);
    let mut count: u64 = 0;
    target.write(&line)?;
    while let Some(object) = next {
        let (_, message) = decoded(&object)?;
        line.clear();
        append_row(entity, &columns, &message, &mut line);
        target.write(&line)?;
        count += 1;
        next = objects.next().await?;
    }
    target.keep()?;
    if path == STDIN {
        return Ok(());
    }
    session.output.object(&Row::of_cells([("resource", json!(entity.name)), ("exported", json!(count))]))
}

/// The requested fields, or everything that `import_csv` takes.
fn columns(entity: &'static Entity, asked: &[String]) -> Result<Vec<Column>> {
    let in_file = |field: &Field| field.is_column() && (field.is_settable() || field.is_shown());
    if asked.is_empty() {
        return Ok(entity.fields.iter().filter(|field| field.is_settable()).map(Some).collect());
    }
    let column = |name: &String| match entity.field(name).filter(|field| in_file(field)) {
        None if name == "resource" => Ok(None),
        Some(field) => Ok(Some(field)),
        None => {
            let known = entity.fields.iter().filter(|field| in_file(field)).map(|field| field.name.as_str());
            Err(Error::Usage(suggest::unknown(
                &format!("column of `{}`", entity.name),
                name,
                known.chain(["resource"]),
            )))
        }
    };
    asked.iter().map(column).collect()
}

fn header(columns: &[Column]) -> String {
    let names: Vec<&str> =
        columns.iter().map(|column| column.map_or("resource", |field| field.name.as_str())).collect();
    names.join(",") + "\n"
}

fn append_row(entity: &Entity, columns: &[Column], message: &DynamicMessage, line: &mut String) {
    let start = line.len();
    for (at, column) in columns.iter().enumerate() {
        if at > 0 {
            line.push(',');
        }
        let value = column.map_or_else(|| Datum::Text(entity.name.clone()), |field| datum(field, message));
        match value {
            // An empty cell means no value.
            Datum::Json(Json::Null) => {}
            Datum::Json(Json::Object(members)) if members.is_empty() => {}
            Datum::Json(value) => append_cell(&value.to_string(), line),
            Datum::Text(text) if text.is_empty() && column.is_some_and(|field| !field.nullable) => {}
            Datum::Text(text) | Datum::Moment(text) => append_cell(&text, line),
            // Not among the columns of files.
            Datum::Row(_) | Datum::List(_) | Datum::Related(_) => {}
        }
    }
    // An empty line would not be a row.
    if line.len() == start {
        line.push_str("\"\"");
    }
    line.push('\n');
}

/// A cell; an empty text has quotes, no value has none.
fn append_cell(text: &str, line: &mut String) {
    if !text.is_empty() && !text.contains([',', '"', '\r', '\n']) {
        line.push_str(text);
        return;
    }
    line.push('"');
    line.push_str(&text.replace('"', "\"\""));
    line.push('"');
}

/// Where the file goes: under its name only when it is complete.
enum Target {
    Stream(Box<dyn Write>),
    File { out: BufWriter<File>, written: PathBuf, wanted: PathBuf },
}

impl Target {
    fn open(path: &str, quiet: bool) -> Result<Self> {
        if path == STDIN {
            let out: Box<dyn Write> = if quiet { Box::new(io::sink()) } else { Box::new(BufWriter::new(io::stdout())) };
            return Ok(Self::Stream(out));
        }
        let unwritten = |error: io::Error| Error::Usage(format!("cannot write `{path}`: {error}"));
        // A link stays one, and what it leads to is written.
        let wanted = fs::canonicalize(path).unwrap_or_else(|_| PathBuf::from(path));
        // A pipe or a device is written as it is.
        if fs::metadata(&wanted).is_ok_and(|metadata| !metadata.is_file()) {
            let file = OpenOptions::new().write(true).open(&wanted).map_err(unwritten)?;
            return Ok(Self::Stream(Box::new(BufWriter::new(file))));
        }
        let name = wanted.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let written = wanted.with_file_name(format!(".{name}.{}.part", std::process::id()));
        let file = OpenOptions::new().write(true).create_new(true).open(&written).map_err(unwritten)?;
        Ok(Self::File { out: BufWriter::new(file), written, wanted })
    }

    fn write(&mut self, text: &str) -> io::Result<()> {
        match self {
            Self::Stream(out) => out.write_all(text.as_bytes()),
            Self::File { out, .. } => out.write_all(text.as_bytes()),
        }
    }

    /// Gives the file its name.
    fn keep(mut self) -> io::Result<()> {
        match &mut self {
            Self::Stream(out) => out.flush(),
            Self::File { out, written, wanted } => {
                out.flush()?;
                fs::rename(&*written, &*wanted)
            }
        }
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        if let Self::File { written, .. } = self
            && Path::new(written).exists()
        {
            // It has its name, or nobody needs it.
            let _ = fs::remove_file(written);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bulk::csv::{Record, Records};

    #[test]
    fn cells_come_back_as_they_were() {
        let nasty =
            ["plain", "a,b", "say \"x\"", "a\nb", "a\r\nb\r", " x ", "=cmd", "007", "\u{1f980}", "", "\"", "\t"];
        let mut line = String::new();
        for (at, text) in nasty.iter().enumerate() {
            if at > 0 {
                line.push(',');
            }
            append_cell(text, &mut line);
        }
        line.push('\n');
        let (mut records, mut record) = (Records::new(line.as_bytes()), Record::default());
        assert!(records.read(&mut record).expect("in memory"));
        assert_eq!(record.cells().map(|(cell, _)| cell.expect("UTF-8")).collect::<Vec<_>>(), nasty);
    }

    #[test]
    fn columns_are_what_an_import_takes_unless_asked_otherwise() {
        let entity = qairon::model().target("service");
        assert_eq!(header(&columns(entity, &[]).expect("all")), "stack_id,name,artifact_name,defaults\n");
        let asked = ["resource", "id", "created_at"].map(str::to_owned);
        assert_eq!(header(&columns(entity, &asked).expect("known")), "resource,id,created_at\n");
        let told = columns(entity, &["nme".to_owned()]).expect_err("unknown").to_string();
        assert_eq!(told, "unknown column of `service` `nme`, did you mean `name`?");
    }
}
