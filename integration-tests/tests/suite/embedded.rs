//! The private PostgreSQL.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use qairon_integration_tests::{Server, poll_until, soon};
use serde_json::json;
use tempfile::TempDir;

use super::lifecycle::assert_refuses;

/// A directory that the user `postgres` may enter as well.
fn directory() -> TempDir {
    let directory = tempfile::Builder::new().prefix("qairon-data-").tempdir().expect("a directory");
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o711)).expect("it is ours");
    directory
}

fn postmaster(data: &Path) -> Pid {
    let text = fs::read_to_string(data.join("postgres/postmaster.pid")).expect("PostgreSQL runs");
    Pid::from_raw(text.lines().next().and_then(|line| line.parse().ok()).expect("the first line is its ID"))
}

async fn ended(process: Pid) {
    let probe = || async { kill(process, None).is_err().then_some(()) };
    poll_until(soon(), "PostgreSQL has ended", probe).await;
}

#[tokio::test]
async fn a_private_postgresql_keeps_its_data_whatever_ends() {
    let directory = directory();
    let data = directory.path().join("data");
    let path = data.to_str().expect("a text");
    let args = ["--data-dir", path];

    let mut server = Server::start_with(&args, &[]).await;
    server.client().create("application", json!({ "id": "first" })).await.expect("a new one");
    let pid = server.pid().to_string();
    assert_refuses(&args, &[path, "in use by", &pid, "--data-dir"]).await;
    server.client().create("application", json!({ "id": "second" })).await.expect("the first server is not disturbed");
    let first = postmaster(&data);
    assert!(server.stop().await.success());
    assert!(kill(first, None).is_err(), "PostgreSQL is stopped with the server");

    // A kill leaves PostgreSQL running and its lock in place; the next start handles both.
    let mut server = Server::start_with(&args, &[]).await;
    server.client().create("application", json!({ "id": "third" })).await.expect("a new one");
    server.kill9().await;
    let mut server = Server::start_with(&args, &[]).await;
    let client = server.client();
    client.create("application", json!({ "id": "fourth" })).await.expect("a new one");

    // PostgreSQL alone: the server starts it again.
    let killed = postmaster(&data);
    kill(killed, Signal::SIGKILL).expect("it runs");
    ended(killed).await;
    let ids = poll_until(soon(), "the server answers again", || async {
        let rows = client.list("application", "").await.ok()?;
        Some(rows.iter().map(|row| row.id().to_owned()).collect::<Vec<_>>())
    })
    .await;
    assert_eq!(ids, ["first", "fourth", "second", "third"]);
    client.create("application", json!({ "id": "fifth" })).await.expect("writes work as well");

    // Both at once, as when the machine loses its power.
    let killed = postmaster(&data);
    kill(Pid::from_raw(server.pid()), Signal::SIGSTOP).expect("it runs");
    kill(killed, Signal::SIGKILL).expect("it runs");
    server.kill9().await;
    let mut server = Server::start_with(&args, &[]).await;
    assert_eq!(server.client().list("application", "").await.expect("a list").len(), 5);
    assert!(server.stop().await.success());

    let version = data.join("postgres/PG_VERSION");
    let real = fs::read_to_string(&version).expect("a version");
    fs::write(&version, "12\n").expect("it is ours");
    assert_refuses(&args, &[path, "was created by PostgreSQL 12", real.trim(), "postgresql-12"]).await;
    fs::write(&version, "").expect("it is ours");
    assert_refuses(&args, &["damaged", "backup"]).await;
    fs::write(&version, real).expect("it is ours");
    let server = Server::start_with(&args, &[]).await;
    assert_eq!(server.client().list("application", "").await.expect("a list").len(), 5);
}

#[tokio::test]
async fn what_is_in_the_way_of_a_private_postgresql_is_told_in_one_line() {
    let directory = directory();
    let data = directory.path().join("data");
    let path = data.to_str().expect("a text");
    let empty = directory.path().join("empty");
    fs::create_dir(&empty).expect("a directory");
    let empty = empty.to_str().expect("a text");
    for bin_dir in [empty, "/no/such/directory"] {
        assert_refuses(&["--data-dir", path, "--pg-bin-dir", bin_dir], &[bin_dir, "no PostgreSQL", "--pg-bin-dir"])
            .await;
    }
    assert!(!data.exists(), "nothing is left");

    fs::create_dir(&data).expect("a directory");
    fs::write(data.join("thesis.tex"), "not for a database").expect("a file");
    assert_refuses(&["--data-dir", path], &[path, "thesis.tex", "--data-dir"]).await;
    let file = directory.path().join("file");
    fs::write(&file, "").expect("a file");
    let file = file.to_str().expect("a text");
    assert_refuses(&["--data-dir", file], &[file, "not a directory", "--data-dir"]).await;
}
