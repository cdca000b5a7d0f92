//! Every Rust block of `README.md` is a copy of a marked part of an example.
//!
//! A part is marked by the lines `// ANCHOR: name` and `// ANCHOR_END: name`. The block in the
//! README follows the line `<!-- excerpt: examples/file.rs#name -->`. The test fails if a block has
//! no such line or differs from its part, and if a part is not in the README. It also fails if a
//! link leads to no file, or the README is too long.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// The longest README.
const MAX_LINES: usize = 250;

/// A block of code.
#[derive(Debug, PartialEq, Eq)]
struct Block<'a> {
    /// The number of its first fence.
    line: usize,
    /// The part that the line before it names: `examples/file.rs#name`.
    excerpt: Option<&'a str>,
    /// The language and everything else behind the fence.
    info: &'a str,
    text: String,
}

fn blocks(markdown: &str) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut excerpt = None;
    let mut lines = (1..).zip(markdown.lines());
    while let Some((line, text)) = lines.next() {
        if let Some(info) = text.strip_prefix("```") {
            let code = lines.by_ref().map(|(_, text)| text);
            let code: Vec<_> = code.take_while(|text| *text != "```").collect();
            blocks.push(Block {
                line,
                excerpt: excerpt.take(),
                info,
                text: code.join("\n"),
            });
        } else if !text.is_empty() {
            let comment = text.strip_prefix("<!-- excerpt: ");
            excerpt = comment.and_then(|rest| rest.strip_suffix(" -->"));
        }
    }
    blocks
}

/// The marked parts of a source file: their names and their lines.
fn parts(source: &str) -> Vec<(&str, String)> {
    let marks = source.lines().enumerate().filter_map(|(number, line)| {
        let name = line.trim_start().strip_prefix("// ANCHOR: ")?;
        Some((number, name))
    });
    marks
        .map(|(number, name)| {
            let end = format!("// ANCHOR_END: {name}");
            let lines = source.lines().skip(number + 1);
            let lines: Vec<_> = lines.take_while(|line| line.trim_start() != end).collect();
            (name, without_indentation(&lines))
        })
        .collect()
}

fn without_indentation(lines: &[&str]) -> String {
    let indentation = |line: &&str| line.len() - line.trim_start().len();
    let common = lines.iter().filter(|line| !line.is_empty());
    let common = common.map(indentation).min().unwrap_or_default();
    let lines = lines.iter().map(|line| line.get(common..).unwrap_or(""));
    lines.collect::<Vec<_>>().join("\n")
}

/// Every difference between the README's blocks and the examples: `(path, source)`.
fn problems(readme: &str, examples: &[(String, String)]) -> Vec<String> {
    let mut problems = Vec::new();
    let mut unused: Vec<_> = examples
        .iter()
        .flat_map(|(path, source)| {
            let parts = parts(source).into_iter();
            parts.map(move |(name, text)| (format!("{path}#{name}"), text))
        })
        .collect();
    let parts = unused.clone();
    for block in blocks(readme) {
        let line = block.line;
        let Some(excerpt) = block.excerpt else {
            if block.info.starts_with("rust") {
                problems.push(format!(
                    "README.md:{line}: name the excerpt before this block, for example \
                     `<!-- excerpt: examples/quickstart.rs#config -->`"
                ));
            }
            continue;
        };
        unused.retain(|(name, _)| name != excerpt);
        match parts.iter().find(|(name, _)| name == excerpt) {
            None => problems.push(format!(
                "README.md:{line}: found no part `{excerpt}` in the examples; expected the lines \
                 `// ANCHOR: …` and `// ANCHOR_END: …` there"
            )),
            Some((_, text)) if *text != block.text => problems.push(format!(
                "README.md:{line}: the block differs from {excerpt}; expected:\n{text}"
            )),
            Some(_) => {}
        }
    }
    let unused = unused.into_iter();
    problems.extend(unused.map(|(name, _)| format!("README.md has no excerpt of {name}")));
    problems
}

/// The targets of the links that lead to a file of this repository.
fn links(readme: &str) -> Vec<&str> {
    let targets = readme.split("](").skip(1);
    let targets = targets.filter_map(|rest| rest.split_once(')'));
    let targets = targets.map(|(target, _)| target.split('#').next().unwrap_or_default());
    targets
        .filter(|target| !target.is_empty() && !target.contains("://"))
        .collect()
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

#[test]
fn every_block_of_the_readme_is_an_excerpt_of_an_example() -> Result<()> {
    let mut examples = Vec::new();
    for entry in fs::read_dir(root().join("examples"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.file_name().context("a file without a name")?;
            let source = fs::read_to_string(&path)?;
            examples.push((format!("examples/{}", name.display()), source));
        }
    }
    let readme = fs::read_to_string(root().join("README.md"))?;
    let problems = problems(&readme, &examples);
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
    let blocks = blocks(&readme);
    assert!(blocks.iter().any(|block| block.excerpt.is_some()));
    Ok(())
}

#[test]
fn every_link_of_the_readme_leads_to_a_file() -> Result<()> {
    let readme = fs::read_to_string(root().join("README.md"))?;
    let links = links(&readme);
    let dead = links.iter().filter(|link| !root().join(link).exists());
    assert_eq!(dead.collect::<Vec<_>>(), Vec::<&&str>::new());
    assert!(links.contains(&"CHANGELOG.md"), "{links:?}");
    Ok(())
}

#[test]
fn the_readme_has_at_most_250_lines() -> Result<()> {
    let lines = fs::read_to_string(root().join("README.md"))?
        .lines()
        .count();
    assert!(lines <= MAX_LINES, "{lines} lines");
    Ok(())
}

/// An example with one part, and a README that shows it.
const EXAMPLE: &str =
    "fn main() {\n    // ANCHOR: a\n    one();\n\n        two();\n    // ANCHOR_END: a\n}\n";
const README: &str = "Text.\n\n<!-- excerpt: examples/e.rs#a -->\n\n```rust\none();\n\n    two();\n```\n\n```sh\nls\n```\n";

fn problems_of(readme: &str) -> Vec<String> {
    problems(readme, &[("examples/e.rs".to_owned(), EXAMPLE.to_owned())])
}

#[test]
fn a_copy_without_its_indentation_and_a_block_of_another_language_are_accepted() {
    assert_eq!(problems_of(README), Vec::<String>::new());
}

#[test]
fn a_block_that_differs_is_found() {
    let found = problems_of(&README.replace("two()", "three()"));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("README.md:5: the block differs from examples/e.rs#a"));
}

#[test]
fn a_block_without_its_excerpt_is_found() {
    let found = problems_of(&format!("{README}\n```rust,no_run\none();\n```\n"));
    assert_eq!(found.len(), 1, "{found:?}");
    // The line names the block that follows directly.
    let found = problems_of(&README.replace(" -->\n", " -->\n\nText.\n"));
    assert_eq!(found.len(), 2, "{found:?}");
}

#[test]
fn an_unknown_part_and_one_that_is_not_shown_are_found() {
    let found = problems_of(&README.replace("#a", "#b"));
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].contains("no part `examples/e.rs#b`"));
    assert_eq!(found[1], "README.md has no excerpt of examples/e.rs#a");
}
