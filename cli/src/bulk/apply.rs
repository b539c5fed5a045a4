//! `apply` and `diff`: send files to the server in one call, and print the changes.

use clap::ArgMatches;
use prost_reflect::{DynamicMessage, ReflectMessage};
use qairon::model::Method;
use qairon::v1::{
    ApplyObjectsRequest, ApplyObjectsResponse, ApplyOptions, ApplySummary, BulkObject, ChangeKind, ObjectChange, Prune,
};

use super::bundle::Bundle;
use super::calls::{method, scope, typed, untyped};
use super::plan::{self, Tally};
use super::report::were_refused;
use crate::args::globals::ASKED;
use crate::args::spelling::normal;
use crate::arguments::named;
use crate::client::streams::Answers;
use crate::error::{Error, Result};
use crate::hazards::affected::{Affected, DELETED, Object};
use crate::hazards::ask::{self, Plan};
use crate::output::{Array, Output};
use crate::session::Session;

/// How many objects go into one message.
const CHUNK_OBJECTS: usize = 500;
/// How many bytes of objects go into one message, unless a single one has more.
const CHUNK_BYTES: usize = 256 << 10;

/// Applies the files.
pub async fn apply(session: &mut Session, matches: &ArgMatches) -> Result<()> {
    let dry_run = matches.get_flag("dry_run");
    let (tally, summary) = run(session, matches, dry_run, true).await?;
    let told = plan::summary(&summary, &tally, dry_run);
    // Rows are for programs: the summary for people is not a row.
    if session.output.asked.is_some() {
        session.output.note(&told);
        return Ok(());
    }
    session.output.line(&told)
}

/// Prints what `apply` would change; or that they are different.
pub async fn diff(session: &mut Session, matches: &ArgMatches) -> Result<()> {
    match run(session, matches, true, false).await? {
        (tally, _) if tally.is_empty() => Ok(()),
        _ => Err(Error::Different),
    }
}

/// What differs by resource, and the counts of the server. `counted`: rows for programs end with the numbers.
async fn run(
    session: &mut Session,
    matches: &ArgMatches,
    validate_only: bool,
    counted: bool,
) -> Result<(Tally, ApplySummary)> {
    let prune = matches.get_flag("prune").then(|| prune(matches)).transpose()?;
    let paths: Vec<String> = matches.get_many::<String>(ASKED).into_iter().flatten().cloned().collect();
    let mut bundle = Bundle::read(&paths)?;
    if bundle.report.refused > 0 {
        return Err(refused(&mut bundle));
    }
    // A failed command before the pipe must not delete everything.
    if prune.is_some() && bundle.objects.is_empty() {
        return Err(Error::Usage(
            "the files have no objects, and pruning would delete everything in the scopes; \
             use `qcli <resource> delete` for that"
                .to_owned(),
        ));
    }
    let method = method("ApplyObjects")?;
    let prunes = prune.is_some();
    let options = ApplyOptions { validate_only, prune };
    let mut requests = Vec::new();
    for request in chunks(options, std::mem::take(&mut bundle.objects)) {
        requests.push(untyped(method.descriptor.input(), &request)?);
    }
    let asks = prunes && !validate_only && ask::is_wanted(matches);
    if asks {
        let rehearsal = rehearsal(&requests)?;
        let shown = deletions(session, method, &rehearsal, &mut bundle).await?;
        if shown.counts(DELETED).total() > 0 {
            Plan { verb: "delete", effect: DELETED, affected: &shown, id: None }.confirm().await?;
            if !shown.covers(&deletions(session, method, &rehearsal, &mut bundle).await?) {
                let told = "what is in the scopes has changed since it was shown, so nothing was changed; try again";
                return Err(Error::refused(told));
            }
        }
    }
    let answers = session.client.duplex(method, tokio_stream::iter(requests));
    let ended = listen(session, answers, &mut bundle, counted).await?;
    let Some((changes, summary)) = ended else { return Err(without_result()) };
    if summary.refused > 0 {
        bundle.report.refused = u64::try_from(summary.refused).unwrap_or_default();
        return Err(refused(&mut bundle));
    }
    if !summary.committed && !validate_only {
        return Err(Error::refused("the server ended the call without storing the changes"));
    }
    Ok((changes, summary))
}

/// The same requests, to be checked only.
fn rehearsal(requests: &[DynamicMessage]) -> Result<Vec<DynamicMessage>> {
    let mut requests = requests.to_vec();
    if let Some(first) = requests.first_mut() {
        let mut request: ApplyObjectsRequest = typed(first)?;
        request.options.get_or_insert_default().validate_only = true;
        *first = untyped(first.descriptor(), &request)?;
    }
    Ok(requests)
}

/// What would be deleted. What is refused is printed as in the real call.
async fn deletions(
    session: &Session,
    method: &'static Method,
    rehearsal: &[DynamicMessage],
    bundle: &mut Bundle,
) -> Result<Affected> {
    let mut answers = session.client.duplex(method, tokio_stream::iter(rehearsal.to_vec()));
    let (mut affected, mut refused_count) = (Affected::default(), None);
    while let Some(answer) = answers.next().await? {
        let answer: ApplyObjectsResponse = typed(&answer)?;
        bundle.note(answer.errors);
        for change in answer.changes.into_iter().filter(|change| change.kind() == ChangeKind::Delete) {
            let ObjectChange { resource, id, .. } = change;
            let (new_id, effect) = (String::new(), DELETED.to_owned());
            affected.add(Object { resource, id, new_id, effect, fields: Vec::new() });
        }
        refused_count = answer.summary.map(|summary| summary.refused).or(refused_count);
    }
    match refused_count {
        None => Err(without_result()),
        Some(0) => Ok(affected),
        Some(count) => {
            bundle.report.refused = u64::try_from(count).unwrap_or_default();
            Err(refused(bundle))
        }
    }
}

fn without_result() -> Error {
    Error::refused("the server ended the call without a result")
}

fn prune(matches: &ArgMatches) -> Result<Prune> {
    let texts = |name: &str| matches.get_many::<String>(name).into_iter().flatten();
    let scopes = texts("scope").map(|text| scope(text)).collect::<Result<_>>()?;
    let resources = texts("prune_resource").map(|text| Ok(named(&normal(&text.into()))?.name.clone()));
    Ok(Prune { scopes, resources: resources.collect::<Result<_>>()? })
}

/// Objects as requests. The first message is sent even without objects: the server answers in any case.
fn chunks(options: ApplyOptions, objects: Vec<BulkObject>) -> Vec<ApplyObjectsRequest> {
    let mut requests = vec![ApplyObjectsRequest { options: Some(options), objects: Vec::new() }];
    let mut bytes = 0;
    for object in objects {
        let size = prost::Message::encoded_len(&object);
        let full = requests.last().is_some_and(|request| {
            !request.objects.is_empty() && (request.objects.len() == CHUNK_OBJECTS || bytes + size > CHUNK_BYTES)
        });
        if full {
            requests.push(ApplyObjectsRequest::default());
            bytes = 0;
        }
        bytes += size;
        if let Some(request) = requests.last_mut() {
            request.objects.push(object);
        }
    }
    requests
}

/// Prints the changes as they arrive, and returns what they are with the summary.
async fn listen(
    session: &mut Session,
    mut answers: Answers,
    bundle: &mut Bundle,
    counted: bool,
) -> Result<Option<(Tally, ApplySummary)>> {
    let (mut tally, mut summary) = (Tally::default(), None);
    let counted = counted && session.output.asked_data();
    let mut printer = match session.output.asked {
        Some(_) => Printer::Rows(session.output.array("No changes.")),
        None => Printer::Lines(&mut session.output),
    };
    while let Some(answer) = answers.next().await? {
        let answer: ApplyObjectsResponse = typed(&answer)?;
        bundle.note(answer.errors);
        for change in &answer.changes {
            tally.add(change);
            printer.print(change)?;
        }
        summary = answer.summary.or(summary);
    }
    if let (Printer::Rows(mut rows), Some(summary @ ApplySummary { refused: 0, .. })) = (printer, &summary) {
        if counted {
            rows.push(plan::totals(summary, &tally))?;
        }
        rows.finish()?;
    }
    Ok(summary.map(|summary| (tally, summary)))
}

/// Changes for people, or as rows if a format is given.
enum Printer<'a> {
    Lines(&'a mut Output),
    Rows(Array<'a>),
}

impl Printer<'_> {
    fn print(&mut self, change: &ObjectChange) -> Result<()> {
        match self {
            Self::Lines(output) => output.painted_line(&plan::line(change), plan::paint(change)),
            Self::Rows(rows) => rows.push(plan::row(change)),
        }
    }
}

fn refused(bundle: &mut Bundle) -> Error {
    bundle.report.print(&bundle.files);
    Error::refused(format!("{}, nothing was changed", were_refused(bundle.report.refused, "object")))
}
