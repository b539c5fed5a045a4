//! The words of a command line, as far as the cursor.

/// A command line.
#[derive(Debug, Default, PartialEq)]
pub struct Line {
    /// Variables set before the command: `QAIRON_ENDPOINT=... qcli`.
    pub variables: Vec<(String, String)>,
    /// The words without their quotes: the program first, the word at the cursor last.
    pub words: Vec<String>,
    /// The word at the cursor, as it was typed.
    pub raw: String,
    /// The quote that is open at the cursor.
    pub quote: Option<char>,
}

/// Reads the last command of a line: the part before a pipe or a semicolon is another command.
pub fn read(text: &str, fish: bool) -> Line {
    let mut line = Line::default();
    let mut word = String::new();
    let mut began = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match (line.quote, c) {
            (None, '\\') => word.extend(chars.next().map(|(_, next)| next)),
            // Within quotes a backslash escapes little; in fish this is so in single ones too.
            (Some(quote), '\\') if quote == '"' || fish => match chars.peek() {
                Some(&(_, next)) if next == quote || matches!(next, '\\' | '$' | '`') => {
                    word.push(next);
                    chars.next();
                }
                _ => word.push(c),
            },
            (Some(quote), c) if c == quote => line.quote = None,
            (None, '"' | '\'') => line.quote = Some(c),
            (None, ' ' | '\t') => {
                if at > began {
                    line.push(std::mem::take(&mut word));
                }
                began = at + c.len_utf8();
            }
            (None, '|' | ';' | '&' | '(' | '`' | '\n') => {
                word.clear();
                line = Line::default();
                began = at + c.len_utf8();
            }
            (_, c) => word.push(c),
        }
    }
    line.raw = text.get(began..).unwrap_or_default().to_owned();
    line.words.push(word);
    line
}

impl Line {
    fn push(&mut self, word: String) {
        let variable = self.words.is_empty().then(|| word.split_once('=')).flatten();
        match variable.filter(|(name, _)| name.chars().all(|c| c == '_' || c.is_ascii_alphanumeric())) {
            Some((name, value)) => self.variables.push((name.to_owned(), value.to_owned())),
            None => self.words.push(word),
        }
    }
}
