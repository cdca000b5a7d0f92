//! Versions of programs, as they print them.

use std::fmt;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::cargo;

/// A version; compared number by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version(pub(crate) u32, pub(crate) u32, pub(crate) u32);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

impl Version {
    /// The first word of a text that is a version; `1.95` is `1.95.0`.
    pub(crate) fn within(text: &str) -> Option<Self> {
        text.split_whitespace().find_map(|word| {
            let mut parts = word.splitn(3, '.');
            let whole = |part: Option<&str>| part?.parse().ok();
            let (major, minor) = (whole(parts.next())?, whole(parts.next())?);
            let patch = match parts.next() {
                None => 0,
                // A release candidate: `0-rc.1`.
                Some(part) => part
                    .split(|c: char| !c.is_ascii_digit())
                    .next()?
                    .parse()
                    .ok()?,
            };
            Some(Self(major, minor, patch))
        })
    }

    /// The version that a program reports with `--version`.
    pub(crate) fn reported_by(program: &Path) -> Result<Self> {
        let text = cargo::output(Command::new(program).arg("--version"))?;
        let first = text.lines().next().unwrap_or_default();
        Self::within(first)
            .with_context(|| format!("{} --version says {first:?}", program.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_found_in_what_a_program_prints() {
        let cases = [
            ("etcd Version: 3.5.16", Some(Version(3, 5, 16))),
            ("etcd Version: 3.6.0-rc.1", Some(Version(3, 6, 0))),
            (
                "rustc 1.95.0 (59807616e 2026-04-14)",
                Some(Version(1, 95, 0)),
            ),
            ("1.95", Some(Version(1, 95, 0))),
            ("cargo-deny 0.20.2", Some(Version(0, 20, 2))),
            ("etcd", None),
            ("etcd Version: 3", None),
            ("", None),
        ];
        for (text, version) in cases {
            assert_eq!(Version::within(text), version, "{text}");
        }
    }

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(Version(3, 5, 8) < Version(3, 5, 16));
        assert!(Version(3, 4, 23) < Version(3, 5, 0));
    }
}
