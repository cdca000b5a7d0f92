//! What each rule of a field accepts, and in which words it refuses the rest.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::num::NonZeroU16;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hotconfig::rules::{self, Choice, Length, Pattern, Ranged, Reasons, Text};
use hotconfig::{Invalid, Secret, Size};

/// The verdict of a rule: nothing, or the error and the expected form.
fn verdict(rule: impl FnOnce(&mut Reasons)) -> Option<(String, String)> {
    let mut reasons = Reasons::default();
    rule(&mut reasons);
    let mut reasons = reasons.into_vec();
    assert!(reasons.len() <= 1, "{reasons:?}");
    let reason = reasons.pop()?;
    Some((
        reason.wrong().to_owned(),
        reason.expected().unwrap_or_default().to_owned(),
    ))
}

macro_rules! holds {
    ($rule:ident($($arg:expr),+)) => {
        assert_eq!(verdict(|out| rules::$rule($($arg,)+ out)), None, stringify!($rule($($arg),+)))
    };
}

macro_rules! breaks {
    ($rule:ident($($arg:expr),+), $wrong:expr, $expected:expr) => {
        assert_eq!(
            verdict(|out| rules::$rule($($arg,)+ out)),
            Some(($wrong.to_owned(), $expected.to_owned())),
            stringify!($rule($($arg),+))
        )
    };
}

/// A type of a user's own.
struct Percent(u8);

impl Ranged for Percent {
    type Bound = u8;

    fn ranged(&self) -> Option<u8> {
        Some(self.0)
    }
}

struct Name(String);

impl Text for Name {
    fn text(&self) -> Option<Cow<'_, str>> {
        Some(self.0.as_str().into())
    }
}

impl Length for Name {
    const UNIT: &'static str = "letters";

    fn length(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

impl Choice<&str> for Name {
    fn is(&self, choice: &&str) -> Option<bool> {
        Some(self.0 == *choice)
    }
}

const WRONG: &str = "out of range";

#[test]
fn a_range_holds_its_ends_as_rust_writes_them() {
    let (one, hundred) = (1_u32, 100_u32);
    holds!(range(&one, 1..=100_000));
    holds!(range(&hundred, 1..=100));
    breaks!(range(&hundred, 1..100), WRONG, "a value in 1..100");
    breaks!(range(&0_u32, 1..=100), WRONG, "a value in 1..=100");
    breaks!(range(&0_u32, 1..), WRONG, "a value in 1..");
    breaks!(range(&101_u32, ..=100), WRONG, "a value in ..=100");
    holds!(range(&-5_i8, -5..0));
    breaks!(range(&u128::MAX, ..5), WRONG, "a value in ..5");
    holds!(range(&NonZeroU16::MAX, 1..=65_535));
    breaks!(
        range(&NonZeroU16::MAX, 1..=1024),
        WRONG,
        "a value in 1..=1024"
    );
    holds!(range(&'k', 'a'..='z'));
    breaks!(range(&Percent(101), 0..=100), WRONG, "a value in 0..=100");
}

#[test]
fn nan_breaks_every_range() {
    holds!(range(&1.0_f64, 1.0..=2.0));
    holds!(range(&1.5_f32, 1.0..=2.0));
    breaks!(range(&2.5_f64, 1.0..=2.0), WRONG, "a value in 1.0..=2.0");
    breaks!(range(&f64::NAN, 1.0..=2.0), WRONG, "a value in 1.0..=2.0");
    breaks!(range(&f32::NAN, 1.0..), WRONG, "a value in 1.0..");
    breaks!(range(&f64::NAN, ..), WRONG, "a value in ..");
    breaks!(range(&1.5_f64, f64::NAN..), WRONG, "a value in NaN..");
    holds!(range(&f64::INFINITY, 1.0..));
}

#[test]
fn ends_of_a_range_may_be_texts() {
    let (lo, hi) = (Some("1s"), Some("5m"));
    holds!(range_text(&Duration::from_secs(1), lo, hi, true));
    holds!(range_text(&Duration::from_secs(5 * 60), lo, hi, true));
    breaks!(
        range_text(&Duration::from_secs(5 * 60), lo, hi, false),
        WRONG,
        "a value in 1s..5m"
    );
    breaks!(
        range_text(&Duration::ZERO, lo, None, true),
        WRONG,
        "a value in 1s.."
    );
    let (lo, hi) = (Some("1KiB"), Some("64MiB"));
    holds!(range_text(&Size::new(1024), lo, hi, true));
    breaks!(
        range_text(&Size::new(1023), lo, hi, true),
        WRONG,
        "a value in 1KiB..=64MiB"
    );
    breaks!(
        range_text(&'z', Some("a"), Some("f"), true),
        WRONG,
        "a value in 'a'..='f'"
    );
    holds!(range_text(&None::<Size>, lo, hi, true));
}

#[test]
fn an_end_that_cannot_be_read_refuses_every_value() {
    let wrong = "the field's `range` itself cannot be read: `soon`";
    breaks!(
        range_text(&Duration::ZERO, None, Some("soon"), true),
        wrong,
        ""
    );
    breaks!(
        range_text(&Duration::ZERO, Some("soon"), None, true),
        wrong,
        ""
    );
}

#[test]
fn length_counts_characters_or_entries() {
    holds!(length(&"äöü".to_owned(), ..=3));
    breaks!(
        length(&"äöü".to_owned(), 4..),
        "too short",
        "4.. characters"
    );
    breaks!(
        length(&"äöü".to_owned(), 1..=2),
        "too long",
        "1..=2 characters"
    );
    breaks!(
        length(&"äöü".to_owned(), 1..3),
        "too long",
        "1..3 characters"
    );
    holds!(length(&Cow::Borrowed("a"), 1..=1));
    holds!(length(&Box::<str>::from("a"), 1..=1));
    holds!(length(&Arc::<str>::from("a"), 1..=1));
    holds!(length(&PathBuf::from("a"), 1..=1));
    breaks!(length(&vec![1, 2], 3..), "too short", "3.. entries");
    breaks!(length(&[1, 2], ..=1), "too long", "..=1 entries");
    holds!(length(&vec![1].into_boxed_slice(), 1..=1));
    holds!(length(&VecDeque::from([1]), 1..=1));
    holds!(length(&BTreeSet::from([1]), 1..=1));
    holds!(length(&HashSet::from([1]), 1..=1));
    holds!(length(&BTreeMap::from([(1, 1)]), 1..=1));
    holds!(length(&HashMap::from([(1, 1)]), 1..=1));
    breaks!(
        length(&Name("abc".into()), ..=2),
        "too long",
        "..=2 letters"
    );
}

#[test]
fn non_empty_refuses_the_empty() {
    holds!(non_empty(&" ".to_owned()));
    breaks!(non_empty(&String::new()), "empty", "1.. characters");
    breaks!(non_empty(&Vec::<u8>::new()), "empty", "1.. entries");
    holds!(non_empty(&HashMap::from([(1, 1)])));
}

#[test]
fn a_pattern_matches_somewhere_unless_it_is_anchored() {
    static SOMEWHERE: Pattern = Pattern::new("[0-9]");
    static WHOLE: Pattern = Pattern::new("^[a-z]+$");
    static BROKEN: Pattern = Pattern::new("(");
    let wrong = "does not match the pattern";
    holds!(pattern(&"a1b".to_owned(), &SOMEWHERE));
    breaks!(
        pattern(&"ab".to_owned(), &SOMEWHERE),
        wrong,
        "a text that matches `[0-9]`"
    );
    holds!(pattern(&"ab".to_owned(), &WHOLE));
    breaks!(
        pattern(&"ab\n".to_owned(), &WHOLE),
        wrong,
        "a text that matches `^[a-z]+$`"
    );
    breaks!(
        pattern(&Name("A".into()), &WHOLE),
        wrong,
        "a text that matches `^[a-z]+$`"
    );
    let wrong = "the field's `pattern` itself cannot be read: `(`";
    breaks!(pattern(&"ab".to_owned(), &BROKEN), wrong, "");
}

#[test]
fn one_of_compares_texts_with_texts_and_numbers_with_numbers() {
    let levels = ["trace", "debug", "info"];
    let wrong = "not one of the choices";
    let expected = "one of `trace`, `debug`, `info`";
    holds!(one_of(&"info".to_owned(), &levels));
    let near = "not one of the choices: did you mean `info`?";
    breaks!(one_of(&"inof".to_owned(), &levels), near, expected);
    breaks!(one_of(&"INFO".to_owned(), &levels), near, expected);
    breaks!(one_of(&"verbose".to_owned(), &levels), wrong, expected);
    breaks!(one_of(&"x".repeat(1_400_000), &levels), wrong, expected);
    breaks!(one_of(&Name("inof".into()), &levels), wrong, expected);
    holds!(one_of(&80_u16, &[80, 443]));
    breaks!(one_of(&81_u16, &[80, 443]), wrong, "one of `80`, `443`");
    breaks!(one_of(&81_u16, &[80]), wrong, "`80`");
    holds!(one_of(&NonZeroU16::MAX, &[65_535]));
    holds!(one_of(&0.5_f64, &[0.5, 1.0]));
    breaks!(one_of(&f64::NAN, &[0.5]), wrong, "`0.5`");
    holds!(one_of(&'a', &['a', 'b']));
    holds!(one_of(&Duration::from_secs(60), &["30s", "60s"]));
    breaks!(
        one_of(&Duration::ZERO, &["30s", "60s"]),
        wrong,
        "one of `30s`, `60s`"
    );
    holds!(one_of(&Size::new(1024), &["1KiB"]));
}

#[test]
fn a_url_is_absolute() {
    for right in [
        "https://example.org/a?b#c",
        "https://bücher.example/ä",
        "http://[::1]:8080",
        "postgres://user:password@db:5432/x",
        "file:///etc/app",
        "mailto:ops@example.org",
        "urn:isbn:0451450523",
    ] {
        holds!(url(&right.to_owned()));
    }
    let cases = [
        ("", "it has no scheme"),
        ("/a", "it has no scheme"),
        ("example.org", "it has no scheme"),
        ("//example.org", "it has no scheme"),
        ("http://", "it has no host"),
        ("https:example.org", "it has no host"),
        ("http://:80/", "it has no host"),
        ("http://a:65536", "its port is above 65535"),
        (
            "http://a b",
            "it has a character that should be escaped, or is cut short",
        ),
        (
            "http://[::1",
            "it has a character that should be escaped, or is cut short",
        ),
    ];
    for (text, mistake) in cases {
        let wrong = format!("not a URL: {mistake}");
        breaks!(url(&text.to_owned()), wrong, "an absolute URL");
    }
}

#[test]
fn validate_names_the_function_and_repeats_what_it_says() {
    let even = |value: &u32| {
        if value.is_multiple_of(2) {
            Ok(())
        } else {
            Err(Invalid::new("is odd").with_expected("an even number"))
        }
    };
    holds!(validate(&2, "even", even));
    breaks!(
        validate(&3, "even", even),
        "rejected by `even`: is odd",
        "an even number"
    );
    let long = |_: &u32| Err(Invalid::new("x\n".repeat(700_000)));
    let (wrong, expected) = verdict(|out| rules::validate(&3, "long", long, out)).unwrap();
    assert!(wrong.len() < 1000 && !wrong.contains('\n'), "{wrong}");
    assert_eq!(expected, "");
}

#[test]
fn rules_look_through_what_holds_a_value_and_none_breaks_none() {
    static PATTERN: Pattern = Pattern::new("^a$");
    holds!(range(&None::<u32>, 1..=2));
    holds!(length(&None::<String>, 1..=2));
    holds!(non_empty(&None::<String>));
    holds!(pattern(&None::<String>, &PATTERN));
    holds!(one_of(&None::<String>, &["a"]));
    holds!(url(&None::<String>));
    breaks!(range(&Some(3_u32), 1..=2), WRONG, "a value in 1..=2");
    breaks!(
        range(&Box::new(Some(3_u32)), 1..=2),
        WRONG,
        "a value in 1..=2"
    );
    breaks!(range(&Arc::new(3_u32), 1..=2), WRONG, "a value in 1..=2");
    breaks!(
        length(&Some("abc".to_owned()), ..2),
        "too long",
        "..2 characters"
    );
    breaks!(non_empty(&Some(String::new())), "empty", "1.. characters");
    breaks!(
        pattern(&Some("b".to_owned()), &PATTERN),
        "does not match the pattern",
        "a text that matches `^a$`"
    );
    breaks!(
        one_of(&Some(3_u8), &[1, 2]),
        "not one of the choices",
        "one of `1`, `2`"
    );
}

#[test]
fn drill_39_a_rule_never_tells_a_secret() {
    static PATTERN: Pattern = Pattern::new("^a$");
    let near = Secret::new("inof".to_owned());
    breaks!(one_of(&near, &["info"]), "not one of the choices", "");
    breaks!(
        one_of(&Some(&near), &["info"]),
        "not one of the choices",
        ""
    );
    let inside = Secret::new(Some("inof".to_owned()));
    breaks!(one_of(&inside, &["info"]), "not one of the choices", "");
    let word = "hunter2";
    let secret = Secret::new(Some(word.to_owned()));
    let number = Secret::new(4711_u32);
    for (wrong, expected) in [
        verdict(|out| rules::range(&number, 1..=2, out)),
        verdict(|out| rules::length(&secret, 1..=2, out)),
        verdict(|out| rules::pattern(&secret, &PATTERN, out)),
        verdict(|out| rules::one_of(&secret, &["hunter3", "a"], out)),
        verdict(|out| rules::url(&secret, out)),
    ]
    .map(Option::unwrap)
    {
        for text in [wrong, expected] {
            assert!(
                !text.contains(word) && !text.contains("4711") && !text.contains("mean"),
                "{text}"
            );
        }
    }
}
