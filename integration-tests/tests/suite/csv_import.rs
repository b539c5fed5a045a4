//! CSV files in and out, as users do it: the real command line, the real server, and files with everything in them that
//! files have.

mod interrupted;
pub mod round_trip;
mod scale;
mod watched;

use std::fs;
use std::path::{Path, PathBuf};

use qairon_integration_tests::{Output, Qcli, Server, program};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::stage::Stage;

/// A server, the command line for it, and a directory for files.
pub struct Desk {
    pub stage: Stage,
    pub qcli: Qcli,
    pub directory: TempDir,
}

impl Desk {
    pub async fn set() -> Self {
        let stage = Stage::set().await;
        let qcli = Qcli::new(&stage.server);
        Self { stage, qcli, directory: tempfile::tempdir().expect("a directory") }
    }

    /// Writes a file.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
        fs::write(&path, content).expect("a file");
        text(&path)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Imports a file.
    pub async fn import(&self, resource: &str, file: &str, flags: &[&str]) -> Output {
        let mut args = vec!["csv_import", "import_csv", resource, file];
        args.extend(flags);
        self.qcli.run(&args).await
    }

    pub async fn count(&self, table: &str) -> i64 {
        self.stage.database.number(&format!("SELECT count(*) FROM \"{table}\"")).await
    }
}

pub fn text(path: &Path) -> String {
    path.to_str().expect("paths of tests are text").to_owned()
}

/// `qcli` for a server, to be run with pipes of the test's own.
pub fn command(server: &Server) -> tokio::process::Command {
    let mut command = tokio::process::Command::new(program(qairon_integration_tests::Program::Qcli));
    command.env("QAIRON_ENDPOINT", server.endpoint()).kill_on_drop(true);
    command
}

pub fn parsed(output: &Output) -> Value {
    serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

#[tokio::test]
async fn every_bad_row_is_told_and_then_nothing_is_imported() {
    let desk = Desk::set().await;
    desk.qcli.text(&["application", "create", "shop"]).await;
    let content = "application_id,name,defaults\r\nshop,a,\"{\"\"x\"\": 1}\"\r\n\r\nshop,b,not json\r\nnowhere,c,\r\n\
                   shop,\"two\nlines\",\r\nshop,a,\r\nshop,d\r\nshop,e,\r\n";
    let file = desk.file("stacks.csv", content);
    for flags in [&["--dry-run"][..], &[]] {
        let output = desk.import("stack", &file, flags).await;
        assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""), "{output:?}");
        let lines: Vec<&str> = output.stderr.lines().collect();
        for (at, wanted) in [
            format!("{file}:4: `defaults`: not JSON"),
            format!("{file}:5: there is no application `nowhere`"),
            format!("{file}:6: `name` must be"),
            format!("{file}:8: "),
            format!("{file}:9: 2 cells where the header has 3"),
        ]
        .into_iter()
        .enumerate()
        {
            assert!(
                lines[at].starts_with(&format!("qcli: {wanted}")),
                "{wanted} is not line {at} of {}",
                output.stderr
            );
        }
        assert!(lines[3].ends_with("(ALREADY_EXISTS)"), "{}", lines[3]);
        assert_eq!(lines[5], format!("qcli: 5 rows were refused, nothing was imported from {file}"));
        assert_eq!((lines.len(), desk.count("stack").await), (6, 0));
    }
    let output = desk.import("stack", &file, &["--continue", "--dry-run"]).await;
    assert_eq!(parsed(&output), json!({"resource": "stack", "created": 2, "refused": 5}));
    assert_eq!(desk.count("stack").await, 0);
    let output = desk.import("stack", &file, &["--continue"]).await;
    assert_eq!(output.code, Some(1));
    assert_eq!(parsed(&output), json!({"resource": "stack", "created": 2, "refused": 5}));
    assert!(output.stderr.ends_with("qcli: 5 rows were refused, the others are kept\n"), "{}", output.stderr);
    assert_eq!(desk.qcli.text(&["stack", "list", "-o", "plain", "-f", "id"]).await, "shop:a\nshop:e");
}

#[tokio::test]
async fn what_is_wrong_with_a_command_or_a_file_has_its_exit_code() {
    let desk = Desk::set().await;
    let good = desk.file("good.csv", "id\na\n");
    let header = desk.file("header.csv", "id,nam\na,b\n");
    let open = desk.file("open.csv", "id,defaults\na,\nb,\"{}\nc,\n");
    let directory = text(desk.directory.path());
    for (resource, file, code, told) in [
        ("aplication", good.as_str(), 2, "did you mean `application`?"),
        ("application", "/nowhere/at.csv", 2, "cannot read `/nowhere/at.csv`"),
        ("application", directory.as_str(), 2, "it is a directory"),
        ("application", header.as_str(), 1, "in the header: unknown column `nam`"),
        ("application", open.as_str(), 1, ":3: a quote is left open at the end of the file"),
    ] {
        let output = desk.import(resource, file, &[]).await;
        assert_eq!(output.code, Some(code), "{output:?}");
        assert!(output.stderr.contains(told), "{told} is not in {}", output.stderr);
    }
    assert_eq!(desk.count("application").await, 0);
    let away = Qcli::at("http://127.0.0.1:1").run(&["csv_import", "import_csv", "application", &good]).await;
    assert_eq!(away.code, Some(3), "{away:?}");
    assert!(away.stderr.contains("nothing was imported"), "{}", away.stderr);
}

#[tokio::test]
async fn standard_input_marks_and_empty_files_are_taken() {
    let desk = Desk::set().await;
    let args = ["csv_import", "import_csv", "application", "-"];
    let output = desk.qcli.run_with_input(&args, "\u{feff}id,resource\r\nshop,application\r\n\r\n".as_bytes()).await;
    assert_eq!((output.code, parsed(&output)), (Some(0), json!({"resource": "application", "created": 1})));
    let output = desk.qcli.run_with_input(&args, b"id\n").await;
    assert_eq!((output.code, parsed(&output)), (Some(0), json!({"resource": "application", "created": 0})));
    let output = desk.qcli.run_with_input(&args, b"id\nshop\n").await;
    assert!(output.stderr.starts_with("qcli: standard input:2: "), "{}", output.stderr);
    let output = desk.qcli.run_with_input(&args, b"").await;
    assert_eq!(output.code, Some(1), "{output:?}");
    assert!(output.stderr.contains("column `id` is missing"), "{}", output.stderr);
}

#[tokio::test]
async fn upsert_sets_what_differs_and_clears_what_is_empty() {
    let desk = Desk::set().await;
    desk.qcli.text(&["application", "create", "shop"]).await;
    desk.qcli.text(&["stack", "create", "shop", "web"]).await;
    let file =
        desk.file("a.csv", "stack_id,name,artifact_name\nshop:web,a,x\nshop:web,b,y\nshop:web,c,\nshop:web,d,\"\"\n");
    assert_eq!(desk.import("service", &file, &[]).await.code, Some(0));
    let changed =
        "stack_id,name,artifact_name\nshop:web,a,x\nshop:web,b,\nshop:web,c,z\nshop:web,d,\"\"\nshop:web,e,n\n";
    let file = desk.file("b.csv", changed);
    let summary = json!({"resource": "service", "created": 1, "updated": 2, "unchanged": 2});
    let dry = desk.import("service", &file, &["--upsert", "--dry-run"]).await;
    assert_eq!((dry.code, parsed(&dry)), (Some(0), summary.clone()), "{dry:?}");
    assert_eq!(desk.count("service").await, 4);
    let output = desk.import("service", &file, &["--upsert"]).await;
    assert_eq!((output.code, parsed(&output)), (Some(0), summary), "{output:?}");
    let rows = desk.qcli.json(&["service", "list", "-f", "name,artifact_name"]).await;
    let wanted = json!([
        {"name": "a", "artifact_name": "x"}, {"name": "b", "artifact_name": null}, {"name": "c", "artifact_name": "z"},
        {"name": "d", "artifact_name": ""}, {"name": "e", "artifact_name": "n"},
    ]);
    assert_eq!(rows, wanted);
    // Without the column, the field is left alone.
    let file = desk.file("c.csv", "stack_id,name,defaults\nshop:web,a,\"{\"\"k\"\": 1}\"\n");
    let output = desk.import("service", &file, &["--upsert", "--continue"]).await;
    let summary = json!({"resource": "service", "created": 0, "updated": 1, "unchanged": 0, "refused": 0});
    assert_eq!((output.code, parsed(&output)), (Some(0), summary), "{output:?}");
    let row = desk.qcli.json(&["service", "get", "shop:web:a", "-f", "artifact_name,defaults"]).await;
    assert_eq!(row, json!({"artifact_name": "x", "defaults": {"k": 1}}));
}
