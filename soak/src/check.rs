//! What is left in the end: every journal and every invariant is held against the rows.

use anyhow::{Context, Result};
use qairon_integration_tests::{leftovers, violations};
use tokio_postgres::SimpleQueryMessage;

use crate::honest::reads::{exported, together};
use crate::journal::{Image, Journal, Thing, differences};
use crate::stage::Stage;

/// The sessions of a service with the default settings: those of its pool, its readers, and a few that come and go.
const SESSIONS: i64 = 16 + 1 + 4;
/// How many open calls are repeated at a time.
const AT_A_TIME: usize = 8;

/// How the data was found.
#[derive(Debug, Default)]
pub struct Findings {
    pub things: usize,
    pub open: usize,
    pub faults: Vec<String>,
}

/// Checks everything. Nobody calls the service any more.
pub async fn check(stage: &Stage, journals: Vec<Journal>) -> Result<Findings> {
    let mut things: Vec<Thing> = journals.into_iter().flat_map(|journal| journal.things).collect();
    let mut findings = Findings { things: things.len(), ..Findings::default() };
    findings.open = things.iter().filter(|thing| thing.possible.len() > 1).count();
    // First as they were left, then with every open call decided.
    let left = differences(things.iter(), rows(stage).await?);
    findings.faults.extend(left.into_iter().map(|line| format!("before open calls were repeated: {line}")));
    findings.faults.extend(repeat(stage, &mut things).await);
    let decided = differences(things.iter(), rows(stage).await?);
    findings.faults.extend(decided.into_iter().map(|line| format!("after open calls were repeated: {line}")));

    let session = stage.database.connect().await;
    findings.faults.extend(violations(&session).await?);
    findings.faults.extend(export(stage).await?);
    // Sessions have their time to end.
    let mut left = Vec::new();
    for _ in 0..100 {
        left = leftovers(&session, SESSIONS).await?;
        if left.is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    findings.faults.extend(left);
    Ok(findings)
}

/// Repeats every open call with its request ID: from then on its effect is there, once.
async fn repeat(stage: &Stage, things: &mut [Thing]) -> Vec<String> {
    let client = stage.client();
    let calls = things.iter_mut().filter(|thing| thing.open.is_some()).map(|thing| {
        let client = client.clone();
        async move {
            let open = thing.open.clone()?;
            match client.call(&open.method, open.request.clone()).await {
                Ok(_) => thing.is_now(open.after),
                Err(failure) => return Some(format!("{} {} repeated: {failure}", open.method, open.request)),
            }
            None
        }
    });
    together(calls, AT_A_TIME).await.into_iter().flatten().collect()
}

/// The rows that somebody in the journals wrote.
async fn rows(stage: &Stage) -> Result<Image> {
    let sql = "SELECT 'application ' || id, (defaults ->> 'n')::numeric::bigint FROM application WHERE id LIKE 'soak-%'
        UNION ALL SELECT 'stack ' || id, (defaults ->> 'n')::numeric::bigint FROM stack WHERE application_id LIKE 'soak-%'
        UNION ALL SELECT 'service ' || id, (defaults ->> 'n')::numeric::bigint FROM service WHERE stack_id LIKE 'soak-%'
        UNION ALL SELECT 'service_repo ' || service_id || ' ' || repo_id, 0 FROM service_repo WHERE service_id LIKE 'soak-%'
        UNION ALL SELECT 'subnet ' || id, (defaults ->> 'n')::numeric::bigint FROM subnet WHERE name LIKE 'soak-%'";
    let messages = stage.database.connect().await.simple_query(sql).await?;
    let row = |message| match message {
        SimpleQueryMessage::Row(row) => Some((row.get(0)?.to_owned(), row.get(1).map_or(Ok(0), str::parse::<i64>))),
        _ => None,
    };
    let rows = messages.into_iter().filter_map(row);
    rows.map(|(key, number)| Ok((key, number?))).collect::<Result<Image>>().context("the rows of the run")
}

/// An export of everything has every row once.
async fn export(stage: &Stage) -> Result<Vec<String>> {
    let model = qairon::model();
    let session = stage.database.connect().await;
    let count = async |tables: Vec<&str>| -> Result<usize> {
        let counts: Vec<String> = tables.iter().map(|table| format!("(SELECT count(*) FROM \"{table}\")")).collect();
        let count: i64 = session.query_one(&format!("SELECT {}", counts.join(" + ")), &[]).await?.get(0);
        Ok(usize::try_from(count)?)
    };
    let links = model.entities().iter().flat_map(|entity| &entity.links).map(|link| link.table.as_str()).collect();
    let rows =
        (count(model.entities().iter().map(|entity| entity.name.as_str()).collect()).await?, count(links).await?);
    let found = exported(&stage.client()).await?;
    let is_equal = found == rows;
    Ok((!is_equal)
        .then(|| format!("an export has {found:?} objects and links, the tables have {rows:?}"))
        .into_iter()
        .collect())
}
