//! What a struct declares, as a value and as files.

#![deny(missing_docs, warnings, clippy::pedantic)]
// A test says what it expects by failing, in its helpers too.
#![allow(clippy::expect_used, clippy::indexing_slicing)]
// These speak of the code below, not of what is made from it.
#![allow(clippy::trivially_copy_pass_by_ref, clippy::unnecessary_wraps)]

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use hotconfig::schema::{Absent, Bound, Format, Key, Rule, Scalar, Schema, Type};
use hotconfig::value::Codec;
use hotconfig::{HotConfig, Invalid, Secret, schema};

/// Settings of the user service.
#[allow(dead_code)] // declared, and never read
#[derive(HotConfig, Clone, Debug)]
#[hot(prefix = "/configs/{app}/{env}", validate = anything)]
struct Service {
    #[hot(default = 8, range(MIN..=64))]
    pool_size: u32,
    /// Least severe level.
    #[hot(default = "info", one_of("debug", "info"), alias = "level")]
    log_level: String,
    /// The database.
    #[hot(nested, restart, deprecated = "use `databases`")]
    db: Database,
    #[hot(nested)]
    spare: Database,
    #[hot(key = "a/first")]
    of_an_alias: Maybe,
    #[hot(default, json)]
    words: Vec<String>,
    #[hot(range(bound()..10 * bound()))]
    computed: Plain,
    #[hot(skip)]
    skipped: u8,
}

const MIN: u32 = 1;

/// A type of which the compiler knows nothing.
#[derive(serde::Deserialize, Clone, Debug, PartialEq, Default)]
struct Plain(u8);

impl hotconfig::rules::Ranged for Plain {
    type Bound = u8;

    fn ranged(&self) -> Option<u8> {
        Some(self.0)
    }
}

fn bound() -> u8 {
    1
}

type Maybe = Option<Plain>;

/// Where the users are.
#[derive(HotConfig, Clone, Debug)]
#[hot(validate = any_database)]
struct Database {
    #[hot(secret, default = "sesame", one_of("sesame", "swordfish"), non_empty)]
    password: Secret<String>,
    #[hot(default = "30s", range(..="5m"))]
    timeout: Duration,
}

fn anything(_: &Service) -> Result<(), Invalid> {
    Ok(())
}

fn any_database(_: &Database) -> Result<(), Invalid> {
    Ok(())
}

fn key<'s>(schema: &'s Schema, name: &str) -> &'s Key {
    schema
        .keys
        .iter()
        .find(|key| key.key == name)
        .expect("a key of the schema")
}

#[test]
fn keys_come_in_the_order_of_their_names() {
    let schema = schema::<Service>();
    assert_eq!(schema.name, "Service");
    assert_eq!(schema.doc, "Settings of the user service.");
    assert_eq!(schema.prefix.as_deref(), Some("/configs/{app}/{env}"));
    let keys: Vec<&str> = schema.keys.iter().map(|key| key.key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "a/first",
            "computed",
            "db/password",
            "db/timeout",
            "log_level",
            "pool_size",
            "spare/password",
            "spare/timeout",
            "words",
        ]
    );
}

#[test]
fn a_key_says_what_its_field_does() {
    let schema = schema::<Service>();
    let level = key(&schema, "log_level");
    assert_eq!(level.field, "log_level");
    assert_eq!(level.aliases, ["level"]);
    assert_eq!(level.doc, "Least severe level.");
    assert_eq!(level.kind, Type::Scalar(Scalar::Text));
    assert_eq!(level.absent, Absent::Text("info".to_owned()));
    let choices = ["debug", "info"].map(str::to_owned).to_vec();
    assert_eq!(level.rules, [Rule::OneOf(choices)]);
    let words = key(&schema, "words");
    assert_eq!(words.format, Format::Codec(Codec::Json));
    assert_eq!(words.kind, Type::List(Box::new(Type::Scalar(Scalar::Text))));
}

#[test]
fn a_range_shows_its_values_and_else_its_expressions() {
    let schema = schema::<Service>();
    let [Rule::Range(size)] = key(&schema, "pool_size").rules.as_slice() else {
        unreachable!("one range");
    };
    assert_eq!(size.low, Bound::At("1".to_owned()));
    assert_eq!(size.high, Bound::At("64".to_owned()));
    assert!(size.inclusive);
    let [Rule::Range(computed)] = key(&schema, "computed").rules.as_slice() else {
        unreachable!("one range");
    };
    assert_eq!(computed.low, Bound::Unknown("bound()".to_owned()));
    assert_eq!(computed.high, Bound::Unknown("10 * bound()".to_owned()));
    assert!(!computed.inclusive);
}

#[test]
fn a_section_hands_its_flags_and_its_note_to_its_keys() {
    let schema = schema::<Service>();
    let timeout = key(&schema, "db/timeout");
    assert!(timeout.restart);
    assert_eq!(timeout.deprecated.as_deref(), Some("use `databases`"));
    let spare = key(&schema, "spare/timeout");
    assert!(!spare.restart);
    assert_eq!(spare.deprecated, None);
}

#[test]
fn a_section_is_described_by_its_field_or_else_by_its_struct() {
    let schema = schema::<Service>();
    let docs: Vec<(&str, &str)> = schema
        .sections
        .iter()
        .map(|section| (section.key.as_str(), section.doc.as_str()))
        .collect();
    assert_eq!(
        docs,
        [("db", "The database."), ("spare", "Where the users are.")]
    );
    let rules: Vec<(&str, &str)> = schema
        .rules
        .iter()
        .map(|rule| (rule.section.as_str(), rule.rule.as_str()))
        .collect();
    assert_eq!(
        rules,
        [
            ("", "anything"),
            ("db", "any_database"),
            ("spare", "any_database")
        ]
    );
}

/// A type that can be written.
#[derive(serde::Deserialize, serde::Serialize, Clone, Debug, PartialEq, Default)]
struct Retry {
    times: u8,
}

/// A type that holds a secret.
#[derive(serde::Deserialize, Clone, Debug, PartialEq)]
struct Login {
    password: Secret<String>,
}

/// A type that writes its secret.
#[derive(serde::Deserialize, Clone, Debug, PartialEq)]
struct Leaky(Secret<String>);

impl serde::Serialize for Leaky {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.0.expose())
    }
}

mod leaky_codec {
    pub(super) fn decode(_: &[u8]) -> Result<super::Leaky, String> {
        Ok(super::leaky())
    }
}

fn leaky() -> Leaky {
    Leaky(Secret::new("sesame".to_owned()))
}

/// A type that is not read as it is written.
#[derive(serde::Deserialize, Clone, Debug, PartialEq, Default)]
struct Crooked(u8);

impl serde::Serialize for Crooked {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u8(self.0 + 1)
    }
}

#[derive(HotConfig, Clone, Debug)]
#[allow(dead_code)] // declared, and never read
struct Defaults {
    #[hot(default = 60 * 30)]
    computed: u64,
    #[hot(default)]
    empty: String,
    #[hot(default)]
    nothing: Option<u32>,
    #[hot(default = Some(Retry { times: 3 }))]
    retry: Option<Retry>,
    #[hot(default = Duration::from_secs(90))]
    period: Duration,
    #[hot(default = Retry::default(), json)]
    json: Retry,
    #[hot(default = "--".to_owned(), text)]
    text: String,
    #[hot(default = "-".repeat(cores()))]
    of_this_machine: String,
    #[hot(default = Plain(1))]
    unwritable: Plain,
    #[hot(default)]
    crooked: Crooked,
    #[hot(default = panics())]
    panics: u8,
    #[hot(default = r#"{"password": "sesame"}"#)]
    login: Login,
    #[hot(default = vec![Secret::new("sesame".to_owned())])]
    logins: Vec<Secret<String>>,
    #[hot(default = leaky())]
    leaky: Leaky,
    #[hot(default = Leaky(Secret::new("sesame".to_owned())), with = leaky_codec)]
    leaky_too: Leaky,
    #[hot(default = 'x', json)]
    letter: char,
    #[hot(default = 7, with = hotconfig::value::from_str)]
    literal: u8,
    #[hot(default = 5 - 1, with = hotconfig::value::from_str)]
    with: u8,
    #[hot(nested)]
    below: Below,
    #[hot(nested, secret)]
    hidden: Below,
}

#[derive(HotConfig, Clone, Debug)]
#[allow(dead_code)] // declared, and never read
struct Below {
    #[hot(default = 2 * 3)]
    computed: u8,
}

/// Another number on another machine: it has no place in a file.
fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, Into::into)
}

fn panics() -> u8 {
    unreachable!("no such default")
}

#[test]
fn a_default_is_shown_as_the_store_would_hold_it_where_it_can_be() {
    let schema = schema::<Defaults>();
    let text = |text: &str| Absent::Text(text.to_owned());
    let expression = |written: &str| Absent::Expression(written.to_owned());
    let expected = [
        ("below/computed", text("6")),
        ("computed", text("1800")),
        ("crooked", expression("Default::default()")),
        ("empty", text("")),
        ("hidden/computed", Absent::Hidden),
        ("json", text(r#"{"times":0}"#)),
        ("leaky", expression("leaky()")),
        ("leaky_too", Absent::Hidden),
        ("letter", text(r#""x""#)),
        ("literal", expression("7")),
        ("login", Absent::Hidden),
        ("logins", Absent::Hidden),
        ("nothing", Absent::Nothing),
        ("of_this_machine", expression(r#""-".repeat(cores())"#)),
        ("panics", expression("panics()")),
        ("period", text("1m 30s")),
        ("retry", text(r#"{"times":3}"#)),
        ("text", text("--")),
        ("unwritable", expression("Plain(1)")),
        ("with", expression("5 - 1")),
    ];
    let shown: Vec<(&str, Absent)> = schema
        .keys
        .iter()
        .map(|key| (key.key.as_str(), key.absent.clone()))
        .collect();
    assert_eq!(shown, expected);
}

/// Collections that begin anew with another order each time.
#[derive(serde::Serialize, serde::Deserialize, Clone, Debug, PartialEq)]
struct Mixed {
    list: Vec<HashSet<u32>>,
    sets: HashMap<String, HashSet<String>>,
    wide: HashMap<i128, u128>,
    ratios: HashMap<String, f64>,
    text: String,
}

impl Default for Mixed {
    fn default() -> Self {
        let words = || ["z", "a", "m", "b"].map(str::to_owned);
        Self {
            list: vec![HashSet::from([10, 9, 8]), HashSet::from([3, 2, 1])],
            sets: HashMap::from(words().map(|word| (word, HashSet::from(words())))),
            wide: HashMap::from([(i128::MIN, u128::MAX), (2, 1), (10, 0), (-3, 4)]),
            ratios: HashMap::from(words().map(|word| (word, 0.1 + 0.2))),
            text: r#"["b", "a"]"#.to_owned(),
        }
    }
}

#[derive(HotConfig, Clone, Debug)]
#[allow(dead_code)] // declared, and never read
struct Unordered {
    #[hot(default = HashMap::from([(30, 1), (4, 2), (5, 3), (6, 4)]))]
    map: HashMap<u8, u8>,
    #[hot(default = HashSet::from([30, 4, 5, 6, 7]))]
    set: HashSet<u8>,
    #[hot(default = vec![HashSet::from([3, 1, 2]), HashSet::from([1, 2])], json)]
    sets: Vec<HashSet<u8>>,
    #[hot(default = Mixed::default())]
    mixed: Mixed,
    #[hot(default = vec![3, 1, 2])]
    list: Vec<u8>,
    #[hot(default = r#"["b", "a"]"#.to_owned())]
    text: String,
}

#[test]
fn a_default_without_an_order_is_always_the_same_text() {
    let first = schema::<Unordered>();
    let absent = |name: &str| key(&first, name).absent.clone();
    let text = |text: &str| Absent::Text(text.to_owned());
    assert_eq!(absent("map"), text(r#"{"30":1,"4":2,"5":3,"6":4}"#));
    assert_eq!(absent("set"), text("[4,5,6,7,30]"));
    assert_eq!(absent("sets"), text("[[1,2,3],[1,2]]"));
    assert_eq!(absent("list"), text("[3,1,2]"));
    assert_eq!(absent("text"), text(r#"["b", "a"]"#));
    assert_eq!(
        absent("mixed"),
        text(concat!(
            r#"{"list":[[8,9,10],[1,2,3]],"#,
            r#""ratios":{"a":0.30000000000000004,"b":0.30000000000000004,"#,
            r#""m":0.30000000000000004,"z":0.30000000000000004},"#,
            r#""sets":{"a":["a","b","m","z"],"b":["a","b","m","z"],"#,
            r#""m":["a","b","m","z"],"z":["a","b","m","z"]},"text":"[\"b\", \"a\"]","#,
            r#""wide":{"-170141183460469231731687303715884105728":"#,
            r#"340282366920938463463374607431768211455,"-3":4,"10":0,"2":1}}"#,
        ))
    );
    for _ in 0..100 {
        assert_eq!(schema::<Unordered>().to_json(), first.to_json());
    }
}

#[test]
fn nothing_of_a_secret_is_in_a_schema() {
    let schema = schema::<Service>();
    let password = key(&schema, "db/password");
    assert!(password.secret);
    assert_eq!(password.absent, Absent::Hidden);
    assert_eq!(password.rules, [Rule::Hidden, Rule::NonEmpty]);
    let all = format!("{schema:?}");
    assert!(
        !all.contains("sesame") && !all.contains("swordfish"),
        "{all}"
    );
}

#[test]
fn an_alias_of_an_option_may_be_absent() {
    let schema = schema::<Service>();
    let alias = key(&schema, "a/first");
    assert_eq!(alias.kind, Type::Rust("Maybe".to_owned()));
    assert_eq!(alias.absent, Absent::Nothing);
    assert_eq!(key(&schema, "computed").absent, Absent::Required);
}

#[test]
fn a_committed_schema_is_held_to_its_struct() {
    hotconfig::assert_schema!(Service, "tests/service.schema.json");
}

#[derive(HotConfig, Clone, Debug)]
#[allow(dead_code)] // declared, and never read
struct BadDefaults {
    #[hot(default = "{}", json)]
    broken: Plain,
    #[hot(default = Plain(9), range(bound()..=8 * bound()))]
    above: Plain,
    #[hot(default = "x", with = hotconfig::value::from_str)]
    with: u8,
    required: u8,
}

#[test]
fn every_default_that_is_wrong_fails_the_test_of_the_schema() {
    let failed = std::panic::catch_unwind(|| {
        hotconfig::assert_schema!(BadDefaults, "tests/never-written.schema.json");
    });
    let said = failed.expect_err("the defaults are wrong");
    let said = said.downcast_ref::<String>().expect("a sentence");
    for field in ["broken", "above", "with"] {
        assert!(
            said.contains(&format!("the default of `{field}`: ")),
            "{said}"
        );
    }
    assert!(!said.contains("required"), "{said}");
}
