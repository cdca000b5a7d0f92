//! The public API, and the prose of its docs: `cargo xtask api` and `cargo xtask prose`.
//!
//! In: the sources of both crates. Out: `api.txt`, or the verdict of `xtask-rustdoc` on rustdoc's
//! JSON. That program is a package of its own, because it takes longer to build than this one.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Result, bail};

use crate::{cargo, protoc};

/// The public API, one item a line, below the root.
const LISTING: &str = "api.txt";

const LIBRARY: &str = "hotconfig";
const MACROS: &str = "hotconfig_derive";

/// The variable with the real rustdoc, for the case that cargo calls this program in its place.
const REAL: &str = "XTASK_RUSTDOC";

/// Settings for the cargo that these commands call.
type Variables = &'static [(&'static str, &'static str)];

/// Writes the list of the public API, or checks it and the API's docs.
pub(crate) fn api(arguments: &[OsString]) -> Result<()> {
    match arguments {
        [] => Docs::build(&[])?.write_api(),
        [check] if check == "--check" => Docs::build(&[])?.check_api(),
        [other, ..] => bail!("expected `--check` or nothing, found {}", other.display()),
    }
}

/// Rustdoc's JSON of both crates.
pub(crate) struct Docs {
    library: PathBuf,
    macros: PathBuf,
    variables: Variables,
}

impl Docs {
    /// Has rustdoc write it. The packages are those of the whole documentation, since the
    /// dependencies of the two crates alone have other features, and would be built once more.
    pub(crate) fn build(variables: Variables) -> Result<Self> {
        let real = cargo::variable("RUSTDOC").unwrap_or_else(|| "rustdoc".into());
        let mut command = cargo::command("doc");
        command
            .args(["--workspace", "--no-deps", "--all-features"])
            .envs(variables.iter().copied())
            .env("PROTOC", protoc::find()?)
            .env("RUSTDOC", std::env::current_exe()?)
            .env(REAL, real)
            .env("RUSTDOCFLAGS", "-Zunstable-options --output-format json");
        cargo::run(&mut command)?;
        let folder = cargo::target()?.join("doc");
        let file = |name: &str| folder.join(name).with_extension("json");
        Ok(Self {
            library: file(LIBRARY),
            macros: file(MACROS),
            variables,
        })
    }

    fn write_api(&self) -> Result<()> {
        self.run(&["api", LISTING], &[&self.library])
    }

    /// Compares the public API with the list, and checks its types and its docs.
    pub(crate) fn check_api(&self) -> Result<()> {
        self.run(&["api", "--check", LISTING], &[&self.library])
    }

    /// Measures the sentences of the README and of the docs.
    pub(crate) fn prose(&self) -> Result<()> {
        self.run(&["prose", "README.md"], &[&self.library, &self.macros])
    }

    /// Builds and runs `xtask-rustdoc`.
    fn run(&self, arguments: &[&str], json: &[&PathBuf]) -> Result<()> {
        let mut command = cargo::command("run");
        command
            .args(["--quiet", "--package", "xtask-rustdoc", "--"])
            .args(arguments)
            .args(json)
            .envs(self.variables.iter().copied());
        cargo::run(&mut command)
    }
}

/// Runs rustdoc, if cargo called this program in its place; but only for the two crates.
///
/// JSON is not stable, and this rustdoc can write it. If cargo itself had the variable for that, it
/// would build all dependencies anew.
pub(crate) fn stand_in() -> Option<ExitCode> {
    let real = cargo::variable(REAL)?;
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let name = arguments
        .iter()
        .skip_while(|argument| *argument != "--crate-name");
    let is_wanted = name.take(2).any(|name| name == LIBRARY || name == MACROS);
    let mut command = Command::new(real);
    command.args(arguments).env("RUSTC_BOOTSTRAP", "1");
    Some(match is_wanted.then(|| cargo::run(&mut command)) {
        None | Some(Ok(())) => ExitCode::SUCCESS,
        Some(Err(_)) => ExitCode::FAILURE,
    })
}
