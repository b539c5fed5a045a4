//! Field masks.

use qairon::model::Entity;
use qairon::v1::ErrorReason;

use crate::error::{Error, shortened};

/// A text that is longer is not a misspelt name, in bytes.
const MAX_NAME_BYTES: usize = 128;
/// How much of a caller's text an error repeats, in bytes.
pub const SHOWN: usize = 300;

/// The error for a name that is not a field of the entity.
pub fn unknown_field(entity: &Entity, mask: &str, path: &str) -> Error {
    let shown = shortened(path.to_owned(), SHOWN);
    // A field that exists only where the object is embedded is not suggested.
    let names = entity.fields.iter().map(|field| field.name.as_str()).filter(|name| *name != path);
    let nearest = nearest(path, names).map(|name| format!("; did you mean `{name}`?")).unwrap_or_default();
    let hint = if path.contains('.') { "; a mask names whole fields" } else { nearest.as_str() };
    Error::invalid(mask, ErrorReason::UnknownField, format!("{} has no field `{shown}`{hint}", entity.human()))
}

/// The name most similar to a text, if one is similar. Comparing takes the time of both lengths multiplied.
pub fn nearest<'a>(text: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    if text.len() > MAX_NAME_BYTES {
        return None;
    }
    let scored = names.map(|name| (strsim::jaro_winkler(text, name), name));
    scored.filter(|(score, _)| *score > 0.8).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_be_a_misspelt_name_is_compared() {
        let names = || ["deployment", "stack"].into_iter();
        assert_eq!(nearest("deploymnet", names()), Some("deployment"));
        assert_eq!(nearest(&format!("deployment{}", "t".repeat(MAX_NAME_BYTES)), names()), None);
    }
}
