//! Checks of rustdoc's JSON, which `cargo xtask api` and `cargo xtask prose` run.
//!
//! In: JSON that rustdoc wrote, and the files beside it. Out: a report, and an exit code. It is no
//! part of `xtask`, because its dependencies take longer to build than that.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "printing is what a command is for"
)]

mod cancel;
mod documented;
mod foreign;
mod listing;
mod prose;
mod sentences;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use documented::Documented;

const USAGE: &str = "usage: xtask-rustdoc api [--check] LISTING JSON
       xtask-rustdoc prose README JSON…";

fn main() -> ExitCode {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[PathBuf]) -> Result<()> {
    let (command, rest) = arguments.split_first().context(USAGE)?;
    match (command.to_str(), rest) {
        (Some("api"), [listing, json]) => write_api(listing, json),
        (Some("api"), [check, listing, json]) if check == Path::new("--check") => {
            check_api(listing, json)
        }
        (Some("prose"), [readme, json @ ..]) => prose::check(readme, json),
        _ => bail!("{USAGE}"),
    }
}

/// Writes the public API to a file.
fn write_api(listing: &Path, json: &Path) -> Result<()> {
    let lines = listing::lines(&Documented::read(json)?);
    std::fs::write(listing, lines.join("\n") + "\n")
        .with_context(|| format!("can't write {}", listing.display()))?;
    println!("{}: {} items", listing.display(), lines.len());
    Ok(())
}

/// Compares the public API with the file, and checks its types and its docs.
fn check_api(listing: &Path, json: &Path) -> Result<()> {
    let documented = Documented::read(json)?;
    let written = std::fs::read_to_string(listing)
        .with_context(|| format!("can't read {}", listing.display()))?;
    let lines = listing::lines(&documented);
    let faults: Vec<String> = [
        listing::difference(&written, &lines),
        foreign::fault(&documented)?,
        cancel::fault(&documented)?,
    ]
    .into_iter()
    .flatten()
    .collect();
    if !faults.is_empty() {
        bail!("{}", faults.join("\n\n"));
    }
    println!(
        "{} public items, as listed in {}",
        lines.len(),
        listing.display()
    );
    Ok(())
}
