//! The directory of the socket, the only way into the private PostgreSQL.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};

use nix::unistd::geteuid;

use super::account::Account;
use super::directory::make_dir_for;
use super::error::EmbeddedError;
use super::layout::Layout;

/// Part of the socket's file name; nobody listens on TCP.
pub const PORT: u16 = 5432;

/// `sockaddr_un` holds 107 bytes on Linux and 103 on macOS.
const SOCKET_PATH_LIMIT: usize = 103;

/// The socket's directory, made and verified: it alone protects a server that trusts every connection.
pub fn make_dir(layout: &Layout, account: &Account) -> Result<PathBuf, EmbeddedError> {
    let dir = if fits_socket(&layout.socket) { layout.socket.clone() } else { distant_dir(&layout.root, account) };
    match make_dir_for(&dir, account) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::AlreadyExists => verify_private(&dir, account)?,
        Err(error) => return Err(EmbeddedError::file("create", &dir)(error)),
    }
    account.check_reach(&dir)?;
    Ok(dir)
}

/// For data directories whose path is too long for a socket: a name that depends only on theirs.
fn distant_dir(root: &Path, account: &Account) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    root.hash(&mut hasher);
    runtime_dir(account).join(format!("qairon-{}-{:016x}", account.uid, hasher.finish()))
}

/// Commas and quotes have a meaning in PostgreSQL's and the client's lists of hosts.
fn fits_socket(dir: &Path) -> bool {
    let path = dir.join(format!(".s.PGSQL.{PORT}"));
    path.as_os_str().len() <= SOCKET_PATH_LIMIT && path.to_str().is_some_and(|path| !path.contains([',', '"']))
}

/// Where short-lived private files go: root's own place when PostgreSQL runs as another user.
fn runtime_dir(account: &Account) -> PathBuf {
    let preferred = match account.differs {
        true => Some(PathBuf::from("/run")),
        false => std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from),
    };
    preferred
        .filter(|dir| dir.is_dir() && fits_socket(&dir.join("qairon-4294967295-0123456789abcdef")))
        .unwrap_or_else(|| PathBuf::from("/tmp"))
}

/// In a place like `/tmp` any user may have created the directory before us.
fn verify_private(dir: &Path, account: &Account) -> Result<(), EmbeddedError> {
    let metadata = dir.symlink_metadata().map_err(EmbeddedError::file("read", dir))?;
    let reason = if !metadata.is_dir() {
        "it is not a directory"
    } else if metadata.uid() != account.uid.as_raw() {
        // An earlier start was killed between creating the directory and changing its owner.
        if metadata.uid() == geteuid().as_raw() && account.differs {
            return chown(dir, Some(account.uid.as_raw()), Some(account.gid.as_raw()))
                .map_err(EmbeddedError::file("change the owner of", dir));
        }
        "it belongs to another user"
    } else if metadata.mode() & 0o077 != 0 {
        "others may enter it"
    } else {
        return Ok(());
    };
    Err(EmbeddedError::SocketDir { dir: dir.to_path_buf(), reason })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn account() -> Account {
        Account { name: "me".to_owned(), uid: geteuid(), gid: nix::unistd::getegid(), differs: false }
    }

    #[test]
    fn sockets_stay_in_the_data_directory_unless_their_path_is_too_long() {
        // 103 bytes: the directory, `/` and `.s.PGSQL.5432`.
        let longest = format!("/{}", "x".repeat(88));
        assert!(fits_socket(Path::new(&longest)));
        assert!(!fits_socket(Path::new(&format!("{longest}x"))));
        assert!(!fits_socket(Path::new("/with,comma")));
        assert!(!fits_socket(Path::new("/with\"quote")));
        assert!(fits_socket(Path::new("/with space")));
    }

    #[test]
    fn every_data_directory_has_a_distant_socket_directory_of_its_own() {
        let distant = |root: &str| distant_dir(Path::new(root), &account());
        assert_eq!(distant("/a"), distant("/a"));
        assert_ne!(distant("/a"), distant("/b"));
        assert!(fits_socket(&distant("/a")));
    }

    #[test]
    fn socket_directories_that_others_could_have_made_are_refused() {
        let dir = std::env::temp_dir().join(format!("qairon-socket-test-{}", std::process::id()));
        make_dir_for(&dir, &account()).unwrap();
        verify_private(&dir, &account()).unwrap();

        fs::set_permissions(&dir, fs::Permissions::from_mode(0o755)).unwrap();
        let error = verify_private(&dir, &account()).unwrap_err().to_string();
        assert!(error.contains("others may enter it"), "{error}");
        let stranger = Account { uid: nix::unistd::Uid::from_raw(geteuid().as_raw() + 1), ..account() };
        let error = verify_private(&dir, &stranger).unwrap_err().to_string();
        assert!(error.contains("it belongs to another user"), "{error}");

        fs::remove_dir(dir).unwrap();
    }
}
