//! What PostgreSQL knows of the tables of a database.

use std::collections::BTreeMap;

use tokio_postgres::Client;

/// The tables by name, and the registered entities with their types.
#[derive(Debug, Clone, PartialEq)]
pub struct Catalogue {
    pub tables: BTreeMap<String, Table>,
    pub entities: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    pub columns: BTreeMap<String, Column>,
    pub constraints: BTreeMap<String, Constraint>,
    /// Indexes that find rows by the value of their leading column.
    pub indexes: Vec<Index>,
    /// The definitions of enabled triggers, those of foreign keys apart.
    pub triggers: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    pub kind: String,
    pub not_null: bool,
    pub collation: String,
    pub generated: bool,
    /// The default, or what the column is generated from.
    pub expression: String,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Constraint {
    /// As pg_constraint has it: `c`, `f`, `p`, `u` or `x`.
    pub kind: String,
    pub columns: Vec<String>,
    pub definition: String,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Index {
    pub name: String,
    pub leading: String,
}

const COLUMNS: &str = "
    SELECT c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod), a.attnotnull,
           coalesce(l.collname::text, ''), a.attgenerated <> '', coalesce(pg_get_expr(d.adbin, d.adrelid), '')
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_collation l ON l.oid = a.attcollation LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')";

const CONSTRAINTS: &str = "
    SELECT c.relname::text, k.conname::text, k.contype::text, pg_get_constraintdef(k.oid),
           coalesce((SELECT array_agg(a.attname::text ORDER BY u.place) FROM unnest(k.conkey) WITH ORDINALITY u (attnum, place)
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = u.attnum), '{}')
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
    WHERE c.relnamespace = 'public'::regnamespace AND k.contype <> 't' AND k.convalidated";

const INDEXES: &str = "
    SELECT c.relname::text, i.relname::text, pg_get_indexdef(x.indexrelid, 1, true)
    FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
    JOIN pg_am m ON m.oid = i.relam
    WHERE c.relnamespace = 'public'::regnamespace AND m.amname = 'btree' AND x.indisvalid ORDER BY 1, 2";

const TRIGGERS: &str = "
    SELECT c.relname::text, t.tgname::text, pg_get_triggerdef(t.oid)
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    WHERE c.relnamespace = 'public'::regnamespace AND NOT t.tgisinternal AND t.tgenabled = 'O'";

impl Catalogue {
    /// Reads it in a session, within its transaction when there is one.
    pub async fn load(session: &Client) -> Self {
        let mut tables: BTreeMap<String, Table> = BTreeMap::new();
        for row in session.query(COLUMNS, &[]).await.expect("the columns") {
            let column = Column {
                kind: row.get(2),
                not_null: row.get(3),
                collation: row.get(4),
                generated: row.get(5),
                expression: row.get(6),
            };
            tables.entry(row.get(0)).or_default().columns.insert(row.get(1), column);
        }
        for row in session.query(CONSTRAINTS, &[]).await.expect("the constraints") {
            let constraint = Constraint { kind: row.get(2), definition: row.get(3), columns: row.get(4) };
            tables.entry(row.get(0)).or_default().constraints.insert(row.get(1), constraint);
        }
        for row in session.query(INDEXES, &[]).await.expect("the indexes") {
            tables.entry(row.get(0)).or_default().indexes.push(Index { name: row.get(1), leading: row.get(2) });
        }
        for row in session.query(TRIGGERS, &[]).await.expect("the triggers") {
            tables.entry(row.get(0)).or_default().triggers.insert(row.get(1), row.get(2));
        }
        let rows = session.query("SELECT name, type FROM qairon_entity", &[]).await.expect("the entities");
        Self { tables, entities: rows.iter().map(|row| (row.get(0), row.get(1))).collect() }
    }
}
