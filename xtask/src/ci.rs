//! Everything that a change has to pass, one step after the other.

use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result};

use crate::rustdoc::Docs;
use crate::summary::Summary;
use crate::{cargo, deny, package, protoc, test};

/// Runs every step up to the first that fails. The tests come last, so that their sum
/// is the last line.
pub(crate) fn run() -> Result<Summary> {
    let protoc = protoc::find()?;
    let cargo = |arguments: &[&str]| {
        let (subcommand, rest) = arguments.split_first().context("no subcommand")?;
        let mut command = cargo::command(subcommand);
        cargo::run(command.args(rest).envs(FROM_NOTHING).env("PROTOC", &protoc))
    };
    step("format", || cargo(&["fmt", "--all", "--check"]))?;
    step("dependencies", || deny::run(&[]))?;
    step("clippy", || {
        cargo(&[
            "clippy",
            "--workspace",
            "--all-targets",
            "--all-features",
            "--",
            "-Dwarnings",
        ])
    })?;
    step("without etcd, and without protoc", without_etcd)?;
    step("documentation", || {
        let mut command = cargo::command("doc");
        command
            .args(["--workspace", "--no-deps", "--all-features"])
            .envs(FROM_NOTHING)
            .env("RUSTDOCFLAGS", "-Dwarnings")
            .env("PROTOC", &protoc);
        cargo::run(&mut command)
    })?;
    let docs = step("documentation as JSON", || Docs::build(&FROM_NOTHING))?;
    step("public API", || docs.check_api())?;
    step("prose", || docs.prose())?;
    step("packages", package::check)?;
    let variables = FROM_NOTHING.map(|(name, value)| (name, value.to_owned()));
    step("tests", || test::run_with(&[], &variables))
}

/// Settings for a build from an empty target folder: it saves no state for the next build.
const FROM_NOTHING: [(&str, &str); 1] = [("CARGO_INCREMENTAL", "0")];

fn step<T>(name: &str, run: impl FnOnce() -> Result<T>) -> Result<T> {
    eprintln!("\n==> {name}");
    let began = Instant::now();
    let result = run();
    let seconds = began.elapsed().as_secs_f64();
    let end = if result.is_ok() {
        "took"
    } else {
        "failed after"
    };
    eprintln!("==> {name}: {end} {seconds:.1} s");
    result.with_context(|| format!("the step `{name}` failed"))
}

/// The library without its default features needs neither etcd-client nor protoc.
fn without_etcd() -> Result<()> {
    let without = |command: &mut Command| {
        command
            .args(["--package", "hotconfig", "--no-default-features"])
            .envs(FROM_NOTHING)
            .env_remove("PROTOC");
    };
    let mut check = cargo::command("check");
    without(&mut check);
    cargo::run(&mut check)?;
    let mut clippy = cargo::command("clippy");
    without(&mut clippy);
    cargo::run(clippy.args(["--all-targets", "--", "-Dwarnings"]))
}
