//! Long runs by hand, of what the ordinary tests do for minutes: the chaos over a real cluster,
//! and random histories of the engine.
//!
//! In: which, and how much. Out: what the tests print, with their numbers and their seeds. They are
//! built as a release, so that a night is worth as much as it can be.

use std::ffi::OsString;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::{cargo, etcd, protoc};

/// How long the chaos goes on, where nobody says.
const SECONDS: u64 = 30 * 60;

/// How many histories there are, where nobody says.
const HISTORIES: u64 = 1_000_000;

/// How often a failing history may be made smaller.
const SHRINKS: &str = "1000000";

/// Runs one of the two, or both.
pub(crate) fn run(arguments: &[OsString]) -> Result<()> {
    let Some((what, rest)) = arguments.split_first() else {
        histories(HISTORIES)?;
        return chaos(SECONDS);
    };
    match &*what.to_string_lossy() {
        "chaos" => chaos(seconds(rest)?),
        "histories" => histories(match rest {
            [] => HISTORIES,
            [number] => count(number)?,
            [_, other, ..] => bail!("`histories` takes one number, and not {}", other.display()),
        }),
        other => bail!("nothing to soak is called `{other}`: chaos or histories"),
    }
}

/// Of `--hours H` and `--minutes M`.
fn seconds(arguments: &[OsString]) -> Result<u64> {
    let [unit, number] = arguments else {
        if arguments.is_empty() {
            return Ok(SECONDS);
        }
        bail!("`chaos` takes `--hours H` or `--minutes M`");
    };
    let unit = match &*unit.to_string_lossy() {
        "--hours" => 60 * 60,
        "--minutes" => 60,
        other => bail!("`chaos` takes `--hours H` or `--minutes M`, not {other}"),
    };
    count(number)?
        .checked_mul(unit)
        .context("that is longer than anybody lives")
}

fn count(text: &OsString) -> Result<u64> {
    let number = text.to_str().and_then(|text| text.parse().ok());
    number
        .filter(|number| *number > 0)
        .with_context(|| format!("{} is no number from 1 upwards", text.display()))
}

fn chaos(seconds: u64) -> Result<()> {
    let etcd = etcd::find()?;
    eprintln!("chaos for {seconds} s, on {}", etcd.display());
    soak(
        &["--package", "hotconfig-tests", "--test", "chaos"],
        &["--exact", "chaos", "--nocapture"],
        |command| {
            command
                .env("HOTCONFIG_CHAOS_SECONDS", seconds.to_string())
                .env("HOTCONFIG_ETCD", &etcd);
        },
    )
}

fn histories(number: u64) -> Result<()> {
    eprintln!("{number} histories, half of them in an honest world and half in a lying one");
    soak(
        &["--package", "hotconfig", "--lib"],
        &["engine::"],
        |command| {
            command.env("HOTCONFIG_HISTORIES", number.to_string());
            if cargo::variable("PROPTEST_MAX_SHRINK_ITERS").is_none() {
                command.env("PROPTEST_MAX_SHRINK_ITERS", SHRINKS);
            }
        },
    )
}

/// Runs some tests, if there are any, and says how long it took.
fn soak(target: &[&str], tests: &[&str], with: impl Fn(&mut Command)) -> Result<()> {
    let protoc = protoc::find()?;
    let command = |last: &[&str]| {
        let mut command = cargo::command("test");
        command
            .arg("--release")
            .args(target)
            .arg("--")
            .args(tests)
            .args(last)
            .env("PROTOC", &protoc);
        with(&mut command);
        command
    };
    // A filter that fits nothing would be a success.
    let listed = cargo::output(&mut command(&["--list"]))?;
    let found = listed.lines().filter(|line| line.ends_with(": test"));
    let found = found.count();
    if found == 0 {
        bail!("`{}` finds no test", cargo::show(&command(&[])));
    }
    let began = Instant::now();
    cargo::run(&mut command(&[]))?;
    let minutes = began.elapsed().as_secs_f64() / 60.0;
    println!("{found} tests passed, after {minutes:.1} minutes");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(arguments: &[&str]) -> Option<u64> {
        let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
        seconds(&arguments).ok()
    }

    #[test]
    fn a_time_is_read_in_hours_or_minutes() {
        assert_eq!(asked(&[]), Some(SECONDS));
        assert_eq!(asked(&["--hours", "8"]), Some(8 * 3600));
        assert_eq!(asked(&["--minutes", "5"]), Some(300));
        for wrong in [
            &["--hours"][..],
            &["--days", "1"],
            &["--minutes", "0"],
            &["--minutes", "x"],
            &["--hours", "99999999999999999999"],
            &["--hours", "1", "2"],
        ] {
            assert_eq!(asked(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn what_is_unknown_is_refused_before_anything_is_built() {
        for wrong in [
            &["nothing"][..],
            &["histories", "1", "2"],
            &["histories", "-1"],
        ] {
            let arguments: Vec<OsString> = wrong.iter().map(OsString::from).collect();
            assert!(run(&arguments).is_err(), "{wrong:?}");
        }
    }
}
