//! `csv_import import_csv`: sends a file to the server and reports the result.

use std::fs::File;
use std::io::{self, Read};

use clap::ArgMatches;
use prost_reflect::DynamicMessage;
use qairon::model::Entity;
use qairon::v1::{LoadAtomicity, LoadObjectsRequest, LoadObjectsResponse, LoadOptions};
use serde_json::json;

use super::chunks::{self, Chunk, Shared};
use super::header::mask;
use super::progress::Progress;
use super::row::Rows;
use crate::args::spelling::normal;
use crate::arguments::{named, text};
use crate::bulk::calls::{method, typed, untyped};
use crate::bulk::report::{Place, Refusal, Report, were_refused};
use crate::bulk::stdin::{STDIN, file_name};
use crate::client::streams::Answers;
use crate::error::{Error, Result, tell};
use crate::output::row::Row;
use crate::session::Session;

/// The exit code after Ctrl-C, by the convention of shells.
const INTERRUPTED: u8 = 130;

/// The options.
#[derive(Debug, Clone, Copy)]
struct Wanted {
    dry_run: bool,
    keep_going: bool,
    upsert: bool,
}

/// A file on its way.
struct Import {
    wanted: Wanted,
    entity: &'static Entity,
    name: String,
    shared: Shared,
    progress: Progress,
    report: Report,
    /// The last answer.
    told: LoadObjectsResponse,
    /// The last acknowledged message.
    done: Chunk,
}

/// Why the answers ended before the call did.
enum Stopped {
    /// The file could not be read any further.
    Unread(io::Error),
    /// The call failed.
    Failed(Error),
    /// Somebody pressed Ctrl-C.
    Interrupted,
}

/// Runs the command.
pub async fn run(session: &mut Session, matches: &ArgMatches) -> Result<()> {
    let entity = named(&normal(&text(matches, "resource").into()))?;
    let path = text(matches, "file");
    let flag = |name| matches.get_flag(name);
    let wanted = Wanted { dry_run: flag("dry_run"), keep_going: flag("continue"), upsert: flag("upsert") };
    let (input, size) = open(path)?;
    let rows = Rows::new(entity, input, wanted.upsert).map_err(|error| in_file(path, error))?;
    let first = LoadObjectsRequest { options: Some(options(wanted, mask(&rows.columns))), objects: Vec::new() };
    let method = method("LoadObjects")?;
    let (parts, shared, failure) = chunks::start(entity, rows, untyped(method.descriptor.input(), &first)?)?;
    let mut import = Import {
        wanted,
        entity,
        name: file_name(path).to_owned(),
        shared,
        progress: Progress::new(size, flag("quiet")),
        report: Report::default(),
        told: LoadObjectsResponse::default(),
        done: Chunk::default(),
    };
    let mut answers = session.client.duplex(method, parts);
    let ended = tokio::select! {
        ended = import.listen(&mut answers) => ended.map_err(Stopped::Failed),
        Ok(error) = failure => Err(Stopped::Unread(error)),
        Ok(()) = tokio::signal::ctrl_c() => Err(Stopped::Interrupted),
    };
    import.progress.end();
    match ended {
        Ok(()) => import.conclude(session),
        Err(stopped) => Err(import.stop(stopped)),
    }
}

fn options(wanted: Wanted, mask: Vec<String>) -> LoadOptions {
    let atomicity = if wanted.keep_going { LoadAtomicity::Object } else { LoadAtomicity::All };
    LoadOptions {
        validate_only: wanted.dry_run,
        atomicity: atomicity.into(),
        upsert: wanted.upsert,
        update_mask: wanted.upsert.then_some(prost_types::FieldMask { paths: mask }),
    }
}

/// The input, and how many bytes it has when that is known.
fn open(path: &str) -> Result<(Box<dyn Read + Send>, Option<u64>)> {
    if path == STDIN {
        return Ok((Box::new(io::stdin()), None));
    }
    let unread = |error: io::Error| Error::Usage(format!("cannot read `{path}`: {error}"));
    let file = File::open(path).map_err(unread)?;
    let metadata = file.metadata().map_err(unread)?;
    if metadata.is_dir() {
        return Err(Error::Usage(format!("cannot read `{path}`: it is a directory")));
    }
    Ok((Box::new(file), metadata.is_file().then_some(metadata.len())))
}

fn in_file(path: &str, error: Error) -> Error {
    match error {
        Error::Usage(message) => Error::Usage(format!("{}: {message}", file_name(path))),
        Error::Refused { message, reason, subject } => {
            // Only the header is refused as a whole.
            Error::Refused { message: format!("{}:1: {message}", file_name(path)), reason, subject }
        }
        other => other,
    }
}

impl Import {
    /// Reads the answers to the end.
    async fn listen(&mut self, answers: &mut Answers) -> Result<()> {
        while let Some(answer) = answers.next().await? {
            self.note(&answer)?;
        }
        Ok(())
    }

    fn note(&mut self, answer: &DynamicMessage) -> Result<()> {
        let mut told: LoadObjectsResponse = typed(answer)?;
        let before = u64::try_from(self.told.chunks).unwrap_or_default();
        let chunks = u64::try_from(told.chunks).unwrap_or_default();
        {
            let mut sent = self.shared.lock();
            for _ in before..chunks {
                self.done = sent.pending.pop_front().unwrap_or(self.done);
            }
            for refusal in std::mem::take(&mut sent.bad) {
                self.report.tell_of(refusal);
            }
            for error in std::mem::take(&mut told.errors) {
                let index = u64::try_from(error.index).unwrap_or_default();
                if !sent.known_bad.contains(&index) {
                    let line = sent.lines.of(index).unwrap_or_default();
                    self.report.tell_of(Refusal::of_server(Place { file: 0, line }, error));
                }
            }
        }
        self.progress.set(self.done.bytes, self.done.rows);
        self.told = told;
        Ok(())
    }

    /// Reports the result.
    fn conclude(mut self, session: &mut Session) -> Result<()> {
        let refused = u64::try_from(self.told.refused).unwrap_or_default();
        let stored = self.told.committed || self.wanted.dry_run;
        let Wanted { keep_going, dry_run, .. } = self.wanted;
        if refused == 0 && !stored {
            return Err(Error::refused(format!("the server ended the import of {} without storing it", self.name)));
        }
        if refused == 0 || keep_going {
            session.output.object(&self.summary())?;
        }
        if refused == 0 {
            return Ok(());
        }
        self.tell_refusals();
        let rest = match (keep_going, dry_run) {
            (false, _) => format!("nothing was imported from {}", self.name),
            (true, true) => "the others would be kept".to_owned(),
            (true, false) => "the others are kept".to_owned(),
        };
        Err(Error::refused(format!("{}, {rest}", were_refused(refused, "row"))))
    }

    /// Reports how far the import got, and how to continue.
    fn stop(mut self, stopped: Stopped) -> Error {
        let bad = std::mem::take(&mut self.shared.lock().bad);
        bad.into_iter().for_each(|refusal| self.report.tell_of(refusal));
        self.tell_refusals();
        // A server that refuses has stored nothing; a server that is out of reach may have.
        let silent = !matches!(stopped, Stopped::Failed(Error::Refused { .. }));
        let unknown = silent && !self.wanted.dry_run && self.shared.lock().complete;
        let state = match (self.wanted.keep_going && !self.wanted.dry_run, self.done.rows) {
            (true, 0) => "no row is known to be imported; run it again".to_owned(),
            (true, rows) => format!(
                "the first {rows} rows of {}, up to line {}, are done; run it again with `--upsert` to continue: it leaves \
                 stored rows unchanged",
                self.name, self.done.line
            ),
            (false, _) if unknown => format!(
                "whether {} was imported is unknown; run it again with `--upsert`, which changes nothing if it was",
                self.name
            ),
            (false, _) => "nothing was imported".to_owned(),
        };
        match stopped {
            Stopped::Unread(error) => Error::Usage(format!("cannot read {} any further: {error}; {state}", self.name)),
            Stopped::Failed(Error::Refused { message, reason, subject }) => {
                Error::Refused { message: format!("{message}; {state}"), reason, subject }
            }
            Stopped::Failed(Error::Unreachable(message)) => Error::Unreachable(format!("{message}; {state}")),
            Stopped::Failed(other) => other,
            Stopped::Interrupted => {
                tell(&format!("interrupted; {state}"));
                Error::Told(INTERRUPTED)
            }
        }
    }

    fn tell_refusals(&mut self) {
        self.report.refused = u64::try_from(self.told.refused).unwrap_or_default();
        self.report.print(std::slice::from_ref(&self.name));
    }

    fn summary(&self) -> Row {
        let told = &self.told;
        let mut cells = vec![("resource", json!(self.entity.name)), ("created", json!(told.created))];
        if self.wanted.upsert {
            cells.extend([("updated", json!(told.updated)), ("unchanged", json!(told.unchanged))]);
        }
        if self.wanted.keep_going {
            cells.push(("refused", json!(told.refused)));
        }
        Row::of_cells(cells)
    }
}
