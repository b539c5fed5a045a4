//! Many objects at once, as files: `qcli csv_import import_csv` beside COPY and INSERT of the same rows into the same
//! tables, `export_csv` against COPY out, and `qcli apply` against the same by hand in psql. Whole processes, from
//! start to end, alternating; every constraint and trigger is enabled on all sides.

mod files;
mod report;
mod run;

use std::time::Duration;

use anyhow::Result;

use crate::cluster::Cluster;
use crate::service::{Purpose, Service};
use crate::{Settings, number, process, progress};
use files::Files;
use run::{Runs, expect_rows};

/// The names of these measurements among the operations.
pub const OPERATIONS: [&str; 3] = ["import", "export", "apply"];
/// How many rows a file has.
const ROWS: u64 = 100_000;
/// How many objects a bundle has.
pub const BUNDLE: usize = 10_000;

/// One thing done in several ways: what it was done to, the times of each way, and the share of the rate of the first
/// way beside that ours is to reach.
struct Row {
    name: String,
    /// Rows or objects.
    amount: usize,
    ours: Vec<Duration>,
    /// The other ways, each with what it is called.
    beside: Vec<(&'static str, Vec<Duration>)>,
    goal: Option<f64>,
}

/// The memory of the service, in bytes: before the imports and at their peak.
struct Memory {
    before: u64,
    peak: u64,
}

/// Imports, exports, applies, and reports.
pub async fn bulk(settings: &Settings) -> Result<String> {
    let rows = usize::try_from(number("BENCH_IMPORT_ROWS", ROWS)?)?;
    let cluster = Cluster::start().await?;
    let service = Service::start(&cluster, Purpose::Measured)?;
    progress(&format!("writing files of {rows} rows"));
    let files = Files::write(&cluster, rows)?;
    let runs = Runs { cluster: &cluster, service: &service, session: cluster.session().await? };
    files.parents(&runs).await?;
    let mut table = Vec::new();
    let before = process::memory(service.pid())?;
    process::forget_peak(service.pid())?;
    if settings.wants("import") {
        for file in &files.tables {
            progress(&format!("importing {}", file.table));
            table.push(import(settings, &runs, file).await?);
        }
    }
    let memory = Memory { before, peak: process::peak_memory(service.pid())? };
    if settings.wants("export") {
        for file in &files.tables {
            progress(&format!("exporting {}", file.table));
            table.push(export(settings, &runs, file).await?);
        }
    }
    if settings.wants("apply") {
        progress("applying");
        table.extend(apply(settings, &runs, &files).await?);
    }
    Ok(report::report(settings, &table, &memory))
}

async fn import(settings: &Settings, runs: &Runs<'_>, file: &files::Table) -> Result<Row> {
    let (mut ours, mut copy, mut insert) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..settings.repeats {
        for (times, way) in [(&mut copy, Way::Copy), (&mut insert, Way::Insert), (&mut ours, Way::Ours)] {
            runs.empty(file.table).await?;
            times.push(match way {
                Way::Copy => runs.psql(&["-c", &file.copy_in])?,
                Way::Insert => runs.psql(&["-f", &file.inserts])?,
                Way::Ours => runs.qcli(&["csv_import", "import_csv", file.table, &file.csv, "-q"])?,
            });
            expect_rows(&runs.session, file.table, file.rows).await?;
        }
    }
    Ok(Row {
        name: format!("import {}", file.table),
        amount: file.rows,
        ours,
        beside: vec![("COPY", copy), ("INSERT", insert)],
        goal: Some(0.35),
    })
}

#[derive(Clone, Copy)]
enum Way {
    Ours,
    Copy,
    Insert,
}

async fn export(settings: &Settings, runs: &Runs<'_>, file: &files::Table) -> Result<Row> {
    runs.empty(file.table).await?;
    runs.psql(&["-c", &file.copy_in])?;
    let (mut ours, mut copy) = (Vec::new(), Vec::new());
    for _ in 0..settings.repeats {
        copy.push(runs.psql(&["-c", &file.copy_out])?);
        ours.push(runs.qcli(&["csv_import", "export_csv", file.table, &file.out_ours, "-q"])?);
        files::expect_lines(&file.out_beside, file.rows + 1)?;
        files::expect_lines(&file.out_ours, file.rows + 1)?;
    }
    let name = format!("export {}", file.table);
    Ok(Row { name, amount: file.rows, ours, beside: vec![("COPY", copy)], goal: None })
}

/// Two bundles that differ in one object of a hundred take turns, so that each time as much changes; then one of them
/// twice, so that nothing does.
async fn apply(settings: &Settings, runs: &Runs<'_>, files: &Files) -> Result<Vec<Row>> {
    runs.empty("service").await?;
    let mut rows = Vec::new();
    runs.qcli(&["apply", "-f", &files.bundles[0].yaml, "-q"])?;
    expect_rows(&runs.session, "service", BUNDLE).await?;
    for (name, turns) in [("apply, 1 % changed", [1, 0]), ("apply, unchanged", [0, 0])] {
        let (mut ours, mut beside) = (Vec::new(), Vec::new());
        for _ in 0..settings.repeats {
            for turn in turns {
                ours.push(runs.qcli(&["apply", "-f", &files.bundles[turn].yaml, "-q"])?);
                expect_changed(runs, turn).await?;
            }
            for turn in turns {
                beside.push(runs.psql(&["-f", &files.bundles[turn].merge])?);
                expect_changed(runs, turn).await?;
            }
        }
        rows.push(Row { name: name.to_owned(), amount: BUNDLE, ours, beside: vec![("merge", beside)], goal: None });
    }
    Ok(rows)
}

/// Makes sure that the bundle's state is there.
async fn expect_changed(runs: &Runs<'_>, turn: usize) -> Result<()> {
    let wanted = if turn == 1 { files::changed().count() } else { 0 };
    let sql = format!("SELECT count(*) FROM service WHERE artifact_name = '{}'", files::CHANGED);
    let found: i64 = runs.session.query_one(&sql, &[]).await?.get(0);
    anyhow::ensure!(found == wanted as i64, "{found} services were changed instead of {wanted}");
    Ok(())
}
