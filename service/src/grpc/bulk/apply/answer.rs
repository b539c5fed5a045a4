//! The answers of ApplyObjects, in messages that every client takes.

use bytes::{Buf, Bytes};
use prost::Message;
use qairon::v1::{ApplyObjectsResponse, ApplySummary, ChangeKind, ImportError, ObjectChange};

use super::super::super::status::{MAX_MESSAGE_BYTES, shortened};
use crate::db::apply::Outcome;
use crate::error::{Error, Result};

/// How many refusals are told.
const MAX_TOLD: usize = 1000;
/// How many bytes of results one message holds, about.
const MESSAGE_BYTES: usize = 512 * 1024;

/// Values beyond this are cut where a change is too long.
const LONG_VALUE: usize = 8 * 1024;

/// The answers to a bundle, one behind the other, each with its length before it.
pub fn encode(outcome: Outcome, committed: bool) -> Vec<u8> {
    let mut out = Vec::new();
    let summary = summary(&outcome, committed);
    let mut response = ApplyObjectsResponse::default();
    let mut size = 0;
    let mut room_for = |response: &mut ApplyObjectsResponse, more: usize| {
        if size + more > MESSAGE_BYTES && size > 0 {
            append(&mut out, &std::mem::take(response));
            size = 0;
        }
        size += more;
    };
    // When something is refused nothing has changed.
    if outcome.refused.is_empty() {
        for mut change in outcome.changes {
            shorten(&mut change);
            room_for(&mut response, change.encoded_len());
            response.changes.push(change);
        }
    }
    for (index, error) in outcome.refused.into_iter().take(MAX_TOLD) {
        let error = told(index, error);
        room_for(&mut response, error.encoded_len());
        response.errors.push(error);
    }
    response.summary = Some(summary);
    append(&mut out, &response);
    out
}

/// Cuts long values of a change that would not fit into a message. They stay JSON: the beginning, as a text.
fn shorten(change: &mut ObjectChange) {
    if change.encoded_len() <= MESSAGE_BYTES {
        return;
    }
    let values = change.fields.iter_mut().flat_map(|field| [&mut field.before, &mut field.after]);
    for value in values.filter(|value| value.len() > LONG_VALUE) {
        let end = (0..=LONG_VALUE).rev().find(|end| value.is_char_boundary(*end)).unwrap_or_default();
        let beginning = format!("{}… ({} bytes of JSON)", &value[..end], value.len());
        *value = serde_json::Value::from(beginning).to_string();
    }
}

fn append(out: &mut Vec<u8>, response: &ApplyObjectsResponse) {
    out.extend_from_slice(&response.encode_length_delimited_to_vec());
}

/// The answers, one by one.
pub fn messages(encoded: Vec<u8>) -> impl Iterator<Item = Result<Bytes>> {
    let mut rest = Bytes::from(encoded);
    std::iter::from_fn(move || {
        if !rest.has_remaining() {
            return None;
        }
        let length = prost::decode_length_delimiter(&mut rest).map_err(Error::internal);
        Some(length.map(|length| rest.split_to(length.min(rest.len()))))
    })
}

fn summary(outcome: &Outcome, committed: bool) -> ApplySummary {
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let refused = count(outcome.refused.len());
    if refused > 0 {
        return ApplySummary { refused, ..ApplySummary::default() };
    }
    let of = |kind: ChangeKind| count(outcome.changes.iter().filter(|change| change.kind() == kind).count());
    ApplySummary {
        created: of(ChangeKind::Create),
        updated: of(ChangeKind::Update),
        unchanged: count(outcome.unchanged),
        deleted: of(ChangeKind::Delete),
        refused,
        committed,
    }
}

fn told(index: i64, error: Error) -> ImportError {
    ImportError {
        index,
        code: error.kind.code() as i32,
        reason: error.reason_name().to_owned(),
        field: error.field.unwrap_or_default(),
        message: shortened(error.message, MAX_MESSAGE_BYTES),
    }
}
