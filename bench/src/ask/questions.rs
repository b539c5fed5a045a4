//! The questions: what is sent to the service, the SQL that answers the same, and how an answer reads in words.

use anyhow::Result;
use bytes::Bytes;
use prost::Message;
use qairon::v1;

use super::compare::Words;
use super::subjects::Subjects;
use crate::client::frame;
use crate::load::PAGE;
use crate::statements::literal;

/// A question.
pub struct Question {
    pub name: &'static str,
    pub service: &'static str,
    pub method: &'static str,
    /// In its frame.
    pub request: Bytes,
    /// Its first columns are the words of an answer.
    pub sql: String,
    /// A message of the answer in words.
    pub read: fn(Bytes) -> Result<Vec<Words>>,
}

/// All questions.
pub fn all(subjects: &Subjects) -> Result<Vec<Question>> {
    Ok(vec![
        filter(subjects)?,
        infrastructure(subjects)?,
        impact(
            "impact of a fleet",
            "fleet",
            &subjects.fleet,
            sql(include_str!("sql/fleet.sql"), &[("fleet", &subjects.fleet)]),
        )?,
        impact("impact of a region", "region", &subjects.region, {
            let (from, to) = below(&subjects.region);
            sql(include_str!("sql/region.sql"), &[("region", &subjects.region), ("from", &from), ("to", &to)])
        })?,
        provenance(subjects)?,
        find(subjects)?,
    ])
}

fn filter(subjects: &Subjects) -> Result<Question> {
    let request = v1::ListDeploymentsRequest {
        page_size: PAGE,
        filter: format!(
            "service.stack.application_id = \"{}\" AND deployment_target.partition.region_id = \"{}\"",
            subjects.application, subjects.region
        ),
        ..Default::default()
    };
    let (region, application) = (below(&subjects.region), below(&subjects.application));
    let values = [
        ("from_region", &region.0),
        ("to_region", &region.1),
        ("from_application", &application.0),
        ("to_application", &application.1),
    ];
    Ok(Question {
        name: "filter over two relations",
        service: "DeploymentService",
        method: "ListDeployments",
        request: frame(&request)?,
        sql: sql(include_str!("sql/filter.sql"), &values),
        read: |message| {
            let deployments = v1::ListDeploymentsResponse::decode(message)?.deployments;
            let words = deployments.into_iter().map(|row| {
                vec![
                    row.id,
                    row.deployment_target_id,
                    row.service_id,
                    row.tag,
                    row.current_release_id.unwrap_or_default(),
                ]
            });
            Ok(words.collect())
        },
    })
}

fn infrastructure(subjects: &Subjects) -> Result<Question> {
    let request = v1::TraceInfrastructureRequest { service_id: subjects.service.clone(), resume_token: String::new() };
    Ok(Question {
        name: "infrastructure of a service",
        service: "TraceService",
        method: "TraceInfrastructure",
        request: frame(&request)?,
        sql: sql(include_str!("sql/infrastructure.sql"), &[("service", &subjects.service)]),
        read: |message| {
            let rows = v1::TraceInfrastructureResponse::decode(message)?.rows;
            let words = rows.into_iter().map(|row| {
                let fleets = format!("{{{}}}", row.fleet_ids.join(","));
                vec![
                    row.id,
                    row.deployment_target_id,
                    fleets,
                    row.partition_id,
                    row.region_id,
                    row.provider_id,
                    row.environment_id,
                ]
            });
            Ok(words.collect())
        },
    })
}

fn impact(name: &'static str, resource: &str, id: &str, sql: String) -> Result<Question> {
    let request = v1::TraceImpactRequest { resource: resource.to_owned(), id: id.to_owned(), ..Default::default() };
    Ok(Question {
        name,
        service: "TraceService",
        method: "TraceImpact",
        request: frame(&request)?,
        sql,
        read: |message| {
            let rows = v1::TraceImpactResponse::decode(message)?.rows;
            Ok(rows.into_iter().map(|row| vec![row.resource, row.id, row.depth.to_string(), row.via]).collect())
        },
    })
}

fn provenance(subjects: &Subjects) -> Result<Question> {
    let request = v1::TraceProvenanceRequest { deployment_id: subjects.deployment.clone(), release_id: String::new() };
    Ok(Question {
        name: "provenance of a deployment",
        service: "TraceService",
        method: "TraceProvenance",
        request: frame(&request)?,
        sql: sql(include_str!("sql/provenance.sql"), &[("deployment", &subjects.deployment)]),
        read: |message| {
            let answer = v1::TraceProvenanceResponse::decode(message)?;
            let what = [
                answer.deployment_id,
                answer.service_id,
                answer.release_id.unwrap_or_default(),
                answer.build_id.unwrap_or_default(),
                answer.vcs_ref.unwrap_or_default(),
            ];
            let of_release = answer.release_artifacts.into_iter().map(|artifact| ("release_artifact", artifact));
            let of_build = answer.build_artifacts.into_iter().map(|artifact| ("build_artifact", artifact));
            let words = of_release.chain(of_build).map(|(kind, artifact)| {
                let own = [
                    kind.to_owned(),
                    artifact.id,
                    artifact.name,
                    artifact.input_repo_id,
                    artifact.output_repo_id,
                    artifact.upload_path,
                    artifact.location.unwrap_or_default(),
                ];
                own.into_iter().chain(what.clone()).collect()
            });
            Ok(words.collect())
        },
    })
}

fn find(subjects: &Subjects) -> Result<Question> {
    let request = v1::FindObjectsRequest { text: subjects.text.clone(), ..Default::default() };
    Ok(Question {
        name: "find a rare text",
        service: "SearchService",
        method: "FindObjects",
        request: frame(&request)?,
        sql: sql(
            include_str!("sql/find.sql"),
            &[("text", &subjects.text), ("pattern", &format!("%{}%", subjects.text))],
        ),
        read: |message| {
            let objects = v1::FindObjectsResponse::decode(message)?.objects;
            Ok(objects.into_iter().map(|row| vec![row.resource, row.id, row.r#match.to_string()]).collect())
        },
    })
}

/// The range of the IDs of everything below an object: `;` follows `:`.
fn below(id: &str) -> (String, String) {
    (format!("{id}:"), format!("{id};"))
}

/// SQL with literals instead of `$names`.
fn sql(template: &str, values: &[(&str, &String)]) -> String {
    let mut values = values.to_vec();
    // So that no name is taken for the beginning of a longer one.
    values.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    let filled =
        values.iter().fold(template.to_owned(), |sql, (name, value)| sql.replace(&format!("${name}"), &literal(value)));
    filled.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_replaced_by_literals_that_pgbench_leaves_alone() {
        let values = [("to", &"a;".to_owned()), ("to_b", &"x:y".to_owned())];
        assert_eq!(sql("SELECT $to_b, $to;\n", &values), r"SELECT E'x\x3ay', E'a;';");
    }
}
