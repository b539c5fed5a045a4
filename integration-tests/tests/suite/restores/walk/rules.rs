//! The rules of a catalogue.

use qairon_integration_tests::Database;

/// A rule.
pub struct Rule {
    pub table: String,
    /// The name of the constraint or trigger; that of the column when it is that the column is never null.
    pub name: String,
    pub kind: Kind,
    /// The columns that it is about. In place of a generated one: those that it is generated from.
    pub columns: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    Check,
    /// Primary and other keys, and what else two rows must not have in common.
    Unique,
    ForeignKey {
        target: String,
        key: String,
        cascades: bool,
    },
    Required,
    Touch,
    ObjectDeleted,
    ObjectRenamed,
    NameGiven,
    NameChanged,
    /// A trigger of one table alone.
    Other,
}

impl Rule {
    /// `<table>.<name>`
    pub fn full_name(&self) -> String {
        format!("{}.{}", self.table, self.name)
    }
}

const CONSTRAINTS: &str = "
    SELECT k.conrelid::regclass::text, k.conname::text, k.contype::text,
           (SELECT array_agg(a.attname::text ORDER BY u.place) FROM unnest(k.conkey) WITH ORDINALITY u (attnum, place)
            JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.attnum),
           CASE WHEN k.contype = 'f' THEN k.confrelid::regclass::text END,
           (SELECT attname::text FROM pg_attribute WHERE attrelid = k.confrelid AND attnum = k.confkey[1]),
           k.confdeltype = 'c'
    FROM pg_constraint k WHERE k.connamespace = 'public'::regnamespace AND k.contype IN ('c', 'f', 'p', 'u', 'x')";

const REQUIRED: &str = "
    SELECT c.relname::text, a.attname::text
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnotnull";

const TRIGGERS: &str = "
    SELECT tgrelid::regclass::text, tgname::text, tgfoid::regproc::text, tgtype & 4 > 0,
           split_part(encode(tgargs, 'escape'), '\\', 1) FROM pg_trigger WHERE NOT tgisinternal";

/// The table of the migrations, which is diesel's and has no rules of ours.
const MIGRATIONS: &str = "__diesel_schema_migrations";

/// All rules of a database.
pub struct Rules(Vec<Rule>);

impl Rules {
    /// Reads them.
    pub async fn of(database: &Database) -> Self {
        let session = database.connect().await;
        let mut rules = Vec::new();
        for row in session.query(CONSTRAINTS, &[]).await.expect("the constraints") {
            let table: String = row.get(0);
            let kind = match row.get::<_, String>(2).as_str() {
                "c" => Kind::Check,
                "f" => Kind::ForeignKey { target: row.get(4), key: row.get(5), cascades: row.get(6) },
                _ => Kind::Unique,
            };
            let columns = sources(&table, row.get(3));
            rules.push(Rule { table, name: row.get(1), kind, columns });
        }
        for row in session.query(REQUIRED, &[]).await.expect("the columns") {
            rules.push(Rule { table: row.get(0), name: row.get(1), kind: Kind::Required, columns: vec![row.get(1)] });
        }
        for row in session.query(TRIGGERS, &[]).await.expect("the triggers") {
            let table: String = row.get(0);
            let kind = match row.get::<_, String>(2).as_str() {
                "qairon_touch" => Kind::Touch,
                "qairon_object_deleted" => Kind::ObjectDeleted,
                "qairon_object_renamed" => Kind::ObjectRenamed,
                "qairon_refuse_name" if row.get(3) => Kind::NameGiven,
                "qairon_refuse_name" => Kind::NameChanged,
                _ => Kind::Other,
            };
            let columns = match kind {
                // Its argument is the column.
                Kind::NameGiven | Kind::NameChanged => vec![row.get(4)],
                _ => sources(&table, vec!["id".to_owned()]),
            };
            rules.push(Rule { table, name: row.get(1), kind, columns });
        }
        rules.retain(|rule| rule.table != MIGRATIONS);
        Self(rules)
    }

    /// All of them.
    pub fn all(&self) -> &[Rule] {
        &self.0
    }

    /// Their names, as `<table>.<name>`.
    pub fn names(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(Rule::full_name)
    }
}

/// The columns that decide a value of these: an entity's ID is mostly composed.
pub fn sources(table: &str, columns: Vec<String>) -> Vec<String> {
    match qairon::model().entity(table) {
        Some(entity) if columns == ["id"] && !entity.id_is_given() => entity.id_fields.clone(),
        _ => columns,
    }
}
