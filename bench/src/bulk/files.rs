//! The files: the same rows as CSV, as INSERT statements and as bundles.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::os::unix::fs::PermissionsExt;

use anyhow::{Context, Result, ensure};

use super::BUNDLE;
use super::run::Runs;
use crate::cluster::Cluster;

/// The artifact name of a service that one bundle changes.
pub const CHANGED: &str = "changed";
/// Services of a stack.
const PER_STACK: usize = 100;
/// Builds of a service.
const PER_SERVICE: usize = 10;

/// Rows of one table, in every form.
pub struct Table {
    pub table: &'static str,
    pub rows: usize,
    pub csv: String,
    /// A file of statements in one transaction.
    pub inserts: String,
    /// psql's command that copies the CSV into the table, and the other way.
    pub copy_in: String,
    pub copy_out: String,
    pub out_ours: String,
    pub out_beside: String,
}

/// The same services as a bundle and as a script that merges them.
pub struct Bundle {
    pub yaml: String,
    pub merge: String,
}

/// All files.
pub struct Files {
    pub tables: [Table; 2],
    /// As they are, and with one object of a hundred changed.
    pub bundles: [Bundle; 2],
    stacks: usize,
}

impl Files {
    /// Writes them next to the cluster.
    pub fn write(cluster: &Cluster, rows: usize) -> Result<Self> {
        let path = |name: &str| cluster.path(name).display().to_string();
        let service = table(&path, "service", "stack_id,name,artifact_name,defaults", rows, |row| {
            vec![stack(row / PER_STACK), format!("service-{row}"), artifact(row), defaults(row)]
        })?;
        let build = table(&path, "build", "service_id,build_num,vcs_ref", rows, |row| {
            let parent = row / PER_SERVICE;
            let number = row % PER_SERVICE + 1;
            vec![format!("{}:service-{parent}", stack(parent / PER_STACK)), number.to_string(), commit(row)]
        })?;
        let bundles = [bundle(&path, "same", false)?, bundle(&path, "changed", true)?];
        Ok(Self { tables: [service, build], bundles, stacks: rows.max(BUNDLE) / PER_STACK + 1 })
    }

    /// Writes what the rows refer to: stacks for services, and services for builds.
    pub async fn parents(&self, runs: &Runs<'_>) -> Result<()> {
        let stacks = format!(
            "INSERT INTO application (id) VALUES ('bench'); INSERT INTO stack (application_id, name) SELECT 'bench', \
             'stack-' || n FROM generate_series(0, {}) n",
            self.stacks
        );
        runs.session.batch_execute(&stacks).await?;
        Ok(())
    }
}

fn stack(number: usize) -> String {
    format!("bench:stack-{number}")
}

fn artifact(row: usize) -> String {
    format!("artifact-{}", row % 1000)
}

fn defaults(row: usize) -> String {
    format!("{{\"owner\": \"team-{}\", \"tier\": {}}}", row % 50, row % 4)
}

fn commit(row: usize) -> String {
    format!("{:040x}", (row as u128 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835))
}

/// Writes the rows of a table, whose cells are texts that need quoting when they hold quotes.
fn table(
    path: &impl Fn(&str) -> String,
    table: &'static str,
    columns: &str,
    rows: usize,
    cells: impl Fn(usize) -> Vec<String>,
) -> Result<Table> {
    let (csv, inserts) = (path(&format!("{table}.csv")), path(&format!("{table}.sql")));
    let mut out = create(&csv)?;
    let mut sql = create(&inserts)?;
    writeln!(out, "{columns}")?;
    writeln!(sql, "BEGIN;")?;
    for row in 0..rows {
        let cells = cells(row);
        let quoted = cells.iter().map(|cell| match cell.contains(['"', ',']) {
            true => format!("\"{}\"", cell.replace('"', "\"\"")),
            false => cell.clone(),
        });
        writeln!(out, "{}", quoted.collect::<Vec<_>>().join(","))?;
        let literals = cells.iter().map(|cell| format!("'{}'", cell.replace('\'', "''")));
        writeln!(sql, "INSERT INTO {table} ({columns}) VALUES ({});", literals.collect::<Vec<_>>().join(", "))?;
    }
    writeln!(sql, "COMMIT;")?;
    out.flush()?;
    sql.flush()?;
    let (out_ours, out_beside) = (path(&format!("{table}-ours.csv")), path(&format!("{table}-beside.csv")));
    Ok(Table {
        table,
        rows,
        copy_in: format!("\\copy {table} ({columns}) FROM '{csv}' CSV HEADER"),
        copy_out: format!(
            "\\copy (SELECT id, {columns}, defaults FROM {table} ORDER BY id) TO '{out_beside}' CSV HEADER",
            columns = columns.strip_suffix(",defaults").unwrap_or(columns)
        ),
        csv,
        inserts,
        out_ours,
        out_beside,
    })
}

/// The rows that the second bundle has otherwise.
pub fn changed() -> impl Iterator<Item = usize> {
    (0..BUNDLE).step_by(100)
}

fn bundle(path: &impl Fn(&str) -> String, name: &str, changes: bool) -> Result<Bundle> {
    let (yaml, merge) = (path(&format!("{name}.yaml")), path(&format!("{name}-merge.sql")));
    let mut out = create(&yaml)?;
    let mut sql = create(&merge)?;
    writeln!(
        sql,
        "BEGIN;\nCREATE TEMP TABLE wanted (stack_id text, name text, artifact_name text, defaults jsonb) ON COMMIT DROP;\n\
         \\copy wanted FROM STDIN"
    )?;
    for row in 0..BUNDLE {
        let artifact = if changes && row % 100 == 0 { CHANGED.to_owned() } else { artifact(row) };
        let (stack, defaults) = (stack(row / PER_STACK), defaults(row));
        writeln!(
            out,
            "- resource: service\n  stack_id: {stack}\n  name: service-{row}\n  artifact_name: {artifact}\n  defaults: \
             {defaults}"
        )?;
        writeln!(sql, "{stack}\tservice-{row}\t{artifact}\t{defaults}")?;
    }
    writeln!(
        sql,
        "\\.\nINSERT INTO service AS s (stack_id, name, artifact_name, defaults) SELECT * FROM wanted ON CONFLICT (id) \
         DO UPDATE SET artifact_name = excluded.artifact_name, defaults = excluded.defaults WHERE (s.artifact_name, \
         s.defaults) IS DISTINCT FROM (excluded.artifact_name, excluded.defaults);\nCOMMIT;"
    )?;
    out.flush()?;
    sql.flush()?;
    Ok(Bundle { yaml, merge })
}

/// psql runs as the current user, and writes to the given path.
fn create(path: &str) -> Result<BufWriter<File>> {
    let file = File::create(path).with_context(|| path.to_owned())?;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))?;
    Ok(BufWriter::new(file))
}

/// Makes sure that a file has so many lines.
pub fn expect_lines(path: &str, lines: usize) -> Result<()> {
    let found = std::fs::read(path).with_context(|| path.to_owned())?.iter().filter(|byte| **byte == b'\n').count();
    ensure!(found == lines, "{path} has {found} lines instead of {lines}");
    Ok(())
}
