//! SQL in pieces, as far as tables are concerned: literals and comments are gone.

/// A piece of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// A word: a keyword or an identifier, in lower case.
    Word(String),
    /// An identifier in double quotes.
    Quoted(String),
    /// A reference to a table to read from.
    Source(String),
    /// A reference to a table to write to.
    Target(String),
    /// Any other character.
    Sign(char),
}

/// The pieces of a statement.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        rest = match first {
            '\'' => literal(rest, false),
            'e' | 'E' if rest[1..].starts_with('\'') => literal(&rest[1..], true),
            '"' => quoted(rest, &mut tokens),
            '$' => dollar(rest),
            '<' => reference(rest, &mut tokens),
            '-' if rest.starts_with("--") => rest.split_once('\n').map_or("", |(_, after)| after),
            '/' if rest.starts_with("/*") => rest.split_once("*/").map_or("", |(_, after)| after),
            _ if is_word(first) => {
                let (word, after) = split_word(rest);
                tokens.push(Token::Word(word.to_lowercase()));
                after
            }
            _ => {
                if !first.is_whitespace() {
                    tokens.push(Token::Sign(first));
                }
                &rest[first.len_utf8()..]
            }
        };
    }
    tokens
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn split_word(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c| !is_word(c) && c != '$').unwrap_or(text.len()))
}

/// What follows a literal. Two quotes are one; with escapes, so is one after a backslash.
fn literal(text: &str, escapes: bool) -> &str {
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((place, c)) = chars.next() {
        match c {
            '\\' if escapes => _ = chars.next(),
            '\'' if chars.peek().is_some_and(|(_, next)| *next == '\'') => _ = chars.next(),
            '\'' => return &text[place + 1..],
            _ => {}
        }
    }
    ""
}

fn quoted<'t>(text: &'t str, tokens: &mut Vec<Token>) -> &'t str {
    let mut name = String::new();
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((place, c)) = chars.next() {
        if c != '"' {
            name.push(c);
        } else if chars.next_if(|(_, next)| *next == '"').is_some() {
            name.push('"');
        } else {
            tokens.push(Token::Quoted(name));
            return &text[place + 1..];
        }
    }
    ""
}

/// What follows a value (`$1`), or a literal in dollars (`$tag$…$tag$`).
fn dollar(text: &str) -> &str {
    let (tag, after) = text[1..].split_at(text[1..].find(|c| !is_word(c)).unwrap_or(text.len() - 1));
    if tag.starts_with(|c: char| c.is_ascii_digit()) || !after.starts_with('$') {
        return after;
    }
    let end = format!("${tag}$");
    after[1..].split_once(&end).map_or("", |(_, after)| after)
}

fn reference<'t>(text: &'t str, tokens: &mut Vec<Token>) -> &'t str {
    let inner = &text[1..];
    let (is_target, inner) = inner.strip_prefix('!').map_or((false, inner), |inner| (true, inner));
    let (name, after) = split_word(inner);
    match after.strip_prefix('>').filter(|_| name.starts_with(char::is_alphabetic)) {
        Some(after) => {
            let name = name.to_owned();
            tokens.push(if is_target { Token::Target(name) } else { Token::Source(name) });
            after
        }
        None => {
            tokens.push(Token::Sign('<'));
            &text[1..]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_comments_and_values_are_gone() {
        let word = |text: &str| Token::Word(text.to_owned());
        let text = "a 'FROM b''s' E'\\'FROM c' $1 $$FROM d$$ $x$FROM $$ e$x$ -- FROM f\n /* FROM g */ H";
        assert_eq!(tokens(text), [word("a"), word("h")]);
        assert_eq!(tokens("'open"), []);
        assert_eq!(tokens("\"A\"\"b\""), [Token::Quoted("A\"b".to_owned())]);
    }

    #[test]
    fn references_are_told_from_comparisons() {
        let source = Token::Source("a_b".to_owned());
        assert_eq!(tokens("<a_b>"), [source]);
        assert_eq!(tokens("<!ab>"), [Token::Target("ab".to_owned())]);
        for comparison in ["a < b", "a <> b", "a <= b", "a<b", "a <@ b", "1<2>"] {
            let references =
                tokens(comparison).into_iter().filter(|token| matches!(token, Token::Source(_) | Token::Target(_)));
            assert_eq!(references.count(), 0, "{comparison}");
        }
    }
}
