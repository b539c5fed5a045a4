//! Adding an entity takes one message and one migration: the example of the docs is put over a copy of the sources,
//! built, and used.
//!
//! The copy is in the target directory and keeps the times of its files, so that a second run builds nothing. Its build
//! shares what the libraries compiled to, where cargo can do that.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use qairon_integration_tests::{Database, Qcli, workspace};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// Files that are not sources.
const LEFT_OUT: [&str; 3] = ["target", "demo", "stubs"];

fn example() -> PathBuf {
    workspace().join("docs/examples/new-entity")
}

/// Every source file below a folder, with its content.
fn sources(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    fn walk(root: &Path, folder: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) {
        for entry in fs::read_dir(folder).expect("the folder can be read") {
            let path = entry.expect("the folder can be read").path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if name.starts_with('.') || (folder == root && LEFT_OUT.contains(&name)) {
                continue;
            }
            if path.is_dir() {
                walk(root, &path, found);
            } else {
                let inner = path.strip_prefix(root).expect("it lies below").to_path_buf();
                found.insert(inner, fs::read(&path).expect("the file can be read"));
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(root, root, &mut found);
    found
}

/// Writes these files to a folder. Unchanged files keep their times.
fn put(folder: &Path, files: &BTreeMap<PathBuf, Vec<u8>>) {
    if folder.exists() {
        for stray in sources(folder).into_keys().filter(|path| !files.contains_key(path)) {
            fs::remove_file(folder.join(stray)).expect("it is ours");
        }
    }
    for (path, content) in files {
        let path = folder.join(path);
        if fs::read(&path).is_ok_and(|found| found == *content) {
            continue;
        }
        fs::create_dir_all(path.parent().expect("a folder")).expect("it is ours");
        fs::write(path, content).expect("it is ours");
    }
}

/// Builds server and command line of a copy. Returns where they are.
async fn build(copy: &Path) -> PathBuf {
    let target = copy.with_file_name("build");
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["build", "--quiet", "--locked", "-p", "qairon-service", "-p", "qairon-cli"]).current_dir(copy);
    command.env("CARGO_TARGET_DIR", &target).env("CARGO_INCREMENTAL", "0");
    // The libraries are the same; programs and crates of the copy have names of their own in it.
    command.env("CARGO_BUILD_BUILD_DIR", target_directory());
    let output = command.output().await.expect("cargo can be run");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    target.join("debug")
}

/// The target directory of this very build: target/<profile>/deps/<test>.
fn target_directory() -> PathBuf {
    let test = std::env::current_exe().expect("the test knows its own path");
    test.ancestors().nth(3).expect("tests lie in target/<profile>/deps").to_path_buf()
}

/// Starts the server of a copy and returns it with its address.
async fn serve(programs: &Path, database: &Database) -> (Child, String) {
    // The kernel ends it with the test.
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--"]).arg(programs.join("qairon-service")).args([
        "serve",
        "--migrate",
        "--print-ready",
    ]);
    command.args(["--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0", "--database-url", database.url()]);
    let mut child = command.stdout(Stdio::piped()).kill_on_drop(true).spawn().expect("the server can be run");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let line = tokio::time::timeout(Duration::from_secs(60), lines.next_line()).await.expect("it starts in a minute");
    let line = line.expect("a text").expect("the server starts");
    let ready: Value = serde_json::from_str(&line).expect("JSON");
    (child, format!("http://{}", ready["listen"].as_str().expect("an address")))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entity_is_added_by_one_message_and_one_migration() {
    let copy = target_directory().join("new-entity/sources");
    let ours = sources(workspace());
    let mut files = ours.clone();
    files.extend(sources(&example()));
    // What the example adds, it adds to protos and migrations, and nothing that there was has changed.
    let added: Vec<&PathBuf> = files.keys().filter(|path| !ours.contains_key(*path)).collect();
    assert!(added.iter().any(|path| path.ends_with("up.sql")), "{added:?}");
    assert!(added.iter().all(|path| path.starts_with("proto") || path.starts_with("migrations")), "{added:?}");
    assert!(ours.iter().all(|(path, content)| files[path] == *content), "the example changes what there is");
    put(&copy, &files);
    assert_eq!(sources(&copy), files);

    let programs = build(&copy).await;
    let database = Database::empty().await;
    let (_server, endpoint) = serve(&programs, &database).await;
    uses_contacts(&Program { path: programs.join("qcli"), endpoint: endpoint.clone() }).await;
    an_older_command_line_still_works(&endpoint).await;
}

/// The command line of the copy.
struct Program {
    path: PathBuf,
    endpoint: String,
}

impl Program {
    async fn run(&self, args: &[&str]) -> (Option<i32>, String, String) {
        let output = Command::new(&self.path).args(args).env("QAIRON_ENDPOINT", &self.endpoint).output().await;
        let output = output.expect("qcli can be run");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    }

    async fn text(&self, args: &[&str]) -> String {
        let (code, stdout, stderr) = self.run(args).await;
        assert_eq!(code, Some(0), "qcli {}: {stdout}{stderr}", args.join(" "));
        stdout
    }

    async fn json(&self, args: &[&str]) -> Value {
        let text = self.text(args).await;
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("qcli {}: {text}: {error}", args.join(" ")))
    }

    async fn ids(&self, args: &[&str]) -> Vec<String> {
        let rows = self.json(args).await;
        let ids = rows.as_array().expect("a list").iter().map(|row| row["id"].as_str().expect("an ID").to_owned());
        ids.collect()
    }
}

async fn uses_contacts(qcli: &Program) {
    for application in ["shop", "blog"] {
        qcli.text(&["application", "create", application]).await;
    }
    let id = qcli.text(&["contact", "create", "shop", "desk", "-e", "desk@example.com"]).await;
    assert_eq!(id, "shop:desk");
    qcli.text(&["contact", "create", "--application-id", "blog", "--name", "desk"]).await;
    let contact = qcli.json(&["contact", "get", "shop:desk"]).await;
    assert_eq!(contact["resource"], "contact");
    assert_eq!((&contact["application_id"], &contact["email"]), (&json!("shop"), &json!("desk@example.com")));

    assert_eq!(qcli.ids(&["contact", "list"]).await, ["blog:desk", "shop:desk"]);
    assert_eq!(qcli.ids(&["contact", "list", "--filter", "email = \"desk@example.com\""]).await, ["shop:desk"]);
    assert_eq!(qcli.ids(&["contact", "list", "--filter", "application.id = \"blog\""]).await, ["blog:desk"]);
    let from_the_other_side = "contacts.email = \"desk@example.com\"";
    assert_eq!(qcli.ids(&["application", "list", "--filter", from_the_other_side]).await, ["shop"]);
    let query = r#"[{"name": "email", "op": "is_null"}]"#;
    assert_eq!(qcli.ids(&["contact", "query", query]).await, ["blog:desk"]);

    assert_eq!(qcli.json(&["contact", "get_field", "shop:desk", "application"]).await["id"], "shop");
    assert_eq!(qcli.ids(&["application", "get_field", "shop", "contacts"]).await, ["shop:desk"]);
    qcli.text(&["contact", "set_field", "shop:desk", "email", "new@example.com"]).await;
    assert_eq!(qcli.text(&["contact", "get_field", "shop:desk", "email"]).await, "new@example.com");

    // Its rules are those of all others: dependents, references, duplicates, renaming with the parent.
    let (code, _, stderr) = qcli.run(&["application", "delete", "shop"]).await;
    assert!(code == Some(1) && stderr.contains("contact"), "{stderr}");
    let (code, _, stderr) = qcli.run(&["contact", "create", "nowhere", "desk"]).await;
    assert!(code == Some(1) && stderr.contains("`nowhere`"), "{stderr}");
    let (code, _, stderr) = qcli.run(&["contact", "create", "shop", "desk"]).await;
    assert!(code == Some(1) && stderr.contains("there already is a contact `shop:desk`"), "{stderr}");
    qcli.text(&["application", "set_field", "shop", "id", "store"]).await;
    assert_eq!(qcli.ids(&["contact", "list"]).await, ["blog:desk", "store:desk"]);
    let deleted = qcli.json(&["contact", "delete", "store:desk"]).await;
    assert_eq!(deleted, json!({ "resource": "contact", "id": "store:desk", "status": 204 }));
    assert_eq!(qcli.ids(&["contact", "list"]).await, ["blog:desk"]);
}

/// The command line of before knows nothing of contacts, and works as it did.
async fn an_older_command_line_still_works(endpoint: &str) {
    let qcli = Qcli::at(endpoint);
    assert_eq!(qcli.json(&["application", "get", "blog"]).await["id"], "blog");
    let output = qcli.run(&["contact", "list"]).await;
    assert_eq!(output.code, Some(2), "{output:?}");
}
