//! YAML: the same content as JSON, for people who keep it in files.
//!
//! What a reader of YAML 1.2 *or* 1.1 could take for something other than a text is quoted, so that `no` stays a text
//! for every reader. Lists are written an element at a time: a list of one element is a part of a longer list.

use std::io::{self, Write};

use serde::Serialize;
use serde_saphyr::SerializerOptions;

/// Writes one value, ending with a line end.
pub fn write(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    let mut text = serde_saphyr::to_string_with_options(value, options()).map_err(io::Error::other)?;
    if !text.ends_with('\n') {
        text.push('\n');
    }
    out.write_all(text.as_bytes())
}

/// Writes the next element of a list.
pub fn write_item(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    write(out, &[value])
}

fn options() -> SerializerOptions {
    // Texts of one line stay on one line: folded ones cannot be searched for.
    serde_saphyr::ser_options! { folded_wrap_chars: usize::MAX }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use yaml_rust2::{Yaml, YamlLoader};

    use super::*;

    fn written(value: &Value) -> String {
        let mut out = Vec::new();
        write(&mut out, value).expect("it is written");
        String::from_utf8(out).expect("UTF-8")
    }

    /// What another reader parses.
    fn read(text: &str) -> Value {
        let documents = YamlLoader::load_from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
        assert_eq!(documents.len(), 1, "{text}");
        of_yaml(&documents[0])
    }

    fn of_yaml(yaml: &Yaml) -> Value {
        match yaml {
            Yaml::Null => Value::Null,
            Yaml::Boolean(value) => json!(value),
            Yaml::Integer(number) => json!(number),
            Yaml::Real(number) => json!(number.parse::<f64>().expect("a number")),
            Yaml::String(text) => json!(text),
            Yaml::Array(items) => items.iter().map(of_yaml).collect(),
            Yaml::Hash(entries) => {
                let text = |key: &Yaml| key.as_str().unwrap_or_else(|| panic!("{key:?} is no text")).to_owned();
                Value::Object(entries.iter().map(|(key, value)| (text(key), of_yaml(value))).collect())
            }
            other => panic!("{other:?}"),
        }
    }

    /// Texts that readers are known to parse as something else.
    const AMBIGUOUS: &[&str] = &[
        "",
        " ",
        "~",
        "null",
        "Null",
        "NULL",
        "true",
        "True",
        "FALSE",
        "no",
        "No",
        "yes",
        "on",
        "off",
        "y",
        "N",
        "1",
        "-1",
        "+1",
        "01",
        "0o17",
        "0x1f",
        "0b1",
        "1_000",
        "1e3",
        "1E3",
        "1.",
        ".5",
        "-.5",
        "1.5",
        ".inf",
        "-.INF",
        ".nan",
        "190:20:30",
        "2026-01-01",
        "2026-01-01T00:00:00Z",
        "2001-12-14 21:59:43.10 -5",
        "=",
        "<<",
        "a: b",
        "a:",
        ": ",
        ":",
        "a:b:c",
        "- a",
        "-",
        "--",
        "---",
        "...",
        "--- a",
        "? a",
        "?",
        "# a",
        "a # b",
        "a#b",
        "[a]",
        "{a}",
        "a, b",
        ",",
        "&a",
        "*a",
        "!a",
        "|",
        ">",
        "%a",
        "@a",
        "`a`",
        "'a'",
        "\"a\"",
        "it's",
        "\"",
        "'",
        "\\",
        "a\\n",
        " a",
        "a ",
        "\ta",
        "a\t",
        "a\tb",
        "a\rb",
        "a\r\nb",
        "\r",
        "\n",
        "\n\n",
        "a\n",
        "a\n\n",
        "\na",
        " a\nb",
        "a\n  b\nc",
        "a \nb",
        "a\n---\nb",
        "a\n...\n",
        "# a\n# b",
        "a: 1\nb: 2\n",
        "\t\n\ta",
        "  \na",
        "\u{0}",
        "\u{1b}[2J",
        "\u{7f}",
        "\u{85}",
        "a\u{85}b",
        "\u{2028}",
        "\u{2029}",
        "\u{feff}a",
        "\u{fffe}",
        "😀",
        "é",
        "日本",
        "\u{1f468}\u{200d}\u{1f469}",
        "a\u{a0}",
        "{{ jinja }}",
        "{% if x %}\n  y\n{% endif %}\n",
        "https://x/y?z#w",
        "prod:aws:1:eu",
        "012345678901",
        "1:2",
    ];

    #[test]
    fn ambiguous_texts_stay_texts_as_values_keys_and_elements() {
        for text in AMBIGUOUS {
            for value in [
                json!(text),
                json!([text]),
                json!({ "a": text, "b": 1 }),
                json!({ *text: 1 }),
                json!([{ "a": { "b": [text, { *text: text }] } }, text]),
            ] {
                let yaml = written(&value);
                assert_eq!(read(&yaml), value, "{text:?}: {yaml}");
                let back: Value = serde_saphyr::from_str(&yaml).unwrap_or_else(|error| panic!("{error}: {yaml}"));
                assert_eq!(back, value, "{text:?}: {yaml}");
            }
        }
    }

    #[test]
    fn what_readers_of_yaml_1_1_take_for_something_else_is_quoted() {
        for text in
            ["no", "Yes", "on", "~", "1e3", "0x1f", "2026-01-01", "012", "1_000", "190:20:30", "null", "true", ".5"]
        {
            assert_eq!(written(&json!({ "a": text })), format!("a: \"{text}\"\n"));
        }
    }

    #[test]
    fn texts_of_many_lines_are_blocks_and_long_lines_stay_whole() {
        assert_eq!(written(&json!({ "doc": "a: 1\nb: 2\n" })), "doc: |\n  a: 1\n  b: 2\n");
        let long = "word ".repeat(100) + "end";
        assert_eq!(written(&json!({ "a": long })), format!("a: {long}\n"));
        assert_eq!(written(&json!({ "a": {}, "b": [], "c": null })), "a: {}\nb: []\nc: null\n");
    }

    #[test]
    fn numbers_stay_the_numbers_they_are() {
        for number in [json!(0), json!(-1), json!(i64::MAX), json!(i64::MIN), json!(0.1), json!(1e300), json!(-2.5e-7)]
        {
            let yaml = written(&json!({ "n": number }));
            assert_eq!(read(&yaml), json!({ "n": number }), "{yaml}");
        }
    }

    #[test]
    fn whatever_is_written_is_read_back() {
        let mut random = fastrand::Rng::with_seed(7);
        for _ in 0..20_000 {
            let value = arbitrary(&mut random, 4);
            let yaml = written(&value);
            assert_eq!(read(&yaml), value, "{yaml}");
        }
    }

    fn arbitrary(random: &mut fastrand::Rng, depth: u32) -> Value {
        match random.u32(0..if depth == 0 { 5 } else { 8 }) {
            0 => Value::Null,
            1 => json!(random.bool()),
            2 => json!(random.i64(..)),
            3 | 4 => json!(text(random)),
            5 => (0..random.usize(0..4)).map(|_| arbitrary(random, depth - 1)).collect(),
            _ => Value::Object((0..random.usize(0..4)).map(|_| (text(random), arbitrary(random, depth - 1))).collect()),
        }
    }

    /// Made of what means something in YAML.
    fn text(random: &mut fastrand::Rng) -> String {
        const PARTS: &[&str] = &[
            " ", "\n", ":", "-", "#", "a", "b", "0", "1", "\"", "'", "\\", "\t", "\r", "{", "}", "[", "]", ",", "|",
            ">", "é", "😀",
        ];
        (0..random.usize(0..8)).map(|_| PARTS[random.usize(..PARTS.len())]).collect()
    }
}
