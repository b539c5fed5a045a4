//! What is read is read through the sources of the call, which know its moment and its access.

use qairon_integration_tests::{Statement, is_read};

use super::Column;
use super::observed::Observed;

pub const COLUMN: Column = Column {
    name: "sources",
    exceptions: &[
        ("ExplainFilter", "it asks the model, not the database"),
        ("GetServerInfo", "it asks for versions, which are in no table of the model"),
    ],
    faults,
};

fn faults(observed: &Observed) -> Vec<String> {
    let mut faults: Vec<String> = observed.statements.iter().flat_map(Statement::faults).collect();
    let reads_a_table = observed.statements.iter().any(|statement| !statement.tables().read.is_empty());
    if is_read(observed.method) && !reads_a_table {
        faults.push(format!("it reads, and none of its {} statements reads a table", observed.statements.len()));
    }
    faults
}
