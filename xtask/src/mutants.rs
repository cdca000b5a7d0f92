//! Mutations: small mistakes, kept as patches, of which each must turn a test red.
//!
//! In: the patches of `mutants/`, with the tests that each has to fail in its first lines. Out: a
//! line for each, and whether all were found out. The tree of the user is never touched: a copy
//! below the target folder is, whose builds are kept from one to the next.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::summary::{Reader, Summary};
use crate::{cargo, etcd, protoc};

/// The folder of the patches.
const FOLDER: &str = "mutants";

/// How long a run of tests may take, without its build.
const LIMIT: Duration = Duration::from_secs(300);

/// A patch, and what its first lines say.
#[derive(Debug, PartialEq, Eq)]
struct Mutant {
    name: String,
    /// What is done wrong.
    what: String,
    /// Arguments for `cargo test`, of which one must have a failure.
    tests: Vec<Vec<String>>,
}

/// What became of a mutant.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    /// These tests failed.
    Found(Vec<String>),
    Survived,
    DoesNotApply(String),
    DoesNotCompile(String),
    NoTest,
    DoesNotEnd,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Found(tests) => write!(f, "found by {}", tests.join(", ")),
            Self::Survived => f.write_str("SURVIVED: every test passed"),
            Self::DoesNotApply(why) => write!(f, "DOES NOT APPLY: {why}"),
            Self::DoesNotCompile(why) => write!(f, "DOES NOT COMPILE: {why}"),
            Self::NoTest => f.write_str("NO TEST of this name"),
            Self::DoesNotEnd => write!(f, "DOES NOT END: no result within {LIMIT:?}"),
        }
    }
}

/// Tries every patch, or those whose names contain one of the arguments.
pub(crate) fn run(arguments: &[OsString]) -> Result<ExitCode> {
    let root = cargo::root();
    let names: Vec<_> = arguments
        .iter()
        .map(|name| name.to_string_lossy())
        .collect();
    let mut mutants = Vec::new();
    for (path, text) in patches(&root.join(FOLDER))? {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        if names.is_empty() || names.iter().any(|part| name.contains(part.as_ref())) {
            mutants.push((path.clone(), mutant(&name, &text)?));
        }
    }
    if mutants.is_empty() {
        bail!("no mutant has such a name");
    }
    let scratch = Scratch::new(&root)?;
    // What fails by itself finds nothing out.
    let tests: BTreeSet<_> = mutants
        .iter()
        .flat_map(|(_, mutant)| &mutant.tests)
        .collect();
    for test in tests {
        let outcome = scratch.test(test)?;
        if outcome != Outcome::Survived {
            bail!(
                "without any mutation, `cargo test {}`: {outcome}",
                test.join(" ")
            );
        }
    }
    let mut not_found = 0;
    for (path, mutant) in &mutants {
        let outcome = scratch.outcome(path, mutant)?;
        println!("{}: {outcome}", mutant.name);
        if !matches!(outcome, Outcome::Found(_)) {
            println!("    {}", mutant.what);
            not_found += 1;
        }
    }
    println!("{} mutants, {not_found} not found out", mutants.len());
    Ok(if not_found == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The patches, in the order of their names.
fn patches(folder: &Path) -> Result<BTreeMap<PathBuf, String>> {
    let entries = fs::read_dir(folder)
        .with_context(|| format!("can't read the folder {}", folder.display()))?;
    let mut patches = BTreeMap::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension() == Some(OsStr::new("patch")) {
            let text = fs::read_to_string(&path)
                .with_context(|| format!("can't read {}", path.display()))?;
            patches.insert(path, text);
        }
    }
    Ok(patches)
}

/// Reads the lines before the first file's: `What: …`, and `Test: …` once or more.
fn mutant(name: &str, patch: &str) -> Result<Mutant> {
    let mut mutant = Mutant {
        name: name.to_owned(),
        what: String::new(),
        tests: Vec::new(),
    };
    let head = patch.lines().take_while(|line| !line.starts_with("--- "));
    for line in head {
        match line.split_once(": ") {
            Some(("What", what)) => what.clone_into(&mut mutant.what),
            Some(("Test", test)) => {
                let words = test.split_whitespace().map(str::to_owned);
                mutant.tests.push(words.collect());
            }
            _ if line.trim().is_empty() || line.starts_with("diff ") => {}
            _ => bail!("{name}: what does this line mean? {line:?}"),
        }
    }
    if mutant.what.is_empty() || mutant.tests.is_empty() {
        bail!("{name}: it needs a line `What: …` and a line `Test: …`");
    }
    Ok(mutant)
}

/// A copy of the tree, with builds of its own.
struct Scratch {
    root: PathBuf,
    tree: PathBuf,
    target: PathBuf,
    protoc: PathBuf,
    etcd: PathBuf,
    /// Held by the one process that may change the copy.
    _lock: fs::File,
}

impl Scratch {
    fn new(root: &Path) -> Result<Self> {
        let folder = cargo::target()?.join("mutants");
        fs::create_dir_all(folder.join("tree"))?;
        let lock = fs::File::create(folder.join("lock"))?;
        if lock.try_lock().is_err() {
            bail!("another `cargo xtask mutants` is at work");
        }
        let scratch = Self {
            root: root.to_owned(),
            tree: folder.join("tree"),
            target: folder.join("target"),
            protoc: protoc::find()?,
            etcd: etcd::find()?,
            _lock: lock,
        };
        scratch.reset()?;
        Ok(scratch)
    }

    /// Makes the copy what the tree is. A file that is the same is left alone, so that what was
    /// built of it stays built.
    fn reset(&self) -> Result<()> {
        let mut list = Command::new("git");
        list.current_dir(&self.root).args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ]);
        let names = cargo::output(&mut list)?;
        let mut wanted = BTreeSet::new();
        for name in names.split('\0').filter(|name| !name.is_empty()) {
            let (from, to) = (self.root.join(name), self.tree.join(name));
            // What git knows may have been removed.
            let Ok(bytes) = fs::read(&from) else {
                continue;
            };
            if fs::read(&to).ok().as_ref() != Some(&bytes) {
                if let Some(folder) = to.parent() {
                    fs::create_dir_all(folder)?;
                }
                fs::write(&to, bytes).with_context(|| format!("can't write {}", to.display()))?;
            }
            wanted.insert(to);
        }
        remove_others(&self.tree, &wanted)
    }

    fn outcome(&self, patch: &Path, mutant: &Mutant) -> Result<Outcome> {
        self.reset()?;
        let mut apply = Command::new("git");
        apply
            .current_dir(&self.tree)
            // Or it would look for its files from the root of the user's tree on.
            .env(
                "GIT_CEILING_DIRECTORIES",
                self.tree.parent().unwrap_or(&self.tree),
            )
            .arg("apply")
            .arg(patch);
        if let Err(error) = cargo::output(&mut apply) {
            return Ok(Outcome::DoesNotApply(last_line(&error.to_string())));
        }
        for test in &mutant.tests {
            let outcome = self.test(test)?;
            if outcome != Outcome::Survived {
                self.reset()?;
                return Ok(outcome);
            }
        }
        self.reset()?;
        Ok(Outcome::Survived)
    }

    fn command(&self, test: &[String]) -> Command {
        let mut command = cargo::command("test");
        command
            .current_dir(&self.tree)
            .args(["--quiet", "--target-dir"])
            .arg(&self.target)
            .args(test)
            .env("PROTOC", &self.protoc)
            .env("HOTCONFIG_ETCD", &self.etcd)
            .env("RUST_BACKTRACE", "0");
        command
    }

    /// Builds and runs these tests in the copy as it is.
    fn test(&self, test: &[String]) -> Result<Outcome> {
        if let Err(error) = cargo::output(self.command(test).arg("--no-run")) {
            let said = error.to_string();
            let first = said.lines().find(|line| line.starts_with("error"));
            let first = first.map_or_else(|| last_line(&said), str::to_owned);
            return Ok(Outcome::DoesNotCompile(first));
        }
        let output = tempfile()?;
        let mut command = self.command(test);
        command
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(Stdio::null());
        if !in_time(&mut command)? {
            return Ok(Outcome::DoesNotEnd);
        }
        let printed = contents(output)?;
        let mut reader = Reader::default();
        reader.read(printed.as_bytes());
        Ok(judge(reader.finish(), &printed))
    }
}

/// What the output of the tests says.
fn judge(summary: Summary, text: &str) -> Outcome {
    let mut failed: Vec<String> = text
        .lines()
        .skip_while(|line| *line != "failures:")
        .filter_map(|line| line.strip_prefix("    "))
        .filter(|name| {
            name.chars()
                .all(|char| char.is_alphanumeric() || "_:".contains(char))
        })
        .map(|name| name.rsplit("::").next().unwrap_or(name).to_owned())
        .collect();
    failed.sort();
    failed.dedup();
    match (summary.passed, summary.failed) {
        (_, 1..) => Outcome::Found(failed),
        (0, 0) => Outcome::NoTest,
        _ => Outcome::Survived,
    }
}

fn last_line(text: &str) -> String {
    text.trim_end()
        .lines()
        .last()
        .unwrap_or_default()
        .to_owned()
}

/// Removes the files below a folder that are not among these.
fn remove_others(folder: &Path, wanted: &BTreeSet<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            remove_others(&path, wanted)?;
        } else if !wanted.contains(&path) {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

fn tempfile() -> Result<fs::File> {
    let path = cargo::target()?.join("mutants").join("output");
    fs::File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(true)
        .open(&path)
        .with_context(|| format!("can't write {}", path.display()))
}

fn contents(mut file: fs::File) -> Result<String> {
    use std::io::{Read, Seek};

    file.rewind()?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Runs a command to its end, or ends it and all that it started.
fn in_time(command: &mut Command) -> Result<bool> {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    let mut child = command.spawn().context("can't run cargo")?;
    let begun = Instant::now();
    while child.try_wait()?.is_none() {
        if begun.elapsed() > LIMIT {
            #[cfg(unix)]
            if let Ok(group) = i32::try_from(child.id()) {
                use nix::sys::signal::{Signal, killpg};
                // It is ended again below, for systems that know no groups.
                let _ = killpg(nix::unistd::Pid::from_raw(group), Signal::SIGKILL);
            }
            let _ = child.kill();
            child.wait()?;
            return Ok(false);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_lines_say_what_is_wrong_and_who_finds_out() {
        let text = "What: tell before the swap\n\
                    Test: -p hotconfig --lib drill_29_\n\
                    Test: --test hot p05_\n\n\
                    --- a/x.rs\n+++ b/x.rs\n-What: no line of the head\n";
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let expected = Mutant {
            name: "tell".to_owned(),
            what: "tell before the swap".to_owned(),
            tests: vec![
                words("-p hotconfig --lib drill_29_"),
                words("--test hot p05_"),
            ],
        };
        assert_eq!(mutant("tell", text).unwrap(), expected);
        for text in ["", "What: x\n", "Test: x\n", "What: x\nTest: y\nTset: z\n"] {
            assert!(mutant("bad", text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_mutant_is_found_only_by_a_test_that_failed() {
        let judge = |text: &str| {
            let mut reader = Reader::default();
            reader.read(text.as_bytes());
            judge(reader.finish(), text)
        };
        let failed = "failures:\n\n---- a::b stdout ----\n    noise of it\n    },\nfailures:\n    a::b\n    \
                      a::c\n\ntest result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 \
                      filtered out; finished in 0.11s\n";
        let names = ["b", "c"].map(str::to_owned).to_vec();
        assert_eq!(judge(failed), Outcome::Found(names));
        let passed = "test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out\n";
        assert_eq!(judge(passed), Outcome::Survived);
        assert_eq!(judge(&passed.replace('3', "0")), Outcome::NoTest);
        assert_eq!(judge(""), Outcome::NoTest);
    }

    #[test]
    fn every_patch_says_what_it_is() {
        for (path, text) in patches(&cargo::root().join(FOLDER)).unwrap() {
            mutant(&path.display().to_string(), &text).unwrap();
        }
    }

    #[test]
    fn a_file_that_is_not_wanted_any_more_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir(path("a")).unwrap();
        for name in ["a/kept", "a/old", "old"] {
            fs::write(path(name), "").unwrap();
        }
        remove_others(folder.path(), &[path("a/kept")].into()).unwrap();
        assert!(path("a/kept").exists() && !path("a/old").exists() && !path("old").exists());
    }
}
