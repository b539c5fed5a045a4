//! What the violation of a rule of the database means to callers, by SQLSTATE and by the name of the rule:
//! `<table>_<field>_<rule>`. Names and the words of PostgreSQL are not for callers; `explained` in the integration tests
//! asks for every rule of the catalogue.

use ipnetwork::IpNetwork;
use qairon::Model;
use qairon::model::{Entity, Field, Kind, Link, MAX_NAME_BYTES};
use qairon::v1::ErrorReason;
use tokio_postgres::error::{DbError, SqlState};

use crate::error::{Error, ErrorKind};

/// What the caller was doing, which decides what a violation means.
#[derive(Debug, Clone, Copy)]
pub struct Intent<'a> {
    /// The entity at hand.
    pub entity: &'a Entity,
    /// The ID at hand, for messages.
    pub id: &'a str,
}

impl<'a> Intent<'a> {
    /// Work on an object.
    pub fn on(entity: &'a Entity, id: &'a str) -> Option<Self> {
        Some(Self { entity, id })
    }
}

/// The error for a violation.
pub(super) fn violation(model: &Model, info: &DbError, intent: Option<Intent<'_>>) -> Error {
    // A column that must not be NULL is of no named rule.
    let (name, table) = (info.constraint().unwrap_or(""), info.table().unwrap_or(""));
    let entity = model.entity(table).or(intent.map(|intent| intent.entity));
    let error = match *info.code() {
        SqlState::UNIQUE_VIOLATION => taken(model, table, name, intent),
        SqlState::NOT_NULL_VIOLATION => info.column().map(required),
        SqlState::FOREIGN_KEY_VIOLATION | SqlState::RESTRICT_VIOLATION => reference(model, table, name, intent),
        _ if name == "subnet_network_id_cidr_excl" => return overlap(info, intent),
        _ => entity.and_then(|entity| {
            let (field, rule) = constrained_field(entity, name)?;
            match info.hint() {
                // Which character of a name it is, the trigger knows.
                Some(remedy) if rule == "new_name" => {
                    let message = format!("{}; {remedy}", info.message());
                    Some(Error::invalid(&field.name, ErrorReason::InvalidName, message))
                }
                _ => field_violation(entity, field, rule),
            }
        }),
    };
    error.unwrap_or_else(|| other_rule(info, name, intent))
}

/// Rules that triggers keep speak for themselves: qairon_refuse gives message and remedy. What is left is no rule of
/// this schema.
fn other_rule(info: &DbError, name: &str, intent: Option<Intent<'_>>) -> Error {
    let mut error = match info.hint() {
        Some(remedy) => {
            let (kind, reason) = classify(name);
            Error::new(kind, reason, format!("{}; {remedy}", info.message()))
        }
        None => {
            let message = "a rule of the database that the service does not know refuses this; the server's log names \
                           it at the level debug";
            let mut error = Error::new(ErrorKind::FailedPrecondition, ErrorReason::Rule, message);
            error.cause = Some(format!("{name}: {}", info.message()));
            error
        }
    };
    error.field = info.column().map(str::to_owned);
    match intent.filter(|intent| !intent.id.is_empty()) {
        Some(Intent { entity, id }) => error.with_resource(&entity.name, id),
        None => error,
    }
}

/// An ID that is taken, or one of the other things that exist once.
fn taken(model: &Model, table: &str, name: &str, intent: Option<Intent<'_>>) -> Option<Error> {
    let new = |message: String| Error::new(ErrorKind::AlreadyExists, ErrorReason::AlreadyExists, message);
    let what = name.strip_prefix(table)?.strip_prefix('_')?;
    if let Some((owner, link)) = link_of(model, table).filter(|_| what == "pkey") {
        let (owner, target) = (owner.human(), model.target(&link.target).human());
        return Some(new(format!("the {owner} has a link to this {target} already; there is nothing to add")));
    }
    let entity = model.entity(table)?;
    if what == "uid_key" {
        let message = "the uid that was chosen for the object is taken; try again";
        return Some(Error::new(ErrorKind::Aborted, ErrorReason::Conflict, message));
    }
    // What an ID is made of is unique as the ID is.
    if what != "pkey" && what.strip_suffix("_key") != Some(&entity.id_fields.join("_")) {
        return None;
    }
    Some(match intent.filter(|intent| !intent.id.is_empty()) {
        Some(Intent { entity, id }) => {
            new(format!("there already is {} `{id}`", entity.a_human())).with_resource(&entity.name, id)
        }
        None => new(format!("there already is {} of this ID; choose another", entity.a_human())),
    })
}

/// A reference to what does not exist, or an object that others refer to.
fn reference(model: &Model, table: &str, name: &str, intent: Option<Intent<'_>>) -> Option<Error> {
    let (column, target, referring) = match link_of(model, table) {
        Some((owner, link)) => {
            let column = name.strip_prefix(table)?.strip_prefix('_')?.strip_suffix("_fkey")?;
            // Links go with their owner.
            let (end, referring) = if column == link.owner_column {
                (owner, None)
            } else if column == link.target_column {
                (model.target(&link.target), Some(format!("a link of {}", owner.a_human())))
            } else {
                return None;
            };
            (column.to_owned(), end, referring)
        }
        None => {
            let entity = model.entity(table)?;
            let (field, _) = constrained_field(entity, name).filter(|(_, rule)| *rule == "fkey")?;
            let Some(reference) = &field.reference else { return Some(no_type(model, field)) };
            let target = model.target(&reference.entity);
            (field.name.clone(), target, (target.index != entity.index).then(|| entity.a_human()))
        }
    };
    if let (Some(Intent { entity, id }), Some(referring)) = (intent, referring)
        && entity.index == target.index
    {
        let message =
            format!("{} `{id}` is referred to by {referring}; delete that first, or use force", target.human());
        let error = Error::new(ErrorKind::FailedPrecondition, ErrorReason::HasDependents, message);
        return Some(error.with_resource(&target.name, id));
    }
    let message = format!("`{column}` names {} that does not exist; create it first", target.a_human());
    Some(Error::new(ErrorKind::NotFound, ErrorReason::ReferenceNotFound, message).with_field(&column))
}

fn no_type(model: &Model, field: &Field) -> Error {
    let known = model.entities().first().map(|entity| entity.type_name.as_str()).unwrap_or_default();
    let message = format!("`{}` must be the name of an entity in CamelCase, such as `{known}`", field.name);
    Error::invalid(&field.name, ErrorReason::InvalidValue, message)
}

fn required(column: &str) -> Error {
    Error::invalid(column, ErrorReason::Required, format!("`{column}` is required; give it a value"))
}

fn link_of<'m>(model: &'m Model, table: &str) -> Option<(&'m Entity, &'m Link)> {
    let links = model.entities().iter().flat_map(|owner| owner.links.iter().map(move |link| (owner, link)));
    links.into_iter().find(|(_, link)| link.table == table)
}

/// The field that a constraint is about, and the rest of its name.
fn constrained_field<'a, 'b>(entity: &'a Entity, constraint: &'b str) -> Option<(&'a Field, &'b str)> {
    let rest = constraint.strip_prefix(&entity.name)?.strip_prefix('_')?;
    // The longest name first: `build_num` before `build`.
    let mut fields: Vec<_> = entity.fields.iter().collect();
    fields.sort_by_key(|field| std::cmp::Reverse(field.name.len()));
    fields.into_iter().find_map(|field| Some((field, rest.strip_prefix(field.name.as_str())?.strip_prefix('_')?)))
}

fn field_violation(entity: &Entity, field: &Field, rule: &str) -> Option<Error> {
    let name = &field.name;
    let error = match rule {
        "length_check" if name == "id" => {
            let message =
                format!("the ID of this {} would be longer than can be stored; choose shorter names", entity.human());
            Error::invalid("id", ErrorReason::IdTooLong, message)
        }
        "name_check" => {
            let message = format!(
                "`{name}` must be 1 to {MAX_NAME_BYTES} bytes without `:`, white space or control characters; correct it"
            );
            Error::invalid(name, ErrorReason::InvalidName, message)
        }
        "range_check" => {
            Error::invalid(name, ErrorReason::OutOfRange, format!("`{name}` must be zero or greater, and finite"))
        }
        "length_check" => {
            Error::invalid(name, ErrorReason::ValueTooLarge, format!("`{name}` is too long; choose a shorter text"))
        }
        "required_check" => required(name),
        "enum_check" => {
            let labels = match &field.kind {
                Kind::Enum(descriptor) => Kind::enum_labels(descriptor).join(", "),
                _ => return None,
            };
            Error::invalid(name, ErrorReason::InvalidValue, format!("`{name}` must be one of {labels}"))
        }
        "object_check" => {
            Error::invalid(name, ErrorReason::InvalidValue, format!("`{name}` must be a JSON object, such as {{}}"))
        }
        "fixed" => Error::invalid(
            name,
            ErrorReason::Immutable,
            format!("`{name}` is set once and cannot change; create another {} instead", entity.human()),
        ),
        _ => return None,
    };
    Some(error)
}

/// Two ranges of one network that overlap. The detail of the violation ends in the range that was there first.
fn overlap(info: &DbError, intent: Option<Intent<'_>>) -> Error {
    let taken = info.detail().and_then(|details| details.rsplit_once(", ")).map(|(_, rest)| rest);
    // Marks of the server's language may follow it.
    let taken = taken
        .map(|rest| rest.trim_end_matches(|c: char| !c.is_ascii_hexdigit()))
        .filter(|range| range.parse::<IpNetwork>().is_ok());
    let message = format!(
        "the range overlaps {} of the same network; choose a free range, or let `network allocate_subnet` choose one",
        taken.map_or("another subnet".to_owned(), |range| format!("the subnet {range}"))
    );
    let error = Error::new(ErrorKind::FailedPrecondition, ErrorReason::SubnetOverlap, message).with_field("cidr");
    match intent {
        Some(Intent { entity, id }) => error.with_resource(&entity.name, id),
        None => error,
    }
}

fn classify(rule: &str) -> (ErrorKind, ErrorReason) {
    use ErrorKind::FailedPrecondition;
    let reason = match rule {
        "subnet_within_network" | "network_contains_subnets" => ErrorReason::SubnetOutsideNetwork,
        "release_same_service" | "deployment_proc_same_service" => ErrorReason::ServiceMismatch,
        "deployment_current_release_own" => ErrorReason::ForeignRelease,
        "dependency_relatable_type" | "related_type_of_case" => ErrorReason::TypeMismatch,
        "related_one_to_one" => ErrorReason::Cardinality,
        "fleet_home_kept" => ErrorReason::HomeLink,
        "object_has_dependents" => ErrorReason::HasDependents,
        _ if rule.ends_with("_object_id_exists") => return (ErrorKind::NotFound, ErrorReason::ReferenceNotFound),
        _ if rule.contains("_same_") => ErrorReason::Isolation,
        _ => ErrorReason::Rule,
    };
    (FailedPrecondition, reason)
}
