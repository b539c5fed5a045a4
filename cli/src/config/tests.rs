use std::path::{Path, PathBuf};

use toml_edit::DocumentMut;

use super::settings::{ALL, Source, duration, retries};
use super::*;

fn parse(text: &str) -> Result<Config> {
    file::parse(Path::new("/c.toml"), text)
}

#[test]
fn the_file_is_where_the_variables_say() {
    let at = |set: &[(&str, &str)]| {
        path_in(|name| set.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value)))
    };
    let home = ("HOME", "/home/a");
    assert_eq!(at(&[home]), Some(PathBuf::from("/home/a/.config/qairon/config.toml")));
    assert_eq!(at(&[home, ("XDG_CONFIG_HOME", "/x")]), Some(PathBuf::from("/x/qairon/config.toml")));
    assert_eq!(at(&[home, ("XDG_CONFIG_HOME", "x")]), at(&[home]));
    assert_eq!(at(&[home, ("QAIRON_CONFIG", "c"), ("XDG_CONFIG_HOME", "/x")]), Some(PathBuf::from("c")));
    assert_eq!(at(&[home, ("QAIRON_CONFIG", ""), ("XDG_CONFIG_HOME", "")]), at(&[home]));
    assert_eq!(at(&[]), None);
}

#[test]
fn hyphens_and_underscores_numbers_and_inline_tables_are_read() {
    let config =
        parse("current-context = 'b'\ncontexts.a = {retries = 3, timeout = '2m'}\n[contexts.b]\n").expect("read");
    assert_eq!(config.current, Some(("b".to_owned(), 1)));
    let names: Vec<&str> = config.contexts.iter().map(|context| context.name.as_str()).collect();
    assert_eq!(names, ["a", "b"]);
    assert_eq!(config.contexts[0].values.get("retries"), Some("3"));
    assert_eq!(config.contexts[0].values.get("endpoint"), None);
    assert!(parse("").expect("nothing").contexts.is_empty());
}

#[test]
fn what_is_wrong_is_told_with_its_line() {
    for (text, told) in [
        ("a = 1\n", "/c.toml:1: unknown setting `a`, expected one of `current_context`, `contexts`"),
        ("\n\ncurent_context = 'a'", "/c.toml:3: unknown setting `curent_context`, did you mean `current_context`?"),
        (
            "[contexts.a]\nendpiont = 'h:1'",
            "/c.toml:2: unknown setting of a context `endpiont`, did you mean `endpoint`?",
        ),
        ("[contexts]\na = 'h:1'", "/c.toml:2: contexts are tables, such as `[contexts.prod]`"),
        ("contexts = 1", "/c.toml:1: contexts are tables"),
        ("current_context = 1", "/c.toml:1: `current_context` must be the name of a context"),
        ("[contexts.a]\nendpoint = h:1", "/c.toml:2: "),
        ("[contexts.a\n", "/c.toml:1: "),
    ] {
        let error = parse(text).expect_err(text);
        assert!(matches!(error, Error::Usage(_)), "{text}");
        let line = error.to_string();
        assert!(line.starts_with(told) && !line.contains('\n'), "{text:?}: {line}");
    }
}

#[test]
fn a_wrong_value_matters_where_it_would_be_used() {
    for (text, setting, told) in [
        ("[contexts.a]\nendpoint = 1.5", "endpoint", "/c.toml:2: `endpoint` must be an address such as"),
        ("[contexts.a]\nendpoint = 'h'", "endpoint", "/c.toml:2: endpoint `h` has no port"),
        ("[contexts.a]\n\noutput = 'xml'", "output", "/c.toml:3: `output` must be one of `json`"),
        ("[contexts.a]\ntimeout = 'soon'", "timeout", "/c.toml:2: `timeout` must be a positive time such as"),
        ("[contexts.a]\nactor = 'ä'", "actor", "/c.toml:2: `actor` must be a name in printable ASCII, not `ä`"),
    ] {
        let config = parse(text).expect("the other values count");
        let setting = ALL.iter().find(|known| known.name == setting).expect(setting);
        let (nothing, context) = (|_: &str| None, config.context("a"));
        let wrong = setting.effective(None, nothing, context).expect_err(text);
        assert!(wrong.starts_with(told) && !wrong.contains('\n'), "{text:?}: {wrong}");
        let given = match setting.name {
            "endpoint" => "h:1",
            "output" => "json",
            "timeout" => "1s",
            _ => "a",
        };
        setting.effective(Some(given.to_owned()), nothing, context).expect("a flag counts more");
        setting.effective(None, nothing, None).expect("another context, or none");
    }
}

#[test]
fn a_flag_counts_more_than_a_variable_and_that_more_than_a_context() {
    let config = parse("[contexts.a]\ntimeout = '3s'\n").expect("read");
    let timeout = &ALL[1];
    let variable = |name: &str| (name == "QAIRON_TIMEOUT").then(|| "2s".to_owned());
    let nothing = |_: &str| Some(String::new());
    let context = config.context("a");
    let value = |text: &str| Some(text.to_owned());
    assert_eq!(timeout.effective(value("1s"), variable, context), Ok((value("1s"), Source::Flag("timeout"))));
    assert_eq!(timeout.effective(None, variable, context), Ok((value("2s"), Source::Variable("QAIRON_TIMEOUT"))));
    assert_eq!(timeout.effective(None, nothing, context), Ok((value("3s"), Source::Context("a".to_owned()))));
    assert_eq!(timeout.effective(None, nothing, None), Ok((None, Source::Default)));
    let told = timeout.effective(None, |_| value("x"), None).expect_err("no time");
    assert!(told.starts_with("QAIRON_TIMEOUT: `timeout` must be"), "{told}");
}

#[test]
fn an_unknown_context_is_told_with_the_nearest() {
    let config = parse("current_context = 'prd'\n[contexts.prod]\n[contexts.dev]\n").expect("read");
    assert!(config.chosen(Some("prod")).expect("known").is_some());
    let told = config.chosen(Some("de")).expect_err("unknown").to_string();
    assert_eq!(told, "unknown context `de`, did you mean `dev`?");
    let told = config.chosen(None).expect_err("unknown").to_string();
    assert!(told.ends_with(":1: unknown context `prd`, did you mean `prod`?"), "{told}");
    assert!(Config::default().chosen(None).expect("none").is_none());
}

#[test]
fn changes_keep_comments_and_order() {
    let text = "# ours\ncurrent-context = 'b' # for now\n\n# the old one\n[contexts.b]\nendpoint = 'h:1' # moved\n\n[contexts.a]\n";
    let mut document: DocumentMut = text.parse().expect("TOML");
    edit::set_current(&mut document, Some("a"));
    let context = edit::context(&mut document, "b").expect("a table");
    edit::put(context, &ALL[0], Some("h:2"));
    edit::put(context, &ALL[2], Some("0"));
    edit::context(&mut document, "c d").expect("a table");
    assert_eq!(
        document.to_string(),
        "# ours\ncurrent-context = \"a\" # for now\n\n# the old one\n[contexts.b]\nendpoint = \"h:2\" # moved\nretries = 0\n\n[contexts.a]\n\n[contexts.\"c d\"]\n"
    );
    edit::set_current(&mut document, None);
    assert!(parse(&document.to_string()).expect("read").current.is_none());
}

#[test]
fn times_have_units_and_retries_are_few() {
    use std::time::Duration;
    assert_eq!(duration("500ms"), Some(Duration::from_millis(500)));
    assert_eq!(duration("2"), Some(Duration::from_secs(2)));
    assert_eq!(duration("1.5m"), Some(Duration::from_secs(90)));
    for bad in ["", "s", "0", "-1", "1h", "1e400", "99999999999"] {
        assert_eq!(duration(bad), None, "{bad}");
    }
    assert_eq!((retries("0"), retries("100"), retries("101"), retries("-1")), (Some(0), Some(100), None, None));
}
