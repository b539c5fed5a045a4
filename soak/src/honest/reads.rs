//! What honest callers read.

use anyhow::{Context, Result};
use futures_util::StreamExt;
use qairon_integration_tests::{Client, Failure};
use serde_json::{Value, json};

use super::Caller;
use crate::stage::Stage;

/// Objects to ask about, of the organisation that there is from the start and that nobody changes.
pub struct Subjects {
    pub services: Vec<String>,
    pub deployments: Vec<String>,
    pub fleets: Vec<String>,
    pub repos: Vec<String>,
    pub applications: Vec<String>,
    /// Networks to allocate from, which the run made for itself.
    pub networks: Vec<String>,
}

const NETWORKS: usize = 4;

impl Subjects {
    pub async fn find(stage: &Stage) -> Result<Self> {
        let client = stage.client();
        let ids = async |entity: &str| -> Result<Vec<String>> {
            let (rows, _) = client.page(entity, json!({ "page_size": 500 })).await.map_err(refused)?;
            Ok(rows.iter().map(|row| row.id().to_owned()).collect())
        };
        let partitions = ids("partition").await?;
        let mut networks = Vec::new();
        for number in 0..NETWORKS {
            let partition = partitions.get(number % partitions.len().max(1)).context("there is no partition")?;
            let network =
                json!({ "partition_id": partition, "name": format!("soak-net-{number}"), "cidr": "10.0.0.0/8" });
            networks.push(client.create("network", network).await.map_err(refused)?.id().to_owned());
        }
        Ok(Self {
            services: ids("service").await?,
            deployments: ids("deployment").await?,
            fleets: ids("fleet").await?,
            repos: ids("repo").await?,
            applications: ids("application").await?,
            networks,
        })
    }
}

pub fn refused(failure: Failure) -> anyhow::Error {
    anyhow::anyhow!("{failure}")
}

impl Caller {
    pub(super) async fn read(&mut self) {
        let subjects = self.subjects.clone();
        let mut one = |ids: &[String]| ids[self.rng.usize(..ids.len())].clone();
        let (service, deployment) = (one(&subjects.services), one(&subjects.deployments));
        let (application, fleet) = (one(&subjects.applications), one(&subjects.fleets));
        match self.rng.u32(..100) {
            0..45 => self.ask("get, callers", "GetService", json!({ "id": service })).await,
            45..70 => {
                let skip = self.rng.i32(0..500);
                self.ask("list, callers", "ListServices", json!({ "page_size": 10, "skip": skip })).await;
            }
            70..78 => {
                let filter = format!("stack.application.id = \"{application}\"");
                self.ask("filter", "ListServices", json!({ "filter": filter, "page_size": 10 })).await;
            }
            78..83 => {
                let text: String = service.rsplit(':').next().unwrap_or_default().chars().take(6).collect();
                self.ask("find", "FindObjects", json!({ "text": text, "page_size": 10 })).await;
            }
            83..87 => {
                let options = json!({ "ids": [service], "read_mask": ["id", "name"] });
                self.ask("batch", "BatchGetServices", options).await;
            }
            87..91 => self.ask("provenance", "TraceProvenance", json!({ "deployment_id": deployment })).await,
            91..94 => self.follow("TraceInfrastructure", json!({ "service_id": service })).await,
            94..97 => self.follow("TraceImpact", json!({ "resource": "fleet", "id": fleet })).await,
            97..99 => self.ask("complete", "CompleteIds", json!({ "resource": "service", "prefix": "a" })).await,
            _ => {
                let scope = json!([{ "resource": "application", "id": application }]);
                self.follow("ExportObjects", json!({ "scopes": scope })).await;
            }
        }
    }

    /// A stream, to its end or only for a while.
    async fn follow(&mut self, method: &str, request: Value) {
        let at = self.record.now();
        let most = if self.rng.u32(..4) == 0 { 1 } else { usize::MAX };
        let outcome = self.client.stream_start(method, request, most).await;
        self.record.call("stream", at, outcome.as_ref().err());
        self.judge(method, outcome.err().as_ref());
    }
}

/// How many objects and links an export of everything holds.
pub async fn exported(client: &Client) -> Result<(usize, usize)> {
    let mut messages = client.open("ExportObjects", json!({})).await.map_err(refused)?;
    let (mut objects, mut links) = (0, 0);
    while let Some(message) = messages.next().await.map_err(refused)? {
        for object in message["objects"].as_array().into_iter().flatten() {
            objects += 1;
            let sets = object["links"].as_array().into_iter().flatten();
            links += sets.map(|set| set["ids"].as_array().map_or(0, Vec::len)).sum::<usize>();
        }
    }
    Ok((objects, links))
}

/// Calls that come to an end at the same time.
pub async fn together<T>(calls: impl Iterator<Item = impl Future<Output = T>>, at_a_time: usize) -> Vec<T> {
    futures_util::stream::iter(calls).buffer_unordered(at_a_time).collect().await
}
