//! The statements that a server has sent, held against the rule of its sources: no statement names the table of an
//! entity or of a link by itself, and a method that reads has no table to write to.
//!
//! The server records them (`--record-statements`) with a reference to a table as `<service>`, or as `<!service>` where
//! it writes to it. What names a table in another way would pass by the moment and the access of the call.

mod tables;
mod tokens;

use std::collections::{BTreeSet, HashMap};
use std::sync::OnceLock;

use qairon::model::Method;
use serde_json::Value;

pub use tables::Tables;

/// A statement of a method, recorded once however often it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// `qairon.v1.CatalogService/GetStack`; empty for what the server does by itself.
    pub method: String,
    /// What it was for, as the metrics have it.
    pub operation: String,
    /// The text.
    pub text: String,
}

impl Statement {
    /// Every statement of a record. A last line that is being written is left out.
    pub fn all(record: &str) -> Vec<Self> {
        let whole = record.rfind('\n').map_or("", |end| &record[..end]);
        whole.lines().map(Self::parse).collect()
    }

    fn parse(line: &str) -> Self {
        let value: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"));
        let text = |key: &str| value[key].as_str().unwrap_or_else(|| panic!("no `{key}` in {line}")).to_owned();
        Self { method: text("method"), operation: text("operation"), text: text("statement") }
    }

    /// Its tables.
    pub fn tables(&self) -> Tables {
        Tables::of(&self.text, table_names())
    }

    /// What is wrong with it.
    pub fn faults(&self) -> Vec<String> {
        let Tables { named, written, .. } = self.tables();
        let mut faults: Vec<String> = named.into_iter().map(|name| format!("names the table `{name}`")).collect();
        if reading_methods().get(self.method.as_str()) == Some(&true) {
            faults.extend(written.into_iter().map(|name| format!("writes to `{name}` for a method that reads")));
        }
        faults.iter().map(|fault| format!("{} ({}) {fault}: {}", self.method, self.operation, self.text)).collect()
    }
}

/// Whether a method only reads: a standard one by its verb. Any other says that it writes by offering `validate_only`,
/// in its request or in the options of its request.
pub fn is_read(method: &Method) -> bool {
    match method.verb {
        Some(verb) => verb.is_read(),
        None => validation(method).is_none(),
    }
}

/// Where the request of a method has `validate_only`: in the message of this name, or in the request itself when the
/// name is empty.
pub fn validation(method: &Method) -> Option<String> {
    const NAME: &str = "validate_only";
    let request = method.descriptor.input();
    if request.get_field_by_name(NAME).is_some() {
        return Some(String::new());
    }
    let options = request.get_field_by_name("options")?;
    let message = options.kind().as_message()?.clone();
    message.get_field_by_name(NAME).map(|_| options.name().to_owned())
}

/// The tables of all entities and links.
fn table_names() -> &'static BTreeSet<String> {
    static NAMES: OnceLock<BTreeSet<String>> = OnceLock::new();
    NAMES.get_or_init(|| {
        let entities = qairon::model().entities().iter();
        entities
            .flat_map(|entity| {
                std::iter::once(entity.name.clone()).chain(entity.links.iter().map(|link| link.table.clone()))
            })
            .collect()
    })
}

/// Whether a method only reads, by its name without the slash in front.
fn reading_methods() -> &'static HashMap<&'static str, bool> {
    static METHODS: OnceLock<HashMap<&'static str, bool>> = OnceLock::new();
    METHODS
        .get_or_init(|| qairon::model().methods().iter().map(|method| (&method.path[1..], is_read(method))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(method: &str, text: &str) -> usize {
        let line = serde_json::json!({ "method": method, "operation": "o", "statement": text });
        let all = Statement::all(&format!("{line}\n{{\"half a li"));
        assert_eq!(all.len(), 1);
        all[0].faults().len()
    }

    #[test]
    fn a_reading_method_writes_to_no_table() {
        let (get, create) = ("qairon.v1.CatalogService/GetService", "qairon.v1.CatalogService/CreateService");
        assert_eq!(faults(get, "SELECT 1 FROM <service>"), 0);
        assert_eq!(faults(get, "INSERT INTO <!service> (id) SELECT id FROM <service>"), 1);
        assert_eq!(faults(create, "INSERT INTO <!service> (id) SELECT id FROM <service>"), 0);
        assert_eq!(faults(create, "INSERT INTO service (id) SELECT id FROM stack"), 2);
        assert_eq!(faults("", "DELETE FROM <!service>"), 0, "what the server does by itself is no method that reads");
    }

    #[test]
    fn methods_tell_by_themselves_whether_they_read() {
        let read = |name: &str| {
            let found = qairon::model().methods().iter().find(|method| method.descriptor.name() == name);
            is_read(found.expect(name))
        };
        for name in ["GetStack", "ListStacks", "TraceImpact", "ExportObjects", "GetServerInfo"] {
            assert!(read(name), "{name}");
        }
        for name in ["CreateStack", "AddDeploymentZone", "AllocateSubnet", "ImportObjects", "LoadObjects"] {
            assert!(!read(name), "{name}");
        }
    }
}
