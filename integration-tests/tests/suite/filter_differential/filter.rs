//! Filters as trees of the test's own, which print themselves as AIP-160 text in one of its many spellings.

use super::random::Random;

/// A path: relations to cross, and what is at their end.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    pub relations: Vec<String>,
    pub end: End,
}

#[derive(Debug, Clone, PartialEq)]
pub enum End {
    /// The last relation itself, which means the ID at its other end.
    Relation,
    Field(String),
    /// Keys into a JSON field; none for the field itself.
    Json(String, Vec<String>),
}

/// What a path is compared with.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    Null,
    /// The wildcard after `:` that matches any value.
    AnyValue,
    /// A literal, cut at its wildcards.
    Literal {
        pieces: Vec<String>,
        quoted: bool,
    },
    /// A field of the object that the filter is on.
    Field(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Has,
}

/// Values after one comparator, in parentheses.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    One(Operand),
    And(Vec<Values>),
    Or(Vec<Values>),
    Not(Box<Values>),
}

#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    And(Vec<Filter>),
    Or(Vec<Filter>),
    Not(Box<Filter>),
    /// The ID contains it.
    Bare(Vec<String>),
    Compare(Path, Op, Operand),
    CompareAll(Path, Op, Values),
    Like {
        path: Path,
        pattern: String,
        any_case: bool,
    },
    StartsWith(Path, String),
    IsNull(Path),
    In(Path, Vec<Operand>),
    /// `contained_in` and its kin.
    Network(&'static str, Path, Operand),
    /// One object of a relation satisfies all of it; the word is `any` or `has`.
    Any {
        relations: Vec<String>,
        inner: Box<Filter>,
        word: &'static str,
    },
}

impl Op {
    fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Has => ":",
        }
    }
}

/// How tightly what surrounds a condition binds: inside it, it needs parentheses if it binds less.
#[derive(PartialEq, PartialOrd)]
enum Binding {
    And,
    Or,
    Term,
}

impl Filter {
    /// The filter as text, with spaces, quotes and needless parentheses at random.
    pub fn text(&self, random: &mut Random) -> String {
        self.print(&Binding::And, random)
    }

    fn print(&self, around: &Binding, random: &mut Random) -> String {
        let (own, text) = match self {
            Self::And(inner) => {
                let mut text = inner[0].print(&Binding::Or, random);
                for condition in &inner[1..] {
                    text.push_str(random.word(&[" AND ", " AND ", " ", "  AND\n"]));
                    text.push_str(&condition.print(&Binding::Or, random));
                }
                (Binding::And, text)
            }
            Self::Or(inner) => {
                let all: Vec<_> = inner.iter().map(|condition| condition.print(&Binding::Term, random)).collect();
                (Binding::Or, all.join(" OR "))
            }
            Self::Not(inner) => {
                let negation = random.word(&["NOT ", "-", "NOT  "]);
                // `NOT` takes something simple; another negation is not.
                let inner = match **inner {
                    Self::Not(_) => format!("({})", inner.print(&Binding::And, random)),
                    _ => inner.print(&Binding::Term, random),
                };
                (Binding::Term, format!("{negation}{inner}"))
            }
            simple => (Binding::Term, simple.simple(random)),
        };
        match own < *around || random.percent(8) {
            true => format!("({text})"),
            false => text,
        }
    }

    fn simple(&self, random: &mut Random) -> String {
        let space = random.word(&[" ", " ", ""]);
        match self {
            Self::Bare(pieces) => quoted(pieces, random),
            Self::Compare(path, Op::Has, operand) => format!("{}:{}", path.text(random), operand.text(random)),
            Self::Compare(path, op, operand) => {
                format!("{}{space}{}{space}{}", path.text(random), op.symbol(), operand.text(random))
            }
            Self::CompareAll(path, op, values) => {
                let values = match values {
                    Values::One(_) => values.print(&Binding::And, random),
                    _ => format!("({})", values.print(&Binding::And, random)),
                };
                format!("{}{space}{}{space}{values}", path.text(random), op.symbol())
            }
            Self::Like { path, pattern, any_case } => {
                let name = if *any_case { "ilike" } else { "like" };
                format!("{name}({}, {})", path.text(random), quoted(std::slice::from_ref(pattern), random))
            }
            Self::StartsWith(path, prefix) => {
                format!("starts_with({},{space}{})", path.text(random), quoted(std::slice::from_ref(prefix), random))
            }
            Self::IsNull(path) => format!("is_null({})", path.text(random)),
            Self::In(path, operands) => {
                let operands = operands.iter().map(|operand| format!(",{space}{}", operand.text(random)));
                let operands: String = operands.collect();
                format!("in({}{operands})", path.text(random))
            }
            Self::Network(name, path, operand) => format!("{name}({}, {})", path.text(random), operand.text(random)),
            Self::Any { relations, inner, word } => {
                format!("{word}({},{space}({}))", relations.join("."), inner.print(&Binding::And, random))
            }
            Self::And(_) | Self::Or(_) | Self::Not(_) => unreachable!("these are not simple"),
        }
    }

    /// Filters that are a little smaller.
    pub fn smaller(&self) -> Vec<Filter> {
        match self {
            Self::And(inner) | Self::Or(inner) => {
                let join = if matches!(self, Self::And(_)) { Self::And } else { Self::Or };
                let mut all = inner.clone();
                for index in 0..inner.len() {
                    if inner.len() > 2 {
                        let mut fewer = inner.clone();
                        fewer.remove(index);
                        all.push(join(fewer));
                    }
                    for smaller in inner[index].smaller() {
                        let mut with = inner.clone();
                        with[index] = smaller;
                        all.push(join(with));
                    }
                }
                all
            }
            Self::Not(inner) => std::iter::once((**inner).clone())
                .chain(inner.smaller().into_iter().map(|s| Self::Not(Box::new(s))))
                .collect(),
            Self::Any { relations, inner, word } => {
                let with = |inner| Self::Any { relations: relations.clone(), inner: Box::new(inner), word };
                inner.smaller().into_iter().map(with).collect()
            }
            Self::CompareAll(path, op, values) => {
                values.smaller().into_iter().map(|values| Self::CompareAll(path.clone(), *op, values)).collect()
            }
            Self::In(path, operands) => (0..operands.len())
                .map(|index| {
                    let mut fewer = operands.clone();
                    fewer.remove(index);
                    Self::In(path.clone(), fewer)
                })
                .collect(),
            _ => Vec::new(),
        }
    }
}

impl Values {
    fn print(&self, around: &Binding, random: &mut Random) -> String {
        let (own, text) = match self {
            Self::One(operand) => (Binding::Term, operand.text(random)),
            Self::And(inner) => {
                let all: Vec<_> = inner.iter().map(|value| value.print(&Binding::Or, random)).collect();
                (Binding::And, all.join(random.word(&[" AND ", " "])))
            }
            Self::Or(inner) => {
                let all: Vec<_> = inner.iter().map(|value| value.print(&Binding::Term, random)).collect();
                (Binding::Or, all.join(" OR "))
            }
            Self::Not(inner) => {
                let inner = match **inner {
                    Self::Not(_) => format!("({})", inner.print(&Binding::And, random)),
                    _ => inner.print(&Binding::Term, random),
                };
                (Binding::Term, format!("NOT {inner}"))
            }
        };
        if own < *around { format!("({text})") } else { text }
    }

    fn smaller(&self) -> Vec<Values> {
        match self {
            Self::One(_) => Vec::new(),
            Self::And(inner) | Self::Or(inner) => inner.clone(),
            Self::Not(inner) => vec![(**inner).clone()],
        }
    }
}

impl Path {
    pub fn text(&self, random: &mut Random) -> String {
        let mut parts = self.relations.clone();
        match &self.end {
            End::Relation => {}
            End::Field(name) => parts.push(name.clone()),
            End::Json(name, keys) => {
                parts.push(name.clone());
                parts.extend(keys.iter().map(|key| match is_word(key) {
                    true => key.clone(),
                    false => quoted(std::slice::from_ref(key), random),
                }));
            }
        }
        parts.join(".")
    }
}

impl Operand {
    fn text(&self, random: &mut Random) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::AnyValue => "*".to_owned(),
            Self::Field(name) => name.clone(),
            Self::Literal { pieces, quoted: false } => pieces.join("*"),
            Self::Literal { pieces, quoted: true } => quoted(pieces, random),
        }
    }
}

/// Whether a key needs no quotes in a path.
pub fn is_word(key: &str) -> bool {
    !key.is_empty()
        && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !matches!(key, "AND" | "OR" | "NOT")
}

/// A text in quotes of either kind, with the escapes it needs and some that it does not.
fn quoted(pieces: &[String], random: &mut Random) -> String {
    let quote = *random.pick(&['"', '"', '\'']);
    let mut text = String::from(quote);
    for (index, piece) in pieces.iter().enumerate() {
        if index > 0 {
            text.push('*');
        }
        for c in piece.chars() {
            let escaped = u32::from(c) < 0x1_0000 && random.percent(3);
            match c {
                _ if escaped => text.push_str(&format!("\\u{:04x}", u32::from(c))),
                '\\' | '*' => text.extend(['\\', c]),
                _ if c == quote => text.extend(['\\', c]),
                '\n' => text.push_str("\\n"),
                _ => text.push(c),
            }
        }
    }
    text.push(quote);
    text
}
