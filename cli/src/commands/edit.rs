//! `edit`: an object as YAML in the editor of the caller.

mod editor;

use clap::ArgMatches;
use prost_reflect::{DynamicMessage, Value};
use qairon::model::{Entity, Field, Verb};

use super::relation::text_of;
use super::rename::Update;
use crate::arguments::text;
use crate::bulk::{Edited, edited};
use crate::error::{Error, Result, tell};
use crate::fields::Fields;
use crate::output::row::{Cell, Place, Row, datum};
use crate::output::yaml_of;
use crate::requests::{self, Request};
use crate::session::Session;
use crate::values;
use editor::Draft;

impl Session {
    pub(super) async fn edit(&mut self, entity: &Entity, matches: &ArgMatches) -> Result<()> {
        let fields = self.fields(entity)?;
        let id = text(matches, "id");
        let object = requests::get(&self.client, entity, id, &[]).await?;
        let before = yaml(entity, &object)?;
        let draft = Draft::new(&before)?;
        let after = draft.edit().await?;
        let nothing = after == before || after.trim().is_empty();
        let edited = if nothing { Ok(None) } else { edited(entity, &after) };
        let edited = match edited {
            Ok(Some(edited)) => edited,
            Ok(None) => {
                self.output.note("nothing changed");
                return Ok(());
            }
            Err(problems) => {
                let path = draft.keep()?;
                let path = path.display();
                problems.iter().for_each(|(line, told)| tell(&format!("{path}:{line}: {told}")));
                return Err(Error::refused(format!("nothing was changed; your text is kept in {path}")));
            }
        };
        let changed = changed(entity, &object, &edited);
        if changed.is_empty() {
            self.output.note("nothing changed");
            return Ok(());
        }
        let outcome = self.save(&fields, entity, &object, &edited.object, &changed, matches).await;
        match outcome {
            Ok(()) => Ok(()),
            Err(error) => Err(kept(error, draft)),
        }
    }

    async fn save(
        &mut self,
        fields: &Fields,
        entity: &Entity,
        object: &DynamicMessage,
        edited: &DynamicMessage,
        changed: &[String],
        matches: &ArgMatches,
    ) -> Result<()> {
        let id = text_of(object, "id");
        let mask: Vec<String> = changed.iter().filter(|name| *name != "id").cloned().collect();
        let mut request = Request::standard(entity, Verb::Update).mask("update_mask", &mask);
        if changed.iter().any(|name| name == "id") {
            request = request.text("new_id", text_of(edited, "id"));
        }
        let mut update = values::object(entity, None);
        for field in entity.fields.iter().filter(|field| mask.contains(&field.name)) {
            if edited.has_field(&field.descriptor) {
                update.set_field(&field.descriptor, edited.get_field(&field.descriptor).into_owned());
            }
        }
        for (name, value) in [("id", &id), ("etag", &text_of(object, "etag"))] {
            update.set_field_by_name(name, Value::String(value.clone()));
        }
        self.update(fields, Update { entity, id: &id, object: update, request, fields: changed }, matches).await
    }
}

/// The error, with the file that keeps the text.
fn kept(error: Error, draft: Draft) -> Error {
    let path = match draft.keep() {
        Ok(path) => path,
        Err(_) => return error,
    };
    let told = |message: String| format!("{message}; your text is kept in {}", path.display());
    match error {
        Error::Refused { message, reason, subject } => Error::Refused { message: told(message), reason, subject },
        Error::Unreachable(message) => Error::Unreachable(told(message)),
        Error::Usage(message) => Error::Usage(told(message)),
        error => error,
    }
}

/// The fields that somebody can change.
fn editable(entity: &Entity) -> impl Iterator<Item = &Field> {
    let own = |field: &&Field| field.is_settable() && !field.immutable;
    entity.fields.iter().filter(own).filter(|field| field.name != "id" || entity.id_is_given())
}

/// The fields of the text that have another value than the object.
fn changed(entity: &Entity, object: &DynamicMessage, edited: &Edited) -> Vec<String> {
    let given = editable(entity).filter(|field| edited.fields.contains(&field.name));
    let differs = given.filter(|field| datum(field, object) != datum(field, &edited.object));
    differs.map(|field| field.name.clone()).collect()
}

/// The text to edit.
fn yaml(entity: &Entity, object: &DynamicMessage) -> Result<String> {
    let cell = |field: &Field| Cell { name: field.name.clone(), datum: datum(field, object), place: Place::Everywhere };
    let row = Row { cells: editable(entity).map(cell).collect() };
    Ok(format!(
        "# {} {}\n\
         # Save the file to set the fields that you change. A field that you remove changes nothing, and null clears it;\n\
         # a key that you remove inside JSON is removed. An unchanged or empty file changes nothing.\n\
         {}",
        entity.human(),
        text_of(object, "id"),
        yaml_of(&row)?
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_that_is_not_edited_is_unchanged() {
        for entity in qairon::model().entities() {
            let mut object = DynamicMessage::new(entity.message.clone());
            object.set_field_by_name("id", Value::String("a:b".to_owned()));
            let text = yaml(entity, &object).expect("YAML");
            assert!(text.starts_with(&format!("# {} a:b\n", entity.human())), "{text}");
            if let Some(edited) = edited(entity, &text).unwrap_or_else(|told| panic!("{text}: {told:?}")) {
                assert_eq!(changed(entity, &object, &edited), Vec::<String>::new(), "{text}");
            }
        }
    }

    #[test]
    fn only_what_differs_is_changed() {
        let service = qairon::model().target("service");
        let mut object = DynamicMessage::new(service.message.clone());
        object.set_field_by_name("name", Value::String("cart".to_owned()));
        object.set_field_by_name("artifact_name", Value::String("image".to_owned()));
        let text = yaml(service, &object).expect("YAML");
        assert!(text.contains("name: cart\n") && text.contains("artifact_name: image\n"), "{text}");
        let text = text.replace("artifact_name: image", "artifact_name: null").replace("defaults: {}", "");
        let edited = edited(service, &text).expect("YAML").expect("an object");
        assert_eq!(changed(service, &object, &edited), ["artifact_name"]);
    }
}
