//! What a data directory contains, and whether a directory is one.
//!
//! The directory itself is the server's own; PostgreSQL's account owns the cluster and the socket directory in it.
//! A server run by root therefore never opens a file that the less privileged account could have replaced.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, fchown};
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;
use nix::unistd::geteuid;

use super::error::EmbeddedError;

/// The prefix of unfinished clusters.
pub const UNFINISHED: &str = "postgres.init-";

#[derive(Debug, Clone)]
pub struct Layout {
    pub root: PathBuf,
    pub lock: PathBuf,
    pub cluster: PathBuf,
    pub log: PathBuf,
    pub socket: PathBuf,
}

impl Layout {
    pub fn at(root: PathBuf) -> Self {
        Self {
            lock: root.join("qairon.lock"),
            cluster: root.join("postgres"),
            log: root.join("postgres.log"),
            socket: root.join("socket"),
            root,
        }
    }

    /// Looks at the directory, which need not exist, and refuses one that holds something else.
    pub fn find(data_dir: &Path) -> Result<Self, EmbeddedError> {
        let root = match data_dir.canonicalize() {
            Ok(root) => root,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                std::path::absolute(data_dir).map_err(EmbeddedError::file("resolve", data_dir))?
            }
            Err(error) if error.kind() == ErrorKind::NotADirectory => {
                return Err(EmbeddedError::NotADirectory { data_dir: data_dir.to_path_buf() });
            }
            Err(error) => return Err(EmbeddedError::file("open", data_dir)(error)),
        };
        let layout = Self::at(root);
        layout.check_ours()?;
        Ok(layout)
    }

    fn check_ours(&self) -> Result<(), EmbeddedError> {
        let data_dir = self.root.clone();
        let entries = match fs::read_dir(&self.root) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) if error.kind() == ErrorKind::NotADirectory => {
                return Err(EmbeddedError::NotADirectory { data_dir });
            }
            // We may enter the directory but not list it: its owner decides, which is checked next.
            Err(error) if error.kind() == ErrorKind::PermissionDenied => return Ok(()),
            Err(error) => return Err(EmbeddedError::file("list", &self.root)(error)),
        };
        if self.lock.exists() {
            return Ok(());
        }
        if let Ok(version) = fs::read_to_string(self.root.join("PG_VERSION")) {
            return Err(EmbeddedError::NotOurCluster { data_dir, version: version.trim().to_owned() });
        }
        // An empty mount point has this.
        match entries.filter_map(Result::ok).find(|entry| entry.file_name() != "lost+found") {
            Some(entry) => {
                Err(EmbeddedError::NotOurs { data_dir, found: entry.file_name().to_string_lossy().into_owned() })
            }
            None => Ok(()),
        }
    }
}

/// Opens a file of the data directory, created for its owner alone and never through a symbolic link.
/// Root creates it for the directory's owner, so that they can still start the server by themselves.
pub fn open_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).mode(0o600).custom_flags(OFlag::O_NOFOLLOW.bits());
    match options.open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        other => return other,
    }
    let file = match options.clone().create_new(true).open(path) {
        // Another start was faster.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return options.open(path),
        other => other?,
    };
    if let (true, Some(parent)) = (geteuid().is_root(), path.parent()) {
        let owner = parent.metadata()?;
        fchown(&file, Some(owner.uid()), Some(owner.gid()))?;
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_that_hold_something_else_are_refused() {
        let root = std::env::temp_dir().join(format!("qairon-layout-test-{}", std::process::id()));
        let find = || Layout::find(&root).map(|_| ());
        find().unwrap();
        fs::create_dir(&root).unwrap();
        find().unwrap();

        fs::write(root.join("letter.txt"), "dear").unwrap();
        let error = find().unwrap_err().to_string();
        assert!(error.contains("not empty and not Qairon's (it holds `letter.txt`)"), "{error}");
        fs::write(root.join("PG_VERSION"), "13\n").unwrap();
        let error = find().unwrap_err().to_string();
        assert!(error.contains("is a PostgreSQL 13 cluster that Qairon did not create"), "{error}");
        fs::write(root.join("qairon.lock"), "").unwrap();
        find().unwrap();

        fs::remove_dir_all(root).unwrap();
        assert!(matches!(Layout::find(Path::new("/dev/null")), Err(EmbeddedError::NotADirectory { .. })));
    }
}
