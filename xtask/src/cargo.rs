//! Running cargo from within cargo, and where its folders are.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// The cargo that runs this program.
fn program() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// `cargo <subcommand>` in the root of the workspace.
pub(crate) fn command(subcommand: &str) -> Command {
    let mut command = Command::new(program());
    command.arg(subcommand).current_dir(root());
    // `cargo run` describes this package in variables. Build scripts that look at them
    // would run again each time cargo is called with and without this program.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    command
}

/// Runs a command whose output goes where this program's goes.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("can't run `{}`", show(command)))?;
    if !status.success() {
        bail!("`{}` failed ({status})", show(command));
    }
    Ok(())
}

/// Runs a command for its output, which is only shown if it fails.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(std::process::Stdio::null())
        .output()
        .with_context(|| format!("can't run `{}`", show(command)))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        bail!(
            "`{}` failed ({})\n{text}{errors}",
            show(command),
            output.status
        );
    }
    Ok(text)
}

/// A command as one would type it, more or less.
pub(crate) fn show(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let mut text = program
        .file_name()
        .unwrap_or(program.as_os_str())
        .to_string_lossy()
        .into_owned();
    for argument in command.get_args() {
        text.push(' ');
        text.push_str(&argument.to_string_lossy());
    }
    text
}

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    package.parent().map_or(package.clone(), Path::to_path_buf)
}

/// The folder for tools that this program fetches: below the target folder, so that
/// `cargo clean` removes them.
pub(crate) fn tools() -> Result<PathBuf> {
    let tools = target()?.join("tools");
    std::fs::create_dir_all(&tools)
        .with_context(|| format!("can't make the folder {}", tools.display()))?;
    Ok(tools)
}

/// The target folder of the workspace.
pub(crate) fn target() -> Result<PathBuf> {
    let mut command = command("metadata");
    command.args(["--no-deps", "--format-version", "1"]);
    let text = output(&mut command)?;
    let metadata: serde_json::Value = serde_json::from_str(&text)?;
    let target = metadata
        .get("target_directory")
        .and_then(serde_json::Value::as_str)
        .context("cargo metadata names no target folder")?;
    Ok(PathBuf::from(target))
}

/// A program on the `PATH`.
pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join(&name))
        .find(|path| path.is_file())
}

/// A variable of the environment that is set to something.
pub(crate) fn variable(name: &str) -> Option<PathBuf> {
    std::env::var_os(name)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}
