//! Why a command failed, and the exit code for scripts.

use std::fmt;
use std::io::{self, Write};
use std::process::ExitCode;

use tonic::Status;
use tonic_types::StatusExt;

use crate::colour::{self, Paint};

/// The result of everything that can fail here.
pub type Result<T> = std::result::Result<T, Error>;

/// A failure; `Display` is the one line for standard error.
#[derive(Debug)]
pub enum Error {
    /// The command line is wrong; nothing was sent.
    Usage(String),
    /// The server refused the call, or data was refused before it was sent.
    Refused {
        /// What is wrong and what to do about it.
        message: String,
        /// The `ErrorReason`, when the server gave one.
        reason: Option<String>,
        /// The resource and the ID of the object that it is about, when the server named one.
        subject: Option<(String, String)>,
    },
    /// No server answered.
    Unreachable(String),
    /// Standard output, or a file, could not be used.
    Io(io::Error),
    /// What was compared is different, and the differences are printed.
    Different,
    /// Everything is printed already; only the exit code is left.
    Told(u8),
}

impl Error {
    /// A refusal without a reason of the server's.
    pub fn refused(message: impl Into<String>) -> Self {
        Self::Refused { message: message.into(), reason: None, subject: None }
    }

    /// The server's error.
    pub fn from_status(status: &Status) -> Self {
        let reason = status.get_details_error_info().map(|info| info.reason);
        let mut message = match status.message() {
            "" => format!("the server answered {:?}", status.code()),
            message => one_line(message),
        };
        // Only for faults of the service: the log has the rest under this ID.
        if reason.as_deref() == Some("INTERNAL")
            && let Some(id) = status.metadata().get("x-request-id").and_then(|id| id.to_str().ok())
            && !message.contains(id)
        {
            message = format!("{message}; request ID {id}");
        }
        let subject = status.get_details_resource_info().map(|info| (info.resource_type, info.resource_name));
        Self::Refused { message, reason: Some(reason.unwrap_or_else(|| format!("{:?}", status.code()))), subject }
    }

    /// Whether the reader of our output closed it, which is not a failure.
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Io(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// Whether nothing is left to print.
    pub fn is_told(&self) -> bool {
        matches!(self, Self::Told(_) | Self::Different)
    }

    /// The exit code of a command that compares, as GNU diff has it: 1 different, 2 trouble of any kind. Even a reader
    /// who closed our output is trouble then: 0 would mean that all is equal.
    pub fn comparison_code(&self) -> ExitCode {
        ExitCode::from(if matches!(self, Self::Different) { 1 } else { 2 })
    }

    /// The exit code: 1 refused, 2 wrong usage, 3 no server.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Told(code) => *code,
            Self::Refused { .. } | Self::Io(_) | Self::Different => 1,
            Self::Usage(_) => 2,
            Self::Unreachable(_) => 3,
        })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(message) | Self::Unreachable(message) | Self::Refused { message, reason: None, .. } => {
                f.write_str(&one_line(message))
            }
            Self::Refused { message, reason: Some(reason), .. } => write!(f, "{} ({reason})", one_line(message)),
            Self::Told(_) | Self::Different => Ok(()),
            Self::Io(error) => f.write_str(&one_line(&error.to_string())),
        }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Prints a message on standard error. If it is closed, that is not a reason to fail.
pub fn tell(text: &str) {
    let name = Paint::Red.on("qcli:", colour::on_stderr());
    let _ = writeln!(io::stderr(), "{name} {}", one_line(text));
}

/// Joins lines and hides control characters, so that a message is one line even if it quotes several.
pub fn one_line(text: &str) -> String {
    let words = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
    words.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
