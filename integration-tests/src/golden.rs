//! Golden files: what a program says, kept in the repository.

use std::fs;
use std::path::Path;

use similar::TextDiff;

/// Compares a text with `golden/<name>`. With `UPDATE_GOLDEN=1` the file is written instead.
pub fn assert_golden(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1") {
        fs::write(&path, text).expect("the golden file can be written");
        return;
    }
    let wanted = fs::read_to_string(&path).unwrap_or_default();
    if wanted != text {
        let diff = TextDiff::from_lines(wanted.as_str(), text);
        let diff = diff.unified_diff().context_radius(2).header(name, "now").to_string();
        panic!("{name} has changed; if that is intended, run the test with UPDATE_GOLDEN=1\n{diff}");
    }
}
