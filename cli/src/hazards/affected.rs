//! The objects that a call affects.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use prost_reflect::{DynamicMessage, Kind as ProtoKind, ReflectMessage, Value};
use qairon::model::Kind;
use serde_json::Value as Json;

use super::environments::environment;
use crate::output::row::{Cell, Datum, Place, Row};

/// The effect of a deletion on what is deleted.
pub const DELETED: &str = "deleted";
/// The effect of a deletion on what stays without its references and links.
pub const UNLINKED: &str = "unlinked";
/// The effect of a change of ID.
pub const RENAMED: &str = "renamed";

/// One object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Its resource.
    pub resource: String,
    /// Its ID before the call.
    pub id: String,
    /// Its ID after the call; empty when it is gone.
    pub new_id: String,
    /// What happens to it.
    pub effect: String,
    /// The fields that lose their reference.
    pub fields: Vec<String>,
}

/// The objects that one call affects, or several.
#[derive(Debug, Clone, Default)]
pub struct Affected {
    /// The objects, the named one first. Each once.
    pub objects: Vec<Object>,
    /// Whether more are affected than are listed.
    pub truncated: bool,
    /// The numbers by effect, also of what the list leaves out.
    all: BTreeMap<String, Counts>,
    /// The effect on each listed object.
    effects: HashMap<(String, String), String>,
}

/// How many objects of each resource.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts(BTreeMap<String, i64>);

impl Affected {
    /// What an answer says; nothing when it says nothing.
    pub fn of(answer: &DynamicMessage) -> Self {
        let field = answer.get_field_by_name("affected");
        let Some(message) = field.as_deref().and_then(Value::as_message) else { return Self::default() };
        let mut affected = Self::default();
        for item in messages(message, "objects") {
            affected.add(object(&item));
        }
        affected.truncated = message.get_field_by_name("truncated").and_then(|value| value.as_bool()) == Some(true);
        for count in messages(message, "counts") {
            let number = count.get_field_by_name("count").and_then(|number| number.as_i64()).unwrap_or_default();
            let counts = affected.all.entry(effect(&count)).or_default();
            *counts.0.entry(text(&count, "resource")).or_default() += number;
        }
        affected
    }

    /// Adds an object, unless it is there already.
    pub fn add(&mut self, object: Object) {
        let key = (object.resource.clone(), object.id.clone());
        if self.effects.insert(key, object.effect.clone()).is_none() {
            self.objects.push(object);
        }
    }

    /// Adds what another call affects.
    pub fn merge(&mut self, other: &Self) {
        other.objects.iter().for_each(|object| self.add(object.clone()));
        other.all.iter().for_each(|(effect, counts)| self.all.entry(effect.clone()).or_default().merge(counts));
        self.truncated |= other.truncated;
    }

    /// Whether these are all that another call affects, and more. Where a list is truncated, the numbers decide.
    pub fn covers(&self, other: &Self) -> bool {
        match self.truncated || other.truncated {
            true => other.all.iter().all(|(effect, counts)| self.all.get(effect).is_some_and(|all| all.cover(counts))),
            false => other.effects.iter().all(|(object, effect)| self.effects.get(object) == Some(effect)),
        }
    }

    /// How many objects of each resource have an effect.
    pub fn counts(&self, effect: &str) -> Counts {
        // Several calls can have objects in common, which only lists show.
        if self.truncated {
            return self.all.get(effect).cloned().unwrap_or_default();
        }
        let mut counts = Counts::default();
        self.objects.iter().filter(|object| object.effect == effect).for_each(|object| counts.add(&object.resource));
        counts
    }

    /// How many objects are affected in any way.
    pub fn total(&self) -> i64 {
        match self.truncated {
            true => self.all.values().map(Counts::total).sum(),
            false => i64::try_from(self.objects.len()).unwrap_or(i64::MAX),
        }
    }

    /// The environments that they are in.
    pub fn environments(&self) -> BTreeSet<&str> {
        self.objects.iter().filter_map(|object| environment(&object.resource, &object.id)).collect()
    }
}

impl Object {
    /// Its row.
    pub fn row(&self) -> Row {
        let cell = |name: &str, datum| Cell { name: name.to_owned(), datum, place: Place::Everywhere };
        let fields = self.fields.iter().cloned().map(Datum::Text).collect();
        let cells = vec![
            cell("resource", Datum::Text(self.resource.clone())),
            cell("id", Datum::Text(self.id.clone())),
            cell("effect", Datum::Text(self.effect.clone())),
            cell("fields", Datum::List(fields)),
        ];
        Row { cells }
    }
}

impl Counts {
    /// Counts one more object.
    pub fn add(&mut self, resource: &str) {
        *self.0.entry(resource.to_owned()).or_default() += 1;
    }

    /// Adds others.
    pub fn merge(&mut self, other: &Self) {
        other.0.iter().for_each(|(resource, count)| *self.0.entry(resource.clone()).or_default() += count);
    }

    fn cover(&self, other: &Self) -> bool {
        other.0.iter().all(|(resource, count)| self.0.get(resource).is_some_and(|all| all >= count))
    }

    /// How many in all.
    pub fn total(&self) -> i64 {
        self.0.values().sum()
    }

    /// As `{"service": 12, "stack": 3}`, for programs only.
    pub fn cell(&self) -> Cell {
        Cell { name: "affected".to_owned(), datum: Datum::Json(self.json()), place: Place::Json }
    }

    /// The same as a value.
    pub fn json(&self) -> Json {
        self.0.iter().map(|(resource, count)| (resource.clone(), Json::from(*count))).collect()
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let parts: Vec<String> = self.0.iter().map(|(resource, count)| format!("{count} {resource}")).collect();
        f.write_str(&parts.join(", "))
    }
}

fn object(message: &DynamicMessage) -> Object {
    let [resource, id, new_id] = ["resource", "id", "new_id"].map(|name| text(message, name));
    let fields = message.get_field_by_name("fields");
    let fields = fields.as_deref().and_then(Value::as_list).unwrap_or_default();
    let fields = fields.iter().filter_map(|field| field.as_str().map(str::to_owned)).collect();
    let effect = effect(message);
    Object { resource, id, new_id, effect, fields }
}

/// The label of the effect; its number when it is of a newer server.
fn effect(message: &DynamicMessage) -> String {
    let number = message.get_field_by_name("effect").and_then(|effect| effect.as_enum_number()).unwrap_or_default();
    match message.descriptor().get_field_by_name("effect").map(|field| field.kind()) {
        Some(ProtoKind::Enum(descriptor)) => match descriptor.get_value(number) {
            Some(value) => Kind::enum_label(&descriptor, value.name()).to_lowercase(),
            None => number.to_string(),
        },
        _ => number.to_string(),
    }
}

fn messages(message: &DynamicMessage, field: &str) -> Vec<DynamicMessage> {
    let list = message.get_field_by_name(field);
    let items = list.as_deref().and_then(Value::as_list).unwrap_or_default();
    items.iter().filter_map(|item| item.as_message().cloned()).collect()
}

fn text(message: &DynamicMessage, field: &str) -> String {
    message.get_field_by_name(field).and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn affected(objects: &[(&str, &str, &str)]) -> Affected {
        let mut affected = Affected::default();
        for (resource, id, effect) in objects {
            let [resource, id, effect] = [resource, id, effect].map(|text| (*text).to_owned());
            affected.add(Object { resource, id, new_id: String::new(), effect, fields: Vec::new() });
        }
        affected
    }

    #[test]
    fn effects_are_counted_apart_and_each_object_once() {
        let mut all = affected(&[("stack", "a:b", DELETED), ("service", "a:b:c", DELETED)]);
        all.merge(&affected(&[("service", "a:b:c", DELETED), ("deployment", "p:x", UNLINKED)]));
        assert_eq!(all.counts(DELETED).to_string(), "1 service, 1 stack");
        assert_eq!((all.counts(DELETED).total(), all.counts(UNLINKED).total()), (2, 1));
        assert_eq!(all.environments().into_iter().collect::<Vec<_>>(), ["p"]);
    }

    #[test]
    fn what_was_not_shown_is_not_covered() {
        let shown = affected(&[("stack", "a:b", DELETED), ("service", "a:b:c", UNLINKED)]);
        assert!(shown.covers(&affected(&[("stack", "a:b", DELETED)])));
        assert!(!shown.covers(&affected(&[("stack", "a:b", DELETED), ("service", "a:b:d", DELETED)])));
        assert!(!shown.covers(&affected(&[("service", "a:b:c", DELETED)])), "it was to stay");
    }
}
