//! The files that make up a bundle.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::bulk::stdin::{STDIN, file_name};
use crate::error::{Error, Result};

/// A file, read.
#[derive(Debug)]
pub struct Source {
    /// Its name for people.
    pub name: String,
    /// How it is written.
    pub format: Format,
    /// The resource in its name: `stack` of `02_stack.csv`.
    pub resource: Option<String>,
    /// What it holds.
    pub content: Vec<u8>,
}

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Documents or lists.
    Yaml,
    /// An object, a list of them, or an object on each line.
    Json,
    /// Rows of one resource.
    Csv,
}

/// Reads files in the order in which they are named, and those of a directory, the directories in it included, in the
/// order of their names.
pub fn sources(paths: &[String]) -> Result<Vec<Source>> {
    let mut sources = Vec::new();
    if paths.iter().filter(|path| *path == STDIN).count() > 1 {
        return Err(Error::Usage("standard input can be read only once; give `-f -` once".to_owned()));
    }
    for path in paths {
        if path == STDIN {
            let mut content = Vec::new();
            io::stdin().lock().read_to_end(&mut content).map_err(|error| unread(path, &error))?;
            sources.push(Source {
                name: file_name(path).to_owned(),
                format: sniffed(&content),
                resource: None,
                content,
            });
            continue;
        }
        let metadata = fs::metadata(path).map_err(|error| unread(path, &error))?;
        if !metadata.is_dir() {
            sources.push(source(Path::new(path))?.ok_or_else(|| {
                Error::Usage(format!(
                    "`{path}` has no known ending: it must be `.yaml`, `.yml`, `.json`, `.jsonl` or `.csv`"
                ))
            })?);
            continue;
        }
        let before = sources.len();
        for file in below(Path::new(path))? {
            sources.extend(source(&file)?);
        }
        if sources.len() == before {
            return Err(Error::Usage(format!("there are no files in YAML, JSON or CSV in `{path}`")));
        }
    }
    Ok(sources)
}

fn unread(path: &str, error: &io::Error) -> Error {
    Error::Usage(format!("cannot read `{path}`: {error}"))
}

/// The files below a directory, in order. Hidden files are skipped: editors and version control write them.
fn below(directory: &Path) -> Result<Vec<PathBuf>> {
    let unread = |error| unread(&directory.to_string_lossy(), &error);
    let mut entries = Vec::new();
    for entry in fs::read_dir(directory).map_err(unread)? {
        entries.push(entry.map_err(unread)?.path());
    }
    entries.sort();
    let mut files = Vec::new();
    for path in entries {
        let hidden = path.file_name().and_then(OsStr::to_str).is_some_and(|name| name.starts_with('.'));
        match path.is_dir() {
            _ if hidden => {}
            true => files.extend(below(&path)?),
            false => files.push(path),
        }
    }
    Ok(files)
}

/// A file by the ending of its name; `None` if the ending is unknown.
fn source(path: &Path) -> Result<Option<Source>> {
    let ending = path.extension().and_then(OsStr::to_str).unwrap_or_default().to_ascii_lowercase();
    let format = match ending.as_str() {
        "yaml" | "yml" => Format::Yaml,
        "json" | "jsonl" | "ndjson" => Format::Json,
        "csv" => Format::Csv,
        _ => return Ok(None),
    };
    let name = path.to_string_lossy().into_owned();
    let content = fs::read(path).map_err(|error| unread(&name, &error))?;
    let stem = path.file_stem().and_then(OsStr::to_str).unwrap_or_default();
    Ok(Some(Source { name, format, resource: resource(stem), content }))
}

/// The resource in a name, after the number that orders the files.
fn resource(stem: &str) -> Option<String> {
    let name = stem.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start_matches(['_', '-', '.']);
    let name = name.replace('-', "_");
    let found = qairon::model().entities().iter().find(|entity| entity.name == name || entity.plural == name);
    found.map(|entity| entity.name.clone())
}

/// How standard input is written. A CSV header has to have a column `resource`; a list of such names is not a valid
/// bundle in YAML.
fn sniffed(content: &[u8]) -> Format {
    let text = String::from_utf8_lossy(&content[..content.len().min(4096)]);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let first = text.lines().next().unwrap_or_default();
    if text.starts_with(['{', '[']) {
        Format::Json
    } else if !first.contains(':') && first.split(',').any(|name| name.trim_matches('"') == "resource") {
        Format::Csv
    } else {
        Format::Yaml
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_the_resource() {
        for (stem, told) in [
            ("stack", Some("stack")),
            ("02_stack", Some("stack")),
            ("12-deployment-target", Some("deployment_target")),
            ("services", Some("service")),
            ("links", None),
        ] {
            assert_eq!(resource(stem).as_deref(), told, "{stem}");
        }
    }

    #[test]
    fn standard_input_tells_its_format() {
        for (content, format) in [
            ("\u{feff}\n [1]", Format::Json),
            ("{\"a\": 1}", Format::Json),
            ("resource,id\nx,y\n", Format::Csv),
            ("\"id\",\"resource\"\r\n", Format::Csv),
            ("- resource: stack\n", Format::Yaml),
            ("# about, resource\n", Format::Yaml),
            ("", Format::Yaml),
        ] {
            assert_eq!(sniffed(content.as_bytes()), format, "{content:?}");
        }
    }
}
