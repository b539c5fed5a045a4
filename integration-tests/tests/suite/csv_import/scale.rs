//! A large file does not need more memory than a small one.

use std::fmt::Write as _;
use std::fs;
use std::process::Stdio;

use qairon_integration_tests::{long, poll_until};
use tokio::io::AsyncReadExt;

use super::{Desk, command};

const ROWS: usize = 100_000;
/// What qcli always needs, and some messages; all rows as objects would be many times as much.
const MOST_KIB: u64 = 100 << 10;

#[tokio::test]
async fn a_hundred_thousand_rows_pass_through_little_memory() {
    let desk = Desk::set().await;
    desk.qcli.text(&["application", "create", "shop"]).await;
    desk.qcli.text(&["stack", "create", "shop", "web"]).await;
    let mut content = String::from("stack_id,name,artifact_name,defaults\n");
    for n in 0..ROWS {
        writeln!(content, "shop:web,service-{n},\"registry/artifact {n}\",\"{{\"\"number\"\": {n}}}\"").expect("text");
    }
    let file = desk.file("services.csv", &content);
    let mut command = command(&desk.stage.server);
    command.args(["csv_import", "import_csv", "service", &file]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("qcli runs");
    let status = format!("/proc/{}/status", child.id().expect("it runs"));
    let mut most = 0;
    let ended = poll_until(long(), "the end of the import", || {
        most = most.max(peak(&status).unwrap_or_default());
        let ended = child.try_wait().expect("a child of ours");
        async move { ended }
    })
    .await;
    let (mut stdout, mut stderr) = (String::new(), String::new());
    child.stdout.take().expect("a pipe").read_to_string(&mut stdout).await.expect("text");
    child.stderr.take().expect("a pipe").read_to_string(&mut stderr).await.expect("text");
    assert!(ended.success(), "{stderr}");
    assert_eq!(stdout, format!("{{\"resource\":\"service\",\"created\":{ROWS}}}\n"));
    assert_eq!(desk.count("service").await, i64::try_from(ROWS).expect("it is small"));
    assert!(most > 0 && most < MOST_KIB, "qcli took {most} KiB for a file of {} KiB", content.len() >> 10);
}

/// The most memory that a process has had, in KiB.
fn peak(status: &str) -> Option<u64> {
    let text = fs::read_to_string(status).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}
