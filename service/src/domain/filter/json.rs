//! JSON with the position of every value, so that an error can point at it.
//!
//! It is strict where leniency would hide a mistake: a key is given once, and the database can store every text.
//! Numbers stay text: the comparison knows their type.

use super::error::{FilterError, shown};
use super::limits::MAX_DEPTH;
use super::span::Span;

/// How deep values nest: each level of a filter takes two, the document three.
const MAX_JSON_DEPTH: usize = 2 * MAX_DEPTH + 4;

/// A value and its position.
#[derive(Debug, Clone)]
pub(super) struct Json {
    pub value: Value,
    pub span: Span,
}

/// What a value is.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Null,
    Bool(bool),
    /// As it was written.
    Number(String),
    Text(String),
    List(Vec<Json>),
    Object(Vec<Entry>),
}

/// A member of an object.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub key: String,
    /// The position of the key.
    pub at: Span,
    pub value: Json,
}

impl Json {
    /// What it is, for people.
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::Text(_) => "a text",
            Value::List(_) => "a list",
            Value::Object(_) => "an object",
        }
    }

    /// An error at its position.
    pub fn error(&self, message: impl Into<String>) -> FilterError {
        FilterError::new(self.span.start, message)
    }
}

/// Reads a text that holds one value.
pub(super) fn read(text: &str) -> Result<Json, FilterError> {
    let mut reader = Reader { chars: text.chars().collect(), at: 0, depth: 0 };
    // A filter may begin with more kinds of white space than JSON has between its tokens.
    while reader.peek().is_some_and(char::is_whitespace) {
        reader.at += 1;
    }
    let value = reader.value()?;
    match reader.next_token() {
        None => Ok(value),
        Some(c) => Err(reader.error(format!("expected the end of the document, found {}", shown(&c.to_string())))),
    }
}

struct Reader {
    chars: Vec<char>,
    at: usize,
    depth: usize,
}

impl Reader {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    /// The next character after white space, without consuming it.
    fn next_token(&mut self) -> Option<char> {
        while matches!(self.peek(), Some(' ' | '\t' | '\n' | '\r')) {
            self.at += 1;
        }
        self.peek()
    }

    fn column(&self) -> usize {
        self.at + 1
    }

    fn error(&self, message: impl Into<String>) -> FilterError {
        FilterError::new(self.column(), message)
    }

    fn expected(&self, what: &str) -> FilterError {
        let found = self.peek().map_or_else(|| "the end".to_owned(), |c| shown(&c.to_string()));
        self.error(format!("expected {what}, found {found}"))
    }

    fn value(&mut self) -> Result<Json, FilterError> {
        let first = self.next_token();
        let start = self.column();
        let value = match first {
            Some('{') => self.nested(Self::object)?,
            Some('[') => self.nested(Self::list)?,
            Some('"') => Value::Text(self.text()?),
            Some('-' | '0'..='9') => Value::Number(self.number()?),
            Some(c) if c.is_ascii_alphabetic() => self.word()?,
            _ => return Err(self.expected("a value")),
        };
        Ok(Json { value, span: Span { start, end: self.column() } })
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<Value, FilterError>) -> Result<Value, FilterError> {
        self.depth += 1;
        if self.depth > MAX_JSON_DEPTH {
            return Err(FilterError::limit(self.column(), format!("a document nests at most {MAX_JSON_DEPTH} deep")));
        }
        self.at += 1;
        let value = read(self)?;
        self.depth -= 1;
        Ok(value)
    }

    fn list(&mut self) -> Result<Value, FilterError> {
        let mut items = Vec::new();
        if self.next_token() == Some(']') {
            self.at += 1;
            return Ok(Value::List(items));
        }
        loop {
            items.push(self.value()?);
            if self.ends(']', "`,` or `]`")? {
                return Ok(Value::List(items));
            }
        }
    }

    fn object(&mut self) -> Result<Value, FilterError> {
        let mut entries: Vec<Entry> = Vec::new();
        if self.next_token() == Some('}') {
            self.at += 1;
            return Ok(Value::Object(entries));
        }
        loop {
            if self.next_token() != Some('"') {
                return Err(self.expected("a key in double quotes"));
            }
            let start = self.column();
            let key = self.text()?;
            let at = Span { start, end: self.column() };
            if entries.iter().any(|entry| entry.key == key) {
                return Err(FilterError::new(start, format!("the key {} is given twice", shown(&key))));
            }
            if self.next_token() != Some(':') {
                return Err(self.expected("`:`"));
            }
            self.at += 1;
            let value = self.value()?;
            entries.push(Entry { key, at, value });
            if self.ends('}', "`,` or `}`")? {
                return Ok(Value::Object(entries));
            }
        }
    }

    /// Whether a list or an object ends here, or continues after a comma.
    fn ends(&mut self, end: char, expected: &str) -> Result<bool, FilterError> {
        let found = self.next_token();
        if found != Some(end) && found != Some(',') {
            return Err(self.expected(expected));
        }
        self.at += 1;
        Ok(found == Some(end))
    }

    fn word(&mut self) -> Result<Value, FilterError> {
        let column = self.column();
        let rest = self.chars.iter().skip(self.at);
        let word: String = rest.take_while(|c| c.is_ascii_alphanumeric() || **c == '_').collect();
        self.at += word.chars().count();
        match word.as_str() {
            "null" => Ok(Value::Null),
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            _ => Err(FilterError::new(column, format!("expected a value, found {}; texts are quoted", shown(&word)))),
        }
    }

    fn number(&mut self) -> Result<String, FilterError> {
        let start = self.at;
        while matches!(self.peek(), Some('0'..='9' | '+' | '-' | '.' | 'e' | 'E')) {
            self.at += 1;
        }
        let text: String = self.chars[start..self.at].iter().collect();
        match is_number(&text) {
            true => Ok(text),
            false => Err(FilterError::new(start + 1, format!("{} is not a number of JSON", shown(&text)))),
        }
    }

    fn text(&mut self) -> Result<String, FilterError> {
        let start = self.column();
        self.at += 1;
        let mut text = String::new();
        loop {
            let c = self.peek().ok_or_else(|| FilterError::new(start, "this text has no closing \""))?;
            let c = match c {
                '"' => {
                    self.at += 1;
                    return Ok(text);
                }
                '\\' => self.escape()?,
                c if u32::from(c) < 0x20 => {
                    return Err(self.error("control characters in texts are written as escapes, such as `\\n`"));
                }
                c => c,
            };
            if c == '\0' {
                return Err(self.error("a text cannot hold the null character"));
            }
            text.push(c);
            self.at += 1;
        }
    }

    /// The character of an escape; its last character is still to be consumed.
    fn escape(&mut self) -> Result<char, FilterError> {
        let column = self.column();
        self.at += 1;
        Ok(match self.peek() {
            Some(c @ ('"' | '\\' | '/')) => c,
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => return self.unicode(column),
            _ => {
                return Err(FilterError::new(column, "expected a JSON escape after `\\`, such as `\\n` or `\\\\`"));
            }
        })
    }

    /// Four digits, or twice four: JSON writes characters beyond U+FFFF as pairs of surrogates.
    fn unicode(&mut self, column: usize) -> Result<char, FilterError> {
        let malformed = || FilterError::new(column, "expected `\\u` with the four hexadecimal digits of a character");
        let high = self.four_digits().ok_or_else(malformed)?;
        if let Some(c) = char::from_u32(high) {
            return Ok(c);
        }
        if self.chars.get(self.at + 1..self.at + 3) != Some(&['\\', 'u']) {
            return Err(malformed());
        }
        self.at += 2;
        let low = self.four_digits().ok_or_else(malformed)?;
        let pair = char::decode_utf16([high, low].map(|unit| u16::try_from(unit).unwrap_or_default())).next();
        match pair {
            Some(Ok(c)) => Ok(c),
            _ => Err(malformed()),
        }
    }

    /// The number in the four digits after the next character; the last of them is still to be consumed.
    fn four_digits(&mut self) -> Option<u32> {
        let digits: String = self.chars.get(self.at + 1..self.at + 5)?.iter().collect();
        self.at += 4;
        digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u32::from_str_radix(&digits, 16).ok()).flatten()
    }
}

/// Whether a text is a number in the notation of JSON.
pub(super) fn is_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let exponent = exponent.map(|exponent| exponent.strip_prefix(['+', '-']).unwrap_or(exponent));
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(digits)
}
