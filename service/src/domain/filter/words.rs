//! Bare words that are more than a text to look for in IDs: operators of SQL, and names of the entity. Taken for texts,
//! they would silently ask for something else than their author means.

use qairon::Model;
use qairon::model::Entity;

use super::ast::{Member, Node};
use super::error::{FilterError, shown};
use super::{functions, path};

/// Refuses the terms of a condition that are such words. `terms` are joined by `AND`, so that those beside an operator
/// are its operands.
pub(super) fn check(model: &Model, entity: &Entity, terms: &[Node]) -> Result<(), FilterError> {
    for (index, term) in terms.iter().enumerate() {
        let Some((word, negated)) = bare(term) else { continue };
        let before = index.checked_sub(1).map(|before| &terms[before]);
        // `field NOT LIKE …`, `NOT field LIKE …`
        let negated = negated != matches!(before, Some(Node::Not(_)));
        let after = terms.get(index + 1);
        if let Some(remedy) = operator(word, negated, before.and_then(last_literal), after) {
            let message =
                format!("{} is of SQL; write {remedy}, or quote the word if it is part of an ID", shown(&word.text()));
            return Err(FilterError::new(word.span.start, message));
        }
    }
    for (word, negated) in terms.iter().filter_map(bare) {
        if let Some(usage) = functions::usage(&word.text()) {
            let message = format!(
                "{} is a function; write `{usage}`, or quote the word if it is part of an ID",
                shown(&word.text())
            );
            return Err(FilterError::new(word.span.start, message));
        }
        // A path that leads nowhere is a misspelt one.
        if let [first, _, ..] = &word.parts[..]
            && leads(entity, &first.text())
        {
            path::resolve(model, entity, word)?;
        }
        if let Some(what) = named(model, entity, word) {
            let name = word.text();
            let presence = if negated { format!("`{name} = null`") } else { format!("`{name}:*`") };
            let message = format!(
                "`{name}` is a {what} of `{}`; compare it, as in `{name} = \"…\"`, ask {} with {presence}, or quote the \
                 word if it is part of an ID",
                entity.name,
                if negated { "for those without a value" } else { "whether there is a value" },
            );
            return Err(FilterError::new(word.span.start, message));
        }
    }
    Ok(())
}

/// The word that a term consists of, and whether it is negated.
fn bare(term: &Node) -> Option<(&Member, bool)> {
    match term {
        Node::Literal(member) if member.parts.iter().all(|part| !part.quoted) => Some((member, false)),
        Node::Not(inner) => bare(inner).map(|(member, negated)| (member, !negated)),
        _ => None,
    }
}

/// What to write in place of an operator, between what is left and right of it; `None` when the word is no operator.
fn operator(word: &Member, negated: bool, before: Option<&Member>, after: Option<&Node>) -> Option<String> {
    let field = before.map_or_else(|| "field".to_owned(), Member::text);
    let value = after.and_then(first_literal).map(|value| value.text());
    let text = value.clone().unwrap_or_else(|| "…".to_owned());
    let is_null = value.as_deref().is_some_and(|value| value.eq_ignore_ascii_case("null"));
    let (not, unequal) = if negated { ("NOT ", "!=") } else { ("", "=") };
    let is_not = negated != matches!(after, Some(Node::Not(_)));
    Some(match word.text().to_ascii_lowercase().as_str() {
        "like" => format!("`{not}like({field}, \"{text}\")`"),
        "ilike" => format!("`{not}ilike({field}, \"{text}\")`"),
        "is" if is_null && is_not => format!("`{field} != null`"),
        "is" if is_null => format!("`{field} = null`"),
        "is" if is_not => format!("`{field} != \"{text}\"`"),
        "is" => format!("`{field} = \"{text}\"`"),
        "null" | "isnull" => format!("`{field} {unequal} null`"),
        "notnull" => format!("`{field} != null`"),
        "in" => format!("`{not}in({field}, \"{text}\", …)`"),
        "between" if negated => format!("`{field} < {text} OR {field} > …`"),
        "between" => format!("`{field} >= {text} AND {field} <= …`"),
        "select" | "where" | "having" => "the condition alone".to_owned(),
        "exists" => "`relation:*` or `any(relation, (condition))`".to_owned(),
        "~" | "~*" | "~~" | "~~*" | "similar" | "regexp" | "rlike" | "glob" | "match" => {
            // `SIMILAR TO …`
            let text = if text.eq_ignore_ascii_case("to") { "…" } else { &text };
            format!("`{not}{field}:\"{text}\"` for a part of a text, `{field} {unequal} \"{text}*\"` for its beginning")
        }
        _ => return None,
    })
}

/// What a word names, if it leads from the entity to something.
fn named(model: &Model, entity: &Entity, word: &Member) -> Option<&'static str> {
    if word.pieces().len() > 1 {
        return None;
    }
    // Also one that no filter can ask for.
    if entity.field(&word.text()).is_some_and(|field| !field.is_column() && field.embed.is_none()) {
        return Some("field");
    }
    let found = path::resolve(model, entity, word).ok()?;
    Some(match found.end {
        path::End::Field(_) => "field",
        path::End::Relation { .. } => "relation",
    })
}

/// Whether the entity has a field or a relation of this name.
fn leads(entity: &Entity, name: &str) -> bool {
    entity.field(name).is_some() || entity.relation(name).is_some()
}

fn last_literal(node: &Node) -> Option<&Member> {
    match node {
        Node::Literal(member) => Some(member),
        Node::Not(inner) => last_literal(inner),
        Node::Or(nodes) | Node::And(nodes) => nodes.last().and_then(last_literal),
        Node::Compare(_) | Node::Call(_) => None,
    }
}

fn first_literal(node: &Node) -> Option<&Member> {
    match node {
        Node::Literal(member) => Some(member),
        Node::Not(inner) => first_literal(inner),
        Node::Or(nodes) | Node::And(nodes) => nodes.first().and_then(first_literal),
        Node::Compare(_) | Node::Call(_) => None,
    }
}
