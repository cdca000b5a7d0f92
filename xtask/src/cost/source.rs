//! The structs whose compile cost is measured, as Rust source.
//!
//! In: how many fields, and what is derived on them. Out: one crate's text. The fields and their
//! types are the same whatever is derived; only a secret has a type of its own.

use std::fmt::Write as _;

/// What is derived on the structs, besides `Clone`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Derive {
    /// Nothing: what the structs themselves cost.
    Nothing,
    /// `serde::Deserialize`.
    Serde,
    /// `HotConfig`, and no attribute but `nested`.
    Bare,
    /// `HotConfig` with a default and an attribute of every kind wherever there can be one.
    Everything,
}

/// Leaves of one struct.
const LEAVES: usize = 10;

/// Sections of one struct, at most: fifty structs are then three levels.
const SECTIONS: usize = 7;

struct FieldSource {
    name: &'static str,
    ty: &'static str,
    /// Its attributes for [`Derive::Everything`].
    hot: &'static str,
}

const fn leaf(name: &'static str, ty: &'static str, hot: &'static str) -> FieldSource {
    FieldSource { name, ty, hot }
}

/// What a service has. Every other struct has the first half, the rest the second.
const KINDS: [[FieldSource; LEAVES]; 2] = [
    [
        leaf("level", "Level", r#"default = "info""#),
        leaf("max_connections", "u32", "default = 64, range(1..=10_000)"),
        leaf("port", "u16", "default = PORT, range(1024..)"),
        leaf("sample_rate", "f64", "default = 0.25, range(0.0..=1.0)"),
        leaf("enabled", "bool", "default = true"),
        leaf(
            "host",
            "String",
            r#"default = "localhost", length(1..=255), pattern("^[a-z0-9.-]+$")"#,
        ),
        leaf(
            "timeout",
            "Duration",
            r#"default = "30s", range("1s"..="5m")"#,
        ),
        leaf(
            "region",
            "Option<String>",
            r#"default = "eu-1", one_of("eu-1", "us-1")"#,
        ),
        leaf(
            "peers",
            "Vec<String>",
            r#"default = "[\"a\", \"b\"]", length(..=100), non_empty"#,
        ),
        leaf(
            "token",
            "String",
            r#"secret, default = "change-me", length(8..)"#,
        ),
    ],
    [
        leaf(
            "mode",
            "String",
            r#"default = MODE, one_of("fast", "safe", "off")"#,
        ),
        leaf("retries", "u8", "default = 3, range(0..=MAX_RETRIES)"),
        leaf("offset", "i64", "default = -1, range(-86_400..=86_400)"),
        leaf("threshold", "f32", "default = THRESHOLD, range(0.0..)"),
        leaf("verbose", "Option<bool>", "default = false"),
        leaf("endpoint", "String", r#"default = "https://a.test/", url"#),
        leaf(
            "interval",
            "Duration",
            r#"default = INTERVAL, range("10ms"..)"#,
        ),
        leaf("batch_size", "u64", "default = 500, one_of(100, 500, 1000)"),
        leaf(
            "weights",
            "Vec<f64>",
            "default, json, validate = few_enough",
        ),
        leaf(
            "labels",
            "BTreeMap<String, String>",
            "default, length(..=50)",
        ),
    ],
];

/// What stands above the structs.
const HEAD: &str = r"#![allow(dead_code, unused_imports)]

use std::collections::BTreeMap;
use std::time::Duration;

#[derive(#knownClone, Debug, PartialEq, serde::Deserialize)]
#[serde(rename_all = 'lowercase')]
pub enum Level {
    Debug,
    Info,
    Warn,
}

const PORT: u16 = 8080;
const THRESHOLD: f32 = 0.5;
const MAX_RETRIES: u8 = 10;
const INTERVAL: Duration = Duration::from_millis(250);
const MODE: &str = 'fast';
";

/// The rule over one value.
const RULE: &str = "
fn few_enough(values: &Vec<f64>) -> Result<(), hotconfig::Invalid> {
    if values.len() < 100 { Ok(()) } else { Err('too many'.into()) }
}
";

/// A function that has the deserialiser of all structs generated: without it serde's is only a
/// pattern of one. `HotConfig` has no such parameter.
const READ: &str = "
#[cfg(read)]
pub fn read(json: &[u8]) -> serde_json::Result<Section0> {
    serde_json::from_slice(json)
}
";

/// A crate with this many leaves.
pub(super) fn source(leaves: usize, derive: Derive) -> String {
    let structs = leaves.div_ceil(LEAVES);
    // Without it a text can't be its default.
    let known = match derive {
        Derive::Nothing | Derive::Serde => "",
        Derive::Bare | Derive::Everything => "hotconfig::HotValue, ",
    };
    let mut text = HEAD.replace('\'', "\"").replace("#known", known);
    match derive {
        Derive::Nothing | Derive::Bare => {}
        Derive::Serde => text.push_str(READ),
        Derive::Everything => text.push_str(&RULE.replace('\'', "\"")),
    }
    for number in 0..structs {
        let of_this = LEAVES.min(leaves - number * LEAVES);
        let below = number * SECTIONS + 1..((number + 1) * SECTIONS + 1).min(structs);
        // Into a `String`, which takes everything.
        let _ = section(&mut text, number, of_this, below, derive);
    }
    text
}

fn section(
    text: &mut String,
    number: usize,
    leaves: usize,
    below: std::ops::Range<usize>,
    derive: Derive,
) -> std::fmt::Result {
    let derived = match derive {
        Derive::Nothing => "Clone",
        Derive::Serde => "Clone, serde::Deserialize",
        Derive::Bare | Derive::Everything => "Clone, hotconfig::HotConfig",
    };
    writeln!(text, "\n/// What part {number} of the service needs.")?;
    writeln!(text, "#[derive({derived})]")?;
    if derive == Derive::Everything {
        let prefix = if number == 0 {
            r#"prefix = "/configs/{app}/{env}", "#
        } else {
            ""
        };
        writeln!(
            text,
            r#"#[hot({prefix}rename_all = "kebab-case", validate = Self::agrees)]"#
        )?;
    }
    writeln!(text, "pub struct Section{number} {{")?;
    let kinds = KINDS.iter().cycle().nth(number).into_iter().flatten();
    for (place, leaf) in kinds.take(leaves).enumerate() {
        let FieldSource { name, mut ty, hot } = *leaf;
        writeln!(text, "    /// The {name} that part {number} uses.")?;
        if derive == Derive::Everything {
            // Not the same leaves in each struct.
            let place = number + place;
            write!(text, "    #[hot({hot}")?;
            if place.is_multiple_of(3) {
                write!(text, r#", key = "limits/{name}""#)?;
            }
            if place.is_multiple_of(4) {
                write!(text, r#", alias = "old_{name}""#)?;
            }
            if place.is_multiple_of(5) {
                write!(text, ", restart")?;
            }
            if place.is_multiple_of(11) {
                write!(text, r#", deprecated = "the default is right""#)?;
            }
            writeln!(text, ")]")?;
            if hot.starts_with("secret") {
                ty = "hotconfig::Secret<String>";
            }
        }
        writeln!(text, "    pub {name}: {ty},")?;
    }
    for below in below {
        if matches!(derive, Derive::Bare | Derive::Everything) {
            writeln!(text, "    #[hot(nested)]")?;
        }
        writeln!(text, "    pub section{below}: Section{below},")?;
    }
    writeln!(text, "}}")?;
    if derive == Derive::Everything {
        writeln!(
            text,
            "\nimpl Section{number} {{\n    \
             fn agrees(&self) -> Result<(), hotconfig::Invalid> {{ Ok(()) }}\n}}"
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Derive; 4] = [
        Derive::Nothing,
        Derive::Serde,
        Derive::Bare,
        Derive::Everything,
    ];

    /// The fields, `name: Type`, struct by struct.
    fn structs(source: &str) -> Vec<Vec<&str>> {
        let mut structs = Vec::new();
        for line in source.lines() {
            if line.starts_with("pub struct ") {
                structs.push(Vec::new());
            } else if let (Some(field), Some(fields)) =
                (line.strip_prefix("    pub "), structs.last_mut())
            {
                fields.push(field);
            }
        }
        structs
    }

    fn is_section(field: &&str) -> bool {
        field.starts_with("section")
    }

    #[test]
    fn there_are_as_many_leaves_and_structs_as_was_asked_for() {
        for (leaves, expected) in [(1, 1), (125, 13), (250, 25), (500, 50), (1000, 100)] {
            for derive in ALL {
                let source = source(leaves, derive);
                let structs = structs(&source);
                assert_eq!(structs.len(), expected, "{leaves} {derive:?}");
                let fields: Vec<&str> = structs.concat();
                let sections = fields.iter().filter(|field| is_section(field)).count();
                assert_eq!(sections, expected - 1, "{leaves} {derive:?}");
                assert_eq!(fields.len() - sections, leaves, "{leaves} {derive:?}");
            }
        }
    }

    #[test]
    fn every_struct_but_the_root_is_nested_once_and_fifty_are_three_levels() {
        let source = source(500, Derive::Bare);
        let structs = structs(&source);
        let mut level = vec![None; structs.len()];
        level[0] = Some(1);
        for (above, fields) in structs.iter().enumerate() {
            for field in fields.iter().filter(|field| is_section(field)) {
                let number = field.trim_end_matches(',').rsplit_once("Section");
                let below: usize = number.unwrap().1.parse().unwrap();
                assert_eq!(level[below], None, "nested twice");
                level[below] = level[above].map(|level| level + 1);
            }
        }
        assert!(level.iter().all(Option::is_some));
        assert_eq!(level.iter().flatten().max(), Some(&3));
    }

    #[test]
    fn the_structs_are_the_same_whatever_is_derived_but_for_the_secrets() {
        let plain = source(500, Derive::Nothing);
        for derive in ALL {
            let source = source(500, derive).replace("hotconfig::Secret<String>", "String");
            assert_eq!(structs(&source), structs(&plain), "{derive:?}");
        }
    }

    #[test]
    fn with_everything_every_leaf_has_a_default_and_every_attribute_is_there() {
        let source = source(500, Derive::Everything);
        let attributes: Vec<&str> = source
            .lines()
            .filter(|line| line.starts_with("    #[hot(") && !line.contains("nested"))
            .collect();
        assert_eq!(attributes.len(), 500);
        assert!(attributes.iter().all(|line| line.contains("default")));
        let rules = [
            "range(",
            "length(",
            "pattern(",
            "one_of(",
            "non_empty",
            "url",
            "validate =",
        ];
        let others = [
            "key =",
            "alias =",
            "secret",
            "restart",
            "deprecated",
            "json",
        ];
        for attribute in rules.iter().chain(&others) {
            let count = attributes.iter().filter(|line| line.contains(attribute));
            assert!(count.count() >= 20, "{attribute}");
        }
        assert_eq!(source.matches("validate = Self::agrees").count(), 50);
    }
}
