//! Tokens, read on demand: the rules for words depend on whether a field or a value comes next.

use super::ast::{Comparator, Part};
use super::error::{FilterError, shown};
use super::span::Span;

/// What comes next.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// A word or a quoted text.
    Part(Part),
    Dot,
    Comma,
    Open,
    Close,
    /// A `-` directly before a term.
    Minus,
    Comparator(Comparator),
    End,
}

/// Which rules hold for unquoted words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Words end at `.` and `:`, and `-` in front negates.
    Field,
    /// Words hold `.`, `:` and a leading `-`.
    Value,
}

#[derive(Debug)]
pub(super) struct Lexer {
    chars: Vec<char>,
    at: usize,
}

impl Lexer {
    pub(super) fn new(text: &str) -> Self {
        Self { chars: text.chars().collect(), at: 0 }
    }

    /// The column of the next character, white space included.
    pub(super) fn column(&self) -> usize {
        self.at + 1
    }

    /// The next character, white space included.
    pub(super) fn adjacent(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    /// The next token, without consuming it.
    pub(super) fn peek(&mut self, mode: Mode) -> Result<(Token, Span), FilterError> {
        self.skip_space();
        let at = self.at;
        let token = self.next(mode);
        self.at = at;
        token
    }

    pub(super) fn next(&mut self, mode: Mode) -> Result<(Token, Span), FilterError> {
        self.skip_space();
        let start = self.column();
        let token = self.token(mode)?;
        Ok((token, Span { start, end: self.column() }))
    }

    fn skip_space(&mut self) {
        while self.adjacent().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    fn token(&mut self, mode: Mode) -> Result<Token, FilterError> {
        let column = self.column();
        let Some(first) = self.adjacent() else { return Ok(Token::End) };
        self.at += 1;
        let followed_by = |c| self.chars.get(self.at) == Some(&c);
        Ok(match first {
            '(' => Token::Open,
            ')' => Token::Close,
            ',' => Token::Comma,
            '"' | '\'' => return self.quoted(first, column),
            '=' if followed_by('=') => return Err(FilterError::new(column, "`==` is written `=`")),
            '=' if followed_by('~') => {
                return Err(FilterError::new(
                    column,
                    "there is no `=~`; use wildcards with `=`, or `like(field, \"…\")`",
                ));
            }
            '=' => Token::Comparator(Comparator::Equal),
            '<' if followed_by('>') => return Err(FilterError::new(column, "`<>` is written `!=`")),
            '<' => self.or_equal(Comparator::Less, Comparator::LessOrEqual),
            '>' => self.or_equal(Comparator::Greater, Comparator::GreaterOrEqual),
            '!' if followed_by('=') => {
                self.at += 1;
                Token::Comparator(Comparator::NotEqual)
            }
            '!' => return Err(FilterError::new(column, "expected `!=`; negation is written `NOT` or `-`")),
            ':' if mode == Mode::Field => Token::Comparator(Comparator::Has),
            '.' if mode == Mode::Field => Token::Dot,
            '-' if mode == Mode::Field => match self.adjacent() {
                Some(next) if !next.is_whitespace() => Token::Minus,
                _ => return Err(FilterError::new(column, "expected a term right after `-`")),
            },
            _ => {
                self.at -= 1;
                return self.word(mode);
            }
        })
    }

    fn or_equal(&mut self, strict: Comparator, or_equal: Comparator) -> Token {
        if self.adjacent() == Some('=') {
            self.at += 1;
            return Token::Comparator(or_equal);
        }
        Token::Comparator(strict)
    }

    fn word(&mut self, mode: Mode) -> Result<Token, FilterError> {
        let start = self.column();
        let mut pieces = vec![String::new()];
        while let Some(c) = self.adjacent() {
            let ends = match c {
                '(' | ')' | ',' | '"' | '\'' | '=' | '<' | '>' | '!' => true,
                '.' | ':' => mode == Mode::Field,
                _ => c.is_whitespace(),
            };
            if ends {
                break;
            }
            match c {
                '\\' => {
                    return Err(FilterError::new(
                        self.column(),
                        "`\\` is allowed in quoted texts only; quote this one",
                    ));
                }
                '*' => pieces.push(String::new()),
                _ => push(&mut pieces, c, self.column())?,
            }
            self.at += 1;
        }
        Ok(Token::Part(Part { pieces, quoted: false, span: Span { start, end: self.column() } }))
    }

    fn quoted(&mut self, quote: char, start: usize) -> Result<Token, FilterError> {
        let mut pieces = vec![String::new()];
        loop {
            let Some(c) = self.adjacent() else {
                return Err(FilterError::new(start, format!("this text has no closing {quote}")));
            };
            match c {
                _ if c == quote => {
                    self.at += 1;
                    return Ok(Token::Part(Part { pieces, quoted: true, span: Span { start, end: self.column() } }));
                }
                '*' => pieces.push(String::new()),
                '\\' => {
                    let column = self.column();
                    self.at += 1;
                    let escaped = self.escaped(column)?;
                    push(&mut pieces, escaped, column)?;
                }
                _ => push(&mut pieces, c, self.column())?,
            }
            self.at += 1;
        }
    }

    /// The character of an escape; its last character is still to be consumed.
    fn escaped(&mut self, column: usize) -> Result<char, FilterError> {
        match self.adjacent() {
            Some(c @ ('"' | '\'' | '\\' | '*')) => Ok(c),
            Some('n') => Ok('\n'),
            Some('r') => Ok('\r'),
            Some('t') => Ok('\t'),
            Some('u') => {
                let digits: String = self.chars.iter().skip(self.at + 1).take(4).collect();
                let hexadecimal = digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_hexdigit());
                let code = hexadecimal.then(|| u32::from_str_radix(&digits, 16).ok()).flatten();
                let Some(c) = code.and_then(char::from_u32) else {
                    return Err(FilterError::new(
                        column,
                        "expected `\\u` with the four hexadecimal digits of a character",
                    ));
                };
                self.at += 4;
                Ok(c)
            }
            other => {
                let found = other.map(|c| shown(&format!("\\{c}"))).unwrap_or_else(|| "the end".to_owned());
                Err(FilterError::new(
                    column,
                    format!(
                        "expected one of `\\\"`, `\\'`, `\\\\`, `\\*`, `\\n`, `\\r`, `\\t`, `\\uXXXX`, found {found}"
                    ),
                ))
            }
        }
    }
}

/// PostgreSQL neither stores nor accepts the null character.
fn push(pieces: &mut [String], c: char, column: usize) -> Result<(), FilterError> {
    if c == '\0' {
        return Err(FilterError::new(column, "a text cannot hold the null character"));
    }
    if let Some(piece) = pieces.last_mut() {
        piece.push(c);
    }
    Ok(())
}
