//! Every row of the table, by its name.

#![allow(clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeSet;

use super::{Comparison, Grade, Schema, compare};
use Grade::{Compatible as C, Incompatible as I, Notice as N, Unknown as U};

/// A row of the table, the keys of the old schema and of the new one, and the expected grades.
type Case = (&'static str, &'static str, &'static str, Grade, Grade);

#[rustfmt::skip] // a table
const CASES: &[Case] = &[
    ("a key with a default, or an optional one, is removed",
     r#""a":{"type":"u8","default":"1"}"#,
     "", C, N),
    ("a required key is removed",
     r#""a":{"type":"u8","required":true}"#,
     "", C, I),
    ("a key with a default, or an optional one, is added",
     "",
     r#""a":{"type":{"optional":"u8"}}"#, C, C),
    ("a required key is added",
     "",
     r#""a":{"type":"u8","required":true}"#, I, C),
    ("a key is added that was an alias of another",
     r#""a":{"type":"u8","default":"1","aliases":["b"]}"#,
     r#""a":{"type":"u8","default":"1","aliases":["b"]},"b":{"type":"bool","default":"true"}"#, U, N),
    ("a key is renamed, and the old name is an alias",
     r#""a":{"type":"u8","required":true}"#,
     r#""b":{"type":"u8","required":true,"aliases":["a"]}"#, C, I),
    ("a key is renamed, and the old name is an alias",
     r#""a":{"type":"u8","default":"1"}"#,
     r#""b":{"type":"u8","default":"1","aliases":["a"]}"#, C, N),
    ("a key is renamed to a name that was its alias",
     r#""a":{"type":"u8","required":true,"aliases":["b"]}"#,
     r#""b":{"type":"u8","required":true}"#, I, N),
    ("a key is renamed to a name that was its alias",
     r#""a":{"type":"u8","required":true,"aliases":["b"]}"#,
     r#""b":{"type":"u8","required":true,"aliases":["a"]}"#, C, N),
    ("a key is removed, and a similar one is added",
     r#""pool_size":{"type":"u8","default":"1"}"#,
     r#""pool_sizes":{"type":"u8","default":"1"}"#, U, N),
    ("a key is removed, and a similar one is added",
     r#""db/size":{"type":"u8","required":true}"#,
     r#""pool/size":{"type":"u8","required":true}"#, I, I),
    ("an alias is added",
     r#""a":{"type":"u8","required":true}"#,
     r#""a":{"type":"u8","required":true,"aliases":["b"]}"#, C, C),
    ("an alias is added that was a key or an alias of another",
     r#""a":{"type":{"optional":"String"}},"b":{"type":{"optional":"u8"}}"#,
     r#""b":{"type":{"optional":"u8"},"aliases":["a"]}"#, U, N),
    ("an alias is added that was a key or an alias of another",
     r#""a":{"type":{"optional":"u8"},"aliases":["c"]},"b":{"type":{"optional":"u8"}}"#,
     r#""b":{"type":{"optional":"u8"},"aliases":["c"]}"#, U, N),
    ("an alias is removed",
     r#""a":{"type":"u8","required":true,"aliases":["b"]}"#,
     r#""a":{"type":"u8","required":true}"#, I, C),
    ("the order of aliases changed",
     r#""a":{"type":"u8","required":true,"aliases":["b","c"]}"#,
     r#""a":{"type":"u8","required":true,"aliases":["c","b"]}"#, N, C),
    ("a range or a length is wider",
     r#""a":{"type":"u8","required":true,"rules":[{"range":{"min":"1","max":"64"}}]}"#,
     r#""a":{"type":"u8","required":true,"rules":[{"range":{"min":"1","max":"65"}}]}"#, C, I),
    ("a range or a length is wider",
     r#""a":{"type":"String","required":true,"rules":[{"length":{"max":"3"}}]}"#,
     r#""a":{"type":"String","required":true,"rules":[{"length":{"max":"4"}}]}"#, C, I),
    ("a range or a length is narrower",
     r#""a":{"type":"f64","required":true,"rules":[{"range":{"min":"0.0","max":"1.0"}}]}"#,
     r#""a":{"type":"f64","required":true,"rules":[{"range":{"min":"0.0","below":"1.0"}}]}"#, I, C),
    ("a range or a length is narrower",
     r#""a":{"type":"Duration","required":true,"rules":[{"range":{"min":"1s","max":"1m"}}]}"#,
     r#""a":{"type":"Duration","required":true,"rules":[{"range":{"min":"1s","max":"59s"}}]}"#, I, C),
    ("a range or a length is narrower",
     r#""a":{"type":{"list":"u8"},"required":true}"#,
     r#""a":{"type":{"list":"u8"},"required":true,"rules":["non_empty"]}"#, I, C),
    ("a range or a length is shifted",
     r#""a":{"type":"Size","required":true,"rules":[{"range":{"min":"1KiB","max":"1MiB"}}]}"#,
     r#""a":{"type":"Size","required":true,"rules":[{"range":{"min":"2KiB","max":"2MiB"}}]}"#, I, I),
    ("the same range or length is written differently: `1..65`, `1..=64`",
     r#""a":{"type":"u8","required":true,"rules":[{"range":{"min":"1","max":"64"}}]}"#,
     r#""a":{"type":"u8","required":true,"rules":[{"range":{"min":"1","below":"65"}}]}"#, C, C),
    ("the same range or length is written differently: `1..65`, `1..=64`",
     r#""a":{"type":"Duration","required":true,"rules":[{"range":{"min":"60s"}}]}"#,
     r#""a":{"type":"Duration","required":true,"rules":[{"range":{"min":"1m"}}]}"#, C, C),
    ("a bound is an expression that changed",
     r#""a":{"type":"u8","required":true,"rules":[{"range":{"max":{"expression":"A"}}}]}"#,
     r#""a":{"type":"u8","required":true,"rules":[{"range":{"max":{"expression":"B"}}}]}"#, U, U),
    ("choices are added",
     r#""a":{"type":"String","required":true,"rules":[{"one_of":["a"]}]}"#,
     r#""a":{"type":"String","required":true,"rules":[{"one_of":["a","b"]}]}"#, C, I),
    ("choices are removed",
     r#""a":{"type":"u8","required":true,"rules":[{"one_of":["1","2"]}]}"#,
     r#""a":{"type":"u8","required":true,"rules":[{"one_of":["2"]}]}"#, I, C),
    ("a rule is added",
     r#""a":{"type":"String","required":true}"#,
     r#""a":{"type":"String","required":true,"rules":["url"]}"#, I, C),
    ("a rule is added",
     r#""a":{"type":"String","required":true,"rules":[{"pattern":"^https?://[a-z]{9}$"}]}"#,
     r#""a":{"type":"String","required":true,"rules":[{"pattern":"^https?://[a-z]{9}$"},"url"]}"#, U, C),
    ("a rule is removed",
     r#""a":{"type":"String","required":true,"rules":["non_empty"]}"#,
     r#""a":{"type":"String","required":true}"#, C, I),
    ("a rule is replaced by one that allows each of the few old values",
     r#""a":{"type":"u8","required":true,"rules":[{"one_of":["2","4"]}]}"#,
     r#""a":{"type":"u8","required":true,"rules":[{"range":{"min":"1","max":"4"}}]}"#, C, I),
    ("a rule is replaced by one that allows each of the few old values",
     r#""a":{"type":"String","required":true,"rules":[{"one_of":["ab","cd"]}]}"#,
     r#""a":{"type":"String","required":true,"rules":[{"pattern":"^[a-d]+$"}]}"#, C, I),
    ("a `pattern` changed",
     r#""a":{"type":"String","required":true,"rules":[{"pattern":"^a*$"}]}"#,
     r#""a":{"type":"String","required":true,"rules":[{"pattern":"^a+$"}]}"#, I, U),
    ("a `validate` of the field is added",
     r#""a":{"type":"u8","required":true}"#,
     r#""a":{"type":"u8","required":true,"rules":[{"validate":"even"}]}"#, U, C),
    ("a `validate` of the field is removed",
     r#""a":{"type":"u8","required":true,"rules":[{"validate":"even"}]}"#,
     r#""a":{"type":"u8","required":true}"#, C, U),
    ("a whole number becomes one that holds all values left by the range: `u8` to `u16`, `u32` in `0..=200` to `u8`",
     r#""a":{"type":"u8","required":true}"#,
     r#""a":{"type":"u16","required":true}"#, C, I),
    ("a whole number becomes one that holds all values left by the range: `u8` to `u16`, `u32` in `0..=200` to `u8`",
     r#""a":{"type":"u32","required":true,"rules":[{"range":{"max":"200"}}]}"#,
     r#""a":{"type":"u8","required":true}"#, C, I),
    ("a whole number becomes one that does not hold all values: `u16` to `u8`, `i64` to `u64`",
     r#""a":{"type":"u16","required":true}"#,
     r#""a":{"type":"u8","required":true}"#, I, C),
    ("a whole number becomes one that does not hold all values: `u16` to `u8`, `i64` to `u64`",
     r#""a":{"type":"i64","required":true,"rules":[{"range":{}}]}"#,
     r#""a":{"type":"u64","required":true}"#, I, I),
    ("a whole number becomes `NonZero…`",
     r#""a":{"type":"u8","required":true}"#,
     r#""a":{"type":"NonZeroU8","required":true}"#, I, C),
    ("a whole number becomes `NonZero…`",
     r#""a":{"type":"u8","required":true,"rules":[{"range":{"min":"1"}}]}"#,
     r#""a":{"type":"NonZeroU8","required":true}"#, C, C),
    ("a whole number becomes `f64` or `f32`",
     r#""a":{"type":"u32","required":true}"#,
     r#""a":{"type":"f64","required":true}"#, C, I),
    ("a whole number becomes `f64` or `f32`",
     r#""a":{"type":"u64","required":true}"#,
     r#""a":{"type":"f64","required":true}"#, N, I),
    ("`f32` becomes `f64`",
     r#""a":{"type":"f32","required":true}"#,
     r#""a":{"type":"f64","required":true}"#, C, I),
    ("`f64` becomes `f32`",
     r#""a":{"type":"f64","required":true}"#,
     r#""a":{"type":"f32","required":true}"#, I, C),
    ("`f64` becomes `f32`",
     r#""a":{"type":"f64","required":true,"rules":[{"range":{"min":"0.0","max":"1.0"}}]}"#,
     r#""a":{"type":"f32","required":true,"rules":[{"range":{"min":"0.0","max":"1.0"}}]}"#, N, U),
    ("a whole number that is not negative becomes `Size`",
     r#""a":{"type":"u64","required":true}"#,
     r#""a":{"type":"Size","required":true}"#, C, I),
    ("a plain type becomes a `String` or `PathBuf` without rules",
     r#""a":{"type":"Duration","required":true}"#,
     r#""a":{"type":"String","required":true}"#, N, I),
    ("`String` becomes `PathBuf`, or the reverse",
     r#""a":{"type":"String","required":true,"rules":["non_empty"]}"#,
     r#""a":{"type":"PathBuf","required":true,"rules":["non_empty"]}"#, C, C),
    ("`String` becomes another type",
     r#""a":{"type":"String","required":true}"#,
     r#""a":{"type":"u8","required":true}"#, I, N),
    ("`String` becomes another type",
     r#""a":{"type":"String","required":true,"rules":[{"one_of":["1","2"]}]}"#,
     r#""a":{"type":"u8","required":true}"#, N, I),
    ("`Ipv4Addr` or `Ipv6Addr` becomes `IpAddr`; `SocketAddrV4` or `SocketAddrV6` becomes `SocketAddr`",
     r#""a":{"type":"Ipv4Addr","required":true}"#,
     r#""a":{"type":"IpAddr","required":true}"#, C, I),
    ("`Ipv4Addr` or `Ipv6Addr` becomes `IpAddr`; `SocketAddrV4` or `SocketAddrV6` becomes `SocketAddr`",
     r#""a":{"type":"SocketAddrV6","required":true}"#,
     r#""a":{"type":"SocketAddr","required":true}"#, C, I),
    ("a scalar becomes another: `bool` a number, a number a `Duration`",
     r#""a":{"type":"bool","required":true}"#,
     r#""a":{"type":"u8","required":true}"#, I, I),
    ("words of an enum are added",
     r#""a":{"type":{"words":["a"]},"required":true}"#,
     r#""a":{"type":{"words":["a","b"]},"required":true}"#, C, I),
    ("words of an enum are removed",
     r#""a":{"type":{"words":["a","b"]},"required":true}"#,
     r#""a":{"type":{"words":["a"]},"required":true}"#, I, C),
    ("`V` becomes `Option<V>`",
     r#""a":{"type":"u8","required":true}"#,
     r#""a":{"type":{"optional":"u8"},"default":"1"}"#, C, I),
    ("`Option<V>` becomes `V`",
     r#""a":{"type":{"optional":"u8"},"default":"1"}"#,
     r#""a":{"type":"u8","default":"1"}"#, I, C),
    ("`Option<V>` becomes `V`",
     r#""a":{"type":{"optional":"String"},"default":"x"}"#,
     r#""a":{"type":"String","default":"x"}"#, C, C),
    ("entries of a list or a map change their type",
     r#""a":{"type":{"list":"u8"},"required":true}"#,
     r#""a":{"type":{"list":"u16"},"required":true}"#, C, I),
    ("entries of a list or a map change their type",
     r#""a":{"type":{"map":"String"},"required":true}"#,
     r#""a":{"type":{"map":"u16"},"required":true}"#, I, I),
    ("a list becomes a map, or either becomes a scalar",
     r#""a":{"type":{"list":"u8"},"required":true}"#,
     r#""a":{"type":{"map":"u8"},"required":true}"#, I, I),
    ("a type known only by its name changes",
     r#""a":{"type":{"rust":"A"},"required":true}"#,
     r#""a":{"type":{"rust":"B"},"required":true}"#, U, U),
    ("`json` is added or removed",
     r#""a":{"type":"bool","required":true}"#,
     r#""a":{"type":"bool","required":true,"format":"json"}"#, C, C),
    ("`json` is added or removed",
     r#""a":{"type":{"list":"u8"},"required":true}"#,
     r#""a":{"type":{"list":"u8"},"required":true,"format":"json"}"#, C, C),
    ("`json` is added or removed",
     r#""a":{"type":"String","required":true,"format":"json"}"#,
     r#""a":{"type":"String","required":true}"#, N, I),
    ("`json` is added or removed",
     r#""a":{"type":"u8","required":true}"#,
     r#""a":{"type":"u8","required":true,"format":"json"}"#, I, C),
    ("`json` is added or removed",
     r#""a":{"type":{"words":["a"]},"required":true}"#,
     r#""a":{"type":{"words":["a"]},"required":true,"format":"json"}"#, I, I),
    ("`text` is added or removed",
     r#""a":{"type":"u8","required":true}"#,
     r#""a":{"type":"u8","required":true,"format":"text"}"#, C, C),
    ("`text` is added or removed",
     r#""a":{"type":"Size","required":true}"#,
     r#""a":{"type":"Size","required":true,"format":"text"}"#, I, C),
    ("`text` is added or removed",
     r#""a":{"type":{"words":["a"]},"required":true}"#,
     r#""a":{"type":{"words":["a"]},"required":true,"format":"text"}"#, I, C),
    ("`with` is added, removed or changed",
     r#""a":{"type":"u8","required":true}"#,
     r#""a":{"type":"u8","required":true,"format":{"with":"codec"}}"#, U, U),
    ("a required key gets a default, or becomes optional",
     r#""a":{"type":"u8","required":true}"#,
     r#""a":{"type":"u8","default":"1"}"#, C, I),
    ("a key with a default, or an optional one, becomes required",
     r#""a":{"type":"u8","default":"1"}"#,
     r#""a":{"type":"u8","required":true}"#, I, C),
    ("the default changed",
     r#""a":{"type":"u8","default":"1"}"#,
     r#""a":{"type":"u8","default":"2"}"#, N, N),
    ("the same default is written differently: `60s`, `1m`",
     r#""a":{"type":"Duration","default":"60s"}"#,
     r#""a":{"type":"Duration","default":"1m"}"#, C, C),
    ("`restart` is added or removed",
     r#""a":{"type":"u8","required":true}"#,
     r#""a":{"type":"u8","required":true,"restart":true}"#, N, C),
    ("`secret` is added",
     r#""a":{"type":"u8","required":true}"#,
     r#""a":{"type":"u8","required":true,"secret":true}"#, N, N),
    ("a secret gets or loses choices",
     r#""a":{"type":"u8","required":true,"secret":true}"#,
     r#""a":{"type":"u8","required":true,"rules":["one_of_hidden"],"secret":true}"#, U, U),
    ("`secret` is removed",
     r#""a":{"type":"u8","required":true,"secret":true}"#,
     r#""a":{"type":"u8","required":true}"#, N, C),
    ("`deprecated` is added or removed",
     r#""a":{"type":"u8","required":true}"#,
     r#""a":{"type":"u8","required":true,"deprecated":"no"}"#, C, C),
    ("`compare` changed",
     r#""a":{"type":"u8","required":true}"#,
     r#""a":{"type":"u8","required":true,"compare":"f"}"#, C, C),
    ("a description, the struct's name or a field's path in Rust changed",
     r#""a":{"type":"u8","required":true}"#,
     r#""a":{"type":"u8","required":true,"doc":"A.","field":"b"}"#, C, C),
];

/// The rows that are not about a key; each has a test of its own.
const OF_NO_KEY: [&str; 4] = [
    "a rule over a struct is added",
    "a rule over a struct is removed",
    "the prefix changed",
    "only the names of the prefix's variables changed",
];

fn schema(members: &str, keys: &str) -> Schema {
    let json = format!(
        "{{\"format\":\"hotconfig-schema/1\",\"name\":\"Service\"{members},\"keys\":{{{keys}}}}}"
    );
    Schema::from_json(&json).unwrap_or_else(|error| panic!("{error}: {json}"))
}

fn compared(old: &str, new: &str) -> Comparison {
    compare(&schema("", old), &schema("", new))
}

/// The table of the documentation, row by row.
fn table() -> Vec<Vec<&'static str>> {
    let rows = include_str!("mod.rs")
        .lines()
        .filter_map(|line| line.strip_prefix("//! | "));
    rows.skip(2)
        .map(|row| {
            row.split(" | ")
                .map(|cell| cell.trim_end_matches(" |"))
                .collect()
        })
        .collect()
}

#[test]
fn every_row_of_the_table_has_its_grades() {
    let mut wrong = Vec::new();
    for (row, old, new, stored, running) in CASES {
        let comparison = compared(old, new);
        if (comparison.stored(), comparison.running()) != (*stored, *running) {
            wrong.push(format!("{row}: not {stored} and {running}:\n{comparison}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_row_of_the_table_has_a_case_and_names_its_grade() {
    let rows: BTreeSet<&str> = table().into_iter().map(|row| row[0]).collect();
    let cases: BTreeSet<&str> = CASES.iter().map(|case| case.0).chain(OF_NO_KEY).collect();
    assert_eq!(rows, cases);
    for row in table() {
        assert_eq!(row.len(), 4, "{row:?}");
        for (name, _, _, stored, running) in CASES {
            let says = |cell: &str, grade: &Grade| cell.contains(&grade.to_string());
            assert!(
                row[0] != *name || says(row[1], stored) && says(row[2], running),
                "{row:?}: {stored} and {running}"
            );
        }
    }
}

#[test]
fn a_rule_over_a_struct_is_known_to_the_program_alone() {
    let ruled = schema(r#","rules":[{"rule":"sane"}]"#, "");
    let free = schema("", "");
    let added = compare(&free, &ruled);
    assert_eq!((added.stored(), added.running()), (U, C));
    let removed = compare(&ruled, &free);
    assert_eq!((removed.stored(), removed.running()), (C, U));
}

#[test]
fn another_prefix_is_other_keys_unless_only_its_variables_are_renamed() {
    let below = |prefix: &str| schema(&format!(r#","prefix":"{prefix}""#), "");
    let moved = compare(&below("/a/{app}"), &below("/b/{app}"));
    assert_eq!((moved.stored(), moved.running()), (I, I));
    let renamed = compare(&below("/a/{app}"), &below("/a/{name}"));
    assert_eq!((renamed.stored(), renamed.running()), (N, C));
}

#[test]
fn the_same_schema_has_no_differences() {
    for (_, old, new, _, _) in CASES {
        for keys in [old, new] {
            assert_eq!(compared(keys, keys).differences, []);
        }
    }
}

#[test]
fn several_changes_of_the_values_of_a_key_have_their_effect_together() {
    let comparison = compared(
        r#""a":{"type":"u8","required":true,"rules":[{"range":{"max":"64"}},{"validate":"f"}]}"#,
        r#""a":{"type":"u8","required":true,"rules":[{"range":{"max":"65"}},{"validate":"g"}]}"#,
    );
    let stored = comparison.differences.iter().map(|one| one.stored.grade);
    assert_eq!(stored.collect::<Vec<_>>(), [U, U, U]);
}

#[test]
fn changes_that_go_well_together_are_compatible() {
    // The type alone would reject 300; the range alone would not fit the type.
    let comparison = compared(
        r#""a":{"type":"u16","required":true,"rules":[{"range":{"max":"200"}}]}"#,
        r#""a":{"type":"u8","required":true}"#,
    );
    assert_eq!(comparison.stored(), C, "{comparison}");
    assert!(!comparison.is_compatible());
    assert_eq!(comparison.incompatible().count(), 2);
}

#[test]
fn the_choices_of_a_secret_are_not_taken_for_removed() {
    let comparison = compared(
        r#""a":{"type":"String","required":true,"rules":[{"one_of":["a","b"]}]}"#,
        r#""a":{"type":"String","required":true,"secret":true}"#,
    );
    assert_eq!(comparison.stored(), U);
    let back = compared(
        r#""a":{"type":"String","required":true,"secret":true}"#,
        r#""a":{"type":"String","required":true,"rules":[{"one_of":["a","b"]}]}"#,
    );
    assert_eq!(back.stored(), U);
}

#[test]
fn hidden_choices_equal_hidden_choices_and_are_unknown_next_to_others() {
    let secret = |rules: &str| {
        format!(r#""a":{{"type":"String","required":true,"rules":[{rules}],"secret":true}}"#)
    };
    let hidden = secret(r#""one_of_hidden""#);
    assert!(compared(&hidden, &hidden).differences.is_empty());
    let told = r#""a":{"type":"String","required":true,"rules":[{"one_of":["a","b"]}]}"#;
    // Older versions wrote the last form.
    for other in [told, &secret(r#"{"one_of":["a","b"]}"#), &secret("")] {
        for (old, new) in [(&*hidden, other), (other, &*hidden)] {
            let comparison = compared(old, new);
            let worst = (comparison.stored(), comparison.running());
            assert_eq!(worst, (U, U), "{comparison}");
        }
    }
    let other_type = hidden.replace("String", "u8");
    assert_eq!(compared(&hidden, &other_type).stored(), U);
}

#[test]
fn an_example_is_short_and_on_one_line() {
    let comparison = compared(
        r#""a":{"type":"String","required":true,"rules":[{"one_of":["x\ny"]}]}"#,
        r#""a":{"type":"String","required":true,"rules":[{"length":{"max":"1"}}]}"#,
    );
    let shown = comparison.to_string();
    assert_eq!(comparison.stored(), I);
    assert!(!shown.contains("x\ny"), "{shown}");
}

#[test]
fn a_range_of_fractions_whose_end_is_no_number_is_not_called_compatible() {
    let key = |range: &str| {
        let rules = format!(r#""rules":[{{"range":{range}}}]"#);
        let keys = format!(r#""a":{{"type":"f64","required":true,{rules}}}"#);
        let file = format!(r#"{{"format":"hotconfig-schema/1","name":"S","keys":{{{keys}}}}}"#);
        Schema::from_json(&file).unwrap()
    };
    let right = key(r#"{"min":"0.0","max":"1.0"}"#);
    for wrong in [
        r#"{"min":"0.0","max":"one"}"#,
        r#"{"min":"zero","max":"1.0"}"#,
        r#"{"min":"0.0","below":""}"#,
    ] {
        let wrong = key(wrong);
        assert!(
            compare(&wrong, &right).stored() > Grade::Notice,
            "{wrong:?}"
        );
        assert!(
            compare(&right, &wrong).stored() > Grade::Notice,
            "{wrong:?}"
        );
    }
}
