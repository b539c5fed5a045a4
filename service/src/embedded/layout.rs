//! What lies in a data directory, and whether a directory is one.
//!
//! The directory itself is the server's own; PostgreSQL's account owns the cluster and the socket directory in it.
//! A server run by root therefore never opens a file that the less privileged account could have replaced.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, chown, fchown, lchown};
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;
use nix::unistd::geteuid;

use super::account::Account;
use super::error::EmbeddedError;

/// Part of the socket's file name; nobody listens on TCP.
pub const PORT: u16 = 5432;

/// `sockaddr_un` holds 107 bytes on Linux and 103 on macOS.
const SOCKET_PATH_LIMIT: usize = 103;

/// What the names of half-made clusters begin with.
pub const UNFINISHED: &str = "postgres.init-";

#[derive(Debug, Clone)]
pub struct Layout {
    pub root: PathBuf,
    pub lock: PathBuf,
    pub cluster: PathBuf,
    pub log: PathBuf,
    socket: PathBuf,
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
            // A directory that we may enter but not list: whose it is decides, and that is asked next.
            Err(error) if error.kind() == ErrorKind::PermissionDenied => return Ok(()),
            Err(error) => return Err(EmbeddedError::file("list", &self.root)(error)),
        };
        if self.lock.exists() {
            return Ok(());
        }
        if let Ok(version) = fs::read_to_string(self.root.join("PG_VERSION")) {
            return Err(EmbeddedError::NotOurCluster { data_dir, version: version.trim().to_owned() });
        }
        // A mount point of its own is empty but for this.
        match entries.filter_map(Result::ok).find(|entry| entry.file_name() != "lost+found") {
            Some(entry) => {
                Err(EmbeddedError::NotOurs { data_dir, found: entry.file_name().to_string_lossy().into_owned() })
            }
            None => Ok(()),
        }
    }

    /// Creates the directory; its real path may differ from what was asked for.
    pub fn create(self, account: &Account) -> Result<Self, EmbeddedError> {
        // A place that PostgreSQL cannot reach is left as it was.
        account.check_reach_above(&self.root)?;
        // PostgreSQL's account passes through the directories of a server run by root.
        let mode = if account.differs { 0o711 } else { 0o700 };
        DirBuilder::new()
            .recursive(true)
            .mode(mode)
            .create(&self.root)
            .and_then(|()| self.root.canonicalize())
            .map(Self::at)
            .map_err(EmbeddedError::file("create", &self.root))
    }

    /// Lets PostgreSQL's account in: through the directory itself by our own doing, through its parents by theirs.
    pub fn admit(&self, account: &Account) -> Result<(), EmbeddedError> {
        if !account.may_enter(&self.root)? {
            let change_mode = || {
                let mode = self.root.metadata()?.permissions().mode();
                fs::set_permissions(&self.root, fs::Permissions::from_mode(mode | 0o111))
            };
            change_mode().map_err(EmbeddedError::file("open to PostgreSQL", &self.root))?;
        }
        account.check_reach(&self.root)
    }

    /// The socket's directory, made and verified: it is the only guard of a server that trusts its visitors.
    pub fn socket_dir(&self, account: &Account) -> Result<PathBuf, EmbeddedError> {
        let dir = if fits_socket(&self.socket) { self.socket.clone() } else { self.distant_socket_dir(account) };
        match make_dir_for(&dir, account) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::AlreadyExists => verify_private(&dir, account)?,
            Err(error) => return Err(EmbeddedError::file("create", &dir)(error)),
        }
        account.check_reach(&dir)?;
        Ok(dir)
    }

    /// For data directories whose path is too long for a socket: a name that only depends on theirs.
    fn distant_socket_dir(&self, account: &Account) -> PathBuf {
        let mut hasher = DefaultHasher::new();
        self.root.hash(&mut hasher);
        runtime_dir(account).join(format!("qairon-{}-{:016x}", account.uid, hasher.finish()))
    }
}

/// Commas and quotes mean something in PostgreSQL's and the client's lists of hosts.
fn fits_socket(dir: &Path) -> bool {
    let path = dir.join(format!(".s.PGSQL.{PORT}"));
    path.as_os_str().len() <= SOCKET_PATH_LIMIT && path.to_str().is_some_and(|path| !path.contains([',', '"']))
}

/// Where short-lived private files go: root's own place when PostgreSQL runs as somebody else.
fn runtime_dir(account: &Account) -> PathBuf {
    let preferred = match account.differs {
        true => Some(PathBuf::from("/run")),
        false => std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from),
    };
    preferred
        .filter(|dir| dir.is_dir() && fits_socket(&dir.join("qairon-4294967295-0123456789abcdef")))
        .unwrap_or_else(|| PathBuf::from("/tmp"))
}

/// Creates a directory that only the account may enter.
pub fn make_dir_for(dir: &Path, account: &Account) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(dir)?;
    if account.differs {
        lchown(dir, Some(account.uid.as_raw()), Some(account.gid.as_raw()))?;
    }
    Ok(())
}

/// In a place like `/tmp` anybody may have made the directory before us.
fn verify_private(dir: &Path, account: &Account) -> Result<(), EmbeddedError> {
    let metadata = dir.symlink_metadata().map_err(EmbeddedError::file("read", dir))?;
    let reason = if !metadata.is_dir() {
        "it is not a directory"
    } else if metadata.uid() != account.uid.as_raw() {
        // Killed between making the directory and giving it away.
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
        let distant = |root: &str| Layout::at(root.into()).distant_socket_dir(&account());
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
        assert!(error.contains("is a PostgreSQL 13 cluster that Qairon did not make"), "{error}");
        fs::write(root.join("qairon.lock"), "").unwrap();
        find().unwrap();

        fs::remove_dir_all(root).unwrap();
        assert!(matches!(Layout::find(Path::new("/dev/null")), Err(EmbeddedError::NotADirectory { .. })));
    }
}
