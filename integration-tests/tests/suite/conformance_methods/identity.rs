//! Whoever changes something is known to the database, in the transaction of the change.

use qairon_integration_tests::is_read;
use serde_json::json;

use super::Column;
use super::observed::{ACTOR, CLIENT, Observed};

pub const COLUMN: Column = Column { name: "identity", exceptions: &[], faults };

fn faults(observed: &Observed) -> Vec<String> {
    let Observed { method, request_id, rows, rehearsed, .. } = observed;
    let mut faults = Vec::new();
    if is_read(method) {
        faults.extend(rows.iter().map(|row| format!("it reads, and wrote: {}", row.what)));
    } else if rows.is_empty() {
        faults.push("it writes, and wrote no row".to_owned());
    }
    faults.extend(rehearsed.iter().map(|row| format!("a rehearsal left: {}", row.what)));
    let wanted = json!({
        "principal": "anonymous",
        "on_behalf_of": ACTOR,
        "request_id": request_id,
        "method": method.path[1..],
        "client": CLIENT,
    });
    let wrong = rows.iter().filter(|row| row.call.as_ref() != Some(&wanted));
    faults.extend(wrong.map(|row| format!("{} by {:?} instead of {wanted}", row.what, row.call)));
    faults
}
