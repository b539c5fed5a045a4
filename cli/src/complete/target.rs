//! The server that the line is about: what it says itself counts before the environment.

use super::line::Line;
use super::parse::Spot;

/// The address of the server.
pub fn endpoint(spot: &Spot<'_>, line: &Line) -> String {
    let said = spot.value("endpoint").filter(|text| !text.is_empty()).map(str::to_owned);
    let said = said.or_else(|| variable(line, "QAIRON_ENDPOINT"));
    said.unwrap_or_else(|| format!("http://{}", qairon::DEFAULT_ADDRESS))
}

/// What a variable holds for the command: set in front of it, or in the environment.
fn variable(line: &Line, name: &str) -> Option<String> {
    let set = line.variables.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    set.or_else(|| std::env::var(name).ok()).filter(|value| !value.is_empty())
}
