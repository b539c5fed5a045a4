//! The commands of hand-written methods: the arguments become the request, the returned object a row.

use clap::ArgMatches;
use prost_reflect::{DynamicMessage, Kind as ProtoKind, ReflectMessage, Value};

use super::relation::text_of;
use crate::args::Action;
use crate::args::spelling::normal;
use crate::args::trace::names_resource;
use crate::arguments::{named, text};
use crate::error::{Error, Result};
use crate::hazards::affected::Affected;
use crate::requests::Request;
use crate::session::Session;
use crate::{structs, values};

impl Session {
    pub(super) async fn action(&mut self, action: &Action, matches: &ArgMatches) -> Result<()> {
        let method = action.method().ok_or_else(|| Error::refused(format!("no method `{}`", action.method)))?;
        let answer_type = method.descriptor.output().get_field(1).map(|field| field.kind());
        let entity = match &answer_type {
            Some(ProtoKind::Message(message)) => qairon::model().entity_of_type(message.name()),
            _ => None,
        };
        let mut request = Request::new(method).set("validate_only", Value::Bool(matches.get_flag("dry_run")));
        for (name, field) in action.args {
            let value = argument(&request, name, field, text(matches, name))?;
            request = request.set(field, value);
        }
        for (name, field) in action.options {
            if matches.contains_id(field) {
                let value = argument(&request, name, field, text(matches, field))?;
                request = request.set(field, value);
            }
        }
        if let (Some(field), Ok(Some(json))) = (action.defaults(), matches.try_get_one::<String>("defaults"))
            && let ProtoKind::Message(message) = field.kind()
        {
            let defaults =
                structs::parse(&message, json).map_err(|error| Error::Usage(format!("`defaults`: {error}")))?;
            request = request.set("defaults", defaults);
        }
        let Some(entity) = entity else { return self.affected(request).await };
        let fields = self.fields(entity)?;
        let answer = request.call(&self.client).await?;
        let object = answer.get_field_by_number(1).and_then(|value| value.as_message().cloned());
        let object = object.ok_or_else(|| Error::refused("the server answered without an object"))?;
        self.print(&fields, &object).await?;
        if let Some(created) = created(&answer) {
            self.output.finish()?;
            let would = if matches.get_flag("dry_run") { "would create" } else { "created" };
            self.output.note(&match created.as_str() {
                "" => "nothing was missing".to_owned(),
                created => format!("{would} {created}"),
            });
        }
        Ok(())
    }

    /// Prints what a call has affected.
    async fn affected(&mut self, request: Request) -> Result<()> {
        let affected = Affected::of(&request.call(&self.client).await?);
        let mut array = self.output.array("Nothing is affected.");
        for object in &affected.objects {
            array.push(object.row())?;
        }
        array.finish()
    }
}

/// The objects that a call has created beside the one it answers with; `None` where it never does.
fn created(answer: &DynamicMessage) -> Option<String> {
    let list = answer.get_field_by_name("created")?;
    let objects = list.as_list()?.iter().filter_map(Value::as_message);
    let named = objects.map(|object| format!("{} {}", text_of(object, "resource"), text_of(object, "id")));
    Some(named.collect::<Vec<_>>().join(", "))
}

/// The value of an argument, of the type of its field.
fn argument(request: &Request, name: &str, field: &str, value: &str) -> Result<Value> {
    let kind = request.message.descriptor().get_field_by_name(field).map(|field| field.kind());
    match kind {
        Some(ProtoKind::Int32) => {
            // The service has a narrower range, which depends on the object.
            let number = value.parse().ok().filter(|number: &i32| *number >= 0).map(Value::I32);
            number.ok_or_else(|| Error::Usage(values::not_whole(name, value, i32::MAX.into())))
        }
        Some(ProtoKind::String) if names_resource(field) => {
            named(&normal(&value.into())).map(|entity| Value::String(entity.name.clone()))
        }
        Some(ProtoKind::String) => Ok(Value::String(value.to_owned())),
        _ => Err(Error::refused(format!("the request has no field `{field}` that takes an argument"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::action::ACTIONS;

    #[test]
    fn every_action_has_its_method_and_its_arguments_have_fields() {
        for action in &ACTIONS {
            let request = Request::new(action.method().expect(action.method));
            for (name, field) in action.args.iter().chain(action.options) {
                let value = if names_resource(field) { "stack" } else { "1" };
                argument(&request, name, field, value).expect(name);
            }
        }
    }

    #[test]
    fn numbers_are_numbers() {
        let action = ACTIONS.iter().find(|action| action.verb == "allocate_subnet").expect("allocate_subnet");
        let request = Request::new(action.method().expect("method"));
        let error = argument(&request, "additional_mask_bits", "additional_mask_bits", "six").expect_err("six");
        assert_eq!(error.to_string(), "`additional_mask_bits` must be a whole number from 0 to 2147483647, not `six`");
    }
}
