//! The rules of a database, from PostgreSQL's catalogue.

use qairon::model::Entity;
use tokio_postgres::Client;

/// Tables that calls do not write objects to.
const OWN: &str = "('qairon_entity', 'idempotency', '__diesel_schema_migrations')";

const MESSAGE: &str = "what is wrong";
const HINT: &str = "what to do";

/// A rule.
#[derive(Debug)]
pub struct Rule {
    pub table: String,
    /// The name of the constraint; of the column where there is none.
    pub name: String,
    /// Under which PostgreSQL reports it.
    code: &'static str,
    /// The columns it is about.
    columns: Vec<String>,
    of_trigger: bool,
}

impl Rule {
    /// A statement that makes the next insertion break it.
    pub fn broken(&self) -> String {
        let constraint = match self.code {
            "23502" => format!("COLUMN = '{}'", self.name),
            _ => format!("CONSTRAINT = '{}'", self.name),
        };
        let message = match self.of_trigger {
            true => format!("COLUMN = '{}', MESSAGE = '{MESSAGE}', HINT = '{HINT}'", self.columns[0]),
            // About as PostgreSQL puts it.
            false => format!(
                "MESSAGE = 'table \"{}\" violates constraint \"{}\"', DETAIL = 'Key ({})=(x) is at fault.'",
                self.table,
                self.name,
                self.columns.join(", ")
            ),
        };
        format!(
            "CREATE OR REPLACE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $broken$ BEGIN RAISE EXCEPTION USING \
             ERRCODE = '{}', SCHEMA = 'public', TABLE = '{}', {constraint}, {message}; END $broken$",
            self.code, self.table
        )
    }

    /// The field of an entity that is at fault, when it is one.
    pub fn field<'r>(&'r self, entity: &Entity) -> Option<&'r str> {
        let [column] = &self.columns[..] else { return None };
        let is_value = matches!(self.code, "23502" | "23503" | "23514");
        let is_known = entity.field(column).is_some() || entity.links.iter().any(|link| link.target_column == *column);
        (is_value && is_known && !self.of_trigger).then_some(column.as_str())
    }

    /// Whether its name is that of a field, which callers know.
    pub fn is_of_column(&self) -> bool {
        self.code == "23502"
    }

    pub fn is_of_trigger(&self) -> bool {
        self.of_trigger
    }

    /// Whether a message is that of the trigger.
    pub fn speaks(&self, message: &str) -> Result<(), String> {
        let wanted = format!("{MESSAGE}; {HINT}");
        if message == wanted { Ok(()) } else { Err(wanted) }
    }
}

/// All rules, table by table.
pub async fn all(session: &Client) -> Vec<Rule> {
    let constraints = format!(
        "SELECT c.relname::text, k.conname::text, k.contype::text, ARRAY(SELECT attname::text FROM pg_attribute WHERE \
         attrelid = c.oid AND attnum = ANY(k.conkey)) FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid WHERE \
         c.relnamespace = 'public'::regnamespace AND c.relname NOT IN {OWN} AND k.contype IN ('c', 'f', 'p', 'u', 'x')"
    );
    let indexes = format!(
        "SELECT c.relname::text, i.relname::text, 'u', ARRAY[]::text[] FROM pg_index x JOIN pg_class c ON c.oid = \
         x.indrelid JOIN pg_class i ON i.oid = x.indexrelid WHERE x.indisunique AND c.relnamespace = \
         'public'::regnamespace AND c.relname NOT IN {OWN} AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = \
         x.indexrelid)"
    );
    let columns = format!(
        "SELECT c.relname::text, a.attname::text, 'n', ARRAY[a.attname::text] FROM pg_attribute a JOIN pg_class c ON c.oid \
         = a.attrelid WHERE a.attnotnull AND a.attnum > 0 AND c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace \
         AND c.relname NOT IN {OWN}"
    );
    let mut rules = Vec::new();
    for sql in [constraints, indexes, columns] {
        for row in session.query(&sql, &[]).await.expect("the catalogue") {
            let code = match row.get::<_, &str>(2) {
                "c" => "23514",
                "f" => "23503",
                "p" | "u" => "23505",
                "x" => "23P01",
                _ => "23502",
            };
            rules.push(Rule { table: row.get(0), name: row.get(1), code, columns: row.get(3), of_trigger: false });
        }
    }
    rules.extend(of_triggers(session).await);
    rules.sort_by(|a, b| (&a.table, &a.name, a.code).cmp(&(&b.table, &b.name, b.code)));
    rules
}

/// The rules that triggers keep: what their functions pass to `qairon_refuse`.
async fn of_triggers(session: &Client) -> Vec<Rule> {
    let sql = "SELECT c.relname::text, encode(t.tgargs, 'escape'), p.prosrc FROM pg_trigger t JOIN pg_class c ON c.oid = \
               t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid WHERE NOT t.tgisinternal AND p.prosrc LIKE '%qairon_refuse(%'";
    let mut rules = Vec::new();
    for row in session.query(sql, &[]).await.expect("the catalogue") {
        let (table, arguments, source): (String, String, String) = (row.get(0), row.get(1), row.get(2));
        let arguments: Vec<&str> = arguments.split("\\000").collect();
        for call in source.split("qairon_refuse(").skip(1) {
            let name = name_of(call, &table, &arguments);
            let name = name.unwrap_or_else(|| panic!("{table}: the name of a rule cannot be read: {call:.60}"));
            // Any column will do: the words are those of the trigger.
            let columns = vec!["defaults".to_owned()];
            rules.push(Rule { table: table.clone(), name, code: "23514", columns, of_trigger: true });
        }
    }
    assert!(rules.len() > 50, "only {} rules of triggers", rules.len());
    rules.sort_by(|a, b| (&a.table, &a.name).cmp(&(&b.table, &b.name)));
    rules.dedup_by(|a, b| (&a.table, &a.name) == (&b.table, &b.name));
    rules
}

/// A name is a text, or is put together by `format` from the table and the arguments of the trigger.
fn name_of(call: &str, table: &str, arguments: &[&str]) -> Option<String> {
    if let Some(rest) = call.strip_prefix('\'') {
        return Some(rest.split_once('\'')?.0.to_owned());
    }
    let (pattern, rest) = call.strip_prefix("format('")?.split_once('\'')?;
    let mut name = pattern.to_owned();
    for value in rest.split_once(')')?.0.split(", ").skip(1) {
        let value = match value.strip_prefix("TG_ARGV[") {
            Some(index) => arguments.get(index.trim_end_matches(']').parse::<usize>().ok()?)?,
            None if value == "TG_TABLE_NAME" => table,
            None => return None,
        };
        name = name.replacen("%s", value, 1);
    }
    Some(name)
}
