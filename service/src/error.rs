//! The one error type of the service, free of transport and database.
//!
//! Domain, database and API code build it, `grpc::status` turns it into a status; no other code knows status codes.

use std::fmt;

use qairon::v1::ErrorReason;

/// Why a call failed.
#[derive(Debug, Clone, PartialEq)]
pub struct Error {
    /// The class, which decides the status code.
    pub kind: ErrorKind,
    /// The reason, for programs.
    pub reason: ErrorReason,
    /// What is wrong and what to do about it, for people: lower case, names in backticks, no full stop.
    pub message: String,
    /// The field at fault, when it is one.
    pub field: Option<String>,
    /// The affected object, as entity and ID.
    pub resource: Option<(String, String)>,
    /// For the log alone: never shown to callers.
    pub cause: Option<String>,
}

/// The class of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The request can never succeed as it is.
    InvalidArgument,
    /// The object, or one it refers to, does not exist.
    NotFound,
    /// The ID is taken.
    AlreadyExists,
    /// It violates a rule of the model in the current state.
    FailedPrecondition,
    /// Another write was faster: read again and retry.
    Aborted,
    /// A limit is reached.
    Exhausted,
    /// The database is unreachable or the server is stopping: retry.
    Unavailable,
    /// The deadline has passed.
    DeadlineExceeded,
    /// The caller cancelled the call: only log and metrics see it.
    Cancelled,
    /// No such method.
    Unimplemented,
    /// A fault of the service.
    Internal,
}

/// The result of everything in the service that can fail a call.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl ErrorKind {
    /// The number of the canonical code, `google.rpc.Code`.
    pub fn number(self) -> i32 {
        match self {
            Self::Cancelled => 1,
            Self::InvalidArgument => 3,
            Self::DeadlineExceeded => 4,
            Self::NotFound => 5,
            Self::AlreadyExists => 6,
            Self::Exhausted => 8,
            Self::FailedPrecondition => 9,
            Self::Aborted => 10,
            Self::Unimplemented => 12,
            Self::Internal => 13,
            Self::Unavailable => 14,
        }
    }
}

impl Error {
    /// An error without field or object.
    pub fn new(kind: ErrorKind, reason: ErrorReason, message: impl Into<String>) -> Self {
        Self { kind, reason, message: message.into(), field: None, resource: None, cause: None }
    }

    /// INVALID_ARGUMENT for a field.
    pub fn invalid(field: &str, reason: ErrorReason, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidArgument, reason, message).with_field(field)
    }

    /// NOT_FOUND for an object.
    pub fn not_found(entity: &str, id: &str) -> Self {
        let message = format!("there is no {} `{id}`", entity.replace('_', " "));
        Self::new(ErrorKind::NotFound, ErrorReason::NotFound, message).with_resource(entity, id)
    }

    /// INTERNAL; the cause goes to the log.
    pub fn internal(cause: impl fmt::Display) -> Self {
        let mut error = Self::new(
            ErrorKind::Internal,
            ErrorReason::Internal,
            "the service failed; its log has more under the request ID",
        );
        error.cause = Some(cause.to_string());
        error
    }

    /// UNAVAILABLE because of the database; the cause goes to the log.
    pub fn database_unavailable(cause: impl fmt::Display) -> Self {
        let mut error = Self::new(
            ErrorKind::Unavailable,
            ErrorReason::DatabaseUnavailable,
            "the database cannot be reached at the moment; try again",
        );
        error.cause = Some(cause.to_string());
        error
    }

    /// UNAVAILABLE: the database did not say whether it did a write. The cause goes to the log.
    pub fn write_in_doubt(cause: impl fmt::Display) -> Self {
        let message = "the connection to the database ended before the write was confirmed; the write may have been \
                       done; repeat it with the same `request_id`, or read first whether it was done";
        let mut error = Self::new(ErrorKind::Unavailable, ErrorReason::DatabaseUnavailable, message);
        error.cause = Some(cause.to_string());
        error
    }

    /// DEADLINE_EXCEEDED.
    pub fn deadline_exceeded() -> Self {
        Self::new(
            ErrorKind::DeadlineExceeded,
            ErrorReason::DeadlineExceeded,
            "the call did not finish in the time it was given; if it was a write, it may still have been done",
        )
    }

    /// A handler panicked.
    pub fn panicked(panic: &(dyn std::any::Any + Send)) -> Self {
        let text = panic.downcast_ref::<&str>().copied();
        let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a text");
        Self::internal(format!("a handler panicked: {text}"))
    }

    /// The reason as it is in `google.rpc.ErrorInfo`.
    pub fn reason_name(&self) -> &'static str {
        let name = self.reason.as_str_name();
        name.strip_prefix("ERROR_REASON_").unwrap_or(name)
    }

    /// Whether a repeated write may succeed after this error.
    pub fn is_race(&self) -> bool {
        self.kind == ErrorKind::Aborted && self.reason == ErrorReason::Conflict
    }

    /// Names the field at fault.
    pub fn with_field(mut self, field: &str) -> Self {
        self.field = Some(field.to_owned());
        self
    }

    /// Names the affected object.
    pub fn with_resource(mut self, entity: &str, id: &str) -> Self {
        self.resource = Some((entity.to_owned(), id.to_owned()));
        self
    }
}

/// A text, cut at its end when it is longer than the limit in bytes. Messages repeat values of callers and must stay
/// short.
pub fn shortened(text: String, longest: usize) -> String {
    if text.len() <= longest {
        return text;
    }
    format!("{}…", &text[..text.floor_char_boundary(longest)])
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
