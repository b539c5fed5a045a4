//! A refused call, with its details taken apart and checked.

use std::fmt;

use qairon::v1::ErrorReason;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

/// Why a call was refused.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// The code.
    pub code: Code,
    /// The message for people.
    pub message: String,
    /// The reason of the ErrorInfo, without a prefix; empty when there is no ErrorInfo.
    pub reason: String,
    /// The fields of the BadRequest.
    pub fields: Vec<String>,
    /// The ResourceInfo as type and name.
    pub resource: Option<(String, String)>,
    domain: String,
}

impl Failure {
    /// Takes a status apart.
    pub fn new(status: &Status) -> Self {
        let details: ErrorDetails = status.get_error_details();
        let info = details.error_info();
        let violations = details.bad_request().map(|bad| bad.field_violations.as_slice()).unwrap_or_default();
        Self {
            code: status.code(),
            message: status.message().to_owned(),
            reason: info.map(|info| info.reason.clone()).unwrap_or_default(),
            domain: info.map(|info| info.domain.clone()).unwrap_or_default(),
            fields: violations.iter().map(|violation| violation.field.clone()).collect(),
            resource: details.resource_info().map(|info| (info.resource_type.clone(), info.resource_name.clone())),
        }
    }

    /// What is wrong with it as an error of this API: every error has a known reason, the domain, and a message that
    /// is for people and not from a driver.
    pub fn flaws(&self) -> Vec<String> {
        let mut flaws = Vec::new();
        if self.domain != qairon::ERROR_DOMAIN {
            flaws.push(format!("the domain is {:?}", self.domain));
        }
        if ErrorReason::from_str_name(&format!("ERROR_REASON_{}", self.reason)).is_none() {
            flaws.push(format!("the reason is {:?}", self.reason));
        }
        let lower = self.message.to_lowercase();
        // As the database, its driver and Rust put things.
        let driver = [
            "violates",
            "constraint \"",
            "relation \"",
            "sqlstate",
            "syntax error",
            "duplicate key",
            "column \"",
            "invalid input syntax",
            "panicked",
            "unwrap",
            "diesel",
            "tokio",
            "pg_",
        ];
        if let Some(text) = driver.iter().find(|text| lower.contains(**text)) {
            flaws.push(format!("the message has {text:?}, which is not for callers"));
        }
        if self.message.is_empty() || self.message.ends_with('.') {
            flaws.push("the message is empty or ends with a full stop".to_owned());
        }
        if matches!(self.code, Code::Internal | Code::Unknown) {
            flaws.push("the service failed".to_owned());
        }
        flaws
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {} {:?}: {}", self.code, self.reason, self.fields, self.message)
    }
}
