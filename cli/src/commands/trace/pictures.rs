//! What the pictures of all traces have in common: how a node is labelled, and what a relation is called.

use std::collections::HashMap;

use qairon::model::{Relation, RelationKind};

use crate::output::tree::Tree;

/// The label of a commit in pictures, since it is not a resource.
pub const COMMIT: &str = "commit";

/// The label of an object.
pub fn label(resource: &str, id: &str) -> String {
    format!("{resource} {id}")
}

/// The label of an object with an addition, such as the relation that led there.
pub fn label_with(resource: &str, id: &str, more: &str) -> String {
    match more {
        "" => label(resource, id),
        more => format!("{resource} {id} ({more})"),
    }
}

/// The relation from an object to those that refer to it: `providers` of an environment. Empty when there is none.
pub fn inverse(holder: &str, named: &str) -> &'static str {
    let holder = qairon::model().entity(holder);
    let references = holder.into_iter().flat_map(|entity| entity.references());
    let mut found = references.filter_map(|field| field.reference.as_ref()).filter(|found| found.entity == named);
    found.next().and_then(|reference| reference.inverse.first()).map(String::as_str).unwrap_or_default()
}

/// The relation that a reference is: `current_release` of `current_release_id`. Empty when there is none.
pub fn relation(holder: &str, field: &str) -> &'static str {
    let field = qairon::model().entity(holder).and_then(|entity| entity.field(field));
    field.and_then(|field| field.reference.as_ref()).map(|reference| reference.relation.as_str()).unwrap_or_default()
}

/// The relation from an object to those it is linked with: `fleets` of a deployment target. Empty when there is none.
pub fn linked(entity: &str, other: &str) -> &'static str {
    let relations = qairon::model().entity(entity).into_iter().flat_map(|entity| &entity.relations);
    let mut found = relations.filter(|relation| matches!(relation.kind, RelationKind::Linked { .. }));
    found.find(|relation| relation.target == other).map(Relation::name).unwrap_or_default()
}

/// A tree in which each object has its place.
#[derive(Debug, Default)]
pub struct Objects {
    /// The tree.
    pub tree: Tree,
    places: HashMap<(String, String), usize>,
}

impl Objects {
    /// Where an object is, added below its parent when it is new. Without a parent it is a root.
    pub fn add(&mut self, parent: Option<usize>, resource: &str, id: &str, label: impl FnOnce() -> String) -> usize {
        let key = (resource.to_owned(), id.to_owned());
        if let Some(&place) = self.places.get(&key) {
            return place;
        }
        let place = match parent {
            Some(parent) => self.tree.child(parent, label()),
            None => self.tree.root(label()),
        };
        self.places.insert(key, place);
        place
    }
}

#[cfg(test)]
pub mod testing {
    use prost_reflect::{DynamicMessage, Value};

    use crate::output::tree::{Lines, Tree};

    /// A message of this name with these texts.
    pub fn message(name: &str, texts: &[(&str, &str)]) -> DynamicMessage {
        let descriptor = qairon::model().pool().get_message_by_name(&format!("qairon.v1.{name}")).expect(name);
        let mut message = DynamicMessage::new(descriptor);
        for (field, text) in texts {
            message.set_field_by_name(field, Value::String((*text).to_owned()));
        }
        message
    }

    /// A tree in ASCII.
    pub fn drawn(tree: &Tree) -> String {
        let mut text = Vec::new();
        tree.write(&mut text, Lines::Ascii).expect("it is written");
        String::from_utf8(text).expect("UTF-8")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relations_have_the_names_of_the_model() {
        assert_eq!(inverse("provider", "environment"), "providers");
        assert_eq!(inverse("deployment", "deployment_target"), "deployments");
        assert_eq!(relation("deployment", "current_release_id"), "current_release");
        assert_eq!(relation("release_artifact", "input_repo_id"), "input_repo");
        assert_eq!(linked("deployment_target", "fleet"), "fleets");
        assert_eq!((inverse("x", "y"), relation("stack", "name")), ("", ""));
    }
}
