//! The command line, as a process.

use std::process::Stdio;

use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::programs::{Program, program};
use crate::server::Server;

/// `qcli` for a server.
#[derive(Debug, Clone)]
pub struct Qcli {
    endpoint: String,
    variables: Vec<(String, String)>,
}

/// What a command said and how it ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    /// The exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Qcli {
    /// For a running server.
    pub fn new(server: &Server) -> Self {
        Self::at(&server.endpoint())
    }

    /// For the server at a URL.
    pub fn at(endpoint: &str) -> Self {
        Self { endpoint: endpoint.to_owned(), variables: Vec::new() }
    }

    /// With one more variable in its environment.
    pub fn with_variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Runs a command.
    pub async fn run(&self, args: &[&str]) -> Output {
        self.run_with_input(args, b"").await
    }

    /// Runs a command with a standard input.
    pub async fn run_with_input(&self, args: &[&str], input: &[u8]) -> Output {
        let mut command = Command::new(program(Program::Qcli));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("QAIRON_") {
                command.env_remove(&name);
            }
        }
        command.args(args).env("QAIRON_ENDPOINT", &self.endpoint).kill_on_drop(true);
        // Nor the config file of the current user.
        command.env("QAIRON_CONFIG", "/dev/null").envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("qcli can be run");
        let mut stdin = child.stdin.take().expect("its input is a pipe");
        let input = input.to_vec();
        // A command that does not read its input ends all the same.
        tokio::spawn(async move { _ = stdin.write_all(&input).await });
        let output = child.wait_with_output().await.expect("qcli ends");
        Output {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Runs a command that has to succeed and returns its output without the last line's end.
    pub async fn text(&self, args: &[&str]) -> String {
        let output = self.run(args).await;
        assert_eq!(output.code, Some(0), "qcli {}: {}{}", args.join(" "), output.stdout, output.stderr);
        output.stdout.trim_end_matches('\n').to_owned()
    }

    /// Runs a command that has to succeed and to print JSON.
    pub async fn json(&self, args: &[&str]) -> Value {
        let text = self.text(args).await;
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("qcli {} printed {text:?}: {error}", args.join(" ")))
    }
}
