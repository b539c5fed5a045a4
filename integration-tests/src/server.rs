//! The server, as a process.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::{ExitStatus, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tonic::transport::{Channel, Endpoint};

use crate::client::Client;
use crate::database::Database;
use crate::patience::long;
use crate::programs::{Program, program};
use crate::statements::Statement;

/// A running `qairon-service serve`. Killed when dropped; when that happens in a panic, its log is shown. Otherwise
/// the statements that it sent are checked: see [`Statement::faults`].
#[derive(Debug)]
pub struct Server {
    child: Child,
    listen: String,
    metrics: String,
    log: File,
    statements: File,
    /// Whether to check the statements in the end.
    is_checked: bool,
}

impl Server {
    /// Starts a server on a database, with free ports and further arguments, and waits until it is ready.
    pub async fn start(database: &Database, args: &[&str]) -> Self {
        let mut all = vec!["--database-url", database.url()];
        all.extend(args);
        Self::start_with(&all, &[]).await
    }

    /// Starts a server with these arguments and environment besides free ports. Without `--database-url` it runs a
    /// PostgreSQL of its own: give it a `--data-dir`.
    pub async fn start_with(args: &[&str], env: &[(&str, &str)]) -> Self {
        match Self::try_start(args, env).await {
            Ok(server) => server,
            Err((status, log)) => panic!("the server ended with {status} instead of starting:\n{log}"),
        }
    }

    /// The same for a server that may refuse to start: then its exit status and log come back.
    pub async fn try_start(args: &[&str], env: &[(&str, &str)]) -> Result<Self, (ExitStatus, String)> {
        Self::launch(&program(Program::Service), args, env).await
    }

    /// Starts another build of the service on a database, which it brings to its own schema.
    pub async fn start_build(service: &Path, database: &Database) -> Self {
        let args = ["--database-url", database.url(), "--migrate"];
        match Self::launch(service, &args, &[]).await {
            Ok(server) => server,
            Err((status, log)) => panic!("the server ended with {status} instead of starting:\n{log}"),
        }
    }

    /// Starts a server as it runs elsewhere: its statements are not recorded.
    pub async fn start_unrecorded(args: &[&str]) -> Result<Self, (ExitStatus, String)> {
        Self::spawn(serve(&program(Program::Service), None), args, &[], false).await
    }

    /// Starts a server whose metrics are where they are when nobody says.
    pub async fn start_with_usual_metrics(database: &Database) -> Self {
        let mut command = serve(&program(Program::Service), None);
        command.env_remove("QAIRON_METRICS_LISTEN");
        let started = Self::spawn(command, &["--database-url", database.url()], &[], true).await;
        started.unwrap_or_else(|(status, log)| panic!("the server ended with {status} instead of starting:\n{log}"))
    }

    /// Starts a server that may have so many files open. When it refuses to start, its log comes back.
    pub async fn start_with_files(database: &Database, files: usize, args: &[&str]) -> Result<Self, String> {
        let mut all = vec!["--database-url", database.url()];
        all.extend(args);
        let command = serve(&program(Program::Service), Some(files));
        Self::spawn(command, &all, &[], true).await.map_err(|(_, log)| log)
    }

    async fn launch(service: &Path, args: &[&str], env: &[(&str, &str)]) -> Result<Self, (ExitStatus, String)> {
        Self::spawn(serve(service, None), args, env, true).await
    }

    async fn spawn(
        mut command: Command,
        args: &[&str],
        env: &[(&str, &str)],
        is_recorded: bool,
    ) -> Result<Self, (ExitStatus, String)> {
        // Without a name, so that it is gone with this process.
        let log = tempfile::tempfile().expect("a file");
        // This one has a name until the server has opened it.
        let statements = tempfile::NamedTempFile::new().expect("a file");
        if !args.contains(&"--listen") {
            command.args(["--listen", "127.0.0.1:0"]);
        }
        if is_recorded {
            command.arg("--record-statements").arg(statements.path());
        }
        command.arg("--print-ready").args(args).envs(env.iter().copied());
        command.stdout(Stdio::piped()).stderr(log.try_clone().expect("a file")).stdin(Stdio::null());
        let mut child = command.spawn().expect("the service can be run");
        let stdout = child.stdout.take().expect("its output is a pipe");
        let mut lines = BufReader::new(stdout).lines();
        let start = long();
        let ready = match tokio::time::timeout(start, lines.next_line()).await {
            Ok(line) => line.expect("the output is text"),
            Err(_) => panic!("the server was not ready within {start:?}:\n{}", read(&log)),
        };
        let Some(ready) = ready else {
            let status = child.wait().await.expect("the server ended");
            let text = read(&log);
            return Err((status, text));
        };
        let ready: serde_json::Value = serde_json::from_str(&ready).expect("the ready line is JSON");
        let address = |key: &str| ready[key].as_str().unwrap_or_else(|| panic!("no `{key}` in {ready}")).to_owned();
        let statements = statements.into_file();
        Ok(Self {
            listen: address("listen"),
            metrics: address("metrics"),
            child,
            log,
            statements,
            is_checked: is_recorded,
        })
    }

    /// Where it serves the API: `127.0.0.1:PORT`.
    pub fn address(&self) -> &str {
        &self.listen
    }

    /// The same as a URL, as `QAIRON_ENDPOINT` has it.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.listen)
    }

    /// Where it serves metrics.
    pub fn metrics_address(&self) -> &str {
        &self.metrics
    }

    /// A channel that connects when it is first used, for typed clients of the crate `qairon`.
    pub fn channel(&self) -> Channel {
        Endpoint::from_shared(self.endpoint()).expect("a URL").connect_lazy()
    }

    /// A client for any method, on a channel of its own.
    pub fn client(&self) -> Client {
        Client::new(self.channel())
    }

    /// The metrics in Prometheus' text format.
    pub async fn metrics(&self) -> String {
        let mut stream = TcpStream::connect(&self.metrics).await.expect("the metrics port answers");
        let request = format!("GET /metrics HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.metrics);
        stream.write_all(request.as_bytes()).await.expect("the metrics port reads");
        let mut response = String::new();
        stream.read_to_string(&mut response).await.expect("metrics are text");
        response
    }

    /// The sum of all series of a metric whose labels contain all of these texts, such as `code="OK"`.
    pub async fn metric(&self, name: &str, labels: &[&str]) -> f64 {
        let text = self.metrics().await;
        let of_name = text.lines().filter(|line| {
            line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' ']))
                && labels.iter().all(|label| line.contains(label))
        });
        of_name.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
    }

    /// The log so far.
    pub fn log(&self) -> String {
        read(&self.log)
    }

    /// The statements that it has sent so far, each once for each method, for a test that checks them itself: they are
    /// not checked in the end any more.
    pub fn take_statements(&mut self) -> Vec<Statement> {
        self.is_checked = false;
        Statement::all(&read(&self.statements))
    }

    /// Its process ID.
    pub fn pid(&self) -> i32 {
        self.child.id().and_then(|id| i32::try_from(id).ok()).expect("the server runs")
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.pid()), signal).expect("the server runs");
    }

    /// Waits for its end.
    pub async fn wait(&mut self) -> ExitStatus {
        let ended = tokio::time::timeout(long(), self.child.wait()).await;
        ended.expect("the server ends").expect("a child of ours")
    }

    /// Asks it to end, and waits.
    pub async fn stop(&mut self) -> ExitStatus {
        self.signal(Signal::SIGTERM);
        self.wait().await
    }

    /// Kills it without a warning.
    pub async fn kill9(&mut self) {
        self.signal(Signal::SIGKILL);
        self.wait().await;
    }
}

/// `qairon-service serve` without its arguments, in an environment without settings but for a port of the metrics. The kernel kills it when the test's
/// thread ends in any way.
fn serve(service: &Path, files: Option<usize>) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--"]);
    if let Some(files) = files {
        command.arg("prlimit").arg(format!("--nofile={files}:{files}"));
    }
    command.arg(service).arg("serve");
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text == "DATABASE_URL" || (text.starts_with("QAIRON_") && text != "QAIRON_PG_BIN_DIR") {
            command.env_remove(&name);
        }
    }
    command.env("QAIRON_METRICS_LISTEN", "127.0.0.1:0").kill_on_drop(true);
    command
}

/// Reads from the start without moving the place where the server writes.
fn read(file: &File) -> String {
    let length = file.metadata().expect("an open file").len();
    let mut bytes = vec![0; usize::try_from(length).expect("it fits into memory")];
    file.read_exact_at(&mut bytes, 0).expect("the file only grows");
    String::from_utf8_lossy(&bytes).into_owned()
}

impl Drop for Server {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = self.log();
            // Calls that succeeded or were refused are not printed.
            let lines: Vec<&str> = log.lines().filter(|line| !line.contains(" INFO request ")).collect();
            let tail = lines[lines.len().saturating_sub(15)..].join("\n");
            eprintln!("the end of the server's log, without the calls that it answered:\n{tail}");
            return;
        }
        if !self.is_checked {
            return;
        }
        let faults: Vec<String> = Statement::all(&read(&self.statements)).iter().flat_map(Statement::faults).collect();
        let shown = faults.iter().take(20).map(String::as_str).collect::<Vec<_>>().join("\n");
        assert!(faults.is_empty(), "{} statements pass by the sources of their calls:\n{shown}", faults.len());
    }
}
