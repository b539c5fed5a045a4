//! The file as text: what is allowed in it, and the location of errors.

use std::ops::Range;
use std::path::Path;

use toml_edit::{Document, Item, TableLike};

use super::contexts::Config;
use super::settings::{self, Context, normal, setting};
use crate::error::{Error, Result};
use crate::suggest;

/// The keys at the top.
const TOP: [&str; 2] = ["current_context", "contexts"];

/// Reads the text of a file. An error names its line.
pub fn parse(path: &Path, text: &str) -> Result<Config> {
    let source = Source { path, text };
    let document = Document::parse(text).map_err(|error| source.wrong(error.span(), error.message()))?;
    let mut config = Config::default();
    for (key, item) in document.as_table().iter() {
        match normal(key).as_str() {
            "current_context" => match item.as_str() {
                Some("") => {}
                Some(name) => config.current = Some((name.to_owned(), source.line(item.span()))),
                None => return Err(source.wrong(item.span(), "`current_context` must be the name of a context")),
            },
            "contexts" => config.contexts = source.contexts(item)?,
            _ => return Err(source.unknown(document.as_table(), key, "setting", &TOP)),
        }
    }
    Ok(config)
}

struct Source<'a> {
    path: &'a Path,
    text: &'a str,
}

impl Source<'_> {
    fn contexts(&self, item: &Item) -> Result<Vec<Context>> {
        let wrong = |item: &Item| self.wrong(item.span(), "contexts are tables, such as `[contexts.prod]`");
        let table = item.as_table_like().ok_or_else(|| wrong(item))?;
        let mut contexts = Vec::new();
        for (name, item) in table.iter() {
            let context = item.as_table_like().ok_or_else(|| wrong(item))?;
            contexts.push(self.context(name, context)?);
        }
        Ok(contexts)
    }

    fn context(&self, name: &str, table: &dyn TableLike) -> Result<Context> {
        let mut context = Context { name: name.to_owned(), ..Context::default() };
        for (key, item) in table.iter() {
            let Some(setting) = setting(key) else {
                return Err(self.unknown(table, key, "setting of a context", &settings::names()));
            };
            // Numbers need no quotation marks.
            let value = item.as_str().map(str::to_owned).or_else(|| item.as_integer().map(|number| number.to_string()));
            let value = value.ok_or_else(|| format!("`{}` must be {}", setting.name, setting.form));
            match value.and_then(|value| setting.check(&value).map(|()| value)) {
                Ok(value) => context.values.set(setting, value),
                Err(told) => context.wrong.push((setting.name, self.wrong(item.span(), &told).to_string())),
            }
        }
        Ok(context)
    }

    fn unknown(&self, table: &dyn TableLike, key: &str, what: &str, known: &[&str]) -> Error {
        let span = table.get_key_value(key).and_then(|(key, _)| key.span());
        self.wrong(span, &suggest::unknown(what, key, known.iter().copied()))
    }

    fn wrong(&self, span: Option<Range<usize>>, told: &str) -> Error {
        Error::Usage(format!("{}:{}: {told}", self.path.display(), self.line(span)))
    }

    /// The line of a place, from one.
    fn line(&self, span: Option<Range<usize>>) -> usize {
        let start = span.map_or(0, |span| span.start).min(self.text.len());
        self.text.as_bytes()[..start].iter().filter(|byte| **byte == b'\n').count() + 1
    }
}
