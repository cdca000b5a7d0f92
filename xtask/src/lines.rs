//! How much code there is: `cargo xtask lines`.
//!
//! In: the sources of both crates. Out: a table of their lines, without tests, blank lines and
//! comments. It reads text that rustfmt has formatted, and knows no syntax but this: an item ends
//! where a line has its indentation again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::cargo;

const CRATES: [&str; 2] = ["config-derive", "config-runtime"];

/// Prints the table.
pub(crate) fn run() -> Result<()> {
    let mut total = 0;
    for name in CRATES {
        let source = cargo::root().join(name).join("src");
        let mut counts = BTreeMap::new();
        count_folder(&source, &mut counts)?;
        let mut folders: BTreeMap<String, usize> = BTreeMap::new();
        for (file, lines) in counts.into_iter().filter(|(_, lines)| *lines > 0) {
            let below = file.strip_prefix(&source).unwrap_or(&file);
            let first = below.iter().next().unwrap_or_default();
            *folders
                .entry(first.to_string_lossy().into_owned())
                .or_default() += lines;
        }
        let sum: usize = folders.values().sum();
        println!("{sum:>6}  {name}");
        for (folder, lines) in folders {
            println!("{lines:>6}    {folder}");
        }
        total += sum;
    }
    println!("{total:>6}  all");
    Ok(())
}

/// Counts the files of a folder, without those that only tests or the documentation see.
fn count_folder(folder: &Path, counts: &mut BTreeMap<PathBuf, usize>) -> Result<()> {
    let mut files = Vec::new();
    let mut folders = Vec::new();
    let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            folders.push(path);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    for file in files {
        let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        let counted = count(&text);
        // `mod name;` of `a.rs` is in the folder `a`, of `mod.rs` and `lib.rs` beside it.
        let stem = file.file_stem().unwrap_or_default();
        let children = match stem.to_str() {
            Some("mod" | "lib") => folder.to_path_buf(),
            _ => file.with_extension(""),
        };
        for module in &counted.test_modules {
            counts.insert(children.join(module).with_extension("rs"), 0);
            counts.insert(children.join(module), 0);
        }
        counts.entry(file).or_insert(counted.lines);
    }
    for folder in folders {
        if counts.get(&folder) != Some(&0) {
            count_folder(&folder, counts)?;
        }
    }
    Ok(())
}

struct Counted {
    lines: usize,
    /// The modules of a file of their own that only tests see.
    test_modules: Vec<String>,
}

fn count(text: &str) -> Counted {
    let mut counted = Counted {
        lines: 0,
        test_modules: Vec::new(),
    };
    let mut lines = text.lines().map(|line| (line.trim_start(), line));
    while let Some((code, _)) = lines.next() {
        if is_for_tests(code) {
            let item = lines.find(|(code, _)| !code.starts_with("#["));
            let Some((item, whole)) = item else { break };
            let module = item.trim_start_matches("pub ").strip_prefix("mod ");
            if let Some(name) = module.and_then(|rest| rest.strip_suffix(';')) {
                counted.test_modules.push(name.to_owned());
            } else if !ends_an_item(item) {
                let indentation = whole.len() - item.len();
                lines.find(|(code, whole)| {
                    whole.len() - code.len() == indentation && code.starts_with(['}', ')', ']'])
                });
            }
        } else if !code.is_empty() && !code.starts_with("//") {
            counted.lines += 1;
        }
    }
    counted
}

/// Whether an item with this attribute is in no program of a user.
fn is_for_tests(code: &str) -> bool {
    code.starts_with("#[cfg(test)]")
        || code.starts_with("#[cfg(any(test, fuzzing))]")
        || code.starts_with("#[cfg(any(doc, doctest))]")
        || code.starts_with("#[cfg(all(test")
}

/// Whether an item ends on the line where it begins.
fn ends_an_item(code: &str) -> bool {
    code.ends_with([';', ',', '}'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_comments_and_blank_lines_are_not_counted() {
        let text = "\
//! A module.

use std::fmt; // counted

#[cfg(test)]
mod model;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzz;
#[cfg(any(doc, doctest))]
pub mod _docs;

/// A function.
fn code() {
    // Nothing.
    #[cfg(test)]
    check(
        1,
    );
    more();
}

#[cfg(test)]
mod tests {
    fn test() {
    }
}
";
        let counted = count(text);
        assert_eq!(counted.lines, 4);
        assert_eq!(counted.test_modules, ["model", "fuzz", "_docs"]);
    }

    #[test]
    fn both_crates_are_counted_without_their_tests() -> Result<()> {
        for name in CRATES {
            let source = cargo::root().join(name).join("src");
            let mut counts = BTreeMap::new();
            count_folder(&source, &mut counts)?;
            assert!(counts[&source.join("lib.rs")] > 10, "{name}");
            let tests = counts.iter().filter(|(file, _)| file.ends_with("tests.rs"));
            assert!(tests.clone().count() > 0 && tests.clone().all(|(_, lines)| *lines == 0));
        }
        Ok(())
    }
}
