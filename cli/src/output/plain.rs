//! Plain text: a row's fields on one line, separated by a space.

use super::row::{Datum, Place, Row};

/// The line of a row.
pub fn line(row: &Row) -> String {
    let shown = row.cells.iter().filter(|cell| cell.place != Place::Json);
    shown.map(|cell| text(&cell.datum)).collect::<Vec<_>>().join(" ")
}

/// A value: a text as it is, a related object by its ID, anything else as compact JSON.
pub fn text(datum: &Datum) -> String {
    match datum {
        Datum::Text(text) | Datum::Moment(text) => text.clone(),
        Datum::Related(row) => row.id().unwrap_or_default().to_owned(),
        // Nothing but an out-of-memory can fail here: all keys are texts.
        other => serde_json::to_string(other).unwrap_or_default(),
    }
}
