//! All tests of the workspace, with a protoc to build them and an etcd to run them on; and once
//! more those that need an etcd, on an old one.
//!
//! In: arguments for `cargo test`. Out: the sum over both runs.

use std::ffi::{OsStr, OsString};
use std::io::{Read, Write};
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result};

use crate::summary::{Reader, Summary};
use crate::{cargo, etcd, protoc};

/// The package of the tests that need an etcd, and its folder.
const PACKAGE: &str = "hotconfig-tests";
const FOLDER: &str = "tests/tests";

/// Runs `cargo test` on each etcd, shows its output as it comes, and sums it up.
///
/// A test that fails is no `Err`: the summary says so.
pub(crate) fn run(arguments: &[OsString]) -> Result<Summary> {
    run_with(arguments, &[])
}

/// The same with variables of the environment that tests ask for.
pub(crate) fn run_with(arguments: &[OsString], variables: &[(&str, String)]) -> Result<Summary> {
    let protoc = protoc::find()?;
    let new = etcd::find()?;
    eprintln!("protoc: {}", protoc.display());
    eprintln!("etcd:   {}", new.display());
    let targets = targets(&cargo::root().join(FOLDER))?;
    let again = again(arguments, &targets);
    // What can't be had is found out now, not after all the tests.
    let old = match &again {
        Some(_) => etcd::find_old()?,
        None => None,
    };

    eprintln!("building the tests; the first time takes minutes");
    let summary = run_on(&protoc, &new, arguments, variables)?;
    let (Some(again), Some(old)) = (again, old) else {
        return Ok(summary);
    };
    eprintln!("\netcd:   {}", old.display());
    Ok(summary.and(run_on(&protoc, &old, &again, variables)?))
}

/// The arguments of the run on the old etcd; `None` where these leave nothing for it.
///
/// It must not build anything anew, so the packages are those of the first run: cargo unites the
/// features of all that it is given.
fn again(arguments: &[OsString], targets: &[String]) -> Option<Vec<OsString>> {
    const OTHERS: [&str; 14] = [
        "--lib",
        "--bin",
        "--bins",
        "--example",
        "--examples",
        "--tests",
        "--bench",
        "--benches",
        "--all-targets",
        "--doc",
        "--exclude",
        "--no-run",
        "--help",
        "-h",
    ];
    if names_any(arguments, &OTHERS) {
        return None;
    }
    let packages = values(arguments, &["-p", "--package"]);
    if !packages.is_empty() && !packages.iter().any(|package| package == PACKAGE) {
        return None;
    }
    let chosen = values(arguments, &["--test"]);
    if chosen.iter().any(|name| targets.contains(name)) {
        return Some(arguments.to_vec());
    }
    if !chosen.is_empty() {
        return None;
    }
    let tests = targets
        .iter()
        .flat_map(|name| [OsString::from("--test"), OsString::from(name)]);
    Some(tests.chain(arguments.iter().cloned()).collect())
}

/// The names of a folder's test programs.
fn targets(folder: &Path) -> Result<Vec<String>> {
    let entries = std::fs::read_dir(folder)
        .with_context(|| format!("can't read the folder {}", folder.display()))?;
    let mut names = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let is_one = path.extension() == Some(OsStr::new("rs")) || path.join("main.rs").is_file();
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        if is_one {
            names.push(name.into_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// The values of one of cargo's own options, `--name value`, `--name=value` or `-nvalue`.
fn values(arguments: &[OsString], options: &[&str]) -> Vec<String> {
    let mut values = Vec::new();
    let mut arguments = arguments
        .iter()
        .map(|argument| argument.to_string_lossy())
        .take_while(|argument| argument != "--");
    while let Some(argument) = arguments.next() {
        let value = options.iter().find_map(|option| {
            let rest = argument.strip_prefix(option)?;
            match rest.strip_prefix('=') {
                Some(value) => Some(value.to_owned()),
                None if rest.is_empty() => arguments.next().map(std::borrow::Cow::into_owned),
                None => (option.len() == 2).then(|| rest.to_owned()),
            }
        });
        values.extend(value);
    }
    values
}

fn run_on(
    protoc: &Path,
    etcd: &Path,
    arguments: &[OsString],
    variables: &[(&str, String)],
) -> Result<Summary> {
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
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .env("PROTOC", protoc)
        .env("HOTCONFIG_ETCD", etcd)
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

    fn arguments(arguments: &[&str]) -> Vec<OsString> {
        arguments.iter().map(OsString::from).collect()
    }

    fn old(given: &[&str]) -> Option<Vec<String>> {
        let targets = ["follow", "store"].map(str::to_owned);
        let again = again(&arguments(given), &targets)?;
        let text = |argument: &OsString| argument.to_string_lossy().into_owned();
        Some(again.iter().map(text).collect())
    }

    #[test]
    fn the_old_etcd_gets_the_tests_that_need_one() {
        let all = ["--test", "follow", "--test", "store"];
        let with =
            |more: &[&str]| Some([&all, more].concat().iter().map(|s| (*s).into()).collect());
        let same = |given: &[&str]| Some(given.iter().map(|s| (*s).into()).collect());
        for more in [
            &[][..],
            &["drill_27"],
            &["-q", "drill_27", "--", "--nocapture", "--lib"],
            &["-p", "hotconfig-tests"],
            &["--release", "--workspace"],
        ] {
            assert_eq!(old(more), with(more), "{more:?}");
        }
        for given in [&["--test", "store", "x"][..], &["--test=follow"]] {
            assert_eq!(old(given), same(given), "{given:?}");
        }
    }

    #[test]
    fn the_old_etcd_is_not_asked_for_what_needs_none() {
        for given in [
            &["-p", "hotconfig"][..],
            &["-photconfig"],
            &["--package=xtask"],
            &["--lib"],
            &["--doc"],
            &["--no-run"],
            &["--test", "value"],
        ] {
            assert_eq!(old(given), None, "{given:?}");
        }
    }

    #[test]
    fn the_test_programs_are_the_files_of_their_folder() {
        let targets = targets(&cargo::root().join(FOLDER)).unwrap();
        for name in ["follow", "store", "threads"] {
            assert!(targets.iter().any(|target| target == name), "{targets:?}");
        }
    }
}
