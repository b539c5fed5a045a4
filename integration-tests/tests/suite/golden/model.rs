//! The model as parsed, as one text.

use std::fmt::Write;

use qairon::Model;
use qairon::model::{Entity, Field, Kind, RelationKind};

/// The listing, in the order of the model.
pub fn listing(model: &Model) -> String {
    model.entities().iter().map(|entity| of_entity(model, entity)).collect::<Vec<_>>().join("\n")
}

fn of_entity(model: &Model, entity: &Entity) -> String {
    let mut text = String::new();
    let mut line = |content: String| writeln!(text, "{content}").expect("a text takes what is written to it");
    line(format!("{} / {} / {} in {}", entity.name, entity.plural, entity.type_name, entity.service));
    line(format!("  id: {}", model.id_form(entity)));
    line(format!("  create: {}", entity.create_args.join(" ")));
    for field in &entity.fields {
        line(format!("  field {}: {}", field.name, of_field(field)));
    }
    for relation in &entity.relations {
        let names = relation.names.join(" or ");
        let way = match &relation.kind {
            RelationKind::ToOne { field } => format!("one {} by {field}", relation.target),
            RelationKind::ToMany { field } => format!("many {} by their {field}", relation.target),
            RelationKind::Linked { table, own_column, target_column, owner } => {
                let side = if *owner { "owned" } else { "not owned" };
                format!("linked {} by {table} ({own_column}, {target_column}), {side}", relation.target)
            }
        };
        let dependents = relation.dependents.map(|crossing| format!(", dependents: {crossing:?}")).unwrap_or_default();
        line(format!("  relation {names}: {way}{dependents}"));
    }
    for link in &entity.links {
        let scope = link.scope.map(|scope| format!(", inside one {}", scope.label())).unwrap_or_default();
        let home = link.home.as_ref().map(|home| format!(", always with {home}")).unwrap_or_default();
        line(format!("  link {} to {}{scope}{home}", link.relation, link.target));
    }
    text
}

fn of_field(field: &Field) -> String {
    let mut parts = vec![match &field.kind {
        Kind::Enum(descriptor) => format!("one of {}", Kind::enum_labels(descriptor).join(", ")),
        kind => format!("{kind:?}").to_lowercase(),
    }];
    for (is_so, word) in [
        (field.required, "required"),
        (field.output_only, "output only"),
        (field.immutable, "immutable"),
        (field.nullable, "nullable"),
        (field.derived, "derived"),
        (field.indexed, "indexed"),
    ] {
        if is_so {
            parts.push(word.to_owned());
        }
    }
    if let Some(reference) = &field.reference {
        parts.push(format!("refers to {}", reference.entity));
    }
    if let Some(of) = &field.object_of {
        parts.push(format!("object of the type in {of}"));
    }
    if let Some(flag) = field.flag {
        parts.push(format!("flag -{flag}"));
    }
    if let Some(default) = &field.default {
        parts.push(format!("`{default}` by default"));
    }
    if let Some(embed) = &field.embed {
        parts.push(format!("repeats {}{}", embed.relation, if embed.nested_only { " when nested" } else { "" }));
    }
    parts.join(", ")
}
