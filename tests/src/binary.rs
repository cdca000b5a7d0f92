//! The etcd that the tests run: where its binaries are, and which version it is.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

const HOW: &str = "run `cargo xtask test`, which gets an etcd, or set HOTCONFIG_ETCD to the \
                   path of an etcd binary";

/// A version of etcd.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// The 3 of 3.5.16.
    pub major: u32,
    /// The 5 of 3.5.16.
    pub minor: u32,
    /// The 16 of 3.5.16.
    pub patch: u32,
}

impl Version {
    /// The version of these three numbers.
    pub const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self {
            major,
            minor,
            patch,
        }
    }

    /// Reads what `etcd --version` prints.
    fn printed(output: &str) -> Option<Self> {
        let text = output
            .lines()
            .find_map(|line| line.strip_prefix("etcd Version:"))?
            .trim();
        let mut numbers = text.splitn(3, '.').map(|part| {
            part.split(|c: char| !c.is_ascii_digit())
                .next()?
                .parse()
                .ok()
        });
        Some(Self::new(
            numbers.next()??,
            numbers.next()??,
            numbers.next()??,
        ))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

fn find() -> (PathBuf, Version) {
    let binary = match std::env::var_os("HOTCONFIG_ETCD") {
        Some(path) if !path.is_empty() => path,
        _ => OsString::from("etcd"),
    };
    let output = Command::new(&binary).arg("--version").output();
    let output = output.unwrap_or_else(|error| {
        panic!(
            "no etcd: {} does not run ({error}); {HOW}",
            binary.display()
        )
    });
    let text = String::from_utf8_lossy(&output.stdout);
    let version = Version::printed(&text).unwrap_or_else(|| {
        panic!(
            "no etcd: {} --version says {text:?}; {HOW}",
            binary.display()
        )
    });
    (PathBuf::from(binary), version)
}

fn found() -> &'static (PathBuf, Version) {
    static FOUND: OnceLock<(PathBuf, Version)> = OnceLock::new();
    FOUND.get_or_init(find)
}

/// The etcd binary that servers are started from.
///
/// # Panics
///
/// When there is none, with what to do about it.
pub fn etcd() -> &'static Path {
    &found().0
}

/// Its version, for tests of something that not every version does.
///
/// # Panics
///
/// When there is no etcd.
pub fn version() -> Version {
    found().1
}

/// The `etcdctl` beside the etcd binary, or else the one on the `PATH`.
pub fn etcdctl() -> PathBuf {
    beside("etcdctl")
}

/// The `etcdutl` beside the etcd binary, or else the one on the `PATH`; etcd has it
/// from 3.5 on.
pub fn etcdutl() -> PathBuf {
    beside("etcdutl")
}

fn beside(name: &str) -> PathBuf {
    let path = etcd().with_file_name(name);
    if path.is_file() {
        path
    } else {
        PathBuf::from(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_and_compared_as_numbers() {
        let version = |text| Version::printed(text);
        assert_eq!(
            version("etcd Version: 3.5.16\nGit SHA: Not provided\n"),
            Some(Version::new(3, 5, 16))
        );
        assert_eq!(
            version("etcd Version: 3.6.0-rc.1\n"),
            Some(Version::new(3, 6, 0))
        );
        assert_eq!(version("etcdctl version: 3.5.16\n"), None);
        assert_eq!(version("etcd Version: 3.5\n"), None);
        assert!(Version::new(3, 5, 8) < Version::new(3, 5, 16));
    }
}
