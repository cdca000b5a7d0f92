//! Writes the bytes to the disk, and reads them back.
//!
//! In: a path and bytes. Out: a file that has all of them, or the one that was there before. It
//! does not know the format of the bytes.
//!
//! A new file is written beside the old one, synced to the disk, and renamed into its place. A
//! reader finds one or the other, never a part, even after a crash. The program must be able to
//! write into the folder, which should be its own.
//!
//! Two processes, or two threads, may share one path: each writes a file of its own before the
//! rename, so the last one wins, whole. If their prefixes differ, give each its own path: a copy of
//! other prefixes is rejected when it is read.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tempfile::NamedTempFile;

use super::FallbackError;
use super::format::NAME;

/// A copy beyond this many bytes is not read.
const MAX_BYTES: u64 = 1 << 30;

/// The end of the name of a temporary file: `.NAME.XXXXXXXX.hotconfig` for a file `NAME`.
const SUFFIX: &str = ".hotconfig";
const RANDOM: usize = 8;

/// The minimum age of an unlocked file that is removed: a file that was just created is not locked
/// yet.
const ABANDONED: Duration = Duration::from_secs(60);

/// The same minimum age, on a disk without locks.
const FORGOTTEN: Duration = Duration::from_secs(60 * 60);

/// Reads the copy; `None` if there is none.
///
/// It blocks for as long as the disk takes.
///
/// # Errors
/// Anything but a regular file is rejected without reading from it, and
/// so is a file of more than 1 GiB. If a file is not a copy, only its beginning is read.
pub(crate) fn read(path: &Path) -> Result<Option<Vec<u8>>, FallbackError> {
    match read_file(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(of_disk("cannot be read", &error)),
    }
}

fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    let file = open(path)?;
    let about = file.metadata()?;
    if !about.is_file() {
        return Err(no_file());
    }
    let too_large = || {
        Err(io::Error::new(
            ErrorKind::FileTooLarge,
            "it is larger than 1 GiB",
        ))
    };
    if about.len() > MAX_BYTES {
        return too_large();
    }
    let mut bytes = Vec::new();
    let name = NAME.len() as u64;
    (&file).take(name).read_to_end(&mut bytes)?;
    if bytes != NAME.as_bytes() {
        // The file of another program: the rest of it is not needed, and may be large.
        return Ok(bytes);
    }
    let room = usize::try_from(about.len()).unwrap_or(usize::MAX);
    bytes.try_reserve_exact(room.saturating_sub(bytes.len()))?;
    // It may have grown since.
    file.take(MAX_BYTES + 1 - name).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length <= MAX_BYTES) {
        Ok(bytes)
    } else {
        too_large()
    }
}

/// Opens a file for reading without blocking: even a pipe has to be opened to know its type.
fn open(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.read(true);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;

        let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
        options.custom_flags(flags.bits().cast_signed());
    }
    options.open(path)
}

fn no_file() -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, "it is not a regular file")
}

/// Writes the copy: replaces the old one with all of the bytes, or changes nothing.
///
/// The file can be read and written by its owner only (0600), regardless of the permissions of the
/// old one. A symbolic link to a file is replaced, not followed. It blocks for as long as the disk
/// takes.
///
/// # Errors
/// The old copy is unchanged, and no file is left beside it. Only if the
/// folder itself could not be synced to the disk, the new copy may already be in place.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), FallbackError> {
    write_file(path, bytes).map_err(|error| of_disk("cannot be written", &error))
}

fn write_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // Otherwise a device would be replaced like any file.
    match fs::metadata(path) {
        Ok(about) if about.is_file() => {}
        Ok(_) => return Err(no_file()),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let mut new = begin(path)?;
    new.write_all(bytes)?;
    new.as_file().sync_all()?;
    new.persist(path).map_err(|error| error.error)?;
    sync(folder(path))
}

/// Creates a temporary file beside the path, which is removed when it is dropped. As long as it is
/// locked, its process is alive.
fn begin(path: &Path) -> io::Result<NamedTempFile> {
    // `tempfile` creates files that only their owner can read.
    let new = tempfile::Builder::new()
        .prefix(&prefix(path)?)
        .suffix(SUFFIX)
        .rand_bytes(RANDOM)
        .tempfile_in(folder(path))?;
    // Not all file systems support locks: without them `sweep` relies on the age alone.
    let _ = new.as_file().try_lock();
    Ok(new)
}

/// The start of the names of the temporary files of this path.
fn prefix(path: &Path) -> io::Result<OsString> {
    let Some(name) = path.file_name() else {
        return Err(no_file());
    };
    let mut prefix = OsString::from(".");
    prefix.push(name);
    prefix.push(".");
    Ok(prefix)
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

/// Syncs the rename to the disk.
#[cfg(unix)]
fn sync(folder: &Path) -> io::Result<()> {
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        // Not every file system supports this, and not every folder may be read: then the system
        // syncs it later.
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::InvalidInput | ErrorKind::Unsupported | ErrorKind::PermissionDenied
            ) =>
        {
            Ok(())
        }
        done => done,
    }
}

#[cfg(not(unix))]
fn sync(_folder: &Path) -> io::Result<()> {
    Ok(())
}

/// Removes the temporary files that crashed processes left beside the path. A file that a running
/// process writes is left alone. Errors are ignored.
pub(crate) fn sweep(path: &Path) {
    sweep_older(path, ABANDONED, FORGOTTEN);
}

fn sweep_older(path: &Path, abandoned: Duration, forgotten: Duration) {
    for left in beside(path).unwrap_or_default() {
        let Some((age, unlocked)) = age(&left) else {
            continue;
        };
        let old = match unlocked {
            Ok(()) => age >= abandoned,
            Err(TryLockError::WouldBlock) => false,
            Err(TryLockError::Error(_)) => age >= forgotten,
        };
        if old {
            let _ = fs::remove_file(&left);
        }
    }
}

/// The age of the file, and whether it could be locked. The lock ends with this function.
fn age(path: &Path) -> Option<(Duration, Result<(), TryLockError>)> {
    let file = open(path).ok()?;
    let written = file.metadata().ok()?.modified().ok()?;
    let age = SystemTime::now().duration_since(written);
    Some((age.unwrap_or_default(), file.try_lock()))
}

/// The temporary files of this path.
fn beside(path: &Path) -> io::Result<Vec<PathBuf>> {
    let prefix = prefix(path)?;
    let ours = |name: &OsStr| {
        let name = name.as_encoded_bytes();
        let random = name
            .strip_prefix(prefix.as_encoded_bytes())
            .and_then(|rest| rest.strip_suffix(SUFFIX.as_bytes()));
        random.is_some_and(|it| it.len() == RANDOM && it.iter().all(u8::is_ascii_alphanumeric))
    };
    let mut found = Vec::new();
    for entry in fs::read_dir(folder(path))? {
        let entry = entry?;
        if ours(&entry.file_name()) && entry.file_type()?.is_file() {
            found.push(entry.path());
        }
    }
    Ok(found)
}

fn of_disk(action: &'static str, error: &io::Error) -> FallbackError {
    let message = error.to_string();
    FallbackError::Disk { action, message }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A file that a running process writes.
    pub(in super::super) fn hold(path: &Path) -> NamedTempFile {
        begin(path).unwrap()
    }

    /// A file whose process was killed.
    pub(in super::super) fn abandon(path: &Path) -> PathBuf {
        let (file, path) = begin(path).unwrap().keep().unwrap();
        drop(file);
        path
    }

    /// Sweeps without waiting for an age.
    pub(in super::super) fn sweep_all(path: &Path) {
        sweep_older(path, Duration::ZERO, Duration::ZERO);
    }
}
