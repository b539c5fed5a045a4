//! `set_field`: one field of one object.

use clap::ArgMatches;
use prost_reflect::Value;
use qairon::model::{Entity, Field, RelationKind, Verb};

use crate::arguments::text;
use crate::error::{Error, Result};
use crate::requests::Request;
use crate::session::Session;
use crate::values;

impl Session {
    pub(super) async fn set_field(&mut self, entity: &Entity, matches: &ArgMatches) -> Result<()> {
        let fields = self.fields(entity)?;
        let field = settable(entity, text(matches, "field"))?;
        let id = entity.field("id").map(|field| (field, Value::String(text(matches, "id").to_owned())));
        let mut request =
            Request::standard(entity, Verb::Update).set("validate_only", Value::Bool(matches.get_flag("dry_run")));
        let mut object = values::object(entity, id);
        if matches.get_flag("unset") {
            if field.required {
                return Err(Error::Usage(format!(
                    "`{}` cannot be unset: every {} has one",
                    field.name,
                    entity.human()
                )));
            }
            request = request.mask("update_mask", std::slice::from_ref(&field.name));
        } else {
            let value = text(matches, "value");
            if looks_like_flag(value) && !std::env::args_os().any(|word| word == "--") {
                return Err(Error::Usage(format!(
                    "`{value}` looks like an option; write `-- {value}` if it is the value"
                )));
            }
            let value_of_field = values::parse(field, value).map_err(Error::Usage)?;
            if field.name == "id" {
                request = request.text("new_id", value);
            } else {
                object.set_field(&field.descriptor, value_of_field);
                request = request.mask("update_mask", std::slice::from_ref(&field.name));
            }
        }
        let updated = request.set(&entity.name, Value::Message(object)).call_for_object(&self.client).await?;
        self.print(&fields, &updated).await
    }
}

/// The field to set: a to-one relation means its reference.
fn settable<'a>(entity: &'a Entity, name: &str) -> Result<&'a Field> {
    let reference = entity.relation(name).and_then(|relation| match &relation.kind {
        RelationKind::ToOne { field } => entity.field(field),
        _ => None,
    });
    if let (None, Some(relation)) = (reference, entity.relation(name)) {
        let linked = matches!(relation.kind, RelationKind::Linked { .. });
        let remedy = if linked { "use `link` and `unlink`" } else { "set the reference on the other end" };
        return Err(Error::Usage(format!("`{name}` is a relation to many; {remedy}")));
    }
    let field = match reference {
        Some(field) => field,
        None => values::settable(entity, name)?,
    };
    if field.immutable {
        return Err(Error::Usage(format!("`{}` is set at creation and never changes", field.name)));
    }
    Ok(field)
}

fn looks_like_flag(value: &str) -> bool {
    let name = value.strip_prefix("--").or_else(|| value.strip_prefix('-')).unwrap_or_default();
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || matches!(c, '-' | '_' | '='))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_set_says_what_to_do_instead() {
        for (entity, name, told) in [
            ("stack", "id", "composed, set `application_id`, `name` instead"),
            ("stack", "created_at", "only the service sets it"),
            ("build", "ver", "only the service sets it"),
            ("stack", "nmae", "did you mean `name`?"),
            ("deployment", "zones", "use `link` and `unlink`"),
            ("stack", "services", "on the other end"),
        ] {
            let error = settable(qairon::model().target(entity), name).expect_err(name).to_string();
            assert!(error.contains(told), "{error}");
        }
    }

    #[test]
    fn a_relation_to_one_stands_for_its_reference() {
        let deployment = qairon::model().target("deployment");
        assert_eq!(settable(deployment, "current_release").expect("relation").name, "current_release_id");
        assert_eq!(settable(qairon::model().target("environment"), "id").expect("given").name, "id");
    }

    #[test]
    fn options_are_not_taken_for_values() {
        assert!(looks_like_flag("--unste") && looks_like_flag("-x") && looks_like_flag("--output=json"));
        assert!(
            !looks_like_flag("-5") && !looks_like_flag("---\na: 1") && !looks_like_flag("-") && !looks_like_flag("a")
        );
    }
}
