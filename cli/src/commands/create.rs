//! `create`: arguments in order, by name, or both.

use std::collections::HashMap;

use clap::ArgMatches;
use prost_reflect::Value;
use qairon::model::{Entity, Field, Verb};

use crate::args::resource::{create_usage, positional_id};
use crate::error::{Error, Result};
use crate::output::Format;
use crate::requests::Request;
use crate::session::Session;
use crate::values;

impl Session {
    pub(super) async fn create(&mut self, entity: &Entity, matches: &ArgMatches) -> Result<()> {
        let fields = self.fields(entity)?;
        let object = values::object(entity, gather(entity, matches)?);
        let created = Request::standard(entity, Verb::Create)
            .set(&entity.name, Value::Message(object))
            .set("validate_only", Value::Bool(matches.get_flag("dry_run")))
            .call_for_object(&self.client)
            .await?;
        // Only the ID, for scripts that capture it, unless a format is given.
        match self.output.asked {
            None => {}
            Some(Format::Plain) if self.asked.is_empty() => {}
            Some(_) => return self.print(&fields, &created).await,
        }
        let id = created.get_field_by_name("id").and_then(|id| id.as_str().map(str::to_owned));
        self.output.line(&id.unwrap_or_default())
    }
}

/// The fields with their values. An argument given by its flag is taken out of the order of the others.
fn gather<'a>(entity: &'a Entity, matches: &ArgMatches) -> Result<Vec<(&'a Field, Value)>> {
    let mut texts: HashMap<&str, &str> = HashMap::new();
    for field in &entity.fields {
        // Not every field has a flag.
        if let Ok(Some(text)) = matches.try_get_one::<String>(&field.name) {
            texts.insert(&field.name, text);
        }
    }
    let mut open =
        entity.create_args.iter().filter(|name| !texts.contains_key(name.as_str())).collect::<Vec<_>>().into_iter();
    for name in &entity.create_args {
        let Some(value) = matches.get_one::<String>(&positional_id(name)) else { break };
        match open.next() {
            Some(name) => texts.insert(name, value),
            None => return Err(Error::Usage(format!("too many arguments: `{value}`; {}", usage(entity)))),
        };
    }
    let missing = entity.fields.iter().filter(|field| field.required && !texts.contains_key(field.name.as_str()));
    let missing = missing.map(|field| field.name.as_str()).collect::<Vec<_>>();
    if !missing.is_empty() {
        return Err(Error::Usage(format!("missing `{}`; {}", missing.join("`, `"), usage(entity))));
    }
    let given = entity.fields.iter().filter_map(|field| Some((field, *texts.get(field.name.as_str())?)));
    given.map(|(field, text)| Ok((field, values::parse(field, text).map_err(Error::Usage)?))).collect()
}

fn usage(entity: &Entity) -> String {
    format!("usage: `qcli {} create {}`", entity.name, create_usage(entity))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{Docs, Full, tree};

    fn fields(words: &[&str]) -> Result<Vec<(String, String)>> {
        let matches = tree(Full::Only(words[0]), &Docs::default())
            .try_get_matches_from(std::iter::once("qcli").chain(words.iter().copied()))
            .map_err(|error| Error::Usage(error.to_string()))?;
        let (resource, matches) = matches.subcommand().expect("a resource");
        let (_, matches) = matches.subcommand().expect("a command");
        let gathered = gather(qairon::model().target(resource), matches)?;
        Ok(gathered.into_iter().map(|(field, value)| (field.name.clone(), value.to_string())).collect())
    }

    #[test]
    fn arguments_come_in_order_or_by_name_in_any_order() {
        let wanted = fields(&["service", "create", "shop:web", "cart"]).expect("positional");
        assert_eq!(wanted, [("stack_id".into(), "\"shop:web\"".into()), ("name".into(), "\"cart\"".into())]);
        for words in [
            &["service", "create", "--name", "cart", "--stack-id", "shop:web"][..],
            &["service", "create", "--stack_id=shop:web", "cart"],
            &["service", "create", "shop:web", "--name=cart"],
            &["service", "create", "--name", "cart", "shop:web", "-o", "json"],
        ] {
            assert_eq!(fields(words).expect("named"), wanted, "{words:?}");
        }
    }

    #[test]
    fn letters_are_those_of_the_model_and_d_is_defaults_elsewhere() {
        let service = fields(&["service", "create", "a:b", "c", "-a", "art", "-d", "{\"x\": 1}"]).expect("service");
        assert!(service.iter().any(|(name, value)| name == "artifact_name" && value == "\"art\""));
        assert!(service.iter().any(|(name, _)| name == "defaults"));
        let artifact =
            ["build_artifact", "create", "a:b:c:1", "t:in", "t:out", "img", "path", "-d", "{}", "--defaults", "{}"];
        let artifact = fields(&artifact).expect("artifact");
        assert!(artifact.iter().any(|(name, _)| name == "data"));
        assert!(artifact.iter().any(|(name, _)| name == "defaults"));
        assert!(fields(&["stack_config", "create", "t", "a:b", "n", "-c", "---\na: 1"]).is_ok());
    }

    #[test]
    fn too_few_too_many_and_malformed_arguments_are_refused() {
        for (words, told) in [
            (&["service", "create", "a:b"][..], "missing `name`; usage: `qcli service create <stack_id> <name>`"),
            (&["service", "create", "a:b", "--stack-id", "x", "c"], "too many arguments: `c`"),
            (
                &["build", "create", "a:b:c", "x", "ref"],
                "`build_num` must be a whole number from 0 to 9223372036854775807, not `x`",
            ),
            (&["service", "create", "a:b", "c", "-d", "text"], "`defaults`: not JSON"),
            (&["service", "create", "a:b", "c", "--nmae", "x"], "--name"),
        ] {
            let error = fields(words).expect_err(told).to_string();
            assert!(error.contains(told), "{words:?}: {error}");
        }
    }

    #[test]
    fn every_resource_takes_its_arguments_in_both_forms() {
        for entity in qairon::model().entities() {
            let values: Vec<(&str, &str)> =
                entity.create_args.iter().map(|name| (name.as_str(), sample(entity, name))).collect();
            let ordered: Vec<&str> =
                [entity.name.as_str(), "create"].into_iter().chain(values.iter().map(|(_, v)| *v)).collect();
            let named: Vec<String> =
                values.iter().rev().map(|(name, value)| format!("--{}={value}", name.replace('_', "-"))).collect();
            let named: Vec<&str> =
                [entity.name.as_str(), "create"].into_iter().chain(named.iter().map(String::as_str)).collect();
            assert_eq!(fields(&ordered).expect(&entity.name), fields(&named).expect(&entity.name));
        }
    }

    fn sample(entity: &Entity, name: &str) -> &'static str {
        use qairon::model::Kind;
        match &entity.field(name).expect(name).kind {
            Kind::Integer | Kind::Double => "7",
            Kind::EntityType => "Stack",
            Kind::Enum(descriptor) => Kind::enum_labels(descriptor)[0].clone().leak(),
            Kind::Json => "{}",
            _ => "x",
        }
    }
}
