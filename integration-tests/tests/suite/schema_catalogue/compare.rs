//! What a schema has that the model does not want, and what it lacks.

use std::collections::BTreeMap;

use qairon::Model;
use qairon::model::{Entity, Field, Kind, Link};

use super::catalogue::{Catalogue, Column, Table};

/// The tables that are neither an entity's nor a link's.
const OTHERS: [&str; 3] = ["__diesel_schema_migrations", "idempotency", "qairon_entity"];

/// Every difference, each starting with the table or the column.
pub fn problems(model: &Model, catalogue: &Catalogue) -> Vec<String> {
    let mut problems = Problems(Vec::new());
    let mut known: Vec<&str> = OTHERS.to_vec();
    for entity in model.entities() {
        known.push(&entity.name);
        match catalogue.entities.get(&entity.name) {
            None => problems.add(&entity.name, "not registered in qairon_entity"),
            Some(found) if *found != entity.type_name => problems.add(&entity.name, format!("registered as {found}")),
            Some(_) => {}
        }
        match catalogue.tables.get(&entity.name) {
            None => problems.add(&entity.name, "there is no such table"),
            Some(table) => problems.of_entity(entity, table),
        }
        for link in &entity.links {
            known.push(&link.table);
            match catalogue.tables.get(&link.table) {
                None => problems.add(&link.table, "there is no such table"),
                Some(table) => problems.of_link(entity, link, table),
            }
        }
    }
    for table in catalogue.tables.keys().filter(|name| !known.contains(&name.as_str())) {
        problems.add(table, "neither an entity nor a link");
    }
    for name in catalogue.entities.keys().filter(|name| model.entity(name).is_none()) {
        problems.add(name, "registered in qairon_entity, but no entity of the model");
    }
    problems.0
}

struct Problems(Vec<String>);

impl Problems {
    fn add(&mut self, place: &str, what: impl Into<String>) {
        self.0.push(format!("{place}: {}", what.into()));
    }

    fn of_entity(&mut self, entity: &Entity, table: &Table) {
        let mut wanted = Vec::new();
        for field in entity.fields.iter().filter(|field| field.is_column()) {
            wanted.push(field.name.as_str());
            let place = format!("{}.{}", entity.name, field.name);
            match table.columns.get(&field.name) {
                None => self.add(&place, "there is no such column"),
                Some(column) => self.of_column(&place, entity, field, column),
            }
            self.of_rules(&place, entity, field, table);
        }
        wanted.push("version");
        match table.columns.get("version") {
            Some(version) if version.kind == "bigint" && version.not_null => {}
            other => self.add(&entity.name, format!("`version` is {other:?}, not a bigint that is never null")),
        }
        for extra in table.columns.keys().filter(|name| !wanted.contains(&name.as_str())) {
            self.add(&format!("{}.{extra}", entity.name), "the model has no such field");
        }
        self.constraint(&entity.name, table, &format!("{}_pkey", entity.name), "p", &["id"]);
        self.constraint(&entity.name, table, &format!("{}_uid_key", entity.name), "u", &["uid"]);
        let references =
            entity.fields.iter().filter(|field| field.reference.is_some() || field.kind == Kind::EntityType);
        self.no_other_foreign_keys(
            &entity.name,
            table,
            &references.map(|field| field.name.as_str()).collect::<Vec<_>>(),
        );
        let argument = format!("('{}')", entity.type_name);
        self.trigger(&entity.name, table, &format!("{}_touch", entity.name), &["BEFORE UPDATE ON", "qairon_touch()"]);
        let deleted = ["AFTER DELETE ON", "DEFERRABLE INITIALLY DEFERRED", "qairon_object_deleted", &argument];
        self.trigger(&entity.name, table, &format!("{}_object_deleted", entity.name), &deleted);
        let renamed = ["AFTER UPDATE ON", "qairon_object_renamed", &argument];
        self.trigger(&entity.name, table, &format!("{}_object_renamed", entity.name), &renamed);
    }

    fn of_column(&mut self, place: &str, entity: &Entity, field: &Field, column: &Column) {
        let (kind, collation) = column_type(field);
        if (column.kind.as_str(), column.collation.as_str()) != (kind, collation) {
            self.add(place, format!("{} {:?} instead of {kind} {collation:?}", column.kind, column.collation));
        }
        // What is generated is null only where its sources are.
        if column.not_null == field.nullable && !field.derived {
            self.add(place, format!("nullable in the {}", if field.nullable { "model alone" } else { "schema alone" }));
        }
        let composed = field.number == 1 && !entity.id_is_given();
        if column.generated != (composed || field.derived) {
            self.add(place, format!("generated in the {} alone", if column.generated { "schema" } else { "model" }));
        }
        if composed {
            let wanted = entity.id_fields.join(" || ':' || ");
            let found = column.expression.replace(['(', ')'], "").replace("::text", "");
            if found != wanted {
                self.add(place, format!("made of `{found}` instead of `{wanted}`"));
            }
        }
        if let Some(default) = &field.default
            && column.expression != format!("'{default}'::text")
        {
            self.add(place, format!("the default is `{}` instead of `{default}`", column.expression));
        }
    }

    /// Foreign keys, indexes and the rules of values.
    fn of_rules(&mut self, place: &str, entity: &Entity, field: &Field, table: &Table) {
        let named = |rule: &str| format!("{}_{}_{rule}", entity.name, field.name);
        let at = [field.name.as_str()];
        if let Some(reference) = &field.reference {
            let rule = if field.nullable { "DEFERRABLE INITIALLY DEFERRED" } else { "ON DELETE RESTRICT" };
            self.foreign_key(place, table, &named("fkey"), &field.name, &format!("{}(id)", reference.entity), rule);
        }
        if field.kind == Kind::EntityType {
            self.foreign_key(place, table, &named("fkey"), &field.name, "qairon_entity(type)", "ON DELETE RESTRICT");
        }
        if field.reference.is_some() || field.indexed || field.name == "native_id" {
            self.index(place, table, &field.name);
        }
        let given_id = field.number == 1 && entity.id_is_given();
        if given_id || field.kind == Kind::Name {
            let argument = format!("qairon_refuse_name('{}')", field.name);
            self.trigger(place, table, &named("name_given"), &["BEFORE INSERT ON", "qairon_is_new_name", &argument]);
            let update = format!("BEFORE UPDATE OF {} ON", field.name);
            self.trigger(place, table, &named("name_changed"), &[&update, "qairon_is_new_name", &argument]);
        }
        match &field.kind {
            _ if given_id => self.constraint(place, table, &named("name_check"), "c", &at),
            _ if field.number == 1 => self.constraint(place, table, &named("length_check"), "c", &at),
            Kind::Name => self.constraint(place, table, &named("name_check"), "c", &at),
            Kind::Json => self.constraint(place, table, &named("object_check"), "c", &at),
            Kind::Integer | Kind::Double => self.constraint(place, table, &named("range_check"), "c", &at),
            Kind::Enum(descriptor) => {
                self.constraint(place, table, &named("enum_check"), "c", &at);
                let definition = table.constraints.get(&named("enum_check")).map(|found| found.definition.as_str());
                let labels = Kind::enum_labels(descriptor);
                let found = definition.unwrap_or_default().split('\'').skip(1).step_by(2);
                if definition.is_some() && !found.eq(labels.iter().map(String::as_str)) {
                    self.add(place, format!("the labels are not {labels:?} but those of {definition:?}"));
                }
            }
            _ => {}
        }
        if field.object_of.is_some() {
            self.trigger(place, table, &named("exists"), &["AFTER INSERT OR UPDATE OF", "qairon_object_exists("]);
        }
    }

    fn of_link(&mut self, owner: &Entity, link: &Link, table: &Table) {
        let ends = [link.owner_column.as_str(), link.target_column.as_str()];
        let column = Column {
            kind: "text".to_owned(),
            not_null: true,
            collation: "C".to_owned(),
            generated: false,
            expression: String::new(),
        };
        let wanted: BTreeMap<String, Column> = ends.map(|end| (end.to_owned(), column.clone())).into();
        if table.columns != wanted {
            self.add(&link.table, format!("the columns are not the two ends, each a text: {:?}", table.columns));
        }
        self.constraint(&link.table, table, &format!("{}_pkey", link.table), "p", &ends);
        for (end, entity, rule) in
            [(ends[0], &owner.name, "ON DELETE CASCADE"), (ends[1], &link.target, "ON DELETE RESTRICT")]
        {
            let place = format!("{}.{end}", link.table);
            self.foreign_key(&place, table, &format!("{}_{end}_fkey", link.table), end, &format!("{entity}(id)"), rule);
            self.index(&place, table, end);
        }
        self.no_other_foreign_keys(&link.table, table, &ends);
        if let Some(scope) = link.scope {
            let call = format!(
                "qairon_link_stays_inside('{}', '{}', '{}', '{}')",
                ends[0],
                ends[1],
                scope.components(),
                scope.label()
            );
            let wanted = ["AFTER INSERT OR UPDATE ON", "DEFERRABLE INITIALLY DEFERRED", call.as_str()];
            self.trigger(&link.table, table, &format!("{}_same_{}", link.table, scope.label()), &wanted);
        }
        if link.home.is_some() {
            self.trigger(&link.table, table, &format!("{}_home_kept", owner.name), &["AFTER DELETE ON"]);
        }
    }

    fn constraint(&mut self, place: &str, table: &Table, name: &str, kind: &str, columns: &[&str]) {
        match table.constraints.get(name) {
            None => self.add(place, format!("there is no constraint `{name}`")),
            Some(found) if found.kind != kind || found.columns != columns => {
                self.add(place, format!("the constraint `{name}` is {}", found.definition));
            }
            Some(_) => {}
        }
    }

    fn foreign_key(&mut self, place: &str, table: &Table, name: &str, column: &str, target: &str, rule: &str) {
        let wanted = format!("FOREIGN KEY ({column}) REFERENCES {target} ON UPDATE CASCADE {rule}");
        match table.constraints.get(name) {
            None => self.add(place, format!("there is no foreign key `{name}`")),
            Some(found) if found.definition != wanted => {
                self.add(place, format!("`{name}` is {} instead of {wanted}", found.definition));
            }
            Some(_) => {}
        }
    }

    fn no_other_foreign_keys(&mut self, place: &str, table: &Table, columns: &[&str]) {
        for (name, constraint) in table.constraints.iter().filter(|(_, constraint)| constraint.kind == "f") {
            if !columns.iter().any(|column| constraint.columns == [*column]) {
                self.add(place, format!("`{name}` is the foreign key of no reference"));
            }
        }
    }

    fn index(&mut self, place: &str, table: &Table, column: &str) {
        if !table.indexes.iter().any(|index| index.leading == column) {
            self.add(place, "no index starts with this column");
        }
    }

    fn trigger(&mut self, place: &str, table: &Table, name: &str, parts: &[&str]) {
        match table.triggers.get(name) {
            None => self.add(place, format!("there is no trigger `{name}`")),
            Some(definition) => {
                for part in parts.iter().filter(|part| !definition.contains(**part)) {
                    self.add(place, format!("the trigger `{name}` lacks `{part}`: {definition}"));
                }
            }
        }
    }
}

/// The type and the collation of a field's column.
fn column_type(field: &Field) -> (&'static str, &'static str) {
    match field.kind {
        Kind::Text | Kind::Name | Kind::EntityType | Kind::Enum(_) => ("text", "C"),
        Kind::Cidr => ("cidr", ""),
        Kind::Uuid => ("uuid", ""),
        Kind::Integer => ("bigint", ""),
        Kind::Double => ("double precision", ""),
        Kind::Bool => ("boolean", ""),
        Kind::Json => ("jsonb", ""),
        Kind::Timestamp => ("timestamp with time zone", ""),
        Kind::Etag | Kind::Object | Kind::Objects => ("no column at all", ""),
    }
}
