//! Finds an installed PostgreSQL server. Distributions keep its programs off the PATH, one directory per major version.

use std::cmp::Reverse;
use std::fs;
use std::path::{Path, PathBuf};

use tokio::process::Command;

use super::error::EmbeddedError;
use super::layout::Layout;
use super::version::{OLDEST_MAJOR, parse_major};

/// Directories with one installation per entry: the parent, the beginning of the entry, and the path to the programs.
const SIDE_BY_SIDE: [(&str, &str, &str); 6] = [
    ("/usr/lib/postgresql", "", "bin"),         // Debian, Ubuntu
    ("/usr", "pgsql-", "bin"),                  // packages of postgresql.org for Red Hat's family
    ("/usr/libexec", "postgresql", ""),         // Alpine
    ("/opt/homebrew/opt", "postgresql", "bin"), // Homebrew on Apple silicon
    ("/usr/local/opt", "postgresql", "bin"),    // Homebrew on Intel
    ("/usr/local", "pgsql", "bin"),             // built from source
];

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    pub bin_dir: PathBuf,
    pub major: u32,
}

impl Installation {
    /// The installation to run the data directory with: of its major version if it has one, otherwise the first
    /// recent enough.
    pub async fn find(bin_dir: Option<&Path>, layout: &Layout, major: Option<u32>) -> Result<Self, EmbeddedError> {
        let candidates = match bin_dir {
            Some(bin_dir) => vec![std::path::absolute(bin_dir).map_err(EmbeddedError::file("resolve", bin_dir))?],
            None => candidate_dirs().await,
        };
        let mut installed = Vec::new();
        for candidate in candidates {
            installed.extend(inspect(candidate).await);
        }
        match (bin_dir, installed.is_empty()) {
            (Some(bin_dir), true) => Err(EmbeddedError::NoServerIn { bin_dir: bin_dir.to_path_buf() }),
            (None, true) => Err(EmbeddedError::NotInstalled),
            _ => choose(installed, layout, major),
        }
    }

    pub fn program(&self, name: &str) -> PathBuf {
        self.bin_dir.join(name)
    }
}

fn choose(installed: Vec<Installation>, layout: &Layout, major: Option<u32>) -> Result<Installation, EmbeddedError> {
    let wanted = |candidate: &&Installation| match major {
        Some(major) => candidate.major == major,
        None => candidate.major >= OLDEST_MAJOR,
    };
    if let Some(found) = installed.iter().find(wanted) {
        return Ok(found.clone());
    }
    let mut majors: Vec<u32> = installed.iter().map(|installation| installation.major).collect();
    majors.sort_unstable();
    majors.dedup();
    let installed = majors.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
    Err(match major {
        Some(major) => EmbeddedError::OtherMajor { data_dir: layout.root.clone(), major, installed },
        None => EmbeddedError::TooOld { installed },
    })
}

/// Where to look, the user's own choice first: `pg_config`, the PATH, then the usual places, newest first.
async fn candidate_dirs() -> Vec<PathBuf> {
    let mut dirs = Vec::new();
    if let Ok(output) = Command::new("pg_config").arg("--bindir").output().await {
        dirs.push(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    }
    dirs.extend(std::env::var_os("PATH").iter().flat_map(std::env::split_paths));
    for (parent, prefix, suffix) in SIDE_BY_SIDE {
        dirs.extend(side_by_side(Path::new(parent), prefix, suffix));
    }
    dirs.retain(|dir| dir.is_absolute());
    dirs
}

fn side_by_side(parent: &Path, prefix: &str, suffix: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(parent) else { return Vec::new() };
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.starts_with(prefix))
        .collect();
    names.sort_by_key(|name| Reverse(trailing_number(name)));
    names.iter().map(|name| parent.join(name).join(suffix)).collect()
}

/// `15` of `pgsql-15`: as a number, since 9 is older than 15.
fn trailing_number(name: &str) -> u32 {
    let digits = name.len() - name.chars().rev().take_while(char::is_ascii_digit).count();
    name[digits..].parse().unwrap_or_default()
}

/// A directory without both programs is not a server: client packages have `pg_config` and `psql` alone.
async fn inspect(bin_dir: PathBuf) -> Option<Installation> {
    let postgres = bin_dir.join("postgres");
    if !postgres.is_file() || !bin_dir.join("initdb").is_file() {
        return None;
    }
    let output = Command::new(postgres).arg("--version").output().await.ok()?;
    let major = parse_major(&String::from_utf8_lossy(&output.stdout))?;
    Some(Installation { bin_dir, major })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn installed(majors: &[u32]) -> Vec<Installation> {
        majors.iter().map(|&major| Installation { bin_dir: format!("/{major}").into(), major }).collect()
    }

    fn layout() -> Layout {
        Layout::at("/data".into())
    }

    #[test]
    fn an_existing_cluster_runs_on_its_own_major_version() {
        assert_eq!(choose(installed(&[17, 15]), &layout(), Some(15)).unwrap().major, 15);
        let error = choose(installed(&[17, 15, 17]), &layout(), Some(13)).unwrap_err().to_string();
        assert!(error.contains("PostgreSQL 13, which is not installed (found: 15, 17)"), "{error}");
        assert!(error.contains("apt-get install postgresql-13"), "{error}");
    }

    #[test]
    fn a_new_cluster_takes_the_first_version_recent_enough() {
        assert_eq!(choose(installed(&[13, 16, 17]), &layout(), None).unwrap().major, 16);
        assert!(matches!(choose(installed(&[12, 13]), &layout(), None), Err(EmbeddedError::TooOld { .. })));
    }

    #[test]
    fn installations_are_ordered_by_number_and_not_by_text() {
        assert!(trailing_number("pgsql-15") > trailing_number("pgsql-9"));
        assert_eq!(trailing_number("postgresql"), 0);
        assert_eq!(trailing_number("9.6"), 6);
    }
}
