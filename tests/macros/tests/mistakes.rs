//! Hundreds of mistakes in a struct of 450 fields: one compile says each once, where it is written.
//!
//! The source is joined from the files in `mistakes/`: the fields and the items there are written
//! several times, with a number for each `n` at the end of a name. A line with a mistake ends with
//! `//~ underlined | message`: the text that the error underlines, and a part of what it says.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value as Json;

const TYPES: &str = include_str!("mistakes/types.rs");
const WRONG_FIELDS: &str = include_str!("mistakes/fields.rs");
const RIGHT_FIELDS: &str = include_str!("mistakes/right.rs");
const ITEMS: &str = include_str!("mistakes/items.rs");

/// The name of the joined source.
const SOURCE: &str = "hundreds_of_mistakes.rs";

#[test]
fn each_of_hundreds_of_mistakes_is_said_once_where_it_was_written() {
    let (source, fields) = source(3);
    assert!(fields >= 450, "{fields} fields");
    let expected = mistakes(&source);
    assert!(expected.len() >= 300, "{} mistakes", expected.len());

    let errors = errors(&source);
    let mut wrong = String::new();
    let mut seen = BTreeMap::<usize, usize>::new();
    for error in &errors {
        *seen.entry(error.line).or_default() += 1;
        let Some(mistake) = expected.get(&error.line) else {
            writeln!(wrong, "not about a mistake: {}", error.rendered).unwrap();
            continue;
        };
        if error.underlined != mistake.underlined || !error.rendered.contains(mistake.message) {
            writeln!(wrong, "expected {mistake:?}: {}", error.rendered).unwrap();
        }
    }
    for (line, mistake) in &expected {
        match seen.get(line) {
            Some(1) => {}
            Some(times) => writeln!(wrong, "{times} times: {mistake:?} in line {line}").unwrap(),
            None => writeln!(wrong, "not said: {mistake:?} in line {line}").unwrap(),
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// The source of a crate, and the number of the fields of its biggest struct.
fn source(copies: usize) -> (String, usize) {
    let mut fields = Vec::new();
    let mut items = String::new();
    for number in 1..=copies {
        let of_all = |text: &str| numbered(text, number);
        fields.extend(WRONG_FIELDS.split("\n\n").map(of_all));
        // As many right ones as make it 150 a copy.
        let wrong = WRONG_FIELDS.split("\n\n").count();
        for filler in 0..150_usize.saturating_sub(wrong) {
            let right: Vec<_> = RIGHT_FIELDS.split("\n\n").collect();
            let (round, kind) = (filler / right.len(), filler % right.len());
            let suffix = number + round * 100;
            fields.push(numbered(right.get(kind).unwrap(), suffix));
        }
        items.push_str(&of_all(ITEMS));
    }
    let struct_fields = fields.join("\n");
    let source = format!(
        "{TYPES}\n#[derive(HotConfig, Clone)]\n#[hot(prefix = \"/configs/{{app}}\")]\n\
         pub struct Service {{\n{struct_fields}\n}}\n{items}"
    );
    (source, fields.len())
}

/// The text with a number for each `n` that ends a name behind an underscore.
fn numbered(text: &str, number: usize) -> String {
    let mut numbered = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("_n") {
        numbered.push_str(before);
        if after.starts_with(|next: char| next.is_alphanumeric() || next == '_') {
            numbered.push_str("_n");
        } else {
            write!(numbered, "_{number}").unwrap();
        }
        rest = after;
    }
    numbered + rest
}

#[derive(Debug)]
struct Mistake<'a> {
    underlined: &'a str,
    message: &'a str,
}

/// The mistakes by their lines.
fn mistakes(source: &str) -> BTreeMap<usize, Mistake<'_>> {
    let mut found = BTreeMap::new();
    for (at, line) in source.lines().enumerate() {
        if let Some((_, mark)) = line.split_once(" //~ ") {
            let (underlined, message) = mark.split_once(" | ").unwrap();
            found.insert(
                at + 1,
                Mistake {
                    underlined,
                    message,
                },
            );
        }
    }
    found
}

struct CompilerError {
    line: usize,
    underlined: String,
    /// As people see it.
    rendered: String,
}

/// The errors of the compiler about a crate.
fn errors(source: &str) -> Vec<CompilerError> {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let path = folder.join(SOURCE);
    std::fs::write(&path, source).unwrap();
    let artifacts = artifacts();
    let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc
        .args(["--edition=2024", "--crate-type=lib", "--emit=metadata"])
        .args(["--error-format=json", "--cap-lints=allow", "--out-dir"])
        .arg(&folder);
    for name in ["hotconfig", "serde"] {
        let library = artifacts.get(name).unwrap();
        rustc
            .arg(format!("--extern={name}={library}"))
            .arg(format!("-Ldependency={}", parent(library)));
    }
    let output = rustc.arg(path).output().unwrap();
    let messages = messages(&output.stderr);
    let errors = messages.iter().filter(|message| {
        let text = message["message"].as_str().unwrap();
        message["level"] == "error" && !text.starts_with("aborting due to")
    });
    errors.map(error).collect()
}

fn error(message: &Json) -> CompilerError {
    let spans = message["spans"].as_array().unwrap();
    let mut primary = spans.iter().find(|span| span["is_primary"] == true);
    // The place of a macro's call in the source.
    while let Some(span) = primary
        && !span["file_name"].as_str().unwrap().ends_with(SOURCE)
    {
        primary = span["expansion"].get("span");
    }
    let place = |name: &str| primary.and_then(|span| span[name].as_u64()).unwrap_or(0);
    let text = primary.and_then(|span| span.pointer("/text/0/text")?.as_str());
    let characters = text.unwrap_or_default().chars();
    let (start, end) = (place("column_start"), place("column_end"));
    let columns = usize::try_from(end.saturating_sub(start)).unwrap();
    CompilerError {
        line: usize::try_from(place("line_start")).unwrap(),
        underlined: characters
            .skip(usize::try_from(start).unwrap().saturating_sub(1))
            .take(columns)
            .collect(),
        rendered: message["rendered"].as_str().unwrap().to_owned(),
    }
}

/// The libraries that this test is linked with, by the names of their crates.
fn artifacts() -> BTreeMap<String, String> {
    let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let Output { status, stdout, .. } = Command::new(cargo)
        .args(["test", "--no-run", "--offline", "--test=mistakes"])
        .args(["--package", env!("CARGO_PKG_NAME")])
        .args(["--message-format=json", "--target-dir"])
        .arg(target.parent().unwrap())
        .output()
        .unwrap();
    assert!(status.success(), "cargo did not find the libraries");
    let messages = messages(&stdout);
    let libraries = messages.iter().filter_map(|message| {
        let name = message.pointer("/target/name")?.as_str()?;
        let files = message["filenames"].as_array()?;
        let mut files = files.iter().filter_map(Json::as_str);
        let library =
            files.find(|file| Path::new(file).extension().is_some_and(|of| of == "rlib"))?;
        Some((name.to_owned(), library.to_owned()))
    });
    libraries.collect()
}

fn messages(lines: &[u8]) -> Vec<Json> {
    let lines = String::from_utf8(lines.to_vec()).unwrap();
    let lines = lines.lines().filter(|line| line.starts_with('{'));
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn parent(path: &str) -> &str {
    path.rsplit_once(std::path::MAIN_SEPARATOR).unwrap().0
}
