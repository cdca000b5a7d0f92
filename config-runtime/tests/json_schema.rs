//! What JSON Schema says of a configuration, compared with what its types say.

// A test says what it expects by failing, in its helpers too.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::unnecessary_wraps
)]
// Declared, and never read.
#![allow(dead_code)]

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::num::{NonZeroI8, NonZeroU8};
use std::path::PathBuf;
use std::time::Duration;

use hotconfig::__::LeafReader;
use hotconfig::schema::{Absent, Schema};
use hotconfig::{HotConfig, HotValue, Invalid, Secret, Size, schema};
use jsonschema::{Draft, Validator};
use serde_json::{Value, json};

fn validator(schema: &Schema) -> Validator {
    let document: Value = serde_json::from_str(&schema.to_json_schema()).unwrap();
    assert!(
        jsonschema::draft202012::meta::is_valid(&document),
        "{document:#}"
    );
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .should_validate_formats(true)
        .build(&document)
        .unwrap()
}

fn errors(validator: &Validator, document: &Value) -> Vec<String> {
    let errors = validator.iter_errors(document);
    errors
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

/// A configuration with a key of each kind; each is read as JSON, so that a document's values
/// are the store's.
#[derive(HotConfig, Clone, Debug)]
struct Kinds {
    #[hot(json, default = 0)]
    u8: u8,
    #[hot(json, default = 0)]
    i64: i64,
    #[hot(json, default = 0)]
    u128: u128,
    #[hot(json, default = NonZeroU8::MIN)]
    nonzero: NonZeroU8,
    #[hot(json, default = NonZeroI8::MIN)]
    signed_nonzero: NonZeroI8,
    #[hot(json, default = 0.5)]
    f32: f32,
    #[hot(json, default = 0.5)]
    f64: f64,
    #[hot(json, default = true)]
    bool: bool,
    #[hot(json, default = 'x')]
    char: char,
    #[hot(json, default = String::from("x"))]
    text: String,
    #[hot(json, default = PathBuf::from("/etc"))]
    file: PathBuf,
    #[hot(json, default = Duration::from_secs(30))]
    period: Duration,
    #[hot(json, default = Size::new(64))]
    size: Size,
    #[hot(json, default = IpAddr::from([127, 0, 0, 1]))]
    ip: IpAddr,
    #[hot(json, default = Ipv4Addr::LOCALHOST)]
    ipv4: Ipv4Addr,
    #[hot(json, default = Ipv6Addr::LOCALHOST)]
    ipv6: Ipv6Addr,
    #[hot(json, default = SocketAddr::from(([127, 0, 0, 1], 80)))]
    socket: SocketAddr,
    #[hot(json, default = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 80))]
    socket_v4: SocketAddrV4,
    #[hot(json, default = SocketAddrV6::new(Ipv6Addr::LOCALHOST, 80, 0, 0))]
    socket_v6: SocketAddrV6,
    #[hot(json, default = Some(1))]
    optional: Option<u8>,
    #[hot(json)]
    optional_text: Option<String>,
    #[hot(json, default = vec![Duration::from_secs(1)])]
    list: Vec<Duration>,
    #[hot(json, default = BTreeSet::from([1]))]
    set: BTreeSet<u8>,
    #[hot(json, default = BTreeMap::from([("a".to_owned(), Some(1))]))]
    map: BTreeMap<String, Option<u8>>,
    #[hot(json, default = Level::Debug)]
    level: Level,
    #[hot(json)]
    optional_level: Option<Level>,
    #[hot(json, default = Limit { rps: 1 })]
    opaque: Limit,
    #[hot(json, secret)]
    secret: Option<Secret<u16>>,

    #[hot(json, default = 8, range(1..=64))]
    range: u32,
    #[hot(json, default = 8, range(1..64))]
    half_open: u32,
    #[hot(json, default = 0.5, range(0.0..=1.0))]
    ratio: f64,
    #[hot(json, range(..=9))]
    optional_range: Option<i8>,
    #[hot(json, default = String::from("é"), length(1..=3))]
    length: String,
    #[hot(json, default = String::from("é"), length(..3))]
    short: String,
    #[hot(json, default = vec![1], length(1..=2))]
    entries: Vec<u8>,
    #[hot(json, default = BTreeMap::from([("a".to_owned(), 1)]), non_empty)]
    named: BTreeMap<String, u8>,
    #[hot(json, default = String::from("ab"), non_empty, length(..=3), pattern("^[a-z]+$"))]
    name: String,
    #[hot(json, pattern("^[a-z]+$"))]
    optional_name: Option<String>,
    #[hot(json, default = String::from("a"), one_of("a", "b"))]
    choice: String,
    #[hot(json, one_of(1, 2))]
    optional_choice: Option<u8>,
    #[hot(json, default = String::from("http://a/"), url)]
    url: String,
}

#[derive(serde::Deserialize, serde::Serialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Level {
    Debug,
    Info,
}

impl HotValue for Level {
    const SHAPE: hotconfig::schema::Shape = hotconfig::schema::Shape::Words(&["debug", "info"]);
}

#[derive(serde::Deserialize, serde::Serialize, Clone, Debug, PartialEq)]
struct Limit {
    rps: u8,
}

/// Whether the types and rules take this value for this key.
fn decodes<T: HotConfig>(key: &str, value: &Value) -> bool {
    let raw = serde_json::to_vec(value).unwrap();
    let leaves = T::TREE.leaves();
    let leaf = leaves.iter().find(|leaf| leaf.key == key).unwrap();
    let mut raws = vec![None; leaves.len()];
    raws[leaf.id().place()] = Some(raw.as_slice());
    let mut reader = LeafReader::all(&raws);
    let _ = T::__build(&mut reader);
    let findings = reader.into_findings();
    findings.iter().all(|finding| finding.leaf != leaf.id())
}

#[test]
fn a_value_is_valid_where_its_type_and_rules_take_it() {
    let validator = validator(&schema::<Kinds>());
    let values = [
        json!(null),
        json!(true),
        json!(0),
        json!(1),
        json!(2),
        json!(9),
        json!(10),
        json!(63),
        json!(64),
        json!(65),
        json!(-1),
        json!(255),
        json!(256),
        json!(-129),
        json!(70_000),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(0.5),
        json!(1.5),
        json!(-0.5),
        json!(1e300),
        json!(""),
        json!("a"),
        json!("é"),
        json!("b"),
        json!("ab"),
        json!("abc"),
        json!("abcd"),
        json!("A"),
        json!("debug"),
        json!("null"),
        json!("30s"),
        json!("1h 30m"),
        json!("1h30m"),
        json!("1.5h"),
        json!("250 ms"),
        json!("30"),
        json!("30 x"),
        json!("64MiB"),
        json!("1.5 gb"),
        json!("64MiX"),
        json!("10.0.0.1"),
        json!("10.0.0.256"),
        json!("::1"),
        json!("10.0.0.1:80"),
        json!("[::1]:80"),
        json!("::1:80x"),
        json!("http://example.org/a?b#c"),
        json!("no url"),
        json!([]),
        json!([1]),
        json!([1, 2]),
        json!([1, 2, 3]),
        json!([256]),
        json!(["1s"]),
        json!(["1s", "2"]),
        json!({}),
        json!({"a": 1}),
        json!({"a": null}),
        json!({"a": "x"}),
        json!({"a": 256}),
    ];
    let mut compared = 0;
    for key in schema::<Kinds>().keys {
        let mut both = [0, 0];
        for value in &values {
            let typed = decodes::<Kinds>(&key.key, value);
            let document = json!({ key.key.as_str(): value });
            let errors = errors(&validator, &document);
            let allowed = errors.is_empty();
            if key.key == "opaque" {
                assert!(allowed, "{value}: {errors:?}");
                continue;
            }
            assert_eq!(allowed, typed, "{}: {value}: {errors:?}", key.key);
            both[usize::from(typed)] += 1;
            compared += 1;
        }
        assert!(
            key.key == "opaque" || both.iter().all(|count| *count > 0),
            "{}",
            key.key
        );
    }
    assert!(compared > 2_000, "{compared}");
}

#[test]
fn the_defaults_are_a_valid_document() {
    let schema = schema::<Kinds>();
    let validator = validator(&schema);
    let document: Value = serde_json::from_str(&schema.to_json_schema()).unwrap();
    let properties = document["properties"].as_object().unwrap();
    let defaults: Value = properties
        .iter()
        .filter_map(|(key, property)| Some((key.clone(), property.get("default")?.clone())))
        .collect();
    let expected = schema.keys.iter();
    let expected = expected
        .filter(|key| matches!(key.absent, Absent::Text(_)))
        .count();
    assert_eq!(defaults.as_object().unwrap().len(), expected);
    assert_eq!(errors(&validator, &defaults), [""; 0]);
    assert_eq!(defaults["period"], json!("30s"));
    assert_eq!(defaults["list"], json!(["1s"]));
    assert_eq!(defaults["map"], json!({"a": 1}));
    assert_eq!(defaults["u8"], json!(0));
    assert_eq!(defaults["bool"], json!(true));
    for (key, default) in defaults.as_object().unwrap() {
        assert!(decodes::<Kinds>(key, default), "{key}: {default}");
    }
}

/// Settings of the user service.
#[derive(HotConfig, Clone, Debug)]
struct Service {
    #[hot(nested)]
    db: Database,
    #[hot(key = "limits/rps", alias = "rps", alias = "old/limits/rps")]
    rps: u32,
    #[hot(nested)]
    spare: Spare,
}

/// Where the users are.
#[derive(HotConfig, Clone, Debug)]
struct Database {
    /// How it is reached.
    #[hot(secret, deprecated = "use `dsn_file`", restart)]
    dsn: Secret<String>,
    #[hot(default = 8, alias = "size")]
    pool_size: u32,
    #[hot(default = "1m", range("1s"..), validate = fine)]
    timeout: Duration,
    #[hot(default = "a", pattern(r"^\p{Ll}$"))]
    odd: String,
    #[hot(default = "7", with = hotconfig::value::from_str)]
    with: u8,
}

#[derive(HotConfig, Clone, Debug)]
struct Spare {
    maybe: Option<u8>,
}

fn fine(_: &Duration) -> Result<(), Invalid> {
    Ok(())
}

#[test]
fn sections_are_objects_and_what_is_required_is_asked_for() {
    let validator = validator(&schema::<Service>());
    let accepts = |document: &Value| {
        let errors = errors(&validator, document);
        assert!(errors.is_empty(), "{document}: {errors:?}");
    };
    let refuses = |document: &Value| {
        assert!(!validator.is_valid(document), "{document}");
    };
    accepts(&json!({"db": {"dsn": "x"}, "limits": {"rps": 1}}));
    accepts(&json!({"db": {"dsn": "x"}, "rps": 1}));
    accepts(&json!({"db": {"dsn": "x", "size": 1}, "old": {"limits": {"rps": 1}}}));
    refuses(&json!({"db": {"dsn": "x"}}));
    refuses(&json!({"db": {"dsn": "x"}, "limits": {}}));
    refuses(&json!({"db": {}, "rps": 1}));
    refuses(&json!({"rps": 1}));
    refuses(&json!({"db": {"dsn": "x"}, "rps": 1, "more": 1}));
    refuses(&json!({"db": {"dsn": "x", "more": 1}, "rps": 1}));
    refuses(&json!({"db": {"dsn": "x"}, "limits/rps": 1}));
}

#[test]
fn what_json_schema_cannot_say_stands_in_a_comment() {
    let json = schema::<Service>().to_json_schema();
    let document: Value = serde_json::from_str(&json).unwrap();
    let db = &document["properties"]["db"]["properties"];
    assert_eq!(db["timeout"]["$comment"], "range(1s..); validate = fine");
    assert_eq!(db["odd"]["$comment"], r#"pattern("^\\p{Ll}$")"#);
    assert_eq!(
        db["with"],
        json!({"$comment": "read by `hotconfig::value::from_str`"})
    );
}

#[test]
fn what_is_old_or_secret_is_marked_and_a_secret_has_no_default() {
    let json = schema::<Service>().to_json_schema();
    let document: Value = serde_json::from_str(&json).unwrap();
    let db = &document["properties"]["db"]["properties"];
    assert_eq!(
        db["dsn"],
        json!({
            "description": "Deprecated: use `dsn_file`\n\nHow it is reached.\n\n\
                            A change takes effect when the program starts again.",
            "type": "string",
            "deprecated": true,
            "writeOnly": true,
        })
    );
    assert_eq!(
        db["size"],
        json!({
            "description": "The old name of `db/pool_size`.",
            "type": "integer",
            "minimum": 0,
            "maximum": u32::MAX,
            "deprecated": true,
        })
    );
    assert_eq!(document["description"], "Settings of the user service.");
    assert_eq!(
        document["properties"]["db"]["description"],
        "Where the users are."
    );
}

#[test]
fn a_file_that_no_struct_could_write_is_no_trouble() {
    let schema = Schema::from_json(
        r#"{"format": "hotconfig-schema/1", "name": "S", "sections": {"no/such": "x"}, "keys": {
            "a": {"type": "u8", "default": "x", "rules": [
                {"range": {"min": "-5", "max": "300"}}, {"range": {"min": "x", "max": "3"}},
                {"length": {"max": "-1"}}, {"one_of": ["x"]}, {"pattern": "("}]},
            "a/b": {"type": "u8", "required": true},
            "c": {"type": {"list": {"optional": {"rust": "X"}}}, "default": "["},
            "d": {"type": "Size", "rules": [{"range": {"min": "1kB", "below": "1MB"}}]},
            "e": {"type": "String", "rules": [{"pattern": "a"}, {"pattern": "b"}]}
        }}"#,
    )
    .unwrap();
    let validator = validator(&schema);
    let valid = |document: Value| validator.is_valid(&document);
    assert!(valid(json!({"a": 3, "c": [null, 1], "d": 1000, "e": "ab"})));
    assert!(!valid(json!({"a": 4})));
    assert!(!valid(json!({"d": 999})));
    assert!(!valid(json!({"d": 1_000_000})));
    assert!(valid(json!({"d": "64MiB"})));
    assert!(!valid(json!({"e": "b"})));
    assert!(!valid(json!({"e": "a"})));
}
