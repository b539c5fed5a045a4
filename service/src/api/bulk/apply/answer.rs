//! The answers of ApplyObjects, in messages that every client takes.

use prost::Message;
use qairon::v1::{ApplyObjectsResponse, ApplySummary, ChangeKind};

use super::super::refusals::{MAX_SHOWN, refusal};
use crate::db::apply::{MESSAGE_BYTES, Outcome};

/// The answers to a bundle. The last has the summary.
pub fn messages(outcome: Outcome, committed: bool) -> Vec<ApplyObjectsResponse> {
    let summary = summary(&outcome, committed);
    let mut messages = Vec::new();
    let mut response = ApplyObjectsResponse::default();
    let mut size = 0;
    let mut room_for = |response: &mut ApplyObjectsResponse, more: usize| {
        if size + more > MESSAGE_BYTES && size > 0 {
            messages.push(std::mem::take(response));
            size = 0;
        }
        size += more;
    };
    // When something is refused nothing has changed.
    if outcome.refused.is_empty() {
        for change in outcome.changes {
            room_for(&mut response, change.encoded_len());
            response.changes.push(change);
        }
    }
    for (index, error) in outcome.refused.into_iter().take(MAX_SHOWN) {
        let error = refusal(index, error);
        room_for(&mut response, error.encoded_len());
        response.errors.push(error);
    }
    response.summary = Some(summary);
    messages.push(response);
    messages
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
