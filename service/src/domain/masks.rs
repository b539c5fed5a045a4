//! Field masks.

use qairon::model::Entity;
use qairon::v1::ErrorReason;

use crate::error::Error;

/// The error for a name that is not a field of the entity.
pub fn unknown_field(entity: &Entity, mask: &str, path: &str) -> Error {
    // A field that exists only where the object is embedded is not suggested.
    let names = entity.fields.iter().map(|field| field.name.as_str()).filter(|name| *name != path);
    let nearest = nearest(path, names).map(|name| format!("; did you mean `{name}`?")).unwrap_or_default();
    let hint = if path.contains('.') { "; a mask names whole fields" } else { nearest.as_str() };
    Error::invalid(mask, ErrorReason::UnknownField, format!("{} has no field `{path}`{hint}", entity.human()))
}

/// The name most similar to a text, if one is similar.
pub fn nearest<'a>(text: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let scored = names.map(|name| (strsim::jaro_winkler(text, name), name));
    scored.filter(|(score, _)| *score > 0.8).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, name)| name)
}
