//! `delete`, and the dependents it would delete.

use clap::ArgMatches;
use prost_reflect::{DynamicMessage, Value};
use qairon::model::{Entity, Verb};
use serde_json::{Value as Json, json};

use super::relation::text_of;
use crate::arguments::text;
use crate::error::Result;
use crate::output::row::Row;
use crate::requests::Request;
use crate::session::Session;

impl Session {
    pub(super) async fn delete(&mut self, entity: &Entity, matches: &ArgMatches) -> Result<()> {
        let dry_run = matches.get_flag("dry_run");
        let id = text(matches, "id");
        let answer = Request::standard(entity, Verb::Delete)
            .text("id", id)
            .set("force", Value::Bool(matches.get_flag("force")))
            .set("validate_only", Value::Bool(dry_run))
            .call(&self.client)
            .await?;
        if !dry_run {
            let told = [("resource", json!(entity.name)), ("id", json!(id)), ("status", json!(204))];
            return self.output.object(&Row::of_cells(told));
        }
        let affected = answer.get_field_by_number(1);
        let affected = affected.as_deref().and_then(Value::as_message);
        let mut array = self.output.array();
        for object in affected.map(|affected| items(affected, "objects")).unwrap_or_default() {
            let cell = |name| Json::from(text_of(&object, name));
            array.push(Row::of_cells([("resource", cell("resource")), ("id", cell("id"))]))?;
        }
        array.finish()?;
        let truncated = affected.and_then(|affected| affected.get_field_by_name("truncated")?.as_bool());
        if let (Some(true), Some(affected)) = (truncated, affected) {
            eprintln!("qcli: the list is incomplete: {}", counts(affected));
        }
        Ok(())
    }
}

fn items(message: &DynamicMessage, field: &str) -> Vec<DynamicMessage> {
    let list = message.get_field_by_name(field);
    let items = list.as_deref().and_then(Value::as_list).unwrap_or_default();
    items.iter().filter_map(|item| item.as_message().cloned()).collect()
}

/// `3 service, 12 build`.
fn counts(affected: &DynamicMessage) -> String {
    let counted = items(affected, "counts").into_iter().map(|count| {
        let number = count.get_field_by_name("count").and_then(|number| number.as_i64()).unwrap_or_default();
        format!("{number} {}", text_of(&count, "resource"))
    });
    counted.collect::<Vec<_>>().join(", ")
}
