//! `api-resources`: lists the resources.

use qairon::model::{Entity, Field};
use serde_json::Value as Json;

use crate::args::{Docs, resource};
use crate::error::{Error, Result};
use crate::output::row::{Cell, Datum, Place, Row};
use crate::session::Session;
use crate::suggest;

/// The columns, and whether the table of a list shows them.
const COLUMNS: [(&str, Place); 7] = [
    ("resource", Place::Everywhere),
    ("plural", Place::Everywhere),
    ("id_form", Place::Everywhere),
    ("parents", Place::Everywhere),
    ("links", Place::Detail),
    ("commands", Place::Detail),
    ("description", Place::Detail),
];

/// Prints a row for each resource. No server is called.
pub fn run(session: &mut Session) -> Result<()> {
    let names = COLUMNS.map(|(name, _)| name);
    if let Some(unknown) = session.asked.iter().find(|name| !names.contains(&name.as_str())) {
        return Err(Error::Usage(suggest::unknown("field of `api_resources`", unknown, names)));
    }
    let docs = Docs::load();
    let asked = session.asked.clone();
    let mut array = session.output.array("No resources found.");
    for entity in qairon::model().entities() {
        array.push(row(entity, &docs, &asked))?;
    }
    array.finish()
}

fn row(entity: &Entity, docs: &Docs, asked: &[String]) -> Row {
    let cell = |(name, place): (&str, Place)| {
        let place = if asked.is_empty() { place } else { Place::Everywhere };
        Cell { name: name.to_owned(), datum: datum(entity, name, docs), place }
    };
    if asked.is_empty() {
        return Row { cells: COLUMNS.map(cell).into() };
    }
    let known = |name: &String| COLUMNS.into_iter().find(|(known, _)| known == name);
    Row { cells: asked.iter().filter_map(known).map(cell).collect() }
}

fn datum(entity: &Entity, column: &str, docs: &Docs) -> Datum {
    let text = |text: &str| Datum::Text(text.to_owned());
    let texts = |texts: Vec<String>| Datum::List(texts.into_iter().map(Datum::Text).collect());
    match column {
        "resource" => text(&entity.name),
        "plural" => text(&entity.plural),
        "id_form" => text(&qairon::model().id_form(entity)),
        "parents" => texts(parents(entity)),
        "links" => texts(resource::linked_relations(entity).map(str::to_owned).collect()),
        "commands" => texts(resource::verbs(entity)),
        "description" => text(&docs.entity(entity)),
        _ => Datum::Json(Json::Null),
    }
}

/// The resources whose IDs are part of its own, in their order.
fn parents(entity: &Entity) -> Vec<String> {
    let fields = entity.id_fields.iter().filter_map(|name| entity.field(name));
    let references = fields.filter_map(|field: &Field| field.reference.as_ref());
    references.map(|reference| reference.entity.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(name: &str, asked: &[&str]) -> Json {
        let asked: Vec<String> = asked.iter().map(ToString::to_string).collect();
        let row = row(qairon::model().target(name), &Docs::load(), &asked);
        serde_json::to_value(&row).expect("JSON")
    }

    #[test]
    fn every_resource_tells_everything() {
        for entity in qairon::model().entities() {
            let row = json(&entity.name, &[]);
            for (column, _) in COLUMNS {
                assert!(!row[column].is_null(), "{} {column}", entity.name);
            }
            assert_ne!(row["description"], "", "{}", entity.name);
        }
    }

    #[test]
    fn parents_are_in_the_order_of_the_id() {
        assert_eq!(json("deployment", &["parents"])["parents"], serde_json::json!(["deployment_target", "service"]));
        assert_eq!(json("deployment", &["links"])["links"], serde_json::json!(["zones"]));
        assert_eq!(json("application", &["parents"])["parents"], serde_json::json!([]));
    }
}
