//! Paths over relations and into JSON.

use crate::error::{Error, Result};

/// The parts of a path. As in filters, a JSON key that is not a plain word is quoted.
pub fn parts(path: &str) -> Result<Vec<String>> {
    let mut parts = vec![String::new()];
    let (mut quoted, mut was_quoted) = (false, false);
    let mut chars = path.chars();
    while let Some(c) = chars.next() {
        match (c, parts.last_mut()) {
            ('"', _) => {
                quoted = !quoted;
                was_quoted = true;
            }
            ('\\', Some(part)) if quoted => part.extend(chars.next()),
            ('.', Some(part)) if !quoted => {
                check_part(path, part, was_quoted)?;
                was_quoted = false;
                parts.push(String::new());
            }
            (c, Some(part)) => part.push(c),
            (_, None) => {}
        }
    }
    if quoted {
        return Err(Error::Usage(format!("`{path}` has a quote that does not end")));
    }
    check_part(path, parts.last().map(String::as_str).unwrap_or_default(), was_quoted)?;
    Ok(parts)
}

fn check_part(path: &str, part: &str, quoted: bool) -> Result<()> {
    match part.is_empty() && !quoted {
        true => Err(Error::Usage(format!("field `{path}` has an empty part"))),
        false => Ok(()),
    }
}
