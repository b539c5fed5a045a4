//! Values as the naive evaluator knows them, compared as the language says and not as PostgreSQL does it.

use std::cmp::Ordering;
use std::net::IpAddr;

use serde_json::Value;

/// A value of a field; the absence of one is `None`.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    /// Texts, names, IDs, labels of enums, types, UUIDs.
    Text(String),
    Integer(i64),
    Double(f64),
    /// Microseconds since 1970.
    Time(i64),
    Range(Range),
    /// The value at a place in JSON, null included.
    Json(Value),
}

impl Scalar {
    /// How two values of one type compare.
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => Some(a.as_bytes().cmp(b.as_bytes())),
            (Self::Integer(a), Self::Integer(b)) | (Self::Time(a), Self::Time(b)) => Some(a.cmp(b)),
            (Self::Double(a), Self::Double(b)) => a.partial_cmp(b),
            (Self::Range(a), Self::Range(b)) => Some(a.compare(*b)),
            _ => None,
        }
    }
}

/// An address range.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    v6: bool,
    /// The address, its first bit at the top.
    bits: u128,
    prefix: u8,
}

impl Range {
    pub fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix.parse().ok()?)),
            None => (text, None),
        };
        match address.parse().ok()? {
            IpAddr::V4(v4) => {
                Some(Self { v6: false, bits: u128::from(u32::from(v4)) << 96, prefix: prefix.unwrap_or(32) })
            }
            IpAddr::V6(v6) => Some(Self { v6: true, bits: u128::from(v6), prefix: prefix.unwrap_or(128) }),
        }
    }

    fn masked(self, prefix: u8) -> u128 {
        self.bits & u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0)
    }

    /// IPv4 first; then by what both have in common, the wider first, the lower address first.
    fn compare(self, other: Self) -> Ordering {
        let common = self.prefix.min(other.prefix);
        let families = self.v6.cmp(&other.v6);
        let shared = || self.masked(common).cmp(&other.masked(common));
        families.then_with(shared).then(self.prefix.cmp(&other.prefix)).then(self.bits.cmp(&other.bits))
    }

    /// Whether it is inside another, or equal to it.
    pub fn within(self, other: Self) -> bool {
        self.v6 == other.v6 && self.prefix >= other.prefix && self.masked(other.prefix) == other.masked(other.prefix)
    }
}

/// A text cut at its wildcards against a text.
pub fn matches(pieces: &[String], text: &str) -> bool {
    let tokens: Vec<Token> = pieces
        .iter()
        .enumerate()
        .flat_map(|(index, piece)| (index > 0).then_some(Token::Any).into_iter().chain(piece.chars().map(Token::This)))
        .collect();
    fits(&tokens, &text.chars().collect::<Vec<_>>())
}

/// A pattern of SQL against a text. Case is that of ASCII.
pub fn like(pattern: &str, text: &str, any_case: bool) -> bool {
    let fold = |text: &str| if any_case { text.to_ascii_lowercase() } else { text.to_owned() };
    let (pattern, text) = (fold(pattern), fold(text));
    let mut tokens = Vec::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        tokens.push(match c {
            '%' => Token::Any,
            '_' => Token::One,
            '\\' => Token::This(chars.next().expect("no pattern ends in an escape")),
            c => Token::This(c),
        });
    }
    fits(&tokens, &text.chars().collect::<Vec<_>>())
}

enum Token {
    Any,
    One,
    This(char),
}

fn fits(tokens: &[Token], text: &[char]) -> bool {
    match tokens.split_first() {
        None => text.is_empty(),
        Some((Token::Any, rest)) => (0..=text.len()).any(|skipped| fits(rest, &text[skipped..])),
        Some((Token::One, rest)) => !text.is_empty() && fits(rest, &text[1..]),
        Some((Token::This(c), rest)) => text.first() == Some(c) && fits(rest, &text[1..]),
    }
}

/// JSON as a text: a text as it is, anything else in the notation of PostgreSQL (a space after `:` and `,`, short keys
/// before long ones). Null is not a text.
pub fn json_text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(notation(other)),
    }
}

fn notation(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(notation).collect::<Vec<_>>().join(", ")),
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(key, _)| (key.len(), key.as_bytes().to_vec()));
            let member = |(key, value): &(&String, &Value)| {
                format!("{}: {}", serde_json::to_string(key).expect("a text"), notation(value))
            };
            format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// Microseconds since 1970 of an RFC 3339 time in UTC, or of a date's midnight.
pub fn parse_time(text: &str) -> Option<i64> {
    let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<i64>().ok();
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    // Days from civil, after H. Hinnant's paper on date algorithms.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year - era * 400;
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468;
    if text.len() == 10 {
        return Some(days * 86_400_000_000);
    }
    let seconds = number(11..13)? * 3600 + number(14..16)? * 60 + number(17..19)?;
    let fraction = text.get(19..)?.trim_end_matches('Z').trim_start_matches('.');
    let micros = format!("{fraction:0<6}").get(..6)?.parse::<i64>().ok()?;
    Some((days * 86_400 + seconds) * 1_000_000 + micros)
}
