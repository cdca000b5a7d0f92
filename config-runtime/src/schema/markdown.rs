//! The schema as a table for people.
//!
//! In: a [`Schema`]. Out: Markdown for GitHub. Descriptions are already Markdown, as doc comments
//! are; all other text is shown literally.

use super::declared::{Absent, Key, Rule, Schema, Type};
use crate::wording::misleads;

impl Schema {
    /// Writes a Markdown table of the keys, their types, defaults, rules and descriptions.
    ///
    /// ```
    /// use hotconfig::HotConfig;
    ///
    /// #[derive(HotConfig, Clone, Debug)]
    /// struct Service {
    ///     /// Connections to the database.
    ///     #[hot(default = 8, range(1..=64), restart)]
    ///     pool_size: u32,
    ///     region: Option<String>,
    /// }
    ///
    /// assert_eq!(
    ///     hotconfig::schema::<Service>().to_markdown(),
    ///     "\
    /// | key | type | default | rules | description |
    /// | --- | --- | --- | --- | --- |
    /// | `pool_size` | `u32` | `8` | `1..=64` | **restart** Connections to the database. |
    /// | `region` | `String` |  |  |  |
    /// "
    /// );
    /// ```
    pub fn to_markdown(&self) -> String {
        let rows = self.keys.iter().map(|key| {
            [
                code(&key.key),
                kind(&key.kind),
                absent(key),
                rules(key),
                description(key),
            ]
        });
        let head = ["key", "type", "default", "rules", "description"].map(str::to_owned);
        let line = ["---"; 5].map(str::to_owned);
        let mut table = String::new();
        for cells in [head, line].into_iter().chain(rows) {
            table.push_str("| ");
            table.push_str(&cells.join(" | "));
            table.push_str(" |\n");
        }
        table
    }
}

/// The literal text on one line. The fence is longer than any inside.
fn code(text: &str) -> String {
    if text.is_empty() {
        return "(empty)".to_owned();
    }
    let mut shown = String::new();
    let (mut run, mut max) = (0, 0);
    for letter in text.chars() {
        run = if letter == '`' { run + 1 } else { 0 };
        max = max.max(run);
        match letter {
            // Cells are split before fences are read.
            '|' => shown.push_str("\\|"),
            letter if misleads(letter) => shown.extend(letter.escape_default()),
            letter => shown.push(letter),
        }
    }
    let fence = "`".repeat(max + 1);
    // A fence takes one space from each side, if there are two.
    let edge = |letter: Option<char>| matches!(letter, Some('`' | ' '));
    let pad = if edge(shown.chars().next()) || edge(shown.chars().next_back()) {
        " "
    } else {
        ""
    };
    format!("{fence}{pad}{shown}{pad}{fence}")
}

/// Markdown on one line of a table.
fn cell(markdown: &str) -> String {
    let lines: Vec<String> = markdown
        .lines()
        .map(|line| line.trim().replace('|', "\\|"))
        .collect();
    let paragraphs = lines.split(String::is_empty);
    let paragraphs = paragraphs.map(|lines| lines.join(" "));
    let paragraphs: Vec<String> = paragraphs.filter(|lines| !lines.is_empty()).collect();
    paragraphs.join("<br><br>")
}

fn kind(kind: &Type) -> String {
    match kind {
        Type::Words(words) => {
            let words: Vec<String> = words.iter().map(|word| code(word)).collect();
            words.join(", ")
        }
        // The type of a present value is shown; optionality is not part of it.
        Type::Optional(inner) => self::kind(inner),
        Type::List(inner) => format!("list of {}", self::kind(inner)),
        Type::Map(inner) => format!("map of {}", self::kind(inner)),
        Type::Rust(name) => code(name),
        Type::Scalar(scalar) => code(&scalar.to_string()),
    }
}

fn absent(key: &Key) -> String {
    match &key.absent {
        Absent::Required => "**required**".to_owned(),
        Absent::Nothing => String::new(),
        Absent::Text(text) => code(text),
        Absent::Expression(written) => format!("{} in Rust", code(written)),
        Absent::Hidden => "(hidden)".to_owned(),
    }
}

fn rules(key: &Key) -> String {
    let rules = key.rules.iter().map(|rule| match rule {
        Rule::Range(interval) => code(&interval.to_string()),
        Rule::Length(interval) => format!("length {}", code(&interval.to_string())),
        Rule::Pattern(pattern) => format!("matches {}", code(pattern)),
        Rule::OneOf(choices) => {
            let choices: Vec<String> = choices.iter().map(|choice| code(choice)).collect();
            format!("one of {}", choices.join(", "))
        }
        Rule::Hidden => "one of (hidden)".to_owned(),
        Rule::NonEmpty => "not empty".to_owned(),
        Rule::Url => "a URL".to_owned(),
        Rule::Validate(path) => code(path),
    });
    rules.collect::<Vec<_>>().join("; ")
}

/// The description, preceded by other facts about the key.
fn description(key: &Key) -> String {
    let mut parts = Vec::new();
    for (flag, name) in [(key.secret, "secret"), (key.restart, "restart")] {
        if flag {
            parts.push(format!("**{name}**"));
        }
    }
    match key.deprecated.as_deref().map(cell) {
        None => {}
        Some(note) if note.is_empty() => parts.push("**deprecated**".to_owned()),
        Some(note) => parts.push(format!("**deprecated** ({note})")),
    }
    if !key.doc.is_empty() {
        parts.push(cell(&key.doc));
    }
    if !key.aliases.is_empty() {
        let aliases: Vec<String> = key.aliases.iter().map(|alias| code(alias)).collect();
        parts.push(format!("(formerly {})", aliases.join(", ")));
    }
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fact_has_its_cell() {
        let schema = Schema::from_json(
            r#"{"format": "hotconfig-schema/1", "name": "S", "keys": {
                "a": {"type": "u8", "required": true},
                "b": {"type": {"optional": {"list": "String"}}, "doc": "One.\n\nTwo\nlines."},
                "c": {"type": {"words": ["x", "y"]}, "default": "x", "aliases": ["old", "older"],
                      "rules": [{"one_of": ["x"]}, {"validate": "fine"}], "doc": "See `x`."},
                "d": {"type": {"map": {"rust": "Vec<A>"}}, "default": {"expression": "D"},
                      "rules": ["non_empty", {"length": {"below": "3"}}], "deprecated": "use `c`"},
                "e": {"type": "String", "default": {"hidden": true}, "secret": true,
                      "restart": true, "deprecated": "", "rules": ["url", {"pattern": "^a|b$"}]},
                "f": {"type": "String", "default": ""}
            }}"#,
        )
        .unwrap();
        let expected = r"| key | type | default | rules | description |
| --- | --- | --- | --- | --- |
| `a` | `u8` | **required** |  |  |
| `b` | list of `String` |  |  | One.<br><br>Two lines. |
| `c` | `x`, `y` | `x` | one of `x`; `fine` | See `x`. (formerly `old`, `older`) |
| `d` | map of `Vec<A>` | `D` in Rust | not empty; length `..3` | **deprecated** (use `c`) |
| `e` | `String` | (hidden) | a URL; matches `^a\|b$` | **secret** **restart** **deprecated** |
| `f` | `String` | (empty) |  |  |
";
        assert_eq!(schema.to_markdown(), expected);
    }

    #[test]
    fn no_text_leaves_its_cell() {
        assert_eq!(code("a|b"), r"`a\|b`");
        assert_eq!(code("a`b``c"), "```a`b``c```");
        assert_eq!(code("`a"), "`` `a ``");
        assert_eq!(code(" a "), "`  a  `");
        assert_eq!(code("a\n\r\tb"), r"`a\n\r\tb`");
        assert_eq!(cell("a | b\r\nc\n\n\n\nd\n"), r"a \| b c<br><br>d");
        let schema = Schema::from_json(
            r#"{"format": "hotconfig-schema/1", "name": "S", "keys": {
                "a|\n": {"type": {"rust": "|\n`"}, "default": "|\n\r`", "aliases": ["|\n"],
                      "rules": [{"one_of": ["|\n", "```"]}, {"pattern": "|\n"}],
                      "deprecated": "|\n", "doc": "|\n|"}
            }}"#,
        )
        .unwrap();
        let table = schema.to_markdown();
        assert_eq!(table.lines().count(), 3, "{table}");
        let row = table.lines().last().unwrap().replace("\\|", "");
        assert_eq!(row.matches('|').count(), 6, "{table}");
    }
}
