//! The private PostgreSQL of a service without a `DATABASE_URL`.
//!
//! One data directory belongs to one server at a time, held by a lock (`lock`). It contains the cluster and its log
//! (`layout`), created with the right owner (`directory`), and the socket, its only entrance (`socket`). A start finds
//! the installed binaries (`binaries`), creates the cluster once and atomically (`cluster`) and shuts down a PostgreSQL
//! that a killed predecessor left running (`leftover`). PostgreSQL runs as our child process under an unprivileged
//! account (`account`, `process`). A background task restarts it whenever it ends unexpectedly (`supervisor`).
//!
//! Durability is PostgreSQL's own: nothing here turns `fsync` off or removes a file that recovery needs.

mod account;
mod binaries;
mod cluster;
mod directory;
mod error;
mod layout;
mod leftover;
mod lock;
mod log;
mod process;
mod server;
mod socket;
mod supervisor;
mod version;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tracing::info;

use self::account::Account;
use self::binaries::Installation;
pub use self::error::EmbeddedError;
use self::layout::Layout;
use self::lock::Lock;
use self::server::Server;

/// Where and how to run it.
#[derive(Debug, Clone)]
pub struct Options {
    /// Created when it does not exist; refused when it holds something else.
    pub data_dir: PathBuf,
    /// The directory of `postgres` and `initdb`; searched when unset.
    pub bin_dir: Option<PathBuf>,
    /// How long PostgreSQL may take until it accepts connections, crash recovery included.
    pub start_timeout: Duration,
}

/// A running PostgreSQL. Dropping it asks PostgreSQL to stop without waiting; `stop` waits.
#[derive(Debug)]
pub struct Postgres {
    database_url: String,
    version: String,
    pid: Arc<AtomicU32>,
    stop: oneshot::Sender<()>,
    supervisor: JoinHandle<Result<(), EmbeddedError>>,
}

/// `/var/lib/qairon` for root, otherwise `qairon` in the user's data directory.
pub fn default_data_dir() -> PathBuf {
    if nix::unistd::geteuid().is_root() {
        return PathBuf::from("/var/lib/qairon");
    }
    // The XDG specification says to ignore relative values.
    std::env::var_os("XDG_DATA_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| std::env::home_dir().map(|home| home.join(".local/share")))
        .unwrap_or_default()
        .join("qairon")
}

/// Starts PostgreSQL on the data directory and returns once it accepts connections and the database exists.
pub async fn start(options: Options) -> Result<Postgres, EmbeddedError> {
    let Options { data_dir, bin_dir, start_timeout } = options;

    // All checks come before the first write.
    let layout = Layout::find(&data_dir)?;
    let account = Account::for_cluster(&layout)?;
    let major = cluster::major_version(&layout)?;
    let installation = Installation::find(bin_dir.as_deref(), &layout, major).await?;
    account.check_reach(&installation.bin_dir)?;
    let layout = directory::create(&layout, &account)?;
    let lock = Lock::acquire(&layout)?;
    directory::admit(&layout, &account)?;

    let server = Server { socket_dir: socket::make_dir(&layout, &account)?, layout, account, installation };
    cluster::initialise_once(&server).await?;
    leftover::clear(&server.layout.cluster, &server.socket_dir).await?;
    let (process, version) = server.start(start_timeout).await?;
    info!(
        "running a private PostgreSQL {version} in {} as `{}`, pid {}",
        server.layout.root.display(),
        server.account.name,
        process.id()
    );

    let database_url = server.database_url();
    let pid = Arc::new(AtomicU32::new(process.id()));
    let (stop, stopped) = oneshot::channel();
    let supervisor = tokio::spawn(supervisor::run(server, process, Arc::clone(&pid), stopped, lock));
    Ok(Postgres { database_url, version, pid, stop, supervisor })
}

impl Postgres {
    /// A connection string, in libpq's keyword form, to the database `qairon` over the Unix socket.
    /// It stays valid when PostgreSQL is started again.
    pub fn database_url(&self) -> &str {
        &self.database_url
    }

    /// The postmaster's process now; it changes when PostgreSQL is started again.
    pub fn pid(&self) -> u32 {
        self.pid.load(Ordering::Relaxed)
    }

    /// The server's version, such as `15.18`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Shuts PostgreSQL down and waits until it has ended.
    pub async fn stop(self) -> Result<(), EmbeddedError> {
        // A supervisor that has ended has stopped PostgreSQL too.
        let _ = self.stop.send(());
        self.supervisor.await.map_err(|source| EmbeddedError::Supervisor { source })?
    }
}
