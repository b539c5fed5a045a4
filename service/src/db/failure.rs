//! From database errors to errors of the service, by SQLSTATE. What a violation means is in [`super::violation`].

use qairon::Model;
use qairon::v1::ErrorReason;
use tokio_postgres::error::SqlState;

pub use super::violation::Intent;
use super::violation::violation;
use crate::error::{Error, ErrorKind};

/// Why a piece of database work stopped: an error of PostgreSQL or of the way to it, or one of ours that undoes
/// everything.
#[derive(Debug)]
pub enum Failure {
    /// From the database.
    Database(tokio_postgres::Error),
    /// From a rule of ours.
    Rule(Error),
    /// Others wrote between two statements of the work, and what the first found holds no more: it is repeated. The
    /// error is for callers when that does not help.
    Outdated(Error),
    /// Others held what the work needed for longer than it waits.
    Held(Error),
    /// A load holds what the work needs, and may do so for long: it is not repeated.
    Blocked(Error),
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

impl Failure {
    /// Others wrote between two statements of the work.
    pub fn outdated(what: &str) -> Self {
        let message = format!("{what} changed more often than the service retries; try again");
        Self::Outdated(Error::new(ErrorKind::Aborted, ErrorReason::Conflict, message))
    }

    /// The SQLSTATE, which is the same in every language of the server.
    fn code(&self) -> Option<&SqlState> {
        match self {
            Self::Database(error) => error.code(),
            Self::Rule(_) | Self::Outdated(_) | Self::Held(_) | Self::Blocked(_) => None,
        }
    }

    /// Whether a repetition can succeed: PostgreSQL gave up this transaction in favour of another, or others wrote
    /// between its statements.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Outdated(_))
            || matches!(self.code(), Some(&SqlState::T_R_SERIALIZATION_FAILURE | &SqlState::T_R_DEADLOCK_DETECTED))
    }

    /// Whether others kept this work from what it needed for too long, or changed it all the time.
    pub fn is_outrun(&self) -> bool {
        match self {
            Self::Rule(error) => error.is_race(),
            Self::Held(_) => true,
            Self::Blocked(_) => false,
            _ => self.code() == Some(&SqlState::LOCK_NOT_AVAILABLE),
        }
    }

    /// Whether a lock was not to be had in time.
    pub fn is_lock_timeout(&self) -> bool {
        self.code() == Some(&SqlState::LOCK_NOT_AVAILABLE)
    }

    /// Whether the statement was cancelled, or took longer than a statement may.
    pub fn is_cancelled(&self) -> bool {
        self.code() == Some(&SqlState::QUERY_CANCELED)
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

    /// Whether an ID is taken.
    pub fn is_unique_violation(&self) -> bool {
        self.code() == Some(&SqlState::UNIQUE_VIOLATION)
    }

    /// Whether this constraint is violated.
    pub fn violates(&self, constraint: &str) -> bool {
        match self {
            Self::Database(error) => error.as_db_error().and_then(|info| info.constraint()) == Some(constraint),
            Self::Rule(_) | Self::Outdated(_) | Self::Held(_) | Self::Blocked(_) => false,
        }
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
            Self::Database(error) => error.code().map_or_else(|| is_cut(error), is_ended),
            Self::Rule(_) | Self::Outdated(_) | Self::Held(_) | Self::Blocked(_) => false,
        }
    }

    /// Whether the connection has ended without a word of PostgreSQL: nobody knows what became of the last statement.
    pub fn is_unanswered(&self) -> bool {
        matches!(self, Self::Database(error) if error.code().is_none() && is_cut(error))
    }

    /// The error for callers.
    pub fn into_error(self, model: &Model, intent: Option<Intent<'_>>) -> Error {
        let error = match self {
            Self::Rule(error) | Self::Outdated(error) | Self::Held(error) | Self::Blocked(error) => return error,
            Self::Database(error) => error,
        };
        match (error.as_db_error(), error.code()) {
            (Some(info), Some(code)) if is_violation(code) => violation(model, info, intent),
            (Some(info), Some(code)) => unclassified(code, info.message()),
            _ if is_cut(&error) => Error::database_unavailable(error),
            _ => Error::internal(error),
        }
    }
}

/// Whether not PostgreSQL speaks but the way to it: the connection has ended, or a message could not be read or sent.
fn is_cut(error: &tokio_postgres::Error) -> bool {
    let source = std::error::Error::source(error);
    error.is_closed() || source.is_some_and(|source| source.is::<std::io::Error>())
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
