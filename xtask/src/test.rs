//! All tests of the workspace, with a protoc to build them and an etcd to run them on.

use std::ffi::{OsStr, OsString};
use std::io::{Read, Write};
use std::process::Stdio;

use anyhow::{Context, Result};

use crate::summary::{Reader, Summary};
use crate::{cargo, etcd, protoc};

/// Runs `cargo test`, shows its output as it comes, and sums it up.
///
/// A test that fails is no `Err`: the summary says so.
pub(crate) fn run(arguments: &[OsString]) -> Result<Summary> {
    let protoc = protoc::find()?;
    let etcd = etcd::find()?;
    eprintln!("protoc: {}", protoc.display());
    eprintln!("etcd:   {}", etcd.display());

    let mut command = cargo::command("test");
    // Libraries, programs, examples, tests and what is in the docs; not the benchmarks,
    // which take their time.
    if !names_any(arguments, &["-p", "--package", "--workspace", "--all"]) {
        command.arg("--workspace");
    }
    if !names_any(
        arguments,
        &[
            "-F",
            "--features",
            "--all-features",
            "--no-default-features",
        ],
    ) {
        command.arg("--all-features");
    }
    if !names_any(arguments, &["--no-fail-fast"]) {
        // The sum is of everything, not of what came before the first failure.
        command.arg("--no-fail-fast");
    }
    command
        .args(arguments)
        .env("PROTOC", &protoc)
        .env("HOTCONFIG_ETCD", &etcd)
        .stdin(Stdio::null())
        .stdout(Stdio::piped());

    let mut child = command
        .spawn()
        .with_context(|| format!("can't run `{}`", cargo::show(&command)))?;
    let mut reader = Reader::default();
    if let Some(mut output) = child.stdout.take() {
        let mut piece = vec![0; 8192];
        loop {
            let length = output.read(&mut piece)?;
            let piece = piece.get(..length).unwrap_or_default();
            if piece.is_empty() {
                break;
            }
            reader.read(piece);
            let mut out = std::io::stdout().lock();
            out.write_all(piece)?;
            out.flush()?;
        }
    }
    let status = child.wait()?;
    let mut summary = reader.finish();
    if !status.success() {
        if summary.failed == 0 {
            eprintln!("error: a build failed, or a test program ended before its tests did");
        }
        summary.count_unreported_failure();
    }
    Ok(summary)
}

/// Whether one of cargo's own arguments, those before `--`, is one of these options.
fn names_any(arguments: &[OsString], options: &[&str]) -> bool {
    arguments
        .iter()
        .take_while(|argument| argument.as_os_str() != OsStr::new("--"))
        .any(|argument| {
            let argument = argument.to_string_lossy();
            let name = argument.split('=').next().unwrap_or_default();
            options.iter().any(|option| {
                // `-p` and `-F` may have their value right behind them.
                name == *option
                    || (option.len() == 2 && name.starts_with(option) && !name.starts_with("--"))
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_default_gives_way_to_an_argument_that_is_cargos_own() {
        let package = ["-p", "--package"];
        let cases: [(&[&str], bool); 7] = [
            (&[], false),
            (&["-p", "hotconfig"], true),
            (&["-photconfig"], true),
            (&["--package=hotconfig"], true),
            (&["--lib", "--", "-p"], false),
            (&["-q", "p"], false),
            (&["--profile", "release"], false),
        ];
        for (arguments, expected) in cases {
            let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
            assert_eq!(names_any(&arguments, &package), expected, "{arguments:?}");
        }
    }
}
