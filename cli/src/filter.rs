//! Pieces of AIP-160 filters.

/// A text as a quoted string, in which a star is a star and not any text.
pub fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\' | '*') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('"');
    quoted
}

/// A path equals a text.
pub fn equal(path: &str, text: &str) -> String {
    format!("{path} = {}", quoted(text))
}

/// A path equals one of several texts.
pub fn one_of(path: &str, texts: &[String]) -> String {
    let texts: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
    format!("in({path}, {})", texts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_quoted_and_stars_are_stars() {
        assert_eq!(equal("id", r#"a"b\c*"#), r#"id = "a\"b\\c\*""#);
        assert_eq!(one_of("x.id", &["a".to_owned(), "*".to_owned()]), r#"in(x.id, "a", "\*")"#);
    }
}
