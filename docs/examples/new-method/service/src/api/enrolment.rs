//! EnrolApplication: an application, and a secret that is shown once.

use bytes::Bytes;
use prost::Message;
use qairon::v1::{Application, EnrolApplicationRequest};
use uuid::Uuid;

use super::repeats::once;
use super::requests::decode;
use crate::call::Context;
use crate::db::failure::Intent;
use crate::db::rows::single::create;
use crate::db::{Ending, Weight, Write, repeats, wire};
use crate::domain::draft::Draft;
use crate::domain::validate;
use crate::error::Result;

/// Where an application keeps the fingerprint of its key.
const FINGERPRINT: &str = "pipeline_key_fingerprint";

/// Creates the application and makes its key.
pub async fn enrol_application(context: &Context, bytes: Bytes) -> Result<Bytes> {
    let request: EnrolApplicationRequest = decode(bytes.clone())?;
    let (model, id) = (context.model(), request.application_id);
    let application = model.target("application");
    validate::id(model, application, "application_id", &id)?;
    // Nobody guesses a key of this many random bits from its digest.
    let key = [Uuid::new_v4(), Uuid::new_v4()].map(|half| half.simple().to_string()).concat();
    let fingerprint = Uuid::new_v5(&Uuid::NAMESPACE_OID, key.as_bytes()).to_string();
    let defaults = prost_types::Struct { fields: [(FINGERPRINT.to_owned(), fingerprint.into())].into() };
    let draft = Application { id: id.clone(), defaults: Some(defaults), ..Default::default() };
    let values = Draft::decode(application, &draft.encode_to_vec())?.for_insert(model, application)?;

    let write = Write { operation: "enrol_application", weight: Weight::Light, validate_only: request.validate_only };
    let once = once(context, &request.request_id, &bytes)?;
    let result = repeats::write(context.db(), write, once, move |transaction| {
        // Work is repeated when PostgreSQL gives the transaction up, so it takes copies.
        let (values, key) = (values.clone(), key.clone());
        Box::pin(async move {
            // Field 1 of the response.
            let mut response = create(transaction, application, &values).await?;
            // A rehearsal makes no key that works.
            if !write.validate_only {
                wire::bytes_field(&mut response, 2, key.as_bytes());
            }
            Ok(Ending::Commit(response))
        })
    });
    let result = result.await;
    result.map(Bytes::from).map_err(|failure| failure.into_error(model, Intent::on(application, &id)))
}
