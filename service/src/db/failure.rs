//! From database errors to errors of the service, by what the caller was doing and by the name of the constraint.

use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error as DieselError};
use ipnetwork::IpNetwork;
use qairon::Model;
use qairon::model::Entity;
use qairon::v1::ErrorReason;

use crate::error::{Error, ErrorKind};

/// Why a piece of database work stopped: an error of diesel's, or one of ours that rolls the transaction back.
#[derive(Debug)]
pub enum Failure {
    /// From the database.
    Database(DieselError),
    /// From a rule of ours.
    Rule(Error),
    /// An answer, encoded, that undoes what was written: an import of which something was refused.
    Refused(Vec<u8>),
}

impl From<DieselError> for Failure {
    fn from(error: DieselError) -> Self {
        Self::Database(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Rule(error)
    }
}

/// What the caller was doing, which decides what a violation means.
#[derive(Debug, Clone, Copy)]
pub struct Intent<'a> {
    /// The entity at hand.
    pub entity: &'a Entity,
    /// The ID at hand, for messages.
    pub id: &'a str,
}

impl Failure {
    /// Whether a repetition can succeed: PostgreSQL gave up this transaction in favour of another.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Database(DieselError::DatabaseError(kind, info)) => {
                matches!(kind, DatabaseErrorKind::SerializationFailure) || info.message() == "deadlock detected"
            }
            _ => false,
        }
    }

    /// Whether a value that was bound as text is none of the type that the statement casts it to.
    pub fn is_malformed_value(&self) -> bool {
        let Self::Database(DieselError::DatabaseError(_, info)) = self else { return false };
        let message = info.message();
        message.starts_with("invalid input syntax for type")
            || message.starts_with("invalid byte sequence for encoding")
            || message.starts_with("invalid cidr value")
            || message.contains("out of range")
    }

    /// Whether a foreign key stood against it.
    pub fn is_foreign_key_violation(&self) -> bool {
        use DatabaseErrorKind::{ForeignKeyViolation, RestrictViolation};
        matches!(self, Self::Database(DieselError::DatabaseError(ForeignKeyViolation | RestrictViolation, _)))
    }

    /// The name of the constraint that stood against it.
    pub fn constraint(&self) -> Option<&str> {
        match self {
            Self::Database(DieselError::DatabaseError(_, info)) => info.constraint_name(),
            _ => None,
        }
    }

    /// The error for callers.
    pub fn into_error(self, model: &Model, intent: Option<Intent<'_>>) -> Error {
        let error = match self {
            Self::Rule(error) => return error,
            Self::Refused(_) => return Error::internal("an answer was taken for a failure"),
            Self::Database(error) => error,
        };
        let DieselError::DatabaseError(kind, info) = &error else {
            return match error {
                DieselError::BrokenTransactionManager => Error::database_unavailable(error),
                error => Error::internal(error),
            };
        };
        match kind {
            DatabaseErrorKind::UnableToSendCommand | DatabaseErrorKind::ClosedConnection => {
                Error::database_unavailable(info.message())
            }
            DatabaseErrorKind::SerializationFailure => conflict(),
            DatabaseErrorKind::UniqueViolation => match intent {
                Some(Intent { entity, id }) => already_exists(entity, id),
                None => Error::internal(info.message()),
            },
            DatabaseErrorKind::ForeignKeyViolation
            | DatabaseErrorKind::RestrictViolation
            | DatabaseErrorKind::CheckViolation
            | DatabaseErrorKind::ExclusionViolation
            | DatabaseErrorKind::NotNullViolation => violation(model, &**info, intent),
            _ => unclassified(info.message()),
        }
    }
}

/// diesel hides the SQLSTATE of these; their texts are PostgreSQL's own, under the C locale of messages.
fn unclassified(message: &str) -> Error {
    match message {
        "deadlock detected" => conflict(),
        "canceling statement due to statement timeout" => {
            let message = "a statement took longer than the server allows; ask for less at once, or give the server a \
                           longer --statement-timeout";
            Error::new(ErrorKind::DeadlineExceeded, ErrorReason::DeadlineExceeded, message)
        }
        "canceling statement due to lock timeout" => {
            let message = "another write held what this call needs for longer than the server waits; try again, or give \
                           the server a longer --lock-timeout";
            Error::new(ErrorKind::DeadlineExceeded, ErrorReason::DeadlineExceeded, message)
        }
        "canceling statement due to user request" => {
            let mut error = Error::deadline_exceeded();
            error.cause = Some(message.to_owned());
            error
        }
        "the database system is starting up"
        | "the database system is shutting down"
        | "the database system is in recovery mode" => Error::database_unavailable(message),
        _ if message.starts_with("terminating connection") => Error::database_unavailable(message),
        // Index entries have a limit, and random text does not compress below it.
        _ if message.starts_with("index row size") || message.starts_with("index row requires") => Error::new(
            ErrorKind::InvalidArgument,
            ErrorReason::IdTooLong,
            "an ID would be longer than can be stored; choose shorter names",
        ),
        _ => Error::internal(message),
    }
}

fn conflict() -> Error {
    Error::new(
        ErrorKind::Aborted,
        ErrorReason::Conflict,
        "concurrent writes collided more often than the service retries; try again",
    )
}

fn already_exists(entity: &Entity, id: &str) -> Error {
    let message = format!("there already is {} `{id}`", entity.a_human());
    Error::new(ErrorKind::AlreadyExists, ErrorReason::AlreadyExists, message).with_resource(&entity.name, id)
}

/// The violation of a named rule. The names say what is wrong: `<table>_<field>_<rule>`.
fn violation(model: &Model, info: &dyn DatabaseErrorInformation, intent: Option<Intent<'_>>) -> Error {
    let name = info.constraint_name().unwrap_or_default();
    let table = info.table_name().unwrap_or_default();
    let entity = model.entity(table).or(intent.map(|intent| intent.entity));
    let field = entity.and_then(|entity| constrained_field(entity, name));
    if let (Some(entity), Some((field, rule))) = (entity, field)
        && let Some(error) = field_violation(model, entity, field, rule)
    {
        return error;
    }
    if name == "subnet_network_id_cidr_excl" {
        return overlap(info, intent);
    }
    // The rules that triggers keep speak for themselves: qairon_refuse gives message and remedy.
    let message = match info.hint() {
        Some(remedy) => format!("{}; {remedy}", info.message()),
        None => format!("the rule `{name}` stands against it"),
    };
    let (kind, reason) = classify(name);
    let mut error = Error::new(kind, reason, message);
    error.field = info.column_name().map(str::to_owned);
    if let Some(Intent { entity, id }) = intent.filter(|intent| !intent.id.is_empty()) {
        error = error.with_resource(&entity.name, id);
    }
    error
}

/// The field that a constraint is about, and the rest of its name.
fn constrained_field<'a, 'b>(entity: &'a Entity, constraint: &'b str) -> Option<(&'a qairon::model::Field, &'b str)> {
    let rest = constraint.strip_prefix(&entity.name)?.strip_prefix('_')?;
    // The longest name first: `build_num` before `build`.
    let mut fields: Vec<_> = entity.fields.iter().collect();
    fields.sort_by_key(|field| std::cmp::Reverse(field.name.len()));
    fields.into_iter().find_map(|field| Some((field, rest.strip_prefix(field.name.as_str())?.strip_prefix('_')?)))
}

fn field_violation(model: &Model, entity: &Entity, field: &qairon::model::Field, rule: &str) -> Option<Error> {
    let name = &field.name;
    let error = match rule {
        "fkey" => {
            let target = field.reference.as_ref().and_then(|reference| model.entity(&reference.entity));
            let target = target.map_or("an object".to_owned(), Entity::a_human);
            let message = format!("`{name}` names {target} that does not exist; create it first");
            Error::new(ErrorKind::NotFound, ErrorReason::ReferenceNotFound, message).with_field(name)
        }
        "length_check" if name == "id" => {
            let message =
                format!("the ID of this {} would be longer than can be stored; choose shorter names", entity.human());
            Error::invalid("id", ErrorReason::IdTooLong, message)
        }
        "name_check" => Error::invalid(name, ErrorReason::InvalidName, format!("`{name}` breaks the grammar of names")),
        "range_check" => Error::invalid(name, ErrorReason::OutOfRange, format!("`{name}` is out of range")),
        "length_check" => Error::invalid(name, ErrorReason::ValueTooLarge, format!("`{name}` is too long")),
        "required_check" => Error::invalid(name, ErrorReason::Required, format!("`{name}` is required")),
        "enum_check" | "object_check" => {
            Error::invalid(name, ErrorReason::InvalidValue, format!("`{name}` has no valid value"))
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
fn overlap(info: &dyn DatabaseErrorInformation, intent: Option<Intent<'_>>) -> Error {
    let taken = info.details().and_then(|details| details.rsplit_once(", ")).map(|(_, rest)| rest);
    let taken = taken.map(|rest| rest.trim_end_matches(['.', ')'])).filter(|range| range.parse::<IpNetwork>().is_ok());
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
        _ if rule.ends_with("_fkey") => ErrorReason::HasDependents,
        _ => ErrorReason::Rule,
    };
    (FailedPrecondition, reason)
}
