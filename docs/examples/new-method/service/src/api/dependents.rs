//! CountDependents: how many objects refer to one.

use bytes::Bytes;
use prost::Message;
use qairon::model::{Entity, RelationKind};
use qairon::v1::{CountDependentsRequest, CountDependentsResponse, DependentCount};
use serde_json::json;

use super::query::choose;
use super::requests::decode;
use crate::call::Context;
use crate::db::get;
use crate::db::list::{Listing, page};
use crate::domain::resource::resource;
use crate::domain::validate;
use crate::error::{Error, Result};

/// Counts by relation.
pub async fn count_dependents(context: &Context, bytes: Bytes) -> Result<Bytes> {
    let request: CountDependentsRequest = decode(bytes)?;
    let model = context.model();
    let entity = resource(model, "resource", &request.resource)?;
    validate::id(model, entity, "id", &request.id)?;
    if get::object(context.db(), entity, Some(&only_id()), &request.id).await?.is_none() {
        return Err(Error::not_found(&entity.name, &request.id));
    }
    let mut counts = Vec::new();
    for relation in &entity.relations {
        let RelationKind::ToMany { field } = &relation.kind else { continue };
        let count = count(context, model.target(&relation.target), field, &request.id).await?;
        let (relation, resource) = (relation.name().to_owned(), relation.target.clone());
        counts.push(DependentCount { relation, resource, count });
    }
    Ok(CountDependentsResponse { counts }.encode_to_vec().into())
}

/// How many objects have this ID in a field: the total of a listing whose page is empty.
async fn count(context: &Context, entity: &Entity, field: &str, id: &str) -> Result<i64> {
    // As a document, so that nothing in the ID can be read as part of the filter.
    let filter = json!([{ "name": field, "op": "eq", "val": id }]).to_string();
    let filter = choose(context.model(), entity, &filter, "")?.filter;
    let mask = Some(only_id().to_vec());
    let listing = Listing { entity, mask, filter, order: Vec::new(), token: None, skip: 0, limit: 0 };
    let (_, total) = page(context.db(), &listing, true).await?;
    total.ok_or_else(|| Error::internal("a listing without its total"))
}

fn only_id() -> [String; 1] {
    ["id".to_owned()]
}
