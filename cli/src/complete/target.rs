//! The server that the line is about, found as the command would find it: a flag, else a variable, else the context.

use std::path::{Path, PathBuf};

use tonic::transport::Endpoint;

use super::line::Line;
use super::parse::Spot;
use crate::args::globals::default_endpoint;
use crate::config::settings::CA_FILE;
use crate::config::{self, CONTEXT_VARIABLE, Config, PATH_VARIABLE};
use crate::transport::{self, CaFile};

/// The address of the server; `None` when the command would not find one either.
pub fn endpoint(spot: &Spot<'_>, line: &Line) -> Option<String> {
    let said = spot.value("endpoint").filter(|text| !text.is_empty()).map(str::to_owned);
    if let Some(said) = said.or_else(|| variable(line, "QAIRON_ENDPOINT")) {
        return Some(said);
    }
    let config = config(line)?;
    let named = spot.value("context").map(str::to_owned).or_else(|| variable(line, CONTEXT_VARIABLE));
    let context = config.chosen(named.as_deref()).ok()?;
    let of_context = context.and_then(|context| context.values.get("endpoint"));
    Some(of_context.map_or_else(default_endpoint, str::to_owned))
}

/// The connection to that server.
pub fn connection(spot: &Spot<'_>, line: &Line) -> Option<Endpoint> {
    let address = crate::endpoint::parse(&endpoint(spot, line)?).ok()?;
    transport::endpoint(&address, ca_file(spot, line).as_ref()).ok()
}

fn ca_file(spot: &Spot<'_>, line: &Line) -> Option<CaFile> {
    let file = |path: PathBuf| Some(CaFile { path, named_by: String::new() });
    let said = spot.value(CA_FILE).filter(|text| !text.is_empty()).map(str::to_owned);
    if let Some(said) = said.or_else(|| variable(line, "QAIRON_CA_FILE")) {
        return file(said.into());
    }
    let config = config(line)?;
    let named = spot.value("context").map(str::to_owned).or_else(|| variable(line, CONTEXT_VARIABLE));
    let of_context = config.chosen(named.as_deref()).ok()?.and_then(|context| context.values.get(CA_FILE))?;
    file(config.path.as_ref()?.parent()?.join(of_context))
}

/// The config file; `None` when it cannot be read.
pub fn config(line: &Line) -> Option<Config> {
    match variable(line, PATH_VARIABLE) {
        Some(path) => config::load_named(Path::new(&path)).ok(),
        None => config::load().ok(),
    }
}

/// What a variable holds for the command: set in front of it, or in the environment.
fn variable(line: &Line, name: &str) -> Option<String> {
    let set = line.variables.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    set.or_else(|| std::env::var(name).ok()).filter(|value| !value.is_empty())
}
