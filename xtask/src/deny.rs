//! What the project depends on, checked by cargo-deny against `deny.toml`.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::Result;

use crate::cargo;
use crate::version::Version;

/// The release that `deny.toml` is written for.
const VERSION: Version = Version(0, 20, 2);

/// The checks that need nothing but the lock file and the crates.
const CHECKS: [&str; 3] = ["bans", "licenses", "sources"];

/// Runs the named checks, or else those that need no network.
pub(crate) fn run(checks: &[OsString]) -> Result<()> {
    let mut command = std::process::Command::new(find()?);
    command.current_dir(cargo::root()).arg("check");
    if checks.is_empty() {
        command.args(CHECKS);
    } else {
        command.args(checks);
    }
    cargo::run(&mut command)
}

/// Installs cargo-deny among the tools, unless it is there or on the `PATH`.
fn find() -> Result<PathBuf> {
    let right = |path: &PathBuf| Version::reported_by(path).is_ok_and(|version| version == VERSION);
    if let Some(path) = cargo::on_path("cargo-deny").filter(right) {
        return Ok(path);
    }
    let tools = cargo::tools()?;
    let name = format!("cargo-deny{}", std::env::consts::EXE_SUFFIX);
    let path = tools.join("bin").join(name);
    if right(&path) {
        return Ok(path);
    }
    eprintln!("building cargo-deny {VERSION}, once; this takes some minutes");
    // Unoptimised: it runs for a second and takes minutes to build.
    let mut command = cargo::command("install");
    command
        .args(["cargo-deny", "--version", &VERSION.to_string()])
        .args([
            "--locked",
            "--debug",
            "--quiet",
            "--force",
            "--no-track",
            "--root",
        ])
        .arg(&tools);
    cargo::run(&mut command)?;
    Ok(path)
}
