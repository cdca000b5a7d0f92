//! What the compiler knows of types: `HotValue`.

#![deny(warnings, clippy::pedantic)]
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::cast_lossless,
    reason = "tests"
)]

use std::collections::HashMap;
use std::time::Duration;

use hotconfig::__::{AnyShape as _, TypeFacts};
use hotconfig::schema::{Absent, Scalar, Shape, Type};
use hotconfig::{HotConfig, HotValue, Secret, Size, value};

macro_rules! cases {
    ($($name:ident = $case:literal;)+) => {$(
        mod $name {
            #[derive(hotconfig::HotValue, serde::Deserialize, Debug, PartialEq)]
            #[serde(rename_all = $case)]
            pub(super) enum Word { Debug, FairlyBad, HTTPError, V2, A }
        }
    )+

        #[test]
        fn the_words_of_an_enum_are_serdes_in_every_case() {
            $({
                let Shape::Words(words) = <$name::Word as HotValue>::SHAPE else {
                    panic!("no words")
                };
                assert_eq!(words.len(), 5, "{}", $case);
                for word in words {
                    value::auto::<$name::Word>(word.as_bytes()).unwrap();
                }
            })+
        }
    };
}

cases! {
    lower = "lowercase";
    upper = "UPPERCASE";
    pascal = "PascalCase";
    camel = "camelCase";
    snake = "snake_case";
    screaming_snake = "SCREAMING_SNAKE_CASE";
    kebab = "kebab-case";
    screaming_kebab = "SCREAMING-KEBAB-CASE";
}

#[derive(HotValue, serde::Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all(deserialize = "lowercase"), deny_unknown_fields)]
enum Level {
    #[serde(rename = "dbg", alias = "debug", alias = "d")]
    Debug,
    #[serde(rename(serialize = "INFO"))]
    Info,
    #[serde(skip)]
    Hidden,
    r#Loop,
}

#[test]
fn words_are_renamed_aliased_and_skipped_as_serde_does() {
    assert_eq!(
        Level::SHAPE,
        Shape::Words(&["dbg", "debug", "d", "info", "loop"])
    );
    for word in ["dbg", "debug", "d", "info", "loop"] {
        value::auto::<Level>(word.as_bytes()).unwrap();
    }
    assert!(value::auto::<Level>(b"hidden").is_err());
    let _ = Level::Hidden;
}

#[derive(HotValue, serde::Deserialize, Clone, Debug, PartialEq)]
enum Open {
    Known,
    #[serde(other)]
    Other,
}

#[derive(HotConfig, Clone, Debug)]
#[hot(prefix = "/open")]
#[allow(dead_code)] // declared, and never read
struct Opens {
    #[hot(default = Open::Known)]
    open: Open,
    maybe: Option<Open>,
}

/// It takes every word, but not every text: nothing, and JSON, are none.
#[tokio::test]
async fn an_enum_that_takes_every_word_is_opaque_and_not_judged() {
    assert_eq!(Open::SHAPE, Shape::Opaque);
    assert_eq!(value::auto(b"whatever"), Ok(Open::Other));
    let schema = hotconfig::schema::<Opens>();
    let key = |name: &str| schema.keys.iter().find(|key| key.key == name).unwrap();
    assert_eq!(key("open").kind, Type::Rust("Open".to_owned()));
    assert_eq!(key("maybe").kind, Type::Rust("Option<Open>".to_owned()));
    assert_eq!(key("maybe").absent, Absent::Nothing);
    for refused in ["", " ", "{}", r#"{"a":1}"#] {
        let store = hotconfig::store::Memory::new();
        store.put("/open/open", refused);
        let started = hotconfig::Hot::<Opens>::builder(store).start().await;
        assert!(started.is_err(), "{refused:?}");
        let verdict = key("open").judge(refused.as_bytes());
        assert_eq!(verdict.unjudged.len(), 1, "{refused:?}: {verdict:?}");
    }
}

#[derive(HotValue, serde::Deserialize, Clone, Debug, PartialEq)]
struct Port(u16);

#[derive(HotValue, serde::Deserialize)]
#[serde(transparent)]
struct Named<T> {
    inner: T,
}

struct Foreign;
type Timeout = Duration;
type Maybe<T> = Option<T>;

#[test]
fn a_shape_is_found_through_aliases_newtypes_and_wrappers() {
    assert_eq!(TypeFacts::<Timeout>::SHAPE, Shape::Scalar(Scalar::Period));
    assert_eq!(Port::SHAPE, Shape::Scalar(Scalar::U16));
    assert_eq!(
        TypeFacts::<Maybe<Secret<Box<Port>>>>::SHAPE,
        Shape::Optional(&Shape::Scalar(Scalar::U16))
    );
    assert_eq!(
        TypeFacts::<HashMap<String, Vec<Size>>>::SHAPE,
        Shape::Map(&Shape::List(&Shape::Scalar(Scalar::Bytes)))
    );
}

#[test]
fn a_type_that_says_nothing_is_opaque() {
    assert_eq!(TypeFacts::<Foreign>::SHAPE, Shape::Opaque);
    assert_eq!(TypeFacts::<Vec<Foreign>>::SHAPE, Shape::Opaque);
    assert_eq!(TypeFacts::<HashMap<u8, u8>>::SHAPE, Shape::Opaque);
    // Of a parameter nothing is known while the generic type is compiled.
    assert_eq!(Named::<Foreign>::SHAPE, Shape::Opaque);
    let _ = Named { inner: 0 }.inner;
}

const MOST: u32 = 64;
const LEVEL: &str = "info";
static LEAST: u32 = 1;

#[derive(HotConfig, Clone)]
struct Right {
    #[hot(default = MOST, range(LEAST..=MOST))]
    number: u32,
    #[hot(default = Self::WORKERS, range(1..=u16::MAX))]
    workers: u16,
    #[hot(default = (MOST as u64) << 2, range(..=1 << 10))]
    shifted: u64,
    #[hot(default = several(), range(..5))]
    computed: u32,
    #[hot(default = Some(MOST), range(..=MOST))]
    maybe: Option<u32>,
    #[hot(default = "null", range(5..))]
    none: Option<u32>,
    #[hot(default, range(5..), one_of(5, 6))]
    also_none: Option<u32>,
    #[hot(default = LEVEL, one_of("debug", "info"), length(..=MOST as usize))]
    level: String,
    #[hot(default = "info")]
    word: Level,
    #[hot(default = Level::Debug)]
    value: Level,
    #[hot(default = "8080", range(1..))]
    #[hot(validate = any)]
    port: Ranged,
    #[hot(default = "2m", range("1s"..="5m"))]
    timeout: Timeout,
    #[hot(default = Duration::from_secs(60), range("1s"..))]
    duration: Duration,
    #[hot(default = -0.5, range(-1.0..=1.0))]
    ratio: f64,
    #[hot(default = "[1, 2]", length(2..3))]
    list: Vec<u8>,
    #[hot(default = r#"{"a": 1}"#)]
    opaque: HashMap<String, serde_json::Value>,
    #[hot(default = "10.0.0.1")]
    address: std::net::IpAddr,
    #[hot(default = "1.2.3")]
    parsed: Parsed,
    #[hot(default = "340282366920938463463374607431768211455")]
    highest: u128,
}

type Ranged = u16;

impl Right {
    const WORKERS: u16 = 16;
}

fn several() -> u32 {
    3
}

#[allow(clippy::trivially_copy_pass_by_ref, clippy::unnecessary_wraps)] // how a rule is declared
fn any(_: &u16) -> Result<(), hotconfig::Invalid> {
    Ok(())
}

/// Read by `FromStr`: what its texts are is known when the program runs.
#[derive(Clone, Debug, PartialEq)]
struct Parsed(String);

impl std::str::FromStr for Parsed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(Self(text.to_owned()))
    }
}

impl<'de> serde::Deserialize<'de> for Parsed {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(String::deserialize(deserializer)?))
    }
}

/// Of a parameter a constant knows nothing: its fields are checked when the program starts.
#[derive(HotConfig, Clone)]
struct Generic<T> {
    #[hot(default = MOST, range(LEAST..=MOST))]
    number: u32,
    #[hot(default = "x")]
    value: T,
    #[hot(default = Self::size(), range(5..))]
    wrong: u32,
}

impl<T> Generic<T> {
    fn size() -> u32 {
        1
    }
}

#[tokio::test]
async fn defaults_that_are_right_compile_and_start() {
    let hot = hotconfig::Hot::<Right>::builder(hotconfig::store::Memory::new())
        .prefix("/p")
        .start()
        .await
        .unwrap();
    let config = hot.load();
    assert_eq!(
        (config.number, config.workers, config.shifted),
        (64, 16, 256)
    );
    assert_eq!(
        (config.computed, config.maybe, config.none),
        (3, Some(64), None)
    );
    assert_eq!((config.also_none, &*config.level), (None, "info"));
    assert_eq!((&config.word, &config.value), (&Level::Info, &Level::Debug));
    assert_eq!(
        (config.port, config.timeout),
        (8080, Duration::from_secs(2 * 60))
    );
    assert_eq!(
        (config.duration.as_secs(), config.ratio.to_bits()),
        (60, (-0.5_f64).to_bits())
    );
    assert_eq!((config.list.len(), config.opaque.len()), (2, 1));
    assert!(config.address.is_ipv4());
    assert_eq!(
        (config.parsed.0.as_str(), config.highest),
        ("1.2.3", u128::MAX)
    );
}

#[tokio::test]
async fn what_no_constant_could_check_is_refused_by_start() {
    let error = hotconfig::Hot::<Generic<u8>>::builder(hotconfig::store::Memory::new())
        .prefix("/p")
        .start()
        .await
        .unwrap_err();
    let error = error.to_string();
    assert!(
        error.contains("`wrong`") && error.contains("`value`"),
        "{error}"
    );
}

/// A struct that somebody's macro writes.
macro_rules! limited {
    ($name:ident, $ty:ty, $default:expr, $range:expr, $rule:path, $codec:path) => {
        #[derive(HotConfig, Clone)]
        struct $name {
            #[hot(default = $default, range($range), validate = $rule)]
            value: $ty,
            #[hot(with = $codec, compare = $crate::alike)]
            read: Option<$ty>,
        }
    };
}

#[allow(clippy::ref_option, clippy::trivially_copy_pass_by_ref)] // how it is declared
fn alike(one: &Option<u16>, other: &Option<u16>) -> bool {
    one == other
}

mod codec {
    #[allow(clippy::unnecessary_wraps)] // how a codec is declared
    pub(super) fn decode(_: &[u8]) -> Result<Option<u16>, &'static str> {
        Ok(Some(7))
    }
}

limited!(Written, u16, 5 + 3, 1..=9, any, codec);

#[tokio::test]
async fn fragments_of_a_macro_are_read_as_what_they_hold() {
    let store = hotconfig::store::Memory::new();
    store.put("/p/value", "10");
    store.put("/p/read", "x");
    let started = hotconfig::Hot::<Written>::builder(store.clone())
        .prefix("/p")
        .start();
    assert!(started.await.is_err());
    store.put("/p/value", "9");
    let started = hotconfig::Hot::<Written>::builder(store)
        .prefix("/p")
        .start();
    let config = started.await.unwrap().snapshot();
    assert_eq!((config.value, config.read), (9, Some(7)));
}
