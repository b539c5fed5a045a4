//! IDs from the server: one call, without retries, with a short deadline.

use std::time::Duration;

use qairon::model::Entity;
use qairon::v1::CompleteIdsRequest;
use qairon::v1::search_service_client::SearchServiceClient;
use tonic::transport::Endpoint;

use super::candidate::Candidate;

/// How long a user waits at a prompt.
const PATIENCE: Duration = Duration::from_secs(1);

/// Which IDs to read.
#[derive(Debug, Default)]
pub struct Wanted {
    /// Their required beginning, in addition to the typed one: the part of the infrastructure that they are in.
    pub scope: String,
    /// The filter.
    pub filter: String,
}

/// Those that continue the typed text.
pub fn candidates(endpoint: Endpoint, entity: &Entity, typed: &str, wanted: Wanted) -> Vec<Candidate> {
    let prefix = match (typed.starts_with(&wanted.scope), wanted.scope.starts_with(typed)) {
        (true, _) => typed.to_owned(),
        (false, true) => wanted.scope,
        (false, false) => return Vec::new(),
    };
    let request = CompleteIdsRequest { resource: entity.name.clone(), prefix, filter: wanted.filter, max_results: 0 };
    ask(endpoint, request).unwrap_or_default()
}

fn ask(endpoint: Endpoint, request: CompleteIdsRequest) -> Option<Vec<Candidate>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    let answer = runtime.block_on(async {
        let call = async {
            let endpoint = endpoint.tcp_nodelay(true).timeout(PATIENCE);
            let channel = endpoint.connect().await.ok()?;
            SearchServiceClient::new(channel).complete_ids(request).await.ok()
        };
        tokio::time::timeout(PATIENCE, call).await.ok().flatten()
    });
    // A running DNS look-up would delay the exit.
    runtime.shutdown_background();
    let completions = answer?.into_inner().completions.into_iter();
    Some(completions.map(|id| Candidate { text: id.text, help: String::new(), whole: id.whole }).collect())
}
