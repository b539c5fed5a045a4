//! The syntax tree: a filter before its names are resolved.

use super::error::FilterError;
use super::places::Places;
use super::span::Span;

/// A filter.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ast {
    /// The condition; none for an empty filter, which everything matches.
    pub root: Option<Node>,
    /// The positions of errors in a document; `None` for text, where the column is the position.
    pub places: Option<Places>,
}

impl Ast {
    /// The error with its position in what the caller sent.
    pub(super) fn locate(&self, error: FilterError) -> FilterError {
        match &self.places {
            Some(places) => places.locate(error),
            None => error,
        }
    }
}

/// A condition.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// All of them hold; at least two, none of them itself an `And`.
    And(Vec<Node>),
    /// One of them holds; at least two, none of them itself an `Or`.
    Or(Vec<Node>),
    /// The condition does not hold.
    Not(Box<Node>),
    /// A text by itself.
    Literal(Member),
    /// A comparison.
    Compare(Comparison),
    /// A function.
    Call(Call),
}

/// A field compared with something.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The path to the field.
    pub left: Member,
    /// How it is compared.
    pub comparator: Comparator,
    /// What it is compared with.
    pub right: Arg,
}

/// A function with its arguments.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// Its name.
    pub name: String,
    /// The position of the name.
    pub span: Span,
    /// The arguments.
    pub args: Vec<Arg>,
}

/// The right side of a comparator, or an argument of a function.
#[derive(Debug, Clone, PartialEq)]
pub enum Arg {
    /// A literal or a path.
    Value(Member),
    /// A condition in parentheses, or a function. Right of a comparator its literals are values.
    Filter(Box<Node>),
}

/// A path or a literal, depending on where it is.
#[derive(Debug, Clone)]
pub struct Member {
    /// What the dots separate; at least one.
    pub parts: Vec<Part>,
    /// Its position.
    pub span: Span,
    /// Whether it was given as the name of a field or a relation, which only a document can say: it must be one then.
    pub named: bool,
}

/// As for spans, details of the notation do not make trees differ.
impl PartialEq for Member {
    fn eq(&self, other: &Self) -> bool {
        self.parts == other.parts
    }
}

/// The text between two dots.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// The text, cut where it has a wildcard; one piece when it has none.
    pub pieces: Vec<String>,
    /// Whether it was written in quotes.
    pub quoted: bool,
    /// Its position.
    pub span: Span,
}

/// How two things are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparator {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `:`
    Has,
}

impl Comparator {
    /// Its notation, which is that of SQL but for `:`.
    pub fn symbol(self) -> &'static str {
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

impl Part {
    /// The text, with an asterisk for each wildcard.
    pub fn text(&self) -> String {
        self.pieces.join("*")
    }
}

impl Member {
    /// The text as it was written, but for quotes and escapes.
    pub fn text(&self) -> String {
        self.parts.iter().map(Part::text).collect::<Vec<_>>().join(".")
    }

    /// The text cut at its wildcards: one piece when it has none.
    pub fn pieces(&self) -> Vec<String> {
        let mut pieces: Vec<String> = Vec::new();
        for part in &self.parts {
            for (index, piece) in part.pieces.iter().enumerate() {
                match pieces.last_mut() {
                    Some(last) if index == 0 => {
                        last.push('.');
                        last.push_str(piece);
                    }
                    _ => pieces.push(piece.clone()),
                }
            }
        }
        pieces
    }

    /// Whether it is a literal whatever it names.
    pub fn is_quoted(&self) -> bool {
        matches!(self.parts.as_slice(), [part] if part.quoted)
    }

    /// Whether it is this word without quotes.
    pub fn is_word(&self, word: &str) -> bool {
        matches!(self.parts.as_slice(), [part] if !part.quoted) && self.text() == word
    }

    /// Whether it is a single wildcard.
    pub fn is_wildcard(&self) -> bool {
        matches!(self.parts.as_slice(), [part] if part.pieces.len() == 2 && part.pieces.iter().all(String::is_empty))
    }
}

impl Node {
    /// All of the nodes, which are at least one.
    pub(super) fn and(nodes: Vec<Node>) -> Node {
        Self::joined(nodes, Node::And, |node| match node {
            Node::And(inner) => Ok(inner),
            other => Err(other),
        })
    }

    /// One of the nodes, which are at least one.
    pub(super) fn or(nodes: Vec<Node>) -> Node {
        Self::joined(nodes, Node::Or, |node| match node {
            Node::Or(inner) => Ok(inner),
            other => Err(other),
        })
    }

    fn joined(nodes: Vec<Node>, join: fn(Vec<Node>) -> Node, open: fn(Node) -> Result<Vec<Node>, Node>) -> Node {
        let mut flat = Vec::new();
        for node in nodes {
            match open(node) {
                Ok(inner) => flat.extend(inner),
                Err(node) => flat.push(node),
            }
        }
        match flat.pop() {
            Some(only) if flat.is_empty() => only,
            Some(last) => {
                flat.push(last);
                join(flat)
            }
            None => join(flat),
        }
    }
}
