//! The tables of a statement, by the places in which SQL has a table.
//!
//! A name is a table where one is due: after FROM, JOIN, INTO and their like, and after a comma in such a list. The
//! same name as a column, an alias or a value is none. A common table expression with the name of a table would hide
//! what is read of it, so reading from one is a fault as well.

use std::collections::BTreeSet;

use super::tokens::{Token, tokens};

/// The tables of a statement.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Tables {
    /// Those that it names by itself, which it must not.
    pub named: BTreeSet<String>,
    /// References to tables that it reads.
    pub read: BTreeSet<String>,
    /// References to tables that it writes to.
    pub written: BTreeSet<String>,
}

/// Where the walk is, for each open parenthesis.
#[derive(Clone, Copy, Default)]
struct Place {
    /// A table is due next.
    due: bool,
    /// A comma brings another table.
    list: bool,
}

/// What ends a list of tables.
const ENDS: [&str; 16] = [
    "select",
    "where",
    "group",
    "having",
    "window",
    "union",
    "intersect",
    "except",
    "order",
    "limit",
    "offset",
    "fetch",
    "for",
    "set",
    "returning",
    "values",
];

impl Tables {
    /// The tables of a statement, where these are the names of tables.
    pub fn of(text: &str, names: &BTreeSet<String>) -> Self {
        let mut tables = Self::default();
        let tokens = tokens(text);
        let mut places = vec![Place::default()];
        for (index, token) in tokens.iter().enumerate() {
            let before = index.checked_sub(1).and_then(|index| tokens.get(index));
            let after = tokens.get(index + 1);
            let place = places.last_mut().expect("closing parentheses leave the outermost place");
            match token {
                Token::Source(name) => {
                    tables.read.insert(name.clone());
                    place.due = false;
                }
                Token::Target(name) => {
                    tables.written.insert(name.clone());
                    place.due = false;
                }
                Token::Word(word) if opens(word, before, after) => {
                    // An UPDATE has one table, and what is set follows it.
                    *place = Place { due: true, list: place.list || word != "update" };
                }
                // They come before the table.
                Token::Word(word) if place.due && matches!(word.as_str(), "only" | "lateral") => {}
                Token::Word(word) if ENDS.contains(&word.as_str()) && !is_name(place.due, before, names, word) => {
                    *place = Place::default();
                }
                Token::Word(name) | Token::Quoted(name) => {
                    let is_schema = after == Some(&Token::Sign('.'));
                    if place.due && !is_schema {
                        if names.contains(name) {
                            tables.named.insert(name.clone());
                        }
                        place.due = false;
                    }
                }
                // What is in it is a query, or tables again.
                Token::Sign('(') => {
                    let inner = Place { due: place.due, list: place.due };
                    place.due = false;
                    places.push(inner);
                }
                Token::Sign(')') => {
                    if places.len() > 1 {
                        places.pop();
                    }
                }
                Token::Sign(',') => place.due = place.list,
                Token::Sign('.') => {}
                Token::Sign(_) => place.due = false,
            }
        }
        tables
    }
}

/// Whether a table is due after this word.
fn opens(word: &str, before: Option<&Token>, after: Option<&Token>) -> bool {
    let follows = |text: &str| before == Some(&Token::Word(text.to_owned()));
    match word {
        // `a IS DISTINCT FROM b` compares values.
        "from" => !follows("distinct"),
        // `FOR UPDATE`, `FOR NO KEY UPDATE` and `DO UPDATE` have none.
        "update" => !follows("for") && !follows("key") && !follows("do"),
        // `USING (id)` has columns.
        "using" => after != Some(&Token::Sign('(')),
        "join" | "into" | "table" | "truncate" | "only" => true,
        _ => false,
    }
}

/// A table may have a name that is a keyword elsewhere.
fn is_name(due: bool, before: Option<&Token>, names: &BTreeSet<String>, word: &str) -> bool {
    due && names.contains(word) && before != Some(&Token::Sign('('))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tables(text: &str) -> Tables {
        let names = ["service", "stack", "network", "release", "language", "partition", "fleet_subnet", "values"];
        Tables::of(text, &names.map(str::to_owned).into())
    }

    fn named(text: &str) -> Vec<String> {
        tables(text).named.into_iter().collect()
    }

    #[test]
    fn a_table_that_is_named_is_found_wherever_a_table_can_be() {
        for text in [
            "SELECT * FROM service",
            "select * from SERVICE s",
            "SELECT 1 FROM <stack> JOIN \"service\" s ON true",
            "SELECT 1 FROM <stack> t0 LEFT JOIN service ON true",
            "UPDATE service SET a = 1",
            "UPDATE ONLY service SET a = 1",
            "SELECT 1 FROM a, service",
            "SELECT 1 FROM <stack> a JOIN <stack> b ON a.x = b.f(1, 2), service",
            "SELECT 1 FROM unnest($1, $2) AS w(a, b), \"service\"",
            "SELECT 1 FROM (SELECT 1 FROM service) x",
            "SELECT (SELECT count(*) FROM service), 1",
            "SELECT 1 FROM (service CROSS JOIN <stack>)",
            "SELECT 1 FROM LATERAL (SELECT 1 FROM service) x",
            "SELECT 1 FROM public.service",
            "SELECT 1 FROM \"public\".\"service\"",
            "INSERT INTO service (id) VALUES ($1)",
            "INSERT INTO <!stack> SELECT 1 FROM service ON CONFLICT DO NOTHING",
            "INSERT INTO <!stack> (id) VALUES ('x') ON CONFLICT DO UPDATE SET a = (SELECT 1 FROM service)",
            "DELETE FROM service",
            "DELETE FROM <!stack> l USING service",
            "DELETE FROM <!stack> l USING <stack> a, service b",
            "UPDATE <!stack> SET a = 1 FROM service",
            "WITH s0 AS (SELECT id FROM service), a12 AS (SELECT 1 FROM s0) SELECT 1 FROM a12",
            "WITH service AS (SELECT 1) SELECT 1 FROM service",
            "SELECT 1 FROM <stack> UNION ALL SELECT 1 FROM service",
            "TABLE service",
            "LOCK TABLE <stack>, service",
            "TRUNCATE service",
            "SELECT '' FROM/**/service",
        ] {
            assert_eq!(named(text), ["service"], "{text}");
        }
        assert_eq!(
            named("SELECT 1 FROM values, fleet_subnet, network, release"),
            ["fleet_subnet", "network", "release", "values"]
        );
    }

    #[test]
    fn a_name_that_is_no_table_is_passed_over() {
        for text in [
            "SELECT service, stack FROM <stack> service WHERE service.id = $1 ORDER BY network, release",
            "SELECT 'x FROM service', $$FROM service$$ FROM <stack>",
            "SELECT t0.service IS DISTINCT FROM service, 1 FROM <stack> t0",
            "SELECT 1 FROM <stack> AS network JOIN <stack> AS release USING (service, partition)",
            "SELECT 1 FROM s0, a12 service, unnest($1) language(service, stack)",
            "SELECT id FROM <stack> FOR UPDATE OF stack",
            "SELECT id FROM <stack> service, <stack> stack FOR NO KEY UPDATE",
            "INSERT INTO <!stack> (service, network) VALUES ($1, $2), ($3, $4) RETURNING service, stack",
            "INSERT INTO <!stack> (id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET service = $2, stack = $3",
            "UPDATE <!stack> SET service = 1, stack = 2 FROM <stack> network WHERE language = partition",
            "SELECT count(*) FILTER (WHERE service) OVER (PARTITION BY service, stack) FROM <stack>",
            "SELECT extract(epoch FROM now()), service FROM <stack>",
            "SELECT array(SELECT id FROM <stack>), service FROM <service>",
            "DELETE FROM idempotency WHERE request_id IN (SELECT request_id FROM idempotency LIMIT 1000)",
        ] {
            assert_eq!(named(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn references_are_told_by_their_use() {
        let found = tables("WITH a AS (SELECT 1 FROM <stack> JOIN <service> s USING (id)) DELETE FROM <!network>");
        assert_eq!(found.read, ["service", "stack"].map(str::to_owned).into());
        assert_eq!(found.written, ["network"].map(str::to_owned).into());
        assert_eq!(found.named, BTreeSet::new());
    }
}
