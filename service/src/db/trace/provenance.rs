//! Where a binary is and how it came about: one row each, with lists of artifacts as JSON in it.

use super::super::sql::{Bind, Sql};
use super::rows::LOCATION;

/// A deployment and a release of it: the deployment, its service, the release, the build, the commit, and the artifacts
/// of release and build. The release is the one in effect unless another is named; its columns are NULL when there is
/// none.
pub fn provenance(deployment_id: &str, release_id: Option<&str>) -> Sql {
    // Artifacts as lists of their values, in the order of qairon.v1.ArtifactLocation.
    let artifacts = |table: &str, of: &str| {
        format!(
            "(SELECT json_agg(json_build_array(a.id, a.name, a.input_repo_id, a.output_repo_id, a.upload_path, \
             {LOCATION}) ORDER BY a.id)::text FROM {table} a JOIN repo r ON r.id = a.output_repo_id WHERE {of})"
        )
    };
    let of_release = artifacts("release_artifact", "a.release_id = e.id");
    let of_build = artifacts("build_artifact", "a.build_id = b.id");
    let mut sql = Sql::new();
    sql.push(&format!(
        "SELECT d.id, d.service_id, e.id, b.id, b.vcs_ref, {of_release}, {of_build} \
         FROM deployment d LEFT JOIN release e ON e.deployment_id = d.id AND e.id = "
    ));
    match release_id {
        Some(id) => _ = sql.bind(Bind::Text(id.to_owned())),
        None => _ = sql.push("d.current_release_id"),
    }
    sql.push(" LEFT JOIN build b ON b.id = e.build_id WHERE d.id = ").bind(Bind::Text(deployment_id.to_owned()));
    sql
}

/// What every lineage has: the artifact's columns, the URLs of its repos, and its build.
const LINEAGE: &str = "a.id, a.name, a.input_repo_id, a.output_repo_id, a.upload_path, ";
const BUILD: &str = ", NULLIF(i.url, ''), NULLIF(r.url, ''), b.id, b.build_num, b.vcs_ref, b.service_id, ";
const REPOS: &str = " JOIN repo i ON i.id = a.input_repo_id JOIN repo r ON r.id = a.output_repo_id WHERE a.id = ";

/// A build artifact: the artifact's six columns, URLs of input and output, build, its number, commit, service, and NULL
/// for release and deployment.
pub fn of_build_artifact(id: &str) -> Sql {
    let mut sql = Sql::new();
    sql.push(&format!(
        "SELECT {LINEAGE}{LOCATION}{BUILD}NULL::text, NULL::text FROM build_artifact a JOIN build b ON b.id = \
         a.build_id{REPOS}"
    ));
    sql.bind(Bind::Text(id.to_owned()));
    sql
}

/// A release artifact: the same columns with its release and deployment.
pub fn of_release_artifact(id: &str) -> Sql {
    let mut sql = Sql::new();
    sql.push(&format!(
        "SELECT {LINEAGE}{LOCATION}{BUILD}e.id, e.deployment_id FROM release_artifact a JOIN release e ON e.id = \
         a.release_id JOIN build b ON b.id = e.build_id{REPOS}"
    ));
    sql.bind(Bind::Text(id.to_owned()));
    sql
}
