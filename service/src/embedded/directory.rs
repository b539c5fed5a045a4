//! Creating the directories, and letting PostgreSQL's account in.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt, lchown};
use std::path::Path;

use super::account::Account;
use super::error::EmbeddedError;
use super::layout::Layout;

/// Creates the directory; its real path may differ from what was asked for.
pub fn create(layout: &Layout, account: &Account) -> Result<Layout, EmbeddedError> {
    // A place that PostgreSQL cannot reach stays unchanged.
    account.check_reach_above(&layout.root)?;
    // PostgreSQL's account passes through the directories of a server run by root.
    let mode = if account.differs { 0o711 } else { 0o700 };
    DirBuilder::new()
        .recursive(true)
        .mode(mode)
        .create(&layout.root)
        .and_then(|()| layout.root.canonicalize())
        .map(Layout::at)
        .map_err(EmbeddedError::file("create", &layout.root))
}

/// Lets PostgreSQL's account in. We open the directory itself; its parents must be open already.
pub fn admit(layout: &Layout, account: &Account) -> Result<(), EmbeddedError> {
    if !account.may_enter(&layout.root)? {
        let change_mode = || {
            let mode = layout.root.metadata()?.permissions().mode();
            fs::set_permissions(&layout.root, fs::Permissions::from_mode(mode | 0o111))
        };
        change_mode().map_err(EmbeddedError::file("open to PostgreSQL", &layout.root))?;
    }
    account.check_reach(&layout.root)
}

/// Creates a directory that only the account may enter.
pub fn make_dir_for(dir: &Path, account: &Account) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(dir)?;
    if account.differs {
        lchown(dir, Some(account.uid.as_raw()), Some(account.gid.as_raw()))?;
    }
    Ok(())
}
