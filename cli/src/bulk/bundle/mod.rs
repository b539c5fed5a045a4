//! Bundles: objects of many resources in files.
//!
//! A file in YAML, JSON or CSV is read into entries with their lines ([`yaml`], [`json`], [`table`]), and the model
//! turns those into objects ([`object`]). Every error is recorded with its location.

pub mod edited;
mod files;
mod json;
mod object;
mod row;
mod table;
#[cfg(test)]
mod tests;
mod yaml;

use qairon::v1::{BulkObject, ImportError};

use row::Problem;

use super::report::{Place, Refusal, Report};
use crate::error::Result;

/// What some files hold.
#[derive(Debug, Default)]
pub struct Bundle {
    /// The objects in their order.
    pub objects: Vec<BulkObject>,
    /// Where each of them begins.
    pub places: Vec<Place>,
    /// The names of the files.
    pub files: Vec<String>,
    /// The errors.
    pub report: Report,
}

impl Bundle {
    /// Reads files, directories of files and `-`.
    pub fn read(paths: &[String]) -> Result<Self> {
        let mut bundle = Self::default();
        for source in files::sources(paths)? {
            let file = bundle.files.len();
            bundle.files.push(source.name.clone());
            bundle.add(file, &source);
        }
        Ok(bundle)
    }

    fn add(&mut self, file: usize, source: &files::Source) {
        let text = match std::str::from_utf8(&source.content) {
            Ok(text) => text.trim_start_matches('\u{feff}'),
            Err(error) => {
                let before = &source.content[..error.valid_up_to()];
                let line = 1 + before.iter().filter(|byte| **byte == b'\n').count() as u64;
                return self.refuse(file, (line, "the text is not UTF-8".to_owned()));
            }
        };
        let rows = match source.format {
            files::Format::Csv => {
                for (line, object) in table::objects(source.resource.as_deref(), text) {
                    self.take(file, line, object.map_err(|message| vec![(line, message)]));
                }
                return;
            }
            files::Format::Json => json::rows(text),
            files::Format::Yaml => yaml::rows(text),
        };
        for row in rows {
            match row {
                Ok(row) => self.take(file, row.line, object::of(row)),
                Err(problem) => self.refuse(file, problem),
            }
        }
    }

    fn take(&mut self, file: usize, line: u64, object: std::result::Result<BulkObject, Vec<Problem>>) {
        match object {
            Ok(object) => {
                self.objects.push(object);
                self.places.push(Place { file, line });
            }
            Err(problems) => problems.into_iter().for_each(|problem| self.refuse(file, problem)),
        }
    }

    /// Records the server's refusals of objects, each with the location of its object.
    pub fn note(&mut self, errors: Vec<ImportError>) {
        for error in errors {
            let index = usize::try_from(error.index).unwrap_or(usize::MAX);
            let place = self.places.get(index).copied().unwrap_or_default();
            self.report.tell_of(Refusal::of_server(place, error));
        }
    }

    fn refuse(&mut self, file: usize, (line, message): Problem) {
        self.report.push(Refusal::local(Place { file, line }, message));
    }
}
