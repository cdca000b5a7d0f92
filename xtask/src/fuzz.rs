//! Fuzzing, by hand: cargo-fuzz on the targets of `fuzz/`.
//!
//! In: which targets, and for how long. Out: what libFuzzer says; what it keeps goes into the
//! corpora, which the tests replay.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::cargo;
use crate::version::Version;

const TARGETS: [&str; 5] = ["value", "keys", "template", "fallback", "schema"];

const VERSION: Version = Version(0, 13, 2);

/// How long each target runs.
const SECONDS: u64 = 60;

/// The maximum length of an input: long ones are slow, and seldom find anything new.
const MAX_INPUT: u32 = 4096;

/// Runs one target, or each of them.
pub(crate) fn run(arguments: &[OsString]) -> Result<()> {
    let (targets, seconds) = read(arguments)?;
    let cargo_fuzz = find()?;
    for target in targets {
        let mut command = Command::new(&cargo_fuzz);
        command
            .current_dir(cargo::root())
            // Instrumenting is not stable, and this compiler can do it.
            .env("RUSTC_BOOTSTRAP", "1")
            .args(["fuzz", "run", target, "--"])
            .args([
                format!("-max_total_time={seconds}"),
                format!("-max_len={MAX_INPUT}"),
                "-print_final_stats=1".to_owned(),
            ]);
        cargo::run(&mut command)?;
    }
    Ok(())
}

fn read(arguments: &[OsString]) -> Result<(Vec<&'static str>, u64)> {
    let (mut targets, mut seconds) = (Vec::new(), SECONDS);
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        if argument == "--seconds" {
            let number = arguments.next().and_then(|number| number.to_str());
            let number = number.and_then(|number| number.parse().ok());
            seconds = number.context("`--seconds` needs a number")?;
        } else if let Some(target) = TARGETS.iter().find(|target| argument == **target) {
            targets.push(*target);
        } else {
            bail!(
                "no target `{}`; there are {}",
                argument.display(),
                TARGETS.join(", ")
            );
        }
    }
    if targets.is_empty() {
        targets = TARGETS.to_vec();
    }
    Ok((targets, seconds))
}

/// Installs cargo-fuzz among the tools, unless it is there or on the `PATH`.
fn find() -> Result<PathBuf> {
    if let Some(path) = cargo::on_path("cargo-fuzz") {
        return Ok(path);
    }
    let tools = cargo::tools()?;
    let path = tools
        .join("bin")
        .join(format!("cargo-fuzz{}", std::env::consts::EXE_SUFFIX));
    if !path.is_file() {
        eprintln!("building cargo-fuzz {VERSION}, once");
        let mut command = cargo::command("install");
        command
            .args(["cargo-fuzz", "--version", &VERSION.to_string()])
            .args(["--locked", "--debug", "--quiet", "--no-track", "--root"])
            .arg(&tools);
        cargo::run(&mut command)?;
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_and_seconds_are_read() {
        let read = |arguments: &[&str]| {
            let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
            super::read(&arguments)
        };
        assert_eq!(read(&[]).unwrap(), (TARGETS.to_vec(), SECONDS));
        let given = ["--seconds", "5", "keys"];
        assert_eq!(read(&given).unwrap(), (vec!["keys"], 5));
        for wrong in [&["kyes"][..], &["--seconds"], &["--seconds", "x"]] {
            assert!(read(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn every_target_has_its_file_and_its_corpus() {
        let folder = cargo::root().join("fuzz");
        for target in TARGETS {
            assert!(
                folder
                    .join("fuzz_targets")
                    .join(format!("{target}.rs"))
                    .is_file()
            );
            assert!(folder.join("corpus").join(target).is_dir());
        }
    }
}
