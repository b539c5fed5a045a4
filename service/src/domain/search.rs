//! What a search looks for, and which parts of an ID it can be found in.
//!
//! An ID is made of the IDs of objects referred to and of components of the object's own. A text without a colon is
//! within one component: in one of the object's own, or in the ID of an object that it refers to, and so on upwards.
//! For a text with colons one of its pieces, the key, is searched in that way. On the way down from where the key
//! was found an ID is followed only while the whole text can still be around it; see [`Text::compatible`].
//!
//! Indexes contain trigrams of letters and digits. A text without one needs a scan.

use qairon::model::{Entity, Field, Kind};
use qairon::v1::ErrorReason;

use crate::error::{Error, Result};

/// The longest text, in characters.
pub const MAX_TEXT_CHARS: usize = 256;
/// Texts of more pieces than this need a scan: patterns for the IDs around them would cost more.
const MAX_PIECES: usize = 48;

/// A text to look for.
#[derive(Debug, Clone, PartialEq)]
pub struct Text {
    /// In lower case.
    pub lower: String,
    /// Its number of components, as of an ID.
    pub pieces: usize,
    /// The piece to look up; `None` when no piece can be looked up.
    pub key: Option<Key>,
}

/// What is looked up in an index.
#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    /// The piece, in lower case.
    pub piece: String,
    /// For a text with colons: LIKE patterns of the IDs, in lower case, around which the text can be.
    pub compatible: Option<Vec<String>>,
}

impl Text {
    /// Reads a text.
    pub fn parse(text: &str) -> Result<Self> {
        let refused = |reason, message: String| Err(Error::invalid("text", reason, message));
        let chars = text.chars().count();
        if text.is_empty() {
            return refused(ErrorReason::Required, "`text` is required: part of an ID or of a name".to_owned());
        }
        if chars > MAX_TEXT_CHARS {
            let message = format!("`text` takes up to {MAX_TEXT_CHARS} characters, not {chars}; look for a part of it");
            return refused(ErrorReason::ValueTooLarge, message);
        }
        if text.contains('\0') {
            let message = "`text` holds a null character, which no ID holds; leave it out".to_owned();
            return refused(ErrorReason::InvalidValue, message);
        }
        // The collation of IDs folds ASCII letters only.
        let lower = text.to_ascii_lowercase();
        let pieces: Vec<&str> = lower.split(':').collect();
        let key = key(&pieces);
        Ok(Self { key, pieces: pieces.len(), lower })
    }

    /// Whether it joins components.
    pub fn has_colon(&self) -> bool {
        self.pieces > 1
    }

    /// As it is in an ID with a colon before and after, when it is a component or a run of them.
    pub fn as_component(&self) -> String {
        format!(":{}:", self.lower)
    }

    /// Whether no ID can contain it: components are not empty.
    pub fn is_impossible(&self) -> bool {
        self.lower.contains("::")
    }

    /// Whether it begins or ends between components, and so is not a whole ID.
    pub fn is_ragged(&self) -> bool {
        self.lower.starts_with(':') || self.lower.ends_with(':')
    }

    /// Whether a whole number can hold it.
    pub fn is_digits(&self) -> bool {
        is_digits(&self.lower)
    }
}

impl Key {
    /// Whether a component of this kind can hold the piece at all.
    pub fn fits(&self, kind: &Kind) -> bool {
        !matches!(kind, Kind::Integer) || is_digits(&self.piece)
    }

    /// Which of these values, known beforehand, hold the piece.
    pub fn among<'a>(&self, values: impl Iterator<Item = &'a str>) -> Vec<String> {
        values.filter(|value| value.to_ascii_lowercase().contains(&self.piece)).map(str::to_owned).collect()
    }
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The longest piece that an index can find; of several the last, for IDs grow more specific to their ends.
fn key(pieces: &[&str]) -> Option<Key> {
    let known = pieces.iter().enumerate().filter(|(_, piece)| has_trigram(piece));
    let (place, piece) = known.max_by_key(|(_, piece)| piece.len())?;
    if pieces.len() > MAX_PIECES {
        return None;
    }
    let compatible = (pieces.len() > 1).then(|| compatible(pieces, place));
    Some(Key { piece: (*piece).to_owned(), compatible })
}

/// The part of the text within an ID on the way is a run of pieces with the key among them. A run that does
/// not begin with the text begins where the ID begins; one that does not end with the text ends where the ID ends.
fn compatible(pieces: &[&str], key: usize) -> Vec<String> {
    let mut patterns = Vec::new();
    for first in 0..=key {
        for end in key + 1..=pieces.len() {
            let run = super::filter::like_escaped(&pieces[first..end].join(":"));
            let before = if first == 0 { "%" } else { "" };
            let after = if end == pieces.len() { "%" } else { "" };
            patterns.push(format!("{before}{run}{after}"));
        }
    }
    patterns
}

/// Whether an index on trigrams can find values that contain this text. What counts as a letter besides
/// those of ASCII depends on the locale of the database.
fn has_trigram(text: &str) -> bool {
    has_trigram_of(text, |c| c.is_ascii_alphanumeric()) && has_trigram_of(text, char::is_alphanumeric)
}

/// A word that begins within the text counts two characters more, one that ends within it one more: the blanks around
/// words are part of trigrams.
fn has_trigram_of(text: &str, is_letter: impl Fn(char) -> bool) -> bool {
    let mut words = text.split(|c| !is_letter(c)).peekable();
    let mut begins_inside = false;
    while let Some(word) = words.next() {
        let ends_inside = words.peek().is_some();
        let length = word.chars().count() + if begins_inside { 2 } else { 0 } + usize::from(ends_inside);
        if !word.is_empty() && length >= 3 {
            return true;
        }
        begins_inside = true;
    }
    false
}

/// The components of an entity's IDs that are its objects' own: what does not come with a reference.
pub fn own_components(entity: &Entity) -> Vec<&Field> {
    if entity.id_is_given() {
        return entity.field("id").into_iter().collect();
    }
    entity.id_fields.iter().filter_map(|name| entity.field(name)).filter(|field| field.reference.is_none()).collect()
}

/// The entities whose IDs are part of an entity's IDs, with the fields that hold them.
pub fn id_references(entity: &Entity) -> impl Iterator<Item = (&Field, &str)> {
    let fields = entity.id_fields.iter().filter_map(|name| entity.field(name));
    fields.filter_map(|field| Some((field, field.reference.as_ref()?.entity.as_str())))
}

/// An object's own name.
#[derive(Debug, Clone, Copy)]
pub struct OwnName<'a> {
    /// The field.
    pub field: &'a Field,
    /// Its place in the ID, counted from the end: 1 is the last component.
    pub from_end: usize,
}

/// The component that is called the name, or the last one. Labels, types and IDs of other objects are not names.
pub fn own_name(entity: &Entity) -> Option<OwnName<'_>> {
    if entity.id_is_given() {
        return Some(OwnName { field: entity.field("id")?, from_end: 1 });
    }
    let fields: Vec<&Field> = entity.id_fields.iter().filter_map(|name| entity.field(name)).collect();
    let place = fields.iter().position(|field| field.name == "name").unwrap_or(fields.len() - 1);
    let is_name = |field: &Field| field.reference.is_none() && matches!(field.kind, Kind::Name | Kind::Integer);
    // What follows is one component each, so that the name can be found in the ID.
    fields[place..]
        .iter()
        .all(|field| is_name(field))
        .then(|| OwnName { field: fields[place], from_end: fields.len() - place })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_what_an_index_can_find() {
        let key = |text: &str| Text::parse(text).expect("a text").key.map(|key| key.piece);
        assert_eq!(key("Check"), Some("check".to_owned()));
        assert_eq!(key("shop:web:cart"), Some("cart".to_owned()));
        assert_eq!(key("a:bc:d"), None);
        // Words within have blanks before and after.
        assert_eq!(key("-a"), Some("-a".to_owned()));
        assert_eq!(key("ab-"), Some("ab-".to_owned()));
        for text in ["größ", "gr-öß", "ab:größe"] {
            assert!(key(text).is_some(), "{text}");
        }
        for text in ["ab", "a-", "--", "_%", "öä", "ab:cd:", "::", &"a:".repeat(100)] {
            assert_eq!(key(text), None, "{text}");
        }
    }

    #[test]
    fn the_ids_on_the_way_hold_their_part_of_the_text() {
        let text = Text::parse("op:web_1:c").expect("a text");
        let mut patterns = text.key.and_then(|key| key.compatible).expect("there are colons");
        patterns.sort();
        assert_eq!(patterns, ["%op:web\\_1", "%op:web\\_1:c%", "web\\_1", "web\\_1:c%"]);
    }

    #[test]
    fn names_are_found_from_the_end_of_ids() {
        let name = |entity: &str| {
            let entity = qairon::model().entity(entity).expect("an entity");
            own_name(entity).map(|name| (name.field.name.clone(), name.from_end))
        };
        assert_eq!(name("stack"), Some(("name".to_owned(), 1)));
        assert_eq!(name("environment"), Some(("id".to_owned(), 1)));
        assert_eq!(name("stack_config"), Some(("name".to_owned(), 2)));
        assert_eq!(name("build"), Some(("build_num".to_owned(), 1)));
        assert_eq!([name("capacity"), name("allocation"), name("relatable")], [None, None, None]);
    }
}
