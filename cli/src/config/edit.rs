//! Changes to the file. Comments and order are kept, and concurrent readers see the old file or the new one.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, Item, Table, TableLike, Value, value};

use super::contexts::Config;
use super::settings::{Setting, normal};
use super::{PATH_VARIABLE, file};
use crate::error::{Error, Result};

/// What to do when the file is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// Create it, also where the variable says.
    Create,
    /// Nothing is there to change. An error, if the variable names the file.
    Refuse,
}

/// Changes the file: reads it under a lock and passes it to the change, in both forms.
pub fn edit<T>(missing: Missing, change: impl FnOnce(&Config, &mut DocumentMut) -> Result<T>) -> Result<T> {
    let path = super::path()
        .ok_or_else(|| Error::Usage(format!("there is no home directory for the config file; set {PATH_VARIABLE}")))?;
    if let (Missing::Refuse, Some(named)) = (missing, super::named()) {
        super::load_named(&named)?;
    }
    let target = resolved(&path).map_err(|error| told(&path, &error))?;
    let directory = target.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let is_new = !directory.exists();
    fs::create_dir_all(directory).map_err(|error| told(directory, &error))?;
    // Two changes at a time would each write what it read before the other: the directory is locked for both.
    let lock = File::open(directory).map_err(|error| told(directory, &error))?;
    lock.lock().map_err(|error| told(directory, &error))?;
    let text = match fs::symlink_metadata(&target) {
        // A device would be replaced by a file.
        Ok(found) if !found.is_file() => {
            return Err(Error::Usage(format!("{} is not a file; set {PATH_VARIABLE}", target.display())));
        }
        Ok(_) => fs::read_to_string(&target).map_err(|error| told(&target, &error))?,
        Err(_) => String::new(),
    };
    let config = Config { path: Some(path.clone()), ..file::parse(&path, &text)? };
    let mut document: DocumentMut =
        text.parse().map_err(|error| Error::Usage(format!("{}: {error}", path.display())))?;
    let outcome = change(&config, &mut document).inspect_err(|_| {
        // A refused change removes the new directory, unless another process put something there.
        if is_new {
            let _ = fs::remove_dir(directory);
        }
    })?;
    let changed = document.to_string();
    if changed != text {
        replace(&target, directory, &changed).map_err(|error| told(&target, &error))?;
    }
    Ok(outcome)
}

fn told(path: &Path, error: &io::Error) -> Error {
    Error::refused(format!("{}: {error}", path.display()))
}

/// The target of symbolic links, which may be missing.
fn resolved(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..40 {
        match fs::read_link(&path) {
            Ok(target) => path = path.parent().unwrap_or(Path::new("")).join(target),
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::other("too many symbolic links"))
}

/// Replaces the file atomically.
fn replace(target: &Path, directory: &Path, text: &str) -> io::Result<()> {
    let new = directory.join(format!(".config.toml.{}", std::process::id()));
    // A killed process may have left it.
    let _ = fs::remove_file(&new);
    let written = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    written.and_then(|()| fs::rename(&new, target)).inspect_err(|_| {
        let _ = fs::remove_file(&new);
    })
}

/// Makes a context the current one, or none.
pub fn set_current(document: &mut DocumentMut, name: Option<&str>) {
    let table = document.as_table_mut();
    let key = spelling(table, "current_context");
    match name {
        // In its place, so that the comment next to it is kept.
        Some(name) => match table.get_mut(&key).and_then(Item::as_value_mut) {
            Some(old) => {
                let decor = old.decor().clone();
                *old = name.into();
                *old.decor_mut() = decor;
            }
            None => _ = table.insert(&key, value(name)),
        },
        None => _ = table.remove(&key),
    }
}

/// The table of a context, made when it is missing.
pub fn context<'d>(document: &'d mut DocumentMut, name: &str) -> Result<&'d mut dyn TableLike> {
    let contexts = contexts(document)?;
    if !contexts.contains_key(name) {
        contexts.insert(name, Item::Table(Table::new()));
    }
    contexts.get_mut(name).and_then(Item::as_table_like_mut).ok_or_else(unexpected)
}

/// The table of all contexts, made when it is missing.
pub fn contexts(document: &mut DocumentMut) -> Result<&mut dyn TableLike> {
    let mut contexts = Table::new();
    contexts.set_implicit(true);
    document.entry("contexts").or_insert(Item::Table(contexts)).as_table_like_mut().ok_or_else(unexpected)
}

/// Sets or clears a setting of a context.
pub fn put(context: &mut dyn TableLike, setting: &Setting, text: Option<&str>) {
    let key = spelling(context, setting.name);
    let Some(text) = text else {
        context.remove(&key);
        return;
    };
    // A number has no quotation marks.
    let new = text.parse::<i64>().ok().filter(|_| setting.name == "retries").map_or_else(|| text.into(), Value::from);
    match context.get_mut(&key).and_then(Item::as_value_mut) {
        Some(old) => {
            let decor = old.decor().clone();
            *old = new;
            *old.decor_mut() = decor;
        }
        None => _ = context.insert(&key, value(new)),
    }
}

/// A key as the file spells it.
fn spelling(table: &dyn TableLike, key: &str) -> String {
    table.iter().map(|(name, _)| name).find(|name| normal(name) == key).unwrap_or(key).to_owned()
}

fn unexpected() -> Error {
    Error::Usage("contexts are tables, such as `[contexts.prod]`".to_owned())
}
