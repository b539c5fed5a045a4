//! The statements that the service runs, read from PostgreSQL's log, and as scripts of pgbench.
//!
//! They are observed rather than written down here, so that both sides always do the same. What cannot be the same:
//! pgbench computes an ID from numbers in the statement (`'application-' || :a …`), once per execution, and takes
//! results as text where the service takes them in binary form.

use anyhow::{Context, Result, ensure};
use prost::Message;
use qairon::v1;

use crate::client::Connection;
use crate::cluster::Cluster;
use crate::load::{self, PAGE};
use crate::organisation::{Place, in_pgbench};
use crate::service::Service;

/// A statement of the service.
#[derive(Clone)]
pub struct Statement {
    /// As the service prepares it.
    pub sql: String,
    /// A pgbench script that runs it with values drawn as our client draws them.
    pub script: String,
}

/// The statements of the operations that are measured.
pub struct Statements {
    pub get: Statement,
    pub list: Statement,
    pub create: Statement,
}

impl Statements {
    /// Makes one call of each kind to a service whose statements are logged.
    pub async fn observe(cluster: &Cluster, service: &Service) -> Result<Self> {
        let connection = Connection::open(service.address).await?;
        let place = Place(3, 14, 15);
        let draw = in_pgbench::draw();

        let id = place.id();
        let start = cluster.log()?.len();
        let request = v1::GetServiceRequest { id: id.clone(), read_mask: None };
        connection.call(&connection.method("GetService")?, &request).await?;
        let get = Statement::find(&cluster.log()?[start..], &draw, &[(&id, in_pgbench::ID)])?;

        let method = connection.method("ListServices")?;
        let first = v1::ListServicesResponse::decode(connection.call(&method, &load::list_request("")).await?)?;
        let last_id = &first.services.last().context("the first page is empty")?.id;
        let start = cluster.log()?.len();
        connection.call(&method, &load::list_request(&first.next_page_token)).await?;
        // One more than the page shows the service whether another page follows.
        let rows = PAGE + 1;
        let values = [(last_id.as_str(), in_pgbench::ID), (&rows.to_string(), ":rows")];
        let list = Statement::find(&cluster.log()?[start..], &format!("{draw}\\set rows {rows}\n"), &values)?;

        let (stack_id, name) = (place.stack_id(), load::new_name());
        let start = cluster.log()?.len();
        connection.call(&connection.method("CreateService")?, &load::create_request(&stack_id, &name)).await?;
        let values = [(stack_id.as_str(), in_pgbench::STACK_ID), (&name, "'created-' || :r::text")];
        let draw = format!("{draw}\\set r random(0, {})\n", (1u64 << 62) - 1);
        let create = Statement::find(&cluster.log()?[start..], &draw, &values)?;

        Ok(Self { get, list, create })
    }
}

impl Statement {
    /// Finds the one statement about services in a piece of PostgreSQL's log, and puts expressions of pgbench in place
    /// of the values that it was called with. Other values are the same in every call, and stay.
    fn find(log: &str, draw: &str, expressions: &[(&str, &str)]) -> Result<Self> {
        let lines: Vec<&str> = log.lines().collect();
        let executed = |line: &str| {
            let (_, sql) = line.strip_prefix("LOG:  execute ")?.split_once(": ")?;
            sql.contains("\"service\"").then(|| sql.to_owned())
        };
        let found: Vec<(usize, String)> =
            lines.iter().enumerate().filter_map(|(index, line)| Some((index, executed(line)?))).collect();
        ensure!(found.len() == 1, "expected one statement about services, the service ran {}:\n{log}", found.len());
        let (index, sql) = found.into_iter().next().context("no statement")?;
        let detail = lines.get(index + 1).and_then(|line| line.split_once("parameters: "));
        let values = values(detail.map_or("", |(_, values)| values));
        for (value, _) in expressions {
            ensure!(values.iter().any(|found| found.as_deref() == Some(value)), "`{value}` is not among {values:?}");
        }
        let mut statement = sql.clone();
        // From the end, so that $1 is not found in $10.
        for (index, value) in values.iter().enumerate().rev() {
            let expression = match value {
                None => "NULL".to_owned(),
                Some(value) => match expressions.iter().find(|(known, _)| known == value) {
                    Some((_, expression)) => (*expression).to_owned(),
                    None => literal(value),
                },
            };
            statement = statement.replace(&format!("${}", index + 1), &expression);
        }
        Ok(Self { script: format!("{draw}{statement};\n"), sql })
    }

    /// The statement with a text instead of its only parameter.
    pub fn with_literal(&self, value: &str) -> String {
        self.sql.replace("$1", &literal(value))
    }
}

/// A text as SQL. The colon is escaped, because pgbench reads one before a word as a variable.
pub fn literal(value: &str) -> String {
    format!("E'{}'", value.replace('\\', r"\\").replace('\'', "''").replace(':', r"\x3a"))
}

/// The values of a log line such as `$1 = 'it''s', $2 = NULL`.
fn values(mut text: &str) -> Vec<Option<String>> {
    let mut values = Vec::new();
    while let Some((_, rest)) = text.split_once(" = ") {
        let Some(quoted) = rest.strip_prefix('\'') else {
            values.push(None);
            text = rest;
            continue;
        };
        let mut value = String::new();
        let mut rest = quoted;
        while let Some((head, tail)) = rest.split_once('\'') {
            value.push_str(head);
            rest = tail;
            match tail.strip_prefix('\'') {
                Some(tail) => rest = tail,
                None => break,
            }
            value.push('\'');
        }
        values.push(Some(value));
        text = rest;
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logged_values_are_read_whatever_they_hold() {
        let found = values("$1 = 'it''s = ''fine''', $2 = NULL, $3 = '', $4 = 'a, $5 = b'");
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(found, [text("it's = 'fine'"), None, text(""), text("a, $5 = b")]);
        assert_eq!(values(""), Vec::<Option<String>>::new());
    }

    #[test]
    fn a_logged_statement_becomes_a_script() {
        let log = "LOG:  execute s1: SELECT 1\nLOG:  execute s2: INSERT INTO \"service\" VALUES ($1, $2, $3)\n\
                   DETAIL:  parameters: $1 = 'x', $2 = NULL, $3 = '{\"a\":1}'\n";
        let statement = Statement::find(log, "\\set a 1\n", &[("x", ":a")]).unwrap();
        assert_eq!(statement.script, "\\set a 1\nINSERT INTO \"service\" VALUES (:a, NULL, E'{\"a\"\\x3a1}');\n");
        assert!(Statement::find(log, "", &[("y", ":a")]).is_err(), "a value that was not sent must not pass");
        assert!(Statement::find(&log.repeat(2), "", &[]).is_err(), "which of two is meant is not for us to guess");
    }
}
