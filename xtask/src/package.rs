//! The packages to publish, without building them: for `cargo xtask ci`.
//!
//! In: the manifests of both crates. Out: their packages in the target folder, or an error if cargo
//! refuses one or a file is not in it. Cargo also builds the packages without `--no-verify`, with
//! all dependencies, which takes minutes.

use std::collections::BTreeSet;

use anyhow::{Result, bail};

use crate::cargo;

/// The published packages; cargo publishes the macros first.
const PACKAGES: [&str; 2] = ["hotconfig-derive", "hotconfig"];

/// The files that each package has besides its sources: both licences demand their text.
const FILES: [&str; 5] = [
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "src/lib.rs",
];

/// Makes both packages, and looks for the files in them.
pub(crate) fn check() -> Result<()> {
    let mut package = cargo::command("package");
    for name in PACKAGES {
        package.args(["--package", name]);
        let missing = missing(&list(name)?);
        if !missing.is_empty() {
            bail!("the package `{name}` has no {}", missing.join(", no "));
        }
    }
    // A change may be checked before it is committed.
    cargo::run(package.args(["--no-verify", "--allow-dirty"]))
}

/// Cargo's list of the files of a package.
fn list(name: &str) -> Result<String> {
    let mut command = cargo::command("package");
    cargo::output(command.args(["--list", "--allow-dirty", "--package", name]))
}

/// The files that a list of cargo lacks.
fn missing(list: &str) -> Vec<&'static str> {
    let files: BTreeSet<&str> = list.lines().collect();
    let missing = FILES.iter().filter(|file| !files.contains(*file));
    missing.copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_in_the_list_is_missing() {
        let all = FILES.join("\n");
        assert!(missing(&all).is_empty());
        let without = all.replace("LICENSE-MIT", "docs/LICENSE-MIT");
        assert_eq!(missing(&without), ["LICENSE-MIT"]);
    }

    #[test]
    fn both_packages_have_their_manifests_readme_and_licences() -> Result<()> {
        for name in PACKAGES {
            assert!(missing(&list(name)?).is_empty(), "{name}");
        }
        Ok(())
    }
}
