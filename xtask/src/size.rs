//! What hotconfig adds to a small service: `cargo xtask size`.
//!
//! In: the two programs in `size/`, which do the same with and without hotconfig. Out: a table of
//! their crates and of their sizes, and an error if hotconfig adds more than the goals allow.

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::{cargo, protoc};

/// The service on `etcd-client` alone, and the one on hotconfig.
const PROGRAMS: [&str; 2] = ["hotconfig-size-by-hand", "hotconfig-size-on-hotconfig"];

/// The maximum number of crates that hotconfig adds, itself and its macros included.
const MAX_CRATES: usize = 35;

/// The maximum number of bytes that it adds to a program that is built to be small.
const MAX_BYTES: u64 = 1_200_000;

/// The profile of a program that is built to be small: stripped, with link-time optimisation.
const SMALL: &str = "size";

/// Builds both programs, and prints the table.
pub(crate) fn run() -> Result<()> {
    let added = added_crates()?;
    println!("{} crates (goal: at most {MAX_CRATES}):", added.len());
    for name in &added {
        println!("    {name}");
    }
    println!(
        "{:<24}{:>12}{:>14}{:>14}",
        "bytes, stripped", "by hand", "on hotconfig", "difference"
    );
    let plain = row("release")?;
    let small = row(SMALL)?;
    println!(
        "the goal is at most {MAX_BYTES} bytes with the profile `{SMALL}`; `release` adds {plain}"
    );
    if added.len() > MAX_CRATES || small > MAX_BYTES {
        bail!("hotconfig adds more than it may");
    }
    Ok(())
}

/// Prints the sizes of both programs with this profile, and returns their difference.
fn row(profile: &str) -> Result<u64> {
    let [by_hand, on_hotconfig] = PROGRAMS;
    let (by_hand, on_hotconfig) = (built(by_hand, profile)?, built(on_hotconfig, profile)?);
    let difference = on_hotconfig.saturating_sub(by_hand);
    println!("{profile:<24}{by_hand:>12}{on_hotconfig:>14}{difference:>14}");
    Ok(difference)
}

/// The crates that only the program on hotconfig needs to run.
fn added_crates() -> Result<BTreeSet<String>> {
    let [by_hand, on_hotconfig] = PROGRAMS;
    let by_hand = crates(by_hand)?;
    let mut added = crates(on_hotconfig)?;
    added.retain(|name| !by_hand.contains(name) && !name.starts_with(on_hotconfig));
    Ok(added)
}

/// The crates of a program with their versions, its own included.
fn crates(package: &str) -> Result<BTreeSet<String>> {
    let mut command = cargo::command("tree");
    command.args([
        "--edges",
        "normal",
        "--prefix",
        "none",
        "--package",
        package,
    ]);
    let tree = cargo::output(&mut command)?;
    let names = tree.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        Some(format!("{} {}", words.next()?, words.next()?))
    });
    Ok(names.collect())
}

/// The size of a stripped program, built with this profile.
fn built(package: &str, profile: &str) -> Result<u64> {
    let mut command = cargo::command("build");
    command
        .args(["--quiet", "--config", "profile.release.strip=true"])
        .args(["--profile", profile, "--package", package])
        .env("PROTOC", protoc::find()?);
    cargo::run(&mut command)?;
    let folder: PathBuf = cargo::target()?.join(profile);
    let program = folder.join(package);
    let program = program.with_extension(std::env::consts::EXE_EXTENSION);
    Ok(std::fs::metadata(program)?.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hotconfig_adds_no_more_crates_than_it_may() -> Result<()> {
        let added = added_crates()?;
        assert!(added.len() <= MAX_CRATES, "{}: {added:#?}", added.len());
        let is_there = |name: &str| added.iter().any(|added| added.starts_with(name));
        assert!(is_there("hotconfig v") && is_there("hotconfig-derive "));
        // The Unicode tables of a URL, and a cipher.
        assert!(!is_there("icu_") && !is_there("idna") && !is_there("chacha20"));
        Ok(())
    }
}
