//! A folder for one server's data: in memory where there is room, and removed with the
//! server. Out comes an empty folder; what goes into it is not known here.
//!
//! A test that is interrupted can't remove its folder. So each one is marked by a lock
//! that ends with its process, and the next process removes those that nobody holds.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::time::Duration;

use tempfile::TempDir;

const PREFIX: &str = "hotconfig-etcd-";

const LOCK: &str = "lock";

/// Between the making of a folder and of its lock, it looks abandoned.
const YOUNG: Duration = Duration::from_secs(60);

/// etcd sets aside 64 MiB for each of two log files before it writes anything, and
/// several tests run at a time.
#[cfg(target_os = "linux")]
const ROOM_IN_MEMORY: u64 = 1 << 30;

/// A folder that is removed when it is dropped.
#[derive(Debug)]
pub(crate) struct Folder {
    folder: TempDir,
    _lock: File,
}

impl Folder {
    pub(crate) fn new() -> Self {
        static SWEPT: Once = Once::new();
        let base = base();
        SWEPT.call_once(|| sweep(&base, YOUNG));
        match Self::within(&base) {
            Ok(folder) => folder,
            Err(error) => panic!("no folder for an etcd in {}: {error}", base.display()),
        }
    }

    fn within(base: &Path) -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(base)?;
        let lock = File::create(folder.path().join(LOCK))?;
        lock.lock()?;
        Ok(Self {
            folder,
            _lock: lock,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }
}

fn base() -> PathBuf {
    #[cfg(target_os = "linux")]
    {
        let memory = Path::new("/dev/shm");
        let room =
            rustix::fs::statvfs(memory).map_or(0, |at| at.f_bavail.saturating_mul(at.f_frsize));
        if room >= ROOM_IN_MEMORY && tempfile::tempfile_in(memory).is_ok() {
            return memory.to_owned();
        }
    }
    std::env::temp_dir()
}

/// Removes the folders of processes that are gone. What can't be removed, such as
/// another user's, stays.
fn sweep(base: &Path, young: Duration) {
    for entry in fs::read_dir(base).into_iter().flatten().flatten() {
        let is_ours = entry.file_name().to_string_lossy().starts_with(PREFIX);
        if is_ours && is_abandoned(&entry.path(), young).unwrap_or(false) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn is_abandoned(folder: &Path, young: Duration) -> io::Result<bool> {
    let lock = File::open(folder.join(LOCK))?;
    let age = lock.metadata()?.modified()?.elapsed().unwrap_or_default();
    Ok(age >= young && lock.try_lock().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_abandoned_folders_are_swept() {
        let base = tempfile::tempdir().unwrap();
        let held = Folder::within(base.path()).unwrap();
        let abandoned = base.path().join(format!("{PREFIX}1"));
        let others = base.path().join("others");
        for folder in [&abandoned, &others] {
            fs::create_dir_all(folder.join("data")).unwrap();
            fs::write(folder.join(LOCK), "").unwrap();
        }

        sweep(base.path(), YOUNG);
        assert!(abandoned.exists(), "it may be about to be locked");

        sweep(base.path(), Duration::ZERO);
        assert!(!abandoned.exists());
        assert!(held.path().exists());
        assert!(others.exists());
    }
}
