//! One server per data directory: an advisory lock that the kernel releases whichever way the server ends.

use std::fs::File;
use std::io::{Read, Seek, Write};
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};

use super::error::EmbeddedError;
use super::layout::{Layout, open_private};

/// Held until dropped. The file stays: it also marks the directory as ours, and removing a locked file would let two
/// servers lock two different files of the same name.
#[derive(Debug)]
pub struct Lock {
    _file: Flock<File>,
}

impl Lock {
    pub fn acquire(layout: &Layout) -> Result<Self, EmbeddedError> {
        let path = &layout.lock;
        let file = open_private(path).map_err(EmbeddedError::file("open", path))?;
        let mut file = match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(file) => file,
            Err((file, Errno::EWOULDBLOCK)) => {
                return Err(EmbeddedError::Locked { data_dir: layout.root.clone(), pid: read_pid(file) });
            }
            Err((_, errno)) => return Err(EmbeddedError::file("lock", path)(errno.into())),
        };
        write_pid(&mut file, path)?;
        Ok(Self { _file: file })
    }
}

/// Only for the message of a second server: the lock itself decides.
fn write_pid(file: &mut File, path: &Path) -> Result<(), EmbeddedError> {
    file.set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| writeln!(file, "{}", std::process::id()))
        .map_err(EmbeddedError::file("write", path))
}

fn read_pid(mut file: File) -> Option<u32> {
    let mut text = String::new();
    file.rewind().and_then(|()| file.read_to_string(&mut text)).ok()?;
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_lock_names_the_holder_and_succeeds_after_it() {
        let root = std::env::temp_dir().join(format!("qairon-lock-test-{}", std::process::id()));
        std::fs::create_dir_all(&root).unwrap();
        let layout = Layout::at(root.clone());

        let lock = Lock::acquire(&layout).unwrap();
        let refused = Lock::acquire(&layout).unwrap_err();
        assert!(matches!(refused, EmbeddedError::Locked { pid: Some(pid), .. } if pid == std::process::id()));
        drop(lock);
        Lock::acquire(&layout).unwrap();

        std::fs::remove_dir_all(root).unwrap();
    }
}
