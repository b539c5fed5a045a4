//! From tokens to the tree: recursive descent over the grammar of AIP-160.
//!
//! ```text
//! expression : sequence {AND sequence}
//! sequence   : factor {factor}
//! factor     : term {OR term}
//! term       : [NOT | -] (restriction | "(" expression ")")
//! restriction: member [comparator arg] | function
//! arg        : value | "(" expression of values ")"
//! ```
//!
//! The depth of recursion is bounded by [`MAX_DEPTH`].

use super::ast::{Arg, Ast, Call, Comparison, Member, Node, Part};
use super::error::{FilterError, shown};
use super::lexer::{Lexer, Mode, Token};
use super::limits::{MAX_DEPTH, MAX_TERMS, check_bytes};
use super::span::Span;

pub(super) fn parse(text: &str) -> Result<Ast, FilterError> {
    check_bytes(text)?;
    let mut parser = Parser { lexer: Lexer::new(text), depth: 0, terms: 0 };
    if parser.lexer.peek(Mode::Field)?.0 == Token::End {
        return Ok(Ast::default());
    }
    let root = parser.expression(Mode::Field)?;
    match parser.lexer.next(Mode::Field)? {
        (Token::End, _) => Ok(Ast { root: Some(root), places: None }),
        (Token::Close, span) => Err(FilterError::new(span.start, "this `)` has no `(`")),
        (Token::Comma, span) => Err(FilterError::new(
            span.start,
            "expected `AND`, `OR` or the end, found `,`, which only separates arguments of functions",
        )),
        (Token::Comparator(comparator), span) => {
            let symbol = comparator.symbol();
            Err(FilterError::new(
                span.start,
                format!("expected `AND`, `OR` or the end, found `{symbol}`; quote the text it belongs to"),
            ))
        }
        (_, span) => Err(FilterError::new(span.start, "expected `AND`, `OR` or the end")),
    }
}

struct Parser {
    lexer: Lexer,
    depth: usize,
    terms: usize,
}

/// The words of the grammar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keyword {
    And,
    Or,
    Not,
}

fn keyword(token: &Token) -> Option<Keyword> {
    let Token::Part(Part { pieces, quoted: false, .. }) = token else { return None };
    match pieces.as_slice() {
        [word] if word == "AND" => Some(Keyword::And),
        [word] if word == "OR" => Some(Keyword::Or),
        [word] if word == "NOT" => Some(Keyword::Not),
        _ => None,
    }
}

impl Parser {
    fn expression(&mut self, mode: Mode) -> Result<Node, FilterError> {
        let mut nodes = vec![self.sequence(mode)?];
        while keyword(&self.lexer.peek(mode)?.0) == Some(Keyword::And) {
            self.lexer.next(mode)?;
            nodes.push(self.sequence(mode)?);
        }
        Ok(Node::and(nodes))
    }

    fn sequence(&mut self, mode: Mode) -> Result<Node, FilterError> {
        let mut nodes = vec![self.factor(mode)?];
        loop {
            let (token, _) = self.lexer.peek(mode)?;
            match token {
                Token::Part(_) if keyword(&token).is_none_or(|keyword| keyword == Keyword::Not) => {}
                Token::Open | Token::Minus => {}
                _ => return Ok(Node::and(nodes)),
            }
            nodes.push(self.factor(mode)?);
        }
    }

    fn factor(&mut self, mode: Mode) -> Result<Node, FilterError> {
        let mut nodes = vec![self.term(mode)?];
        while keyword(&self.lexer.peek(mode)?.0) == Some(Keyword::Or) {
            self.lexer.next(mode)?;
            nodes.push(self.term(mode)?);
        }
        Ok(Node::or(nodes))
    }

    fn term(&mut self, mode: Mode) -> Result<Node, FilterError> {
        let (token, _) = self.lexer.peek(mode)?;
        let negated = token == Token::Minus || keyword(&token) == Some(Keyword::Not);
        if negated {
            self.lexer.next(mode)?;
        }
        let node = self.simple(mode)?;
        Ok(if negated { Node::Not(Box::new(node)) } else { node })
    }

    fn simple(&mut self, mode: Mode) -> Result<Node, FilterError> {
        let (token, span) = self.lexer.next(mode)?;
        match token {
            Token::Open => self.composite(mode, span),
            Token::Part(part) => match keyword(&Token::Part(part.clone())) {
                Some(_) => Err(expected_term(&part.text(), mode, span)),
                None if mode == Mode::Value => {
                    self.count_term(span)?;
                    Ok(Node::Literal(self.value(part, span)?))
                }
                None => self.restriction(part, span),
            },
            Token::End => Err(FilterError::new(span.start, format!("expected {}, found the end", due(mode)))),
            Token::Comparator(comparator) => Err(expected_term(comparator.symbol(), mode, span)),
            Token::Minus => Err(expected_term("-", mode, span)),
            Token::Dot => Err(expected_term(".", mode, span)),
            Token::Comma => Err(expected_term(",", mode, span)),
            Token::Close => Err(expected_term(")", mode, span)),
        }
    }

    /// What follows a `(`.
    fn composite(&mut self, mode: Mode, open: Span) -> Result<Node, FilterError> {
        self.deepen(open)?;
        let node = self.expression(mode)?;
        self.depth -= 1;
        match self.lexer.next(mode)? {
            (Token::Close, _) => Ok(node),
            (Token::End, _) => Err(FilterError::new(open.start, "this `(` has no `)`")),
            (Token::Comparator(comparator), span) if mode == Mode::Value => Err(FilterError::new(
                span.start,
                format!("only values are allowed in parentheses after a comparator, found `{}`", comparator.symbol()),
            )),
            (Token::Comma, span) => Err(FilterError::new(
                span.start,
                "expected `AND`, `OR` or `)`, found `,`; several values are `in(field, a, b)` or `field = (a OR b)`",
            )),
            (_, span) => Err(FilterError::new(span.start, "expected `AND`, `OR` or `)`")),
        }
    }

    fn restriction(&mut self, first: Part, span: Span) -> Result<Node, FilterError> {
        let left = self.member(first, span)?;
        self.count_term(span)?;
        if self.lexer.adjacent() == Some('(') && !left.is_quoted() {
            return Ok(Node::Call(self.call(&left)?));
        }
        let (Token::Comparator(comparator), at) = self.lexer.peek(Mode::Field)? else {
            let text = left.text();
            let operator = ["and", "or", "not"].into_iter().find(|word| text.eq_ignore_ascii_case(word));
            return match operator {
                Some(operator) if !left.is_quoted() => Err(FilterError::new(
                    span.start,
                    format!("operators are upper case: write `{}`, or quote the text", operator.to_uppercase()),
                )),
                _ if matches!(text.as_str(), "&&" | "||" | "&" | "|") && !left.is_quoted() => {
                    Err(FilterError::new(span.start, "operators are words: write `AND`, `OR`, or quote the text"))
                }
                _ => Ok(Node::Literal(left)),
            };
        };
        self.lexer.next(Mode::Field)?;
        let right = self.argument(&format!("a value after `{}`", comparator.symbol()), at)?;
        Ok(Node::Compare(Comparison { left, comparator, right }))
    }

    /// The right side of a comparator.
    fn argument(&mut self, expected: &str, after: Span) -> Result<Arg, FilterError> {
        let (token, span) = self.lexer.next(Mode::Value)?;
        if keyword(&token).is_some() {
            return Err(FilterError::new(span.start, format!("expected {expected}; quote the word if it is one")));
        }
        match token {
            Token::Part(part) => {
                let value = self.value(part, span)?;
                if self.lexer.adjacent() == Some('(') {
                    return Err(FilterError::new(
                        span.start,
                        format!(
                            "{} looks like a function, and functions are conditions, not values",
                            shown(&value.text())
                        ),
                    ));
                }
                self.check_value(&value)?;
                Ok(Arg::Value(value))
            }
            // The terms inside count; the one that holds them does not count twice.
            Token::Open => {
                self.terms -= 1;
                Ok(match self.composite(Mode::Value, span)? {
                    Node::Literal(value) => Arg::Value(value),
                    node => Arg::Filter(Box::new(node)),
                })
            }
            Token::End => Err(FilterError::new(after.start, format!("expected {expected}, found the end"))),
            _ => Err(FilterError::new(span.start, format!("expected {expected}"))),
        }
    }

    /// Refuses what SQL has in the place of a value.
    fn check_value(&mut self, value: &Member) -> Result<(), FilterError> {
        if value.is_quoted() {
            return Ok(());
        }
        let word = value.text();
        if word != "null" && word.eq_ignore_ascii_case("null") {
            return Err(FilterError::new(value.span.start, "write `null` in lower case, or quote it if it is a text"));
        }
        let quantifier = ["any", "all", "some"].iter().any(|known| word.eq_ignore_ascii_case(known));
        if quantifier && self.lexer.peek(Mode::Field)?.0 == Token::Open {
            let message = format!("{} is of SQL; write `field = (a OR b)` for each of several values", shown(&word));
            return Err(FilterError::new(value.span.start, message));
        }
        Ok(())
    }

    /// A path: parts joined by dots without white space.
    fn member(&mut self, first: Part, span: Span) -> Result<Member, FilterError> {
        let mut parts = vec![first];
        while self.lexer.adjacent() == Some('.') {
            self.lexer.next(Mode::Field)?;
            let column = self.lexer.column();
            let expected = || FilterError::new(column, "expected a name right after `.`");
            if self.lexer.adjacent().is_none_or(|c| c.is_whitespace() || c == '-') {
                return Err(expected());
            }
            match self.lexer.next(Mode::Field)? {
                (Token::Part(part), _) => parts.push(part),
                _ => return Err(expected()),
            }
        }
        self.member_ends(parts, span)
    }

    /// A value. Its words were read with their dots, which may separate the parts of a path; some parts may be quoted.
    fn value(&mut self, first: Part, span: Span) -> Result<Member, FilterError> {
        let mut parts = Vec::new();
        push_split(&mut parts, first);
        loop {
            let (dangling, quoted) = match parts.as_slice() {
                [.., last] => (!last.quoted && last.text().is_empty(), last.quoted),
                [] => (false, false),
            };
            match self.lexer.adjacent() {
                Some('"' | '\'') if dangling && parts.len() > 1 => {
                    parts.pop();
                    if let (Token::Part(part), _) = self.lexer.next(Mode::Value)? {
                        parts.push(part);
                    }
                }
                Some('.') if quoted => {
                    if let (Token::Part(word), _) = self.lexer.next(Mode::Value)? {
                        // The word begins with the dot, so its first part is empty.
                        let mut after = Vec::new();
                        push_split(&mut after, word);
                        parts.extend(after.into_iter().skip(1));
                    }
                }
                _ => break,
            }
        }
        self.member_ends(parts, span)
    }

    /// What follows a text right away must be punctuation: `foo"bar"` is a mistake and not two terms.
    fn member_ends(&self, parts: Vec<Part>, span: Span) -> Result<Member, FilterError> {
        match self.lexer.adjacent() {
            Some(c) if !c.is_whitespace() && !"(),=<>!:.".contains(c) => {
                let message = format!("expected white space or an operator, found {}", shown(&c.to_string()));
                Err(FilterError::new(self.lexer.column(), message))
            }
            _ => Ok(Member { parts, span: Span { start: span.start, end: self.lexer.column() }, named: false }),
        }
    }

    /// The arguments of a function, after its name.
    fn call(&mut self, name: &Member) -> Result<Call, FilterError> {
        let (_, open) = self.lexer.next(Mode::Field)?;
        self.deepen(open)?;
        let mut args = Vec::new();
        if self.lexer.peek(Mode::Value)?.0 == Token::Close {
            self.lexer.next(Mode::Value)?;
        } else {
            loop {
                args.push(self.call_argument()?);
                match self.lexer.next(Mode::Value)? {
                    (Token::Comma, _) => {}
                    (Token::Close, _) => break,
                    (Token::End, _) => return Err(FilterError::new(open.start, "this `(` has no `)`")),
                    (Token::Comparator(_), span) => {
                        return Err(FilterError::new(
                            span.start,
                            "expected `,` or `)`; put a condition that is an argument in parentheses",
                        ));
                    }
                    (_, span) => return Err(FilterError::new(span.start, "expected `,` or `)`")),
                }
            }
        }
        self.depth -= 1;
        if let (Token::Comparator(_), span) = self.lexer.peek(Mode::Field)? {
            return Err(FilterError::new(span.start, "a function is a condition by itself and is not compared"));
        }
        Ok(Call { name: name.text(), span: name.span, args })
    }

    fn call_argument(&mut self) -> Result<Arg, FilterError> {
        let (token, span) = self.lexer.next(Mode::Value)?;
        match token {
            Token::Open => Ok(Arg::Filter(Box::new(self.composite(Mode::Field, span)?))),
            Token::Part(part) if keyword(&Token::Part(part.clone())).is_none() => {
                let value = self.value(part, span)?;
                if self.lexer.adjacent() == Some('(') && !value.is_quoted() {
                    self.count_term(span)?;
                    return Ok(Arg::Filter(Box::new(Node::Call(self.call(&value)?))));
                }
                Ok(Arg::Value(value))
            }
            Token::End => Err(FilterError::new(span.start, "expected an argument, found the end")),
            _ => Err(FilterError::new(
                span.start,
                "expected an argument: a field, a value or a condition in parentheses",
            )),
        }
    }

    fn deepen(&mut self, at: Span) -> Result<(), FilterError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(FilterError::limit(at.start, format!("parentheses nest at most {MAX_DEPTH} deep")));
        }
        Ok(())
    }

    fn count_term(&mut self, at: Span) -> Result<(), FilterError> {
        self.terms += 1;
        if self.terms > MAX_TERMS {
            let message = format!("a filter has at most {MAX_TERMS} terms; `in(field, …)` takes any number of texts");
            return Err(FilterError::limit(at.start, message));
        }
        Ok(())
    }
}

/// Cuts a word at its dots; a quoted text is one part.
fn push_split(parts: &mut Vec<Part>, part: Part) {
    if part.quoted {
        parts.push(part);
        return;
    }
    let mut start = part.span.start;
    for text in part.text().split('.') {
        let end = start + text.chars().count();
        let pieces = text.split('*').map(str::to_owned).collect();
        parts.push(Part { pieces, quoted: false, span: Span { start, end } });
        start = end + 1;
    }
}

fn due(mode: Mode) -> &'static str {
    match mode {
        Mode::Field => "a field, a function or a text",
        Mode::Value => "a value",
    }
}

fn expected_term(found: &str, mode: Mode, span: Span) -> FilterError {
    FilterError::new(span.start, format!("expected {}, found `{found}`", due(mode)))
}
