//! A file on its way to the server: read, encoded and cut into messages by a thread of its own, so that neither waits
//! for the other longer than a few messages.
//!
//! A row that cannot be sent is sent as an object without fields, which every server refuses. So the indexes of objects
//! stay those of rows, and an atomic load fails, without an extension of the protocol.

use std::collections::{BTreeSet, VecDeque};
use std::io::{self, Read};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use prost_reflect::{DynamicMessage, Kind as ProtoKind, ReflectMessage, Value};
use qairon::model::Entity;
use tokio::sync::{mpsc, oneshot};
use tokio_stream::Stream;

use super::lines::Lines;
use super::row::Rows;
use crate::bulk::report::{Place, Refusal};
use crate::bulk::wire;
use crate::error::{Error, Result};

/// How many objects go into one message.
const CHUNK_ROWS: usize = 1_000;
/// How many bytes of objects go into one message, unless a single one has more.
const CHUNK_BYTES: usize = 256 << 10;
/// How long rows wait for others of their message: rows of a slow pipe must reach the server before its timeout.
const LONGEST_WAIT: Duration = Duration::from_secs(1);
/// How many messages wait to be sent at most.
const WAITING: usize = 4;
/// How many rows that could not be sent are kept: more than are printed.
const MAX_KNOWN_BAD: usize = 2_000;

/// The state of the messages that were sent.
#[derive(Debug, Default)]
pub struct Sent {
    /// The line of each object.
    pub lines: Lines,
    /// The rows that could not be sent, since they were last taken from here.
    pub bad: Vec<Refusal>,
    /// The first objects that replace such rows.
    pub known_bad: BTreeSet<u64>,
    /// The messages that were not acknowledged yet.
    pub pending: VecDeque<Chunk>,
    /// Whether the end of the file is on its way.
    pub complete: bool,
}

/// Where a message ends.
#[derive(Debug, Clone, Copy, Default)]
pub struct Chunk {
    /// The rows up to there.
    pub rows: u64,
    /// The line on which the last of them begins.
    pub line: u64,
    /// The bytes of the file up to there.
    pub bytes: u64,
}

/// The messages as a stream for the server. It ends only when the file does. When reading fails it stays open and the
/// call is cancelled: an end would make the server keep the rows before.
pub struct Parts {
    receiver: mpsc::Receiver<Option<DynamicMessage>>,
    shared: Shared,
}

impl Stream for Parts {
    type Item = DynamicMessage;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<DynamicMessage>> {
        match self.receiver.poll_recv(context) {
            Poll::Ready(Some(Some(message))) => Poll::Ready(Some(message)),
            Poll::Ready(Some(None)) => {
                self.shared.lock().complete = true;
                Poll::Ready(None)
            }
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }
}

/// The state of a file being sent, shared between its reader and the receiver of the answers.
#[derive(Debug, Clone, Default)]
pub struct Shared(Arc<Mutex<Sent>>);

impl Shared {
    /// Takes it for a moment.
    pub fn lock(&self) -> MutexGuard<'_, Sent> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts to read. The first message is given, without objects. The third result reports why reading failed; without an
/// error it reports nothing.
pub fn start<R: Read + Send + 'static>(
    entity: &'static Entity,
    rows: Rows<R>,
    first: DynamicMessage,
) -> Result<(Parts, Shared, oneshot::Receiver<io::Error>)> {
    let (sender, receiver) = mpsc::channel(WAITING);
    let (failed, failure) = oneshot::channel();
    let shared = Shared::default();
    let mut cutter = Cutter::new(entity, rows, first, shared.clone())?;
    std::thread::Builder::new().name("reader".to_owned()).spawn(move || {
        loop {
            let part = match cutter.next() {
                Ok(part) => part,
                Err(error) => {
                    // The receiver is gone when the call is over.
                    let _ = failed.send(error);
                    return;
                }
            };
            let last = part.is_none();
            if sender.blocking_send(part).is_err() || last {
                // A later error could not be reported: stop here.
                std::mem::forget(failed);
                return;
            }
        }
    })?;
    Ok((Parts { receiver, shared: shared.clone() }, shared, failure))
}

/// Cuts rows into messages.
struct Cutter<R> {
    rows: Rows<R>,
    request: DynamicMessage,
    any: DynamicMessage,
    shared: Shared,
    /// A row that did not fit into the message before.
    left: Option<(u64, std::result::Result<Vec<u8>, String>)>,
    count: u64,
    started: bool,
}

impl<R: Read> Cutter<R> {
    fn new(entity: &'static Entity, rows: Rows<R>, request: DynamicMessage, shared: Shared) -> Result<Self> {
        let objects = request.descriptor().get_field_by_name("objects").map(|field| field.kind());
        let Some(ProtoKind::Message(any)) = objects else {
            return Err(Error::refused("the method takes no objects"));
        };
        let mut any = DynamicMessage::new(any);
        any.set_field_by_name("type_url", Value::String(wire::type_url(entity)));
        Ok(Self { rows, request, any, shared, left: None, count: 0, started: false })
    }

    /// The next message; `None` at the end of the file.
    fn next(&mut self) -> io::Result<Option<DynamicMessage>> {
        let (mut objects, mut lines, mut bad, mut bytes) = (Vec::new(), Vec::new(), Vec::new(), 0);
        let began = Instant::now();
        while objects.len() < CHUNK_ROWS && (objects.is_empty() || began.elapsed() < LONGEST_WAIT) {
            let next = match self.left.take() {
                Some(row) => Some(row),
                None => self.rows.next()?.map(|row| (row.line, row.object)),
            };
            let Some((line, object)) = next else { break };
            let size = object.as_ref().map_or(0, Vec::len);
            if !objects.is_empty() && bytes + size > CHUNK_BYTES {
                self.left = Some((line, object));
                break;
            }
            let encoded = object.unwrap_or_else(|message| {
                bad.push((objects.len() as u64, Refusal::local(Place { file: 0, line }, message)));
                Vec::new()
            });
            bytes += size;
            let mut any = self.any.clone();
            any.set_field_by_name("value", Value::Bytes(encoded.into()));
            objects.push(Value::Message(any));
            lines.push(line);
        }
        if objects.is_empty() && self.started {
            return Ok(None);
        }
        self.note(&lines, bad);
        let mut message = self.request.clone();
        if self.started {
            message.clear_field_by_name("options");
        }
        // A message starts the stream even without rows: otherwise an empty file would send nothing.
        self.started = true;
        message.set_field_by_name("objects", Value::List(objects));
        Ok(Some(message))
    }

    fn note(&mut self, lines: &[u64], bad: Vec<(u64, Refusal)>) {
        let mut sent = self.shared.lock();
        for (index, refusal) in bad {
            if sent.known_bad.len() < MAX_KNOWN_BAD {
                sent.known_bad.insert(self.count + index);
                sent.bad.push(refusal);
            }
        }
        lines.iter().for_each(|line| sent.lines.push(*line));
        self.count += lines.len() as u64;
        let line = lines.last().copied().unwrap_or_default();
        sent.pending.push_back(Chunk { rows: self.count, line, bytes: self.rows.bytes() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bulk::calls::method;

    fn messages(content: &str) -> (Vec<usize>, Shared) {
        let entity = qairon::model().target("application");
        let rows = Rows::new(entity, std::io::Cursor::new(content.to_owned()), false).expect("a good header");
        let first = DynamicMessage::new(method("LoadObjects").expect("a method").descriptor.input());
        let shared = Shared::default();
        let mut cutter = Cutter::new(entity, rows, first, shared.clone()).expect("objects");
        let mut sizes = Vec::new();
        while let Some(message) = cutter.next().expect("it is in memory") {
            sizes.push(message.get_field_by_name("objects").expect("objects").as_list().expect("a list").len());
        }
        (sizes, shared)
    }

    #[test]
    fn rows_travel_in_messages_of_a_size() {
        let many: String = std::iter::once("id\n".to_owned()).chain((0..2201).map(|n| format!("a{n}\n"))).collect();
        let (sizes, shared) = messages(&many);
        assert_eq!(sizes, [1000, 1000, 201]);
        let sent = shared.lock();
        assert_eq!(sent.pending.iter().map(|chunk| chunk.line).collect::<Vec<_>>(), [1001, 2001, 2202]);
        assert_eq!(sent.pending.back().map(|chunk| chunk.bytes), Some(many.len() as u64));
        let large = format!("id,defaults\na,\"{{\"\"x\"\": \"\"{}\"\"}}\"\nb,\nc,\n", "y".repeat(CHUNK_BYTES));
        assert_eq!(messages(&large).0, [1, 2]);
        assert_eq!(messages("id\n").0, [0]);
    }

    #[test]
    fn bad_rows_keep_their_place() {
        let (sizes, shared) = messages("id,defaults\na,\nb,x\n\nc,\n");
        assert_eq!(sizes, [3]);
        let sent = shared.lock();
        assert_eq!(sent.known_bad, BTreeSet::from([1]));
        assert_eq!(sent.bad[0].place.line, 3);
        assert_eq!(sent.lines.of(2), Some(5));
    }
}
