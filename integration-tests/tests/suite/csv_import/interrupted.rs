//! Imports that are interrupted in the middle.

use std::process::{ExitStatus, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use qairon_integration_tests::{poll_until, soon};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin};

use super::{Desk, command};

/// An import from a pipe that stays open.
struct Open {
    child: Child,
    input: ChildStdin,
}

impl Open {
    async fn start(desk: &Desk, flags: &[&str]) -> Self {
        let mut command = command(&desk.stage.server);
        command.args(["csv_import", "import_csv", "application", "-"]).args(flags);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("qcli runs");
        let input = child.stdin.take().expect("a pipe");
        let mut open = Self { child, input };
        let rows: String = (0..2500).map(|n| format!("a{n}\n")).collect();
        open.input.write_all(format!("id\n{rows}").as_bytes()).await.expect("qcli reads");
        open
    }

    fn interrupt(&self) {
        let pid = i32::try_from(self.child.id().expect("it runs")).expect("a process ID");
        kill(Pid::from_raw(pid), Signal::SIGINT).expect("it runs");
    }

    async fn end(mut self) -> (ExitStatus, String) {
        let status = tokio::time::timeout(soon(), self.child.wait()).await.expect("it ends").expect("a child of ours");
        let mut stderr = String::new();
        self.child.stderr.take().expect("a pipe").read_to_string(&mut stderr).await.expect("text");
        (status, stderr)
    }
}

async fn nobody_writes(desk: &Desk) {
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE '%transaction%'";
    poll_until(soon(), "the end of the transaction", || async {
        (desk.stage.database.number(sql).await == 0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn ctrl_c_leaves_nothing_when_all_stands_or_falls_together() {
    let desk = Desk::set().await;
    let open = Open::start(&desk, &[]).await;
    // It is under way when the server has written a part of it.
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in \
               transaction' AND query LIKE '%RELEASE SAVEPOINT%'";
    poll_until(soon(), "the transaction", || async { (desk.stage.database.number(sql).await > 0).then_some(()) }).await;
    open.interrupt();
    let (status, stderr) = open.end().await;
    assert_eq!(status.code(), Some(130), "{stderr}");
    assert_eq!(stderr, "qcli: interrupted; nothing was imported\n");
    nobody_writes(&desk).await;
    assert_eq!(desk.count("application").await, 0);
}

#[tokio::test]
async fn ctrl_c_keeps_what_was_acknowledged_with_continue() {
    let desk = Desk::set().await;
    let open = Open::start(&desk, &["--continue"]).await;
    poll_until(soon(), "the first two messages", || async { (desk.count("application").await == 2000).then_some(()) })
        .await;
    open.interrupt();
    let (status, stderr) = open.end().await;
    assert_eq!(status.code(), Some(130), "{stderr}");
    nobody_writes(&desk).await;
    assert_eq!(desk.count("application").await, 2000);
    let told = stderr.strip_prefix("qcli: interrupted; the first ").and_then(|rest| rest.split_once(' '));
    let rows: i64 = told.and_then(|(rows, _)| rows.parse().ok()).unwrap_or_else(|| panic!("{stderr}"));
    assert!((1000..=2000).contains(&rows) && stderr.contains("run it again with `--upsert`"), "{stderr}");
}

#[tokio::test]
async fn a_server_that_goes_away_is_told_with_how_to_go_on() {
    let mut desk = Desk::set().await;
    let open = Open::start(&desk, &["--continue"]).await;
    poll_until(soon(), "the first two messages", || async { (desk.count("application").await == 2000).then_some(()) })
        .await;
    desk.stage.server.kill9().await;
    let (status, stderr) = open.end().await;
    assert_eq!(status.code(), Some(3), "{stderr}");
    assert!(stderr.contains("are done; run it again with `--upsert`"), "{stderr}");
    assert_eq!(desk.count("application").await, 2000);
}
