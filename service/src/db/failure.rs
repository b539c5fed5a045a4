//! From database errors to errors of the service, by what the caller was doing and by the name of the constraint.

use ipnetwork::IpNetwork;
use qairon::Model;
use qairon::model::Entity;
use qairon::v1::ErrorReason;
use tokio_postgres::error::{DbError, SqlState};

use crate::error::{Error, ErrorKind};

/// Why a piece of database work stopped: an error of PostgreSQL or of the way to it, or one of ours that undoes
/// everything.
#[derive(Debug)]
pub enum Failure {
    /// From the database.
    Database(tokio_postgres::Error),
    /// From a rule of ours.
    Rule(Error),
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Database(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Rule(error)
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        failure.into_error(qairon::model(), None)
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

impl<'a> Intent<'a> {
    /// Work on an object.
    pub fn on(entity: &'a Entity, id: &'a str) -> Option<Self> {
        Some(Self { entity, id })
    }
}

impl Failure {
    /// The SQLSTATE, which is the same in every language of the server.
    fn code(&self) -> Option<&SqlState> {
        match self {
            Self::Database(error) => error.code(),
            Self::Rule(_) => None,
        }
    }

    /// Whether a repetition can succeed: PostgreSQL gave up this transaction in favour of another.
    pub fn is_retryable(&self) -> bool {
        matches!(self.code(), Some(&SqlState::T_R_SERIALIZATION_FAILURE | &SqlState::T_R_DEADLOCK_DETECTED))
    }

    /// Whether a value that was bound as text is none of the type that the statement casts it to.
    pub fn is_malformed_value(&self) -> bool {
        // Class 22: data exception.
        self.code().is_some_and(|code| code.code().starts_with("22"))
    }

    /// Whether a foreign key is violated.
    pub fn is_foreign_key_violation(&self) -> bool {
        matches!(self.code(), Some(&SqlState::FOREIGN_KEY_VIOLATION | &SqlState::RESTRICT_VIOLATION))
    }

    /// Whether a rule of the database is violated.
    pub fn is_violation(&self) -> bool {
        self.code().is_some_and(is_violation)
    }

    /// Whether the values of a statement are at fault, and not the moment at which it came: other values can get
    /// through.
    pub fn is_about_values(&self) -> bool {
        self.is_violation() || self.is_malformed_value() || self.code() == Some(&SqlState::PROGRAM_LIMIT_EXCEEDED)
    }

    /// Whether the connection has ended, or is about to.
    pub fn is_ended(&self) -> bool {
        match self {
            Self::Database(error) => error.code().map_or(error.is_closed(), is_ended),
            Self::Rule(_) => false,
        }
    }

    /// The error for callers.
    pub fn into_error(self, model: &Model, intent: Option<Intent<'_>>) -> Error {
        let error = match self {
            Self::Rule(error) => return error,
            Self::Database(error) => error,
        };
        match (error.as_db_error(), error.code()) {
            (Some(info), Some(&SqlState::UNIQUE_VIOLATION)) => match intent {
                Some(Intent { entity, id }) => already_exists(entity, id),
                None => Error::internal(info.message()),
            },
            (Some(info), Some(code)) if is_violation(code) => violation(model, info, intent),
            (Some(info), Some(code)) => unclassified(code, info.message()),
            // Not PostgreSQL speaks but the way to it: the connection has ended, or a message could not be read.
            _ if error.is_closed()
                || std::error::Error::source(&error).is_some_and(|source| source.is::<std::io::Error>()) =>
            {
                Error::database_unavailable(error)
            }
            _ => Error::internal(error),
        }
    }
}

/// Class 23: integrity constraint violation.
fn is_violation(code: &SqlState) -> bool {
    code.code().starts_with("23")
}

/// Classes 08, connection exception, and 57P, operator intervention.
fn is_ended(code: &SqlState) -> bool {
    let code_text = code.code();
    code_text.starts_with("08")
        || code_text.starts_with("57P")
        || *code == SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT
        || *code == SqlState::TOO_MANY_CONNECTIONS
}

/// What no rule of the model is about.
fn unclassified(code: &SqlState, message: &str) -> Error {
    let mut error = match *code {
        SqlState::T_R_SERIALIZATION_FAILURE | SqlState::T_R_DEADLOCK_DETECTED => conflict(),
        // Callers who cancelled have gone: nobody else reads this but when a statement took too long.
        SqlState::QUERY_CANCELED => {
            let message = "a statement took longer than the server allows; ask for less at once, or give the server a \
                           longer --statement-timeout";
            Error::new(ErrorKind::DeadlineExceeded, ErrorReason::DeadlineExceeded, message)
        }
        SqlState::LOCK_NOT_AVAILABLE => {
            let message = "another write held what this call needs for longer than the server waits; try again, or give \
                           the server a longer --lock-timeout";
            Error::new(ErrorKind::DeadlineExceeded, ErrorReason::DeadlineExceeded, message)
        }
        // Index entries have a limit, and random text does not compress below it.
        SqlState::PROGRAM_LIMIT_EXCEEDED => Error::new(
            ErrorKind::InvalidArgument,
            ErrorReason::IdTooLong,
            "an ID would be longer than can be stored; choose shorter names",
        ),
        _ if is_ended(code) => Error::database_unavailable(message),
        _ => Error::internal(message),
    };
    error.cause = Some(format!("{}: {message}", code.code()));
    error
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
fn violation(model: &Model, info: &DbError, intent: Option<Intent<'_>>) -> Error {
    // A few violations are of no named rule: a column that must not be NULL, for one.
    let name = info.constraint().unwrap_or("");
    let entity = info.table().and_then(|table| model.entity(table)).or(intent.map(|intent| intent.entity));
    let field = entity.and_then(|entity| constrained_field(entity, name));
    if let (Some(entity), Some((field, rule))) = (entity, field)
        && let Some(error) = field_violation(model, entity, field, rule)
    {
        return error;
    }
    // Which character of a name it is, the trigger knows.
    if let (Some((field, "new_name")), Some(remedy)) = (field, info.hint()) {
        return Error::invalid(&field.name, ErrorReason::InvalidName, format!("{}; {remedy}", info.message()));
    }
    if name == "subnet_network_id_cidr_excl" {
        return overlap(info, intent);
    }
    // The rules that triggers keep speak for themselves: qairon_refuse gives message and remedy.
    let message = match info.hint() {
        Some(remedy) => format!("{}; {remedy}", info.message()),
        None => format!("this violates rule `{name}`"),
    };
    let (kind, reason) = classify(name);
    let mut error = Error::new(kind, reason, message);
    error.field = info.column().map(str::to_owned);
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
        _ if rule.ends_with("_fkey") => ErrorReason::HasDependents,
        _ => ErrorReason::Rule,
    };
    (FailedPrecondition, reason)
}
