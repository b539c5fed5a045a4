//! Bundles, and what came of applying them.

use prost::Message;
use qairon::v1::bulk_service_client::BulkServiceClient;
use qairon::v1::{
    ApplyObjectsRequest, ApplyOptions, ApplySummary, BulkObject, BulkScope, ImportError, LinkSet, ObjectChange, Prune,
};
use qairon_integration_tests::{Client, Server};
use serde_json::Value;
use tonic::Status;

/// What came of a bundle.
#[derive(Debug, Clone, PartialEq)]
pub struct Applied {
    pub changes: Vec<ObjectChange>,
    pub errors: Vec<ImportError>,
    pub summary: ApplySummary,
    /// How many messages brought it.
    pub messages: usize,
}

impl Applied {
    /// The changes as short texts: `create stack a:b name="b"`.
    pub fn told(&self) -> Vec<String> {
        let told = self.changes.iter().map(|change| {
            let kind = change.kind().as_str_name().trim_start_matches("CHANGE_KIND_").to_lowercase();
            let fields = change.fields.iter().map(|field| match field.before.as_str() {
                "" => format!(" {}={}", field.field, field.after),
                before => format!(" {}={before}→{}", field.field, field.after),
            });
            format!("{kind} {} {}{}", change.resource, change.id, fields.collect::<String>())
        });
        told.collect()
    }

    /// The refusals as place, code, reason and field.
    pub fn refusals(&self) -> Vec<(i64, i32, &str, &str)> {
        let told = self.errors.iter().map(|error| (error.index, error.code, &*error.reason, &*error.field));
        told.collect()
    }

    /// Created, updated, unchanged, deleted.
    pub fn counts(&self) -> [i64; 4] {
        let ApplySummary { created, updated, unchanged, deleted, .. } = self.summary;
        [created, updated, unchanged, deleted]
    }
}

/// An object of a bundle.
pub fn object(entity: &str, value: Value) -> BulkObject {
    let entity = qairon::model().target(entity);
    let message = Client::message(&entity.message, value);
    let object = prost_types::Any {
        type_url: format!("type.googleapis.com/{}", entity.message.full_name()),
        value: message.encode_to_vec(),
    };
    BulkObject { object: Some(object), ..Default::default() }
}

/// The same with a mask.
pub fn masked(entity: &str, value: Value, fields: &[&str]) -> BulkObject {
    let paths = fields.iter().map(|path| (*path).to_owned()).collect();
    BulkObject { fields: Some(prost_types::FieldMask { paths }), ..object(entity, value) }
}

/// The same with the links of one relation.
pub fn linked(entity: &str, value: Value, relation: &str, ids: &[&str]) -> BulkObject {
    let ids = ids.iter().map(|id| (*id).to_owned()).collect();
    BulkObject { links: vec![LinkSet { relation: relation.to_owned(), ids }], ..object(entity, value) }
}

/// Deletes what is not given.
pub fn pruning(scopes: &[(&str, &str)], resources: &[&str]) -> ApplyOptions {
    let scope = |(resource, id): &(&str, &str)| BulkScope { resource: (*resource).to_owned(), id: (*id).to_owned() };
    let resources = resources.iter().map(|name| (*name).to_owned()).collect();
    let prune = Prune { scopes: scopes.iter().map(scope).collect(), resources };
    ApplyOptions { prune: Some(prune), ..Default::default() }
}

/// Changes nothing.
pub fn rehearsal(options: ApplyOptions) -> ApplyOptions {
    ApplyOptions { validate_only: true, ..options }
}

/// Applies a bundle, in messages of some objects each.
pub async fn try_apply(
    server: &Server,
    options: ApplyOptions,
    objects: Vec<BulkObject>,
) -> Result<Applied, Box<Status>> {
    let mut requests = vec![ApplyObjectsRequest { options: Some(options), objects: Vec::new() }];
    requests
        .extend(objects.chunks(700).map(|chunk| ApplyObjectsRequest { objects: chunk.to_vec(), ..Default::default() }));
    let mut client = BulkServiceClient::new(server.channel());
    let mut answer = client.apply_objects(tokio_stream::iter(requests)).await?.into_inner();
    let mut applied =
        Applied { changes: Vec::new(), errors: Vec::new(), summary: ApplySummary::default(), messages: 0 };
    let mut summaries = Vec::new();
    while let Some(message) = answer.message().await? {
        assert!(message.encoded_len() < 4 << 20, "a message that clients do not take");
        assert!(summaries.is_empty(), "something came after the summary");
        applied.changes.extend(message.changes);
        applied.errors.extend(message.errors);
        applied.messages += 1;
        summaries.extend(message.summary);
    }
    applied.summary = summaries.pop().expect("a summary");
    Ok(applied)
}

/// The same where nothing is wrong with the call.
pub async fn apply(server: &Server, options: ApplyOptions, objects: Vec<BulkObject>) -> Applied {
    try_apply(server, options, objects).await.expect("the bundle is taken")
}

/// Rehearses, and then applies: both say the same.
pub async fn rehearse_and_apply(server: &Server, options: ApplyOptions, objects: Vec<BulkObject>) -> Applied {
    let mut rehearsed = apply(server, rehearsal(options.clone()), objects.clone()).await;
    assert!(!rehearsed.summary.committed, "{rehearsed:?}");
    let applied = apply(server, options, objects).await;
    rehearsed.summary.committed = applied.summary.committed;
    assert_eq!(rehearsed, applied, "the dry run reported something else");
    applied
}

/// Applies, and nothing is refused.
pub async fn applied(server: &Server, options: ApplyOptions, objects: Vec<BulkObject>) -> Applied {
    let applied = rehearse_and_apply(server, options, objects).await;
    assert_eq!(applied.errors, [], "refused");
    assert!(applied.summary.committed, "{applied:?}");
    applied
}
