//! The programs under test, built when they are missing or older than their sources.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::SystemTime;

/// A program of this project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// `qairon-service`.
    Service,
    /// `qcli`.
    Qcli,
}

impl Program {
    fn name(self) -> &'static str {
        match self {
            Self::Service => "qairon-service",
            Self::Qcli => "qcli",
        }
    }

    /// What it is built from.
    fn sources(self) -> &'static [&'static str] {
        match self {
            Self::Service => &[
                "Cargo.lock",
                "build.rs",
                "src",
                "model/Cargo.toml",
                "model/src",
                "proto",
                "migrations",
                "service/Cargo.toml",
                "service/src",
            ],
            Self::Qcli => &[
                "Cargo.lock",
                "build.rs",
                "src",
                "model/Cargo.toml",
                "model/src",
                "proto",
                "cli/Cargo.toml",
                "cli/src",
            ],
        }
    }
}

/// The root of the workspace.
pub fn workspace() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// Where a program is. `QAIRON_BIN_DIR` names a directory to take the programs from as they are; otherwise they are
/// those of the profile that the tests were built with, and are rebuilt when a source is newer.
pub fn program(program: Program) -> PathBuf {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    let directory = DIRECTORY.get_or_init(|| match std::env::var_os("QAIRON_BIN_DIR") {
        Some(directory) => directory.into(),
        None => built(),
    });
    directory.join(program.name())
}

fn built() -> PathBuf {
    let test = std::env::current_exe().expect("the test knows its own path");
    // target/<profile>/deps/<test>
    let directory = test.ancestors().nth(2).expect("tests lie in target/<profile>/deps").to_path_buf();
    if [Program::Service, Program::Qcli].into_iter().any(|program| is_stale(&directory, program)) {
        let profile = match directory.file_name().and_then(|name| name.to_str()) {
            Some("debug") | None => "dev",
            Some(name) => name,
        };
        // The whole workspace, so that dependencies have the features that `cargo test --workspace` gave them.
        let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .args(["build", "--quiet", "--workspace", "--bins", "--profile", profile])
            .current_dir(workspace())
            .status()
            .expect("cargo can be run");
        assert!(status.success(), "the programs under test do not build");
    }
    directory
}

fn is_stale(directory: &Path, program: Program) -> bool {
    let Ok(built) = fs::metadata(directory.join(program.name())).and_then(|metadata| metadata.modified()) else {
        return true;
    };
    program.sources().iter().any(|source| newest(&workspace().join(source)) > Some(built))
}

/// When the newest file at or below a path was changed.
fn newest(path: &Path) -> Option<SystemTime> {
    let metadata = fs::metadata(path).ok()?;
    if metadata.is_file() {
        return metadata.modified().ok();
    }
    fs::read_dir(path).ok()?.filter_map(|entry| newest(&entry.ok()?.path())).max()
}
