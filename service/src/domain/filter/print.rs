//! Trees as text in canonical AIP-160: one space, double quotes, `AND` spelled out, and parentheses wherever a reader
//! who does not know that `OR` binds tighter could go wrong.

use std::fmt::Write;

use super::ast::{Arg, Ast, Comparator, Member, Node, Part};
use super::document::is_document;

/// The filter as text; parsing it gives the same tree, unless the spaces it gained take it over the limit of length.
pub fn print(ast: &Ast) -> String {
    let mut text = String::new();
    if let Some(root) = &ast.root {
        print_node(&mut text, root);
    }
    // Text that begins like this is a document, unless a parenthesis comes first.
    if is_document(&text) { format!("({text})") } else { text }
}

fn print_node(text: &mut String, node: &Node) {
    match node {
        Node::And(nodes) => print_joined(text, nodes, " AND "),
        Node::Or(nodes) => print_joined(text, nodes, " OR "),
        Node::Not(inner) => {
            text.push_str("NOT ");
            print_operand(text, inner);
        }
        Node::Literal(member) => print_member(text, member),
        Node::Compare(comparison) => {
            print_member(text, &comparison.left);
            match comparison.comparator {
                Comparator::Has => text.push(':'),
                comparator => {
                    text.push(' ');
                    text.push_str(comparator.symbol());
                    text.push(' ');
                }
            }
            match &comparison.right {
                Arg::Value(member) => print_member(text, member),
                Arg::Filter(node) => print_enclosed(text, node),
            }
        }
        Node::Call(call) => {
            text.push_str(&call.name);
            text.push('(');
            for (index, arg) in call.args.iter().enumerate() {
                if index > 0 {
                    text.push_str(", ");
                }
                match arg {
                    Arg::Value(member) => print_member(text, member),
                    Arg::Filter(node) if matches!(**node, Node::Call(_)) => print_node(text, node),
                    Arg::Filter(node) => print_enclosed(text, node),
                }
            }
            text.push(')');
        }
    }
}

fn print_joined(text: &mut String, nodes: &[Node], between: &str) {
    for (index, node) in nodes.iter().enumerate() {
        if index > 0 {
            text.push_str(between);
        }
        match node {
            // `NOT` binds tightest and reads well without parentheses here.
            Node::Not(_) => print_node(text, node),
            _ => print_operand(text, node),
        }
    }
}

fn print_operand(text: &mut String, node: &Node) {
    match node {
        Node::And(_) | Node::Or(_) | Node::Not(_) => print_enclosed(text, node),
        Node::Literal(_) | Node::Compare(_) | Node::Call(_) => print_node(text, node),
    }
}

fn print_enclosed(text: &mut String, node: &Node) {
    text.push('(');
    print_node(text, node);
    text.push(')');
}

fn print_member(text: &mut String, member: &Member) {
    for (index, part) in member.parts.iter().enumerate() {
        if index > 0 {
            text.push('.');
        }
        print_part(text, part);
    }
}

fn print_part(text: &mut String, part: &Part) {
    if !part.quoted {
        text.push_str(&part.text());
        return;
    }
    text.push('"');
    for (index, piece) in part.pieces.iter().enumerate() {
        if index > 0 {
            text.push('*');
        }
        for c in piece.chars() {
            match c {
                '"' | '\\' | '*' => {
                    text.push('\\');
                    text.push(c);
                }
                '\n' => text.push_str("\\n"),
                '\r' => text.push_str("\\r"),
                '\t' => text.push_str("\\t"),
                // Every control character is below U+00A0, so four digits do.
                _ if c.is_control() => {
                    let _ = write!(text, "\\u{:04x}", u32::from(c));
                }
                _ => text.push(c),
            }
        }
    }
    text.push('"');
}
