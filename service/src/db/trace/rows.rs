//! Traces whose rows come out of one join, in an order in which they can be taken up after any row.

use qairon::model::Entity;

use super::super::bind::Bind;
use super::super::door::{Door, Reads};
use super::super::failure::Failure;
use super::super::reader::Sink;
use super::super::row::Row;
use super::super::sources::table;
use super::super::sql::Sql;
use crate::domain::filter::after_prefix;
use crate::error::{Error, Result};

/// The kinds of rows of [`builds`]; the place of each is its number in the statement, and the order.
pub const BUILD_KINDS: [&str; 5] = ["build", "build_artifact", "release", "release_artifact", "deployment"];

/// The location of a path `a.upload_path` in a repo `r`; NULL when it has no URL.
pub(super) const LOCATION: &str = "(rtrim(NULLIF(r.url, ''), '/') || '/' || ltrim(a.upload_path, '/'))";

/// An object that a trace is about: its entity, and its ID.
type Subject<'a> = (&'a str, &'a str);

/// Sends the rows of a statement; NOT_FOUND when what it is about does not exist. One statement finds both: it is one
/// moment and one round trip, without a transaction around it. Without rows, its only row is NULL.
async fn send(
    door: &Door,
    operation: &'static str,
    subject: Option<Subject<'_>>,
    sql: Sql,
    sink: &mut impl Sink,
) -> Result<(), Failure> {
    let mut reader = door.streaming_reader(operation, Reads::One).await?;
    let mut known = Known { sink, is_found: subject.is_none() };
    let sent = reader.pass(sql, &mut known).await;
    let missing = subject.filter(|_| !known.is_found).map(|(entity, id)| Error::not_found(entity, id));
    reader.done(sent.and_then(|()| missing.map_or(Ok(()), |error| Err(error.into()))))
}

/// Takes note of whether a statement has found its subject, and passes rows on.
struct Known<'k, S> {
    sink: &'k mut S,
    is_found: bool,
}

impl<S: Sink> Sink for Known<'_, S> {
    async fn take(&mut self, row: Row) -> Result<()> {
        self.is_found = true;
        if row.column(0)?.is_none() {
            return Ok(());
        }
        self.sink.take(row).await
    }
}

/// Begins a statement about a subject: `m` has its rows, in the order of their IDs.
fn about((entity, id): Subject<'_>, rows: Sql) -> Sql {
    let mut sql = Sql::new();
    sql.push(&format!("SELECT m.* FROM {} s LEFT JOIN LATERAL (", table(entity))).append(rows);
    sql.push(") m ON true WHERE s.id = ").bind(Bind::Text(id.to_owned())).push(" ORDER BY m.id");
    sql
}

/// Sends the deployments of a service: ID, target, partition, region, provider, environment, and the fleets line by
/// line.
pub async fn infrastructure(
    door: &Door,
    service_id: &str,
    after: Option<&str>,
    sink: &mut impl Sink,
) -> Result<(), Failure> {
    let subject = ("service", service_id);
    send(door, "trace_infrastructure", Some(subject), about(subject, deployments_of(after)), sink).await
}

fn deployments_of(after: Option<&str>) -> Sql {
    let [deployment, target, partition, region, provider, fleets] =
        ["deployment", "deployment_target", "partition", "region", "provider", "fleet_deployment_target"].map(table);
    let mut sql = Sql::new();
    // Line breaks are not part of any ID.
    sql.push(&format!(
        "SELECT d.id, d.deployment_target_id, t.partition_id, p.region_id, r.provider_id, v.environment_id, \
         (SELECT string_agg(l.fleet_id, E'\\n' ORDER BY l.fleet_id) FROM {fleets} l \
         WHERE l.deployment_target_id = d.deployment_target_id) \
         FROM {deployment} d JOIN {target} t ON t.id = d.deployment_target_id \
         JOIN {partition} p ON p.id = t.partition_id JOIN {region} r ON r.id = p.region_id \
         JOIN {provider} v ON v.id = r.provider_id WHERE d.service_id = s.id",
    ));
    if let Some(after) = after {
        sql.push(" AND d.id > ").bind(Bind::Text(after.to_owned()));
    }
    sql
}

/// Sends the other deployments on the target of one: ID, target, service, tag, current release.
pub async fn neighbors(
    door: &Door,
    deployment_id: &str,
    after: Option<&str>,
    sink: &mut impl Sink,
) -> Result<(), Failure> {
    let subject = ("deployment", deployment_id);
    send(door, "trace_neighbors", Some(subject), about(subject, neighbors_of(after)), sink).await
}

fn neighbors_of(after: Option<&str>) -> Sql {
    let deployment = table("deployment");
    let mut sql = Sql::new();
    sql.push(&format!(
        "SELECT n.id, n.deployment_target_id, n.service_id, n.tag, n.current_release_id FROM {deployment} n \
         WHERE n.deployment_target_id = s.deployment_target_id AND n.id <> s.id",
    ));
    if let Some(after) = after {
        sql.push(" AND n.id > ").bind(Bind::Text(after.to_owned()));
    }
    sql
}

/// Sends the declared dependencies of an object, what it depends on first: direction, related, type and ID of the other
/// object, case, dependency.
pub async fn dependencies(
    door: &Door,
    entity: &Entity,
    id: &str,
    after: Option<(i64, &str)>,
    sink: &mut impl Sink,
) -> Result<(), Failure> {
    send(door, "trace_dependencies", Some((&entity.name, id)), dependencies_of(entity, id, after), sink).await
}

fn dependencies_of(entity: &Entity, id: &str, after: Option<(i64, &str)>) -> Sql {
    let [relatable, dependency, related] = ["relatable", "dependency", "related"].map(table);
    let mut sql = Sql::new();
    sql.push(&format!("SELECT m.* FROM {} s LEFT JOIN LATERAL (", table(&entity.name)));
    let directions = [("a.relatable_type = ", "a.object_id", "b"), ("b.related_type = ", "b.object_id", "a")];
    for (index, (of_type, object, other)) in directions.into_iter().enumerate() {
        let other_type = if other == "a" { "relatable_type" } else { "related_type" };
        sql.push(if index == 0 { "" } else { " UNION ALL " });
        sql.push(&format!(
            "SELECT {}::bigint AS direction, b.id, {other}.{other_type}, {other}.object_id, d.dependency_case_id, d.id \
             AS dependency_id FROM {relatable} a JOIN {dependency} d ON d.relatable_id = a.id JOIN {related} b ON \
             b.dependency_id = d.id WHERE {of_type}",
            index + 1
        ));
        sql.bind(Bind::Text(entity.type_name.clone())).push(&format!(" AND {object} = s.id"));
    }
    match after {
        Some((direction, related)) => {
            sql.push(") m ON (m.direction, m.id) > (").bind(Bind::Integer(direction));
            sql.push(", ").bind(Bind::Text(related.to_owned())).push(")");
        }
        None => _ = sql.push(") m ON true"),
    }
    sql.push(" WHERE s.id = ").bind(Bind::Text(id.to_owned())).push(" ORDER BY m.direction, m.id");
    sql
}

/// What the builds of a commit are found by.
#[derive(Debug, Clone, Copy)]
pub enum Commit<'a> {
    /// As the build records it.
    Exact(&'a str),
    /// Its beginning.
    Prefix(&'a str),
}

/// Build ID, place of the kind and ID of a row of [`builds`].
pub type BuildKey<'a> = (&'a str, i64, &'a str);

/// Sends everything that contains a commit: place of the kind, ID, build, commit, deployment, whether in effect,
/// location.
pub async fn builds(
    door: &Door,
    commit: Commit<'_>,
    after: Option<BuildKey<'_>>,
    sink: &mut impl Sink,
) -> Result<(), Failure> {
    send(door, "trace_builds", None, builds_of(commit, after), sink).await
}

fn builds_of(commit: Commit<'_>, after: Option<BuildKey<'_>>) -> Sql {
    let [build, release, deployment, repo, build_artifact, release_artifact] =
        ["build", "release", "deployment", "repo", "build_artifact", "release_artifact"].map(table);
    let mut sql = Sql::new();
    sql.push(&format!("WITH b AS MATERIALIZED (SELECT id, vcs_ref FROM {build} WHERE vcs_ref "));
    match commit {
        Commit::Exact(text) => _ = sql.push("= ").bind(Bind::Text(text.to_owned())),
        Commit::Prefix(text) => {
            // The column is ordered by bytes, and so by code points.
            sql.push(">= ").bind(Bind::Text(text.to_owned()));
            if let Some(end) = after_prefix(text) {
                sql.push(" AND vcs_ref < ").bind(Bind::Text(end));
            }
        }
    }
    if let Some((from, ..)) = after {
        sql.push(" AND id >= ").bind(Bind::Text(from.to_owned()));
    }
    sql.push(&format!(
        "), e AS MATERIALIZED (SELECT e.id, e.build_id, b.vcs_ref, e.deployment_id, \
         d.current_release_id IS NOT DISTINCT FROM e.id AS current FROM b \
         JOIN {release} e ON e.build_id = b.id JOIN {deployment} d ON d.id = e.deployment_id\
         ), kinds AS (\
         SELECT 0::bigint AS kind, b.id, b.id AS build_id, b.vcs_ref, NULL::text AS deployment_id, \
         NULL::boolean AS current, NULL::text AS location FROM b \
         UNION ALL SELECT 1, a.id, b.id, b.vcs_ref, NULL, NULL, {LOCATION} FROM b \
         JOIN {build_artifact} a ON a.build_id = b.id JOIN {repo} r ON r.id = a.output_repo_id \
         UNION ALL SELECT 2, e.id, e.build_id, e.vcs_ref, e.deployment_id, e.current, NULL FROM e \
         UNION ALL SELECT 3, a.id, e.build_id, e.vcs_ref, e.deployment_id, e.current, {LOCATION} FROM e \
         JOIN {release_artifact} a ON a.release_id = e.id JOIN {repo} r ON r.id = a.output_repo_id \
         UNION ALL SELECT 4, e.deployment_id, e.build_id, e.vcs_ref, e.deployment_id, bool_or(e.current), NULL FROM e \
         GROUP BY e.deployment_id, e.build_id, e.vcs_ref\
         ) SELECT kind, id, build_id, vcs_ref, deployment_id, current, location FROM kinds"
    ));
    if let Some((build, kind, id)) = after {
        sql.push(" WHERE (build_id, kind, id) > (").bind(Bind::Text(build.to_owned()));
        sql.push(", ").bind(Bind::Integer(kind)).push(", ").bind(Bind::Text(id.to_owned())).push(")");
    }
    sql.push(" ORDER BY build_id, kind, id");
    sql
}
