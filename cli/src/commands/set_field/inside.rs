//! Values at paths inside a JSON object.

use serde_json::value::RawValue;

/// An object of which only these members are given.
#[derive(Debug, Default)]
pub struct Inside(Vec<(String, Node)>);

#[derive(Debug)]
enum Node {
    /// JSON text, with its numbers as they were written.
    Value(String),
    Members(Inside),
}

impl Inside {
    /// Sets the value at a path. A text that is JSON is that value: `5` is a number, and `"5"` a text.
    pub fn set(&mut self, path: &[String], value: &str) {
        let Some((key, rest)) = path.split_first() else { return };
        if rest.is_empty() {
            let is_json = serde_json::from_str::<&RawValue>(value).is_ok();
            let text = if is_json { value.to_owned() } else { quoted(value) };
            self.0.push((key.clone(), Node::Value(text)));
            return;
        }
        let known = self.0.iter().position(|(name, _)| name == key);
        let at = known.unwrap_or_else(|| {
            self.0.push((key.clone(), Node::Members(Self::default())));
            self.0.len() - 1
        });
        if let Node::Members(members) = &mut self.0[at].1 {
            members.set(rest, value);
        }
    }

    /// The object as JSON.
    pub fn json(&self) -> String {
        let member = |(key, node): &(String, Node)| match node {
            Node::Value(text) => format!("{}:{text}", quoted(key)),
            Node::Members(members) => format!("{}:{}", quoted(key), members.json()),
        };
        format!("{{{}}}", self.0.iter().map(member).collect::<Vec<_>>().join(","))
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_of_one_object_are_gathered() {
        let mut inside = Inside::default();
        for (path, value) in [("a.b", "1"), ("c", "x\"y"), ("a.d", "[true]"), ("e", "null"), ("f", "nul")] {
            let path: Vec<String> = path.split('.').map(str::to_owned).collect();
            inside.set(&path, value);
        }
        assert_eq!(inside.json(), r#"{"a":{"b":1,"d":[true]},"c":"x\"y","e":null,"f":"nul"}"#);
    }
}
