//! A call is one line in the log, and one more in the metrics.

use serde_json::{Value, json};

use super::Column;
use super::observed::{ACTOR, CLIENT, Observed};

pub const COLUMN: Column = Column { name: "log", exceptions: &[], faults };

fn faults(observed: &Observed) -> Vec<String> {
    let Observed { method, request_id, lines, counted, .. } = observed;
    let mut faults = Vec::new();
    match lines.as_slice() {
        [line] => {
            let wanted = [
                ("message", json!("request")),
                ("method", json!(method.path[1..])),
                ("code", json!("Ok")),
                ("request_id", json!(request_id)),
                ("principal", json!("anonymous")),
                ("actor", json!(ACTOR)),
                ("client", json!(CLIENT)),
            ];
            let wrong = wanted.iter().filter(|(key, value)| line[key] != *value);
            faults.extend(wrong.map(|(key, value)| format!("`{key}` is {}, not {value}, in its line", line[key])));
            if !line["peer"].as_str().is_some_and(|peer| peer.starts_with("127.0.0.1:")) {
                faults.push(format!("`peer` is {} in its line", line["peer"]));
            }
            if !line["ms"].as_f64().is_some_and(|ms| ms > 0.0) {
                faults.push(format!("`ms` is {} in its line", line["ms"]));
            }
        }
        lines => {
            let shown: Vec<&Value> = lines.iter().collect();
            faults.push(format!("it has {} lines in the log: {shown:?}", lines.len()));
        }
    }
    if (counted - 1.0).abs() > f64::EPSILON {
        faults.push(format!("its counter went up by {counted}"));
    }
    faults
}
