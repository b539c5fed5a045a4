//! `qcli config`: the settings, and the contexts of the config file.
//!
//! Nothing here needs a server, and most of it has to work when the settings are inconsistent: that is when it is
//! needed.

use clap::ArgMatches;
use clap::parser::ValueSource;
use serde_json::Value as Json;

use super::select::{asked, select};
use crate::args::globals::{Settings, TIMEOUT, default_endpoint, user};
use crate::client;
use crate::config::edit::Missing;
use crate::config::settings::{ALL, CA_FILE, Setting};
use crate::config::{self, Config, PATH_VARIABLE, check_name, edit};
use crate::error::{Error, Result};
use crate::output::row::Row;
use crate::output::{Format, Output};

/// The name of the group.
pub const CONFIG: &str = "config";

/// Runs one of its commands.
pub fn run(verb: &str, matches: &ArgMatches) -> Result<()> {
    let argument = |name| matches.try_get_one::<String>(name).ok().flatten().map(String::as_str).unwrap_or_default();
    let (name, fields) = (argument("name"), asked(matches));
    let asked = matches.get_one::<String>("output").and_then(|name| Format::named(name));
    // In `set_context` the format is what is set.
    let mut output = Output::stdout(asked.filter(|_| verb != "set_context"), matches.get_flag("quiet"));
    match verb {
        "view" => view(&mut output, matches, &fields)?,
        "path" => {
            let path = config::path();
            let path = path.ok_or_else(|| Error::Usage(format!("there is no home directory; set {PATH_VARIABLE}")))?;
            output.line(&path.display().to_string())?;
        }
        "get_contexts" => contexts(&mut output, &fields)?,
        "current_context" => match Settings::from_matches(matches)?.context {
            Some((name, _)) => output.line(&name)?,
            None => return Err(Error::refused("there is no current context; set one with `qcli config use-context`")),
        },
        "use_context" => {
            edit::edit(Missing::Refuse, |config, document| {
                known(config, name)?;
                edit::set_current(document, Some(name));
                Ok(())
            })?;
            output.line(&format!("context `{name}` is now current"))?;
        }
        "set_context" => set(&mut output, name, matches)?,
        "rename_context" => rename(&mut output, name, argument("new_name"))?,
        "delete_context" => delete(&mut output, name)?,
        verb => return Err(Error::Usage(format!("unknown command `{verb}`"))),
    }
    output.finish()
}

fn known(config: &Config, name: &str) -> Result<()> {
    match config.context(name) {
        Some(_) => Ok(()),
        None => Err(Error::Usage(config.unknown(name))),
    }
}

/// A row for each setting. The context and the file come first: they decide what follows.
fn view(output: &mut Output, matches: &ArgMatches, fields: &[String]) -> Result<()> {
    let settings = Settings::from_matches(matches)?;
    let row = |setting: &str, value: Json, source: String| {
        let row = Row::of_cells([("setting", Json::from(setting)), ("value", value), ("source", Json::from(source))]);
        select("config view", row, fields)
    };
    let path = settings.config.path.as_ref().map(|path| path.display().to_string());
    let file_source = if config::named().is_some() { PATH_VARIABLE } else { "default" };
    let context_source = match (&settings.context, &settings.config.current) {
        (Some((_, config::settings::Source::Default)), Some((_, line))) => format!("line {line} of the config file"),
        (Some((_, source)), _) => source.to_string(),
        (None, _) => "default".to_owned(),
    };
    let mut rows = output.array("No settings found.");
    rows.push(row("config", path.map_or(Json::Null, Json::from), file_source.to_owned())?)?;
    rows.push(row("context", settings.context.map_or(Json::Null, |(name, _)| Json::from(name)), context_source)?)?;
    for (name, (value, source)) in settings.values {
        let value = value.map(Json::from).unwrap_or_else(|| match name {
            "endpoint" => Json::from(default_endpoint()),
            "timeout" => Json::from(format!("{TIMEOUT:?}")),
            "retries" => Json::from(client::RETRIES.to_string()),
            "actor" => Json::from(user()),
            _ => Json::Null,
        });
        rows.push(row(name, value, source.to_string())?)?;
    }
    rows.finish()
}

fn contexts(output: &mut Output, fields: &[String]) -> Result<()> {
    let config = config::load()?;
    let mut rows = output.array("No contexts found.");
    for context in &config.contexts {
        let value = |name: &str| context.values.get(name).map_or(Json::Null, Json::from);
        let is_current = config.current.as_ref().is_some_and(|(current, _)| *current == context.name);
        let row = Row::of_cells([
            ("name", Json::from(context.name.as_str())),
            ("current", Json::Bool(is_current)),
            ("endpoint", value("endpoint")),
            ("timeout", value("timeout")),
            ("retries", value("retries")),
            ("output", value("output")),
            ("actor", value("actor")),
            ("ca_file", value("ca_file")),
        ]);
        rows.push(select("config get_contexts", row, fields)?)?;
    }
    rows.finish()
}

/// Takes the settings only from the command line: a value in the environment is not meant to be saved.
fn set(output: &mut Output, name: &str, matches: &ArgMatches) -> Result<()> {
    check_name(name)?;
    let given = |setting: &Setting| {
        let is_given = matches.value_source(setting.name) == Some(ValueSource::CommandLine);
        matches.get_one::<String>(setting.name).filter(|_| is_given).cloned()
    };
    let unset: Vec<&String> = matches.get_many::<String>("unset").into_iter().flatten().collect();
    let mut changes: Vec<(&Setting, Option<String>)> = Vec::new();
    for setting in &ALL {
        match (given(setting), unset.iter().any(|name| *name == setting.name)) {
            (Some(_), true) => {
                return Err(Error::Usage(format!("`{}` cannot be both set and unset", setting.name)));
            }
            (Some(value), false) => {
                setting.check(&value).map_err(Error::Usage)?;
                let value = if setting.name == CA_FILE { absolute(&value)? } else { value };
                changes.push((setting, Some(value)));
            }
            (None, true) => changes.push((setting, None)),
            (None, false) => {}
        }
    }
    if changes.is_empty() {
        return Err(Error::Usage("nothing to set; give a setting such as `--endpoint host:port`".to_owned()));
    }
    let (made, advice) = edit::edit(Missing::Create, |config, document| {
        let made = config.context(name).is_none();
        if made && changes.iter().all(|(_, value)| value.is_none()) {
            return Err(Error::Usage(config.unknown(name)));
        }
        let context = edit::context(document, name)?;
        for (setting, value) in &changes {
            edit::put(context, setting, value.as_deref());
        }
        Ok((made, made && config.current.is_none()))
    })?;
    output.line(&format!("context `{name}` {}", if made { "created" } else { "changed" }))?;
    if advice {
        output.note(&format!("`qcli config use-context {name}` makes it the current context"));
    }
    Ok(())
}

/// The path of a file from anywhere: the context is used in other directories.
fn absolute(path: &str) -> Result<String> {
    Ok(std::path::absolute(path)?.display().to_string())
}

fn rename(output: &mut Output, name: &str, new: &str) -> Result<()> {
    check_name(new)?;
    edit::edit(Missing::Refuse, |config, document| {
        known(config, name)?;
        if config.context(new).is_some() {
            return Err(Error::refused(format!("context `{new}` already exists; choose another name")));
        }
        let contexts = edit::contexts(document)?;
        if let Some(context) = contexts.remove(name) {
            contexts.insert(new, context);
        }
        if is_current(config, name) {
            edit::set_current(document, Some(new));
        }
        Ok(())
    })?;
    output.line(&format!("context `{name}` renamed to `{new}`"))
}

fn delete(output: &mut Output, name: &str) -> Result<()> {
    let was_current = edit::edit(Missing::Refuse, |config, document| {
        known(config, name)?;
        edit::contexts(document)?.remove(name);
        if is_current(config, name) {
            edit::set_current(document, None);
        }
        Ok(is_current(config, name))
    })?;
    output.line(&format!("context `{name}` deleted"))?;
    if was_current {
        output.note("it was the current context; there is none now");
    }
    Ok(())
}

fn is_current(config: &Config, name: &str) -> bool {
    config.current.as_ref().is_some_and(|(current, _)| current == name)
}
