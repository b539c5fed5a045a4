//! The order of a List: `field [asc|desc], …` over the entity's own fields.

use qairon::model::{Entity, Kind};

use super::MAX_BYTES;
use super::error::{FilterError, shown, suggestion};

/// One key of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct OrderKey {
    /// The field's place in [`Entity::fields`].
    pub field: usize,
    /// Whether great values come first.
    pub descending: bool,
}

/// Parses an order; an empty text has no keys.
pub fn parse_order_by(entity: &Entity, text: &str) -> Result<Vec<OrderKey>, FilterError> {
    if text.len() > MAX_BYTES {
        return Err(FilterError::new(
            1,
            format!("an order has at most {MAX_BYTES} bytes, this one has {}", text.len()),
        ));
    }
    let mut keys: Vec<OrderKey> = Vec::new();
    if text.trim().is_empty() {
        return Ok(keys);
    }
    let mut column = 1;
    for item in text.split(',') {
        let key = parse_key(entity, item, column)?;
        if keys.iter().any(|known| known.field == key.field) {
            let (name, at) = words(item, column).next().unwrap_or((item, column));
            return Err(FilterError::new(at, format!("`{name}` stands in the order twice; leave one out")));
        }
        keys.push(key);
        column += item.chars().count() + 1;
    }
    Ok(keys)
}

fn parse_key(entity: &Entity, item: &str, column: usize) -> Result<OrderKey, FilterError> {
    let mut words = words(item, column);
    let Some((name, at)) = words.next() else {
        return Err(FilterError::new(column, "expected a field, as in `name desc, created_at`"));
    };
    let field = field_index(entity, name).map_err(|message| FilterError::new(at, message))?;
    let descending = match words.next() {
        None => false,
        Some((word, _)) if word.eq_ignore_ascii_case("asc") => false,
        Some((word, _)) if word.eq_ignore_ascii_case("desc") => true,
        Some((word, at)) => {
            return Err(FilterError::new(at, format!("expected `asc`, `desc` or `,`, found {}", shown(word))));
        }
    };
    match words.next() {
        None => Ok(OrderKey { field, descending }),
        Some((word, at)) => Err(FilterError::new(at, format!("expected `,` or the end, found {}", shown(word)))),
    }
}

fn field_index(entity: &Entity, name: &str) -> Result<usize, String> {
    let orderable = |kind: &Kind| !matches!(kind, Kind::Json | Kind::Etag | Kind::Object | Kind::Objects);
    match entity.fields.iter().position(|field| field.name == name) {
        Some(index) if orderable(&entity.fields[index].kind) => Ok(index),
        Some(_) => Err(format!("`{name}` has no order")),
        None => {
            let known = entity.fields.iter().filter(|field| orderable(&field.kind)).map(|field| field.name.as_str());
            Err(format!("`{}` has no field {} to order by; {}", entity.name, shown(name), suggestion(name, known)))
        }
    }
}

/// The words of a text that begins at a column, with their columns.
fn words(text: &str, column: usize) -> impl Iterator<Item = (&str, usize)> {
    let start = text.as_ptr() as usize;
    text.split_whitespace().map(move |word| {
        let before = &text[..word.as_ptr() as usize - start];
        (word, column + before.chars().count())
    })
}
