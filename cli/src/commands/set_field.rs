//! `set_field`: fields of one object, also values inside JSON.

mod assignments;
mod inside;

use clap::ArgMatches;
use prost_reflect::Value;
use qairon::model::{Entity, Verb};

use super::rename::Update;
use crate::arguments::text;
use crate::error::Result;
use crate::requests::Request;
use crate::session::Session;
use crate::values;
use assignments::{Assignments, words};

impl Session {
    pub(super) async fn set_field(&mut self, entity: &Entity, matches: &ArgMatches) -> Result<()> {
        let fields = self.fields(entity)?;
        let id = text(matches, "id");
        let given = Assignments::of(entity, words(matches))?;
        let mut request = Request::standard(entity, Verb::Update).mask("update_mask", &given.mask);
        if let Some(new_id) = &given.new_id {
            request = request.text("new_id", new_id);
        }
        let own = entity.field("id").map(|field| (field, Value::String(id.to_owned())));
        let object = values::object(entity, own.into_iter().chain(given.values));
        let update = Update { entity, id, object, request, fields: &given.fields };
        self.update(&fields, update, matches).await
    }
}
