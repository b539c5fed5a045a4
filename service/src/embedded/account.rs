//! The user that PostgreSQL runs as. It refuses to run as root, so a server started by root runs it as an unprivileged
//! user.

use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use nix::unistd::{Gid, Uid, User, getegid, geteuid};

use super::error::EmbeddedError;
use super::layout::Layout;

/// Tried in this order by root on a new data directory.
const UNPRIVILEGED: [&str; 2] = ["postgres", "nobody"];

#[derive(Debug, Clone)]
pub struct Account {
    pub name: String,
    pub uid: Uid,
    pub gid: Gid,
    /// Whether the server itself runs as another user, which is root.
    pub differs: bool,
}

impl Account {
    /// An existing cluster keeps its owner; only root may run PostgreSQL as another user.
    pub fn for_cluster(layout: &Layout) -> Result<Self, EmbeddedError> {
        if !geteuid().is_root() {
            let me = Self { name: user_name(geteuid()), uid: geteuid(), gid: getegid(), differs: false };
            // A directory that root created belongs to root, even if PostgreSQL runs in it as our user.
            let owners = [owner_of(&layout.lock, layout)?, owner_of(&layout.cluster, layout)?];
            return match owners.into_iter().flatten().find(|&(owner, _)| owner != me.uid) {
                Some((owner, _)) => Err(EmbeddedError::OtherOwner {
                    data_dir: layout.root.clone(),
                    owner: user_name(owner),
                    me: me.name,
                }),
                None => Ok(me),
            };
        }
        if let Some((uid, gid)) = owner_of(&layout.cluster, layout)?.filter(|(uid, _)| !uid.is_root()) {
            return Ok(Self { name: user_name(uid), uid, gid, differs: true });
        }
        UNPRIVILEGED
            .iter()
            .filter_map(|name| User::from_name(name).ok().flatten())
            .find(|user| !user.uid.is_root())
            .map(|user| Self { name: user.name, uid: user.uid, gid: user.gid, differs: true })
            .ok_or(EmbeddedError::NoAccount)
    }

    /// Makes the program run as this account, and in no supplementary group: the standard library drops them with
    /// the user.
    pub fn apply(&self, command: &mut Command) {
        if self.differs {
            command.uid(self.uid.as_raw()).gid(self.gid.as_raw());
        }
    }

    /// Finds the first directory on the path to `target` that this account may not enter.
    pub fn check_reach(&self, target: &Path) -> Result<(), EmbeddedError> {
        self.check_way(target, target)
    }

    /// The same for a target that need not exist yet, nor have its final permissions: up to the directory above it.
    pub fn check_reach_above(&self, target: &Path) -> Result<(), EmbeddedError> {
        let above = target.ancestors().skip(1).find(|ancestor| ancestor.exists());
        above.map_or(Ok(()), |above| self.check_way(above, target))
    }

    fn check_way(&self, way: &Path, target: &Path) -> Result<(), EmbeddedError> {
        let way = way.canonicalize().map_err(EmbeddedError::file("resolve", way))?;
        let mut ancestors: Vec<&Path> = way.ancestors().collect();
        ancestors.reverse();
        for dir in ancestors {
            if !self.may_enter(dir)? {
                return Err(EmbeddedError::Unreachable {
                    account: self.name.clone(),
                    blocked: dir.to_path_buf(),
                    target: target.to_path_buf(),
                });
            }
        }
        Ok(())
    }

    pub fn may_enter(&self, dir: &Path) -> Result<bool, EmbeddedError> {
        if !self.differs {
            return Ok(true);
        }
        let metadata = dir.metadata().map_err(EmbeddedError::file("read", dir))?;
        Ok(may_execute(metadata.mode(), (metadata.uid(), metadata.gid()), (self.uid.as_raw(), self.gid.as_raw())))
    }
}

/// The owner of a file, if the file exists.
fn owner_of(path: &Path, layout: &Layout) -> Result<Option<(Uid, Gid)>, EmbeddedError> {
    let metadata = match path.symlink_metadata() {
        // We may not enter the directory, so its owner has the file.
        Err(error) if error.kind() == ErrorKind::PermissionDenied => layout.root.metadata(),
        other => other,
    };
    match metadata {
        Ok(metadata) => Ok(Some((Uid::from_raw(metadata.uid()), Gid::from_raw(metadata.gid())))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(EmbeddedError::file("read", path)(error)),
    }
}

/// The classic permission check: the first class that applies decides, even when a later one would allow more.
fn may_execute(mode: u32, (owner, group): (u32, u32), (uid, gid): (u32, u32)) -> bool {
    let bit = match () {
        () if uid == owner => 0o100,
        () if gid == group => 0o010,
        () => 0o001,
    };
    mode & bit != 0
}

fn user_name(uid: Uid) -> String {
    User::from_uid(uid).ok().flatten().map_or_else(|| uid.to_string(), |user| user.name)
}

#[cfg(test)]
mod tests {
    use super::may_execute;

    #[test]
    fn the_first_permission_class_that_applies_decides() {
        assert!(may_execute(0o711, (0, 0), (101, 104)));
        assert!(!may_execute(0o700, (0, 0), (101, 104)));
        assert!(may_execute(0o700, (101, 0), (101, 104)));
        assert!(may_execute(0o710, (0, 104), (101, 104)));
        assert!(!may_execute(0o701, (0, 104), (101, 104)));
        assert!(!may_execute(0o077, (101, 104), (101, 104)));
    }
}
