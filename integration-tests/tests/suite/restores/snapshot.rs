//! Everything that a dump has to bring back, as texts under names.

use std::collections::BTreeMap;

use qairon_integration_tests::Database;
use tokio_postgres::Client;

/// What there is, by kind and name, each with its definition.
pub struct Snapshot(BTreeMap<String, String>);

/// Each gives names and definitions. Nothing in them depends on how the objects were numbered.
const QUERIES: [&str; 8] = [
    "SELECT 'extension ' || extname, extversion FROM pg_extension",
    "SELECT 'table ' || relname, concat_ws(' ', relkind, relpersistence, relrowsecurity, relreplident, reloptions,
            CASE WHEN relkind IN ('v', 'm') THEN pg_get_viewdef(oid) END)
     FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind NOT IN ('i', 'I', 'S')",
    "SELECT 'column ' || c.relname || '.' || a.attname, concat_ws(' ',
            row_number() OVER (PARTITION BY c.oid ORDER BY a.attnum), format_type(a.atttypid, a.atttypmod),
            CASE WHEN a.attnotnull THEN 'not null' END, l.collname, a.attgenerated, a.attidentity, a.attstorage,
            pg_get_expr(d.adbin, d.adrelid))
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     LEFT JOIN pg_collation l ON l.oid = a.attcollation
     LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')",
    "SELECT 'constraint ' || conrelid::regclass || '.' || conname,
            concat_ws(' ', contype, pg_get_constraintdef(oid), condeferrable, condeferred, convalidated)
     FROM pg_constraint WHERE connamespace = 'public'::regnamespace",
    "SELECT 'index ' || x.indrelid::regclass || '.' || i.relname,
            concat_ws(' ', pg_get_indexdef(i.oid), x.indisvalid, x.indisready, x.indisunique, x.indimmediate)
     FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid WHERE i.relnamespace = 'public'::regnamespace",
    // Those of foreign keys have names of their own making: they go by the key and what they do for it.
    "SELECT CASE WHEN t.tgisinternal
                 THEN 'foreign key ' || k.conrelid::regclass || '.' || k.conname || ' on ' || c.relname || ' ' || t.tgfoid::regproc
                 ELSE 'trigger ' || c.relname || '.' || t.tgname END,
            concat_ws(' ', CASE WHEN NOT t.tgisinternal THEN pg_get_triggerdef(t.oid) END,
                      'enabled:', t.tgenabled, t.tgdeferrable, t.tginitdeferred)
     FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid LEFT JOIN pg_constraint k ON k.oid = t.tgconstraint
     WHERE c.relnamespace = 'public'::regnamespace",
    "SELECT 'function ' || oid::regprocedure, pg_get_functiondef(oid)
     FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prokind IN ('f', 'p')",
    "SELECT 'sequence ' || sequencename, concat_ws(' ', data_type, start_value, increment_by, cycle, last_value)
     FROM pg_sequences WHERE schemaname = 'public'",
];

impl Snapshot {
    /// That of a database.
    pub async fn of(database: &Database) -> Self {
        Self::read(&database.connect().await).await
    }

    /// That of a session's database, within its transaction when there is one.
    pub async fn read(session: &Client) -> Self {
        let mut parts = BTreeMap::new();
        for query in QUERIES {
            for row in session.query(query, &[]).await.unwrap_or_else(|error| panic!("{query}: {error:?}")) {
                let (name, definition) = (row.get::<_, String>(0), row.get(1));
                assert_eq!(parts.insert(name.clone(), definition), None, "two parts are called {name}");
            }
        }
        let tables: Vec<String> = parts.keys().filter_map(|name| name.strip_prefix("table ")).map(Into::into).collect();
        for table in tables {
            let query = format!(
                "SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text, E'\\n' ORDER BY t::text COLLATE \"C\")), '') \
                 FROM \"{table}\" t"
            );
            let row = session.query_one(&query, &[]).await.unwrap_or_else(|error| panic!("{query}: {error:?}"));
            parts.insert(format!("rows {table}"), row.get(0));
        }
        Self(parts)
    }

    /// What another one lacks, has in addition, or has otherwise, each starting with its kind and name.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let lost = self.0.iter().filter_map(|(name, definition)| match other.0.get(name) {
            None => Some(format!("{name}: lost")),
            Some(found) if found != definition => Some(format!("{name}: `{found}` instead of `{definition}`")),
            Some(_) => None,
        });
        let added = other.0.keys().filter(|name| !self.0.contains_key(*name)).map(|name| format!("{name}: added"));
        lost.chain(added).collect()
    }

    /// How many parts of a kind there are.
    pub fn count(&self, kind: &str) -> usize {
        self.0.keys().filter(|name| name.strip_prefix(kind).is_some_and(|rest| rest.starts_with(' '))).count()
    }

    /// The tables that hold nothing.
    pub fn tables_without_rows(&self) -> Vec<&str> {
        let empty = self.0.iter().filter(|(_, rows)| rows.starts_with("0 "));
        empty.filter_map(|(name, _)| name.strip_prefix("rows ")).collect()
    }
}
