//! The service under measurement, as its users run it: release build, default settings, its log in a file.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use nix::sys::signal::Signal;

use crate::cluster::Cluster;
use crate::process::Program;

/// What the service is started for.
#[derive(Clone, Copy, PartialEq)]
pub enum Purpose {
    /// PostgreSQL logs every statement.
    Observed,
    /// Nothing is added.
    Measured,
}

/// A running service. Dropped, it is stopped.
pub struct Service {
    program: Program,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Service {
    /// Starts the service on the cluster's database, migrates that, and waits until it listens.
    pub fn start(cluster: &Cluster, purpose: Purpose) -> Result<Self> {
        let url = match purpose {
            Purpose::Observed => cluster.url() + "?options=-c%20log_statement%3Dall",
            Purpose::Measured => cluster.url(),
        };
        let log = cluster.path("service.log");
        let mut command = Command::new(program("qairon-service")?);
        command
            .args(["serve", "--migrate", "--print-ready", "--listen=127.0.0.1:0", "--metrics-listen=127.0.0.1:0"])
            .arg("--database-url")
            .arg(url)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(&log)?)
            .process_group(0);
        let mut program = Program::start(&mut command, Signal::SIGTERM)?;
        let mut ready = String::new();
        let output = program.child.stdout.take().context("the service has no output")?;
        BufReader::new(output).read_line(&mut ready)?;
        let address = address(&ready).with_context(|| {
            format!("the service did not start: {}", std::fs::read_to_string(&log).unwrap_or_default())
        })?;
        Ok(Self { program, address })
    }

    pub fn pid(&self) -> u32 {
        self.program.pid()
    }
}

fn address(ready: &str) -> Option<SocketAddr> {
    let ready: serde_json::Value = serde_json::from_str(ready).ok()?;
    ready["listen"].as_str()?.parse().ok()
}

/// One of our programs: in `BENCH_BIN_DIR`, or next to this one.
pub fn program(name: &str) -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    let beside = own.parent().unwrap_or(Path::new("."));
    let dir = std::env::var_os("BENCH_BIN_DIR").map_or_else(|| beside.to_owned(), PathBuf::from);
    let path = dir.join(name);
    anyhow::ensure!(path.is_file(), "{} is not there; build it with `cargo build --release`", path.display());
    Ok(path)
}
