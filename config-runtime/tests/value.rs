//! What values look like in the store, and in which words they are refused.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Debug;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use hotconfig::rules::Reason;
use hotconfig::{Secret, Size, value};
use proptest::prelude::*;
use serde::Deserialize;
use serde::de::DeserializeOwned;

type Codec<V> = fn(&[u8]) -> Result<V, Reason>;

#[track_caller]
fn reads<V: DeserializeOwned + PartialEq + Debug>(raw: impl AsRef<[u8]>, value: V) {
    assert_eq!(
        value::auto(raw.as_ref()),
        Ok(value),
        "{}",
        shown(raw.as_ref())
    );
}

#[track_caller]
fn refuses<V: DeserializeOwned + Debug>(raw: impl AsRef<[u8]>, wrong: &str, expected: &str) {
    refused_by::<V>(value::auto, raw.as_ref(), wrong, expected);
}

#[track_caller]
fn refused_by<V: Debug>(codec: Codec<V>, raw: &[u8], wrong: &str, expected: &str) {
    let reason = codec(raw).err();
    let said = reason
        .as_ref()
        .map(|reason| (reason.wrong(), reason.expected().unwrap_or_default()));
    assert_eq!(said, Some((wrong, expected)), "{}", shown(raw));
}

fn shown(raw: &[u8]) -> String {
    format!("{:.200}", String::from_utf8_lossy(raw))
}

#[derive(Debug, Deserialize, PartialEq, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum Level {
    Debug,
    Info,
    #[serde(alias = "warning")]
    Warn,
}

impl zeroize::Zeroize for Level {
    fn zeroize(&mut self) {
        *self = Self::Debug;
    }
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Limit {
    Off,
    Fixed(u32),
    Between { lo: u32, hi: u32 },
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Pool {
    size: u32,
    #[serde(default)]
    idle: Option<Duration>,
    #[serde(default)]
    ratio: f32,
}

impl zeroize::Zeroize for Pool {
    fn zeroize(&mut self) {
        self.size.zeroize();
    }
}

#[derive(Debug, Deserialize, PartialEq)]
struct Port(u16);

#[derive(Debug, Deserialize, PartialEq)]
struct Maybe(Option<u16>);

#[derive(Debug, Deserialize, PartialEq)]
#[serde(untagged)]
enum CountOrWord {
    Count(u32),
    Word(Level),
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Tagged {
    File { path: PathBuf },
}

#[derive(Debug, Deserialize, PartialEq)]
struct Flat {
    name: String,
    #[serde(flatten)]
    rest: BTreeMap<String, u32>,
}

const U8: &str = "a whole number from 0 to 255";
const I8: &str = "a whole number from -128 to 127";

#[test]
fn whole_numbers_are_decimal_digits() {
    reads("16", 16_u8);
    reads("+16", 16_u8);
    reads("007", 7_u8);
    reads(" 16\n", 16_u8);
    reads("\u{a0}16\t", 16_u8);
    reads("-128", i8::MIN);
    reads("-0", 0_i8);
    reads(u64::MAX.to_string(), u64::MAX);
    reads(u128::MAX.to_string(), u128::MAX);
    reads(i128::MIN.to_string(), i128::MIN);
    reads("1", 1_usize);
    reads("1", Port(1));
    reads("1", Box::new(1_u16));

    refuses::<u8>("256", "out of range", U8);
    refuses::<u8>("-1", "out of range", U8);
    refuses::<i8>("-129", "out of range", I8);
    refuses::<u8>("9".repeat(1_400_000), "out of range", U8);
    refuses::<u8>("", "the value is empty", U8);
    refuses::<u8>(" \n", "the value is empty", U8);
    refuses::<u8>("abc", "not a whole number", U8);
    refuses::<u8>("-", "not a whole number", U8);
    refuses::<u8>("+", "not a whole number", U8);
    refuses::<u8>("1 6", "not a whole number", U8);
    refuses::<u8>("\"16\"", "not a whole number", U8);
    refuses::<u8>("\u{ff11}\u{ff16}", "not a whole number", U8);
    refuses::<u8>("16\0", "not a whole number", U8);
    refuses::<u8>("0x10", "not a whole number in decimal digits", U8);
    refuses::<u8>("1_0", "not a whole number: leave the `_` out", U8);
    refuses::<u8>(
        "16.0",
        "not a whole number: write it without a point or an exponent",
        U8,
    );
    refuses::<u8>(
        "1e1",
        "not a whole number: write it without a point or an exponent",
        U8,
    );
    refuses::<u8>(b"\xff16", "invalid UTF-8 at byte 0", U8);
    refuses::<u8>("\u{feff}16", "begins with a byte order mark", U8);
    refuses::<u128>(
        format!("{}0", u128::MAX),
        "out of range",
        "a whole number from 0 to 340282366920938463463374607431768211455",
    );
    refuses::<NonZeroU32>(
        "0",
        "found a whole number that is not allowed",
        "a nonzero u32",
    );
}

#[test]
fn numbers_are_finite() {
    const WIDE: &str = "a finite number";
    const NARROW: &str = "a finite number of 32 bits";
    reads("0.5", 0.5_f64);
    reads("2", 2.0_f64);
    reads("-1e-3\n", -0.001_f64);
    reads("1e-999", 0.0_f64);
    reads("0.1", 0.1_f32);
    refuses::<f64>("NaN", "not a finite number", WIDE);
    refuses::<f64>("inf", "not a finite number", WIDE);
    refuses::<f64>("-Infinity", "not a finite number", WIDE);
    refuses::<f64>("1e999", "out of range", WIDE);
    refuses::<f32>("1e39", "out of range", NARROW);
    refuses::<f64>("half", "not a number", WIDE);
    refuses::<f64>("0,5", "not a number", WIDE);
    refuses::<f64>("", "the value is empty", WIDE);
    for overflow in ["[1e39]", "[-1e39]", "[1e999]", "[NaN]"] {
        assert!(
            value::auto::<Vec<f32>>(overflow.as_bytes()).is_err(),
            "{overflow}"
        );
    }
    assert!(value::auto::<Vec<f64>>(b"[1e999]").is_err());
    assert_eq!(
        value::auto::<Vec<f32>>(b"[1, 0.1, -2.5e3]"),
        Ok(vec![1.0, 0.1, -2500.0])
    );
}

#[test]
fn a_boolean_is_true_or_false() {
    const EXPECTED: &str = "`true` or `false`";
    let meant = |word: &str| format!("neither `true` nor `false`: did you mean `{word}`?");
    reads("true", true);
    reads(" false\n", false);
    for yes in ["1", "yes", "on", "True", "TRUE", "\"true\"", "ture"] {
        refuses::<bool>(yes, &meant("true"), EXPECTED);
    }
    for no in ["0", "no", "off", "False", "flase"] {
        refuses::<bool>(no, &meant("false"), EXPECTED);
    }
    refuses::<bool>("maybe", "neither `true` nor `false`", EXPECTED);
    refuses::<bool>("", "the value is empty", EXPECTED);
}

#[test]
fn a_character_is_one_character() {
    reads("ä", 'ä');
    reads(",\n", ',');
    reads("\n", '\n');
    reads(" ", ' ');
    refuses::<char>("", "the value is empty", "one character");
    refuses::<char>("ab", "more than one character", "one character");
}

#[test]
fn a_text_is_kept_as_it_stands() {
    let odd = [
        "",
        " ",
        "a\n",
        " a ",
        "\"a\"",
        "null",
        "\u{feff}a",
        "{\"a\": 1",
        "line\r\n",
        "\0",
    ];
    for text in odd {
        reads(text, text.to_owned());
        reads(text, Some(text.to_owned()));
        reads(text, Box::<str>::from(text));
        reads(text, Cow::<str>::from(text.to_owned()));
        reads(text, PathBuf::from(text));
        reads(text, Secret::new(text.to_owned()));
    }
    let long = "ä".repeat(700_000);
    reads(&long, long.clone());
    refuses::<String>(b"a\xffb", "invalid UTF-8 at byte 1", "a string");
}

#[test]
fn a_type_that_reads_a_text_gets_it_without_the_white_space_it_refuses() {
    reads("10.0.0.1", IpAddr::from([10, 0, 0, 1]));
    reads("10.0.0.1\n", IpAddr::from([10, 0, 0, 1]));
    reads(" [::1]:80\n", "[::1]:80".parse::<SocketAddr>().unwrap());
    refuses::<IpAddr>("10.0.0\n", "invalid IP address syntax", "IP address");
    refuses::<IpAddr>("", "invalid IP address syntax", "IP address");
}

#[test]
fn a_variant_without_data_is_its_name() {
    const EXPECTED: &str = "one of `debug`, `info`, `warn`, `warning`";
    reads("info", Level::Info);
    reads(" info\n", Level::Info);
    reads("warning", Level::Warn);
    for near in ["inof", "INFO", "\"info\""] {
        refuses::<Level>(near, "not a known variant: did you mean `info`?", EXPECTED);
    }
    refuses::<Level>("verbose", "not a known variant", EXPECTED);
    refuses::<Level>("x".repeat(1_400_000), "not a known variant", EXPECTED);
    refuses::<Level>("0", "not a known variant", EXPECTED);
    refuses::<Level>("", "the value is empty", EXPECTED);
}

#[test]
fn a_variant_with_data_is_json() {
    const EXPECTED: &str = "one of `off`, `fixed`, `between`";
    reads("off", Limit::Off);
    reads(r#"{"fixed": 3}"#, Limit::Fixed(3));
    reads(
        r#" {"between": {"lo": 1, "hi": 2}}"#,
        Limit::Between { lo: 1, hi: 2 },
    );
    let data = "this variant has data: write a JSON object with its name as the key";
    refuses::<Limit>("fixed", data, EXPECTED);
    refuses::<Limit>("between", data, EXPECTED);
    assert!(
        value::auto::<Limit>(br#"{"between": [1, 2]}"#).is_err(),
        "fields from an array"
    );
    assert!(
        value::auto::<Limit>(br#"{"fixed": 3} x"#).is_err(),
        "trailing characters"
    );
}

#[test]
fn a_duration_has_units() {
    const EXPECTED: &str = "a duration such as `250ms`, `30s` or `1h 30m`";
    const TOO_LONG: &str = "too long, or finer than a nanosecond";
    reads("30s", Duration::from_secs(30));
    reads(" 1h 30m\n", Duration::from_secs(90 * 60));
    reads("1h30m", Duration::from_secs(90 * 60));
    reads("250ms", Duration::from_millis(250));
    reads("4.2s", Duration::from_millis(4200));
    reads("5µs 1ns", Duration::from_nanos(5001));
    reads("0", Duration::ZERO);
    reads("30s", Some(Duration::from_secs(30)));
    reads("30s", Box::new(Some(Duration::from_secs(30))));
    reads("30", Secret::new(30_u8));
    refuses::<Duration>("", "the value is empty", EXPECTED);
    refuses::<Duration>("30", "a number without a unit", EXPECTED);
    refuses::<Duration>("30 parsecs", "not a unit of time", EXPECTED);
    refuses::<Duration>("-30s", "not a duration", EXPECTED);
    refuses::<Duration>("soon", "not a duration", EXPECTED);
    refuses::<Duration>("1s".repeat(700_000), "not a duration", EXPECTED);
    refuses::<Duration>("99999999999999999999s", TOO_LONG, EXPECTED);
    refuses::<Duration>("999999999999999999years", TOO_LONG, EXPECTED);
    // The seconds are the most there can be, and the rest is one second more.
    refuses::<Duration>("18446744073709551615s 1000ms", TOO_LONG, EXPECTED);
    refuses::<Duration>("1000ms 18446744073709551615s", TOO_LONG, EXPECTED);
    reads(
        "18446744073709551615s 999ms",
        Duration::new(u64::MAX, 999_000_000),
    );
}

#[test]
fn a_size_has_units_or_is_bytes() {
    reads("64MiB", Size::new(64 << 20));
    reads(" 64 MiB\n", Size::new(64 << 20));
    reads("64mib", Size::new(64 << 20));
    reads("1.5GB", Size::new(1_500_000_000));
    reads("0.1KiB", Size::new(102));
    reads("1024", Size::new(1024));
    reads("0", Size::new(0));
    reads("9007199254740993B", Size::new(9_007_199_254_740_993));
    reads("15.99999999999999999999EiB", Size::new(u64::MAX - 1));
    reads("1024", Some(Size::new(1024)));
    reads("null", None::<Size>);
    reads(r#"["1KiB", 5]"#, vec![Size::new(1024), Size::new(5)]);
    let wrong = "0.5".parse::<Size>().unwrap_err().to_string();
    assert_eq!(wrong, "a fraction without a unit");
    for (raw, wrong) in [
        ("", "the value is empty"),
        ("64 parsecs", "not a unit"),
        ("MiB", "not a size"),
        ("1.2.3MiB", "not a size"),
        (".5MiB", "not a size"),
        ("-1", "less than zero"),
        ("0.5", "found a number with a fraction"),
        ("16EiB", "too big: it must be less than 16EiB"),
        ("99999999999999999999", "found a number with a fraction"),
        ("1e3", "found a number with a fraction"),
        ("[1]", "found an array"),
    ] {
        let reason = value::auto::<Size>(raw.as_bytes()).expect_err(raw);
        assert!(reason.wrong().starts_with(wrong), "{raw}: {reason}");
        let expected = "a size such as `64MiB`, `1.5GB` or a number of bytes";
        assert_eq!(reason.expected(), Some(expected), "{raw}");
    }
    let texts = [
        (0, "0B"),
        (1, "1B"),
        (1000, "1kB"),
        (1024, "1KiB"),
        (1_024_000, "1000KiB"),
    ];
    for (size, text) in texts {
        assert_eq!(Size::new(size).to_string(), text);
        assert_eq!(
            serde_json::to_string(&Size::new(size)).unwrap(),
            format!("\"{text}\"")
        );
    }
}

#[test]
fn null_is_none_unless_the_type_inside_takes_it_as_a_text() {
    reads("null", None::<u32>);
    reads(" null\n", None::<u32>);
    reads("null", None::<Duration>);
    reads("null", None::<Level>);
    reads("null", None::<IpAddr>);
    reads("null", None::<Vec<u32>>);
    reads("null", None::<Pool>);
    reads("null", None::<serde_json::Value>);
    reads("null", Maybe(None));
    reads("null", Box::new(None::<u32>));
    reads("null", Secret::new(None::<u32>));
    reads("null", Some("null".to_owned()));
    reads("5", Some(5));
    reads("5", Some(Some(5)));
    assert_eq!(value::json::<Option<String>>(b"null"), Ok(None));
    assert_eq!(
        value::json::<Option<String>>(b" \"null\" "),
        Ok(Some("null".to_owned()))
    );
    refuses::<u32>(
        "null",
        "not a whole number",
        "a whole number from 0 to 4294967295",
    );
    refuses::<Option<u8>>("", "the value is empty", &format!("{U8}, or `null`"));
    refuses::<Option<u8>>("nil", "not a whole number", &format!("{U8}, or `null`"));
}

#[test]
fn structs_maps_sequences_and_tuples_are_json() {
    const EXPECTED: &str = "a JSON object with `size`, `idle`, `ratio`";
    reads(
        r#"{"size": 8}"#,
        Pool {
            size: 8,
            idle: None,
            ratio: 0.0,
        },
    );
    reads("[1, 2]\n", vec![1_u8, 2]);
    reads("[1, 2]", HashSet::from([1_u8, 2]));
    reads("[1, \"a\"]", (1_u8, 'a'));
    reads(
        r#"{"a": 1, "a": 2}"#,
        HashMap::from([("a".to_owned(), 2_u8)]),
    );
    reads(
        r#"{"name": "x", "a": 1}"#,
        Flat {
            name: "x".into(),
            rest: [("a".into(), 1)].into(),
        },
    );
    reads("null", ());
    for (raw, wrong) in [
        ("", "the value is empty"),
        (
            "8",
            "invalid type: integer, expected struct Pool at line 1 column",
        ),
        (
            "[8]",
            "found an array, expected struct Pool at line 1 column",
        ),
        ("{\"size\": 8} x", "trailing characters at line 1 column 13"),
        (
            "{\"size\": 8",
            "EOF while parsing an object at line 1 column 10",
        ),
        (
            "{\"size\": 8, \"size\": 9}",
            "duplicate field `size` at line 1 column 18",
        ),
        ("{}", "missing field `size` at line 1 column 2"),
        (
            "{\"siez\": 8}",
            "unknown field `siez`: did you mean `size`?, expected one of `size`, `idle`, `ratio` \
             at line 1 column",
        ),
        ("\u{feff}{\"size\": 8}", "begins with a byte order mark"),
        ("{'size': 8}", "key must be a string at line 1 column 2"),
    ] {
        let reason = value::auto::<Pool>(raw.as_bytes()).expect_err(raw);
        assert!(reason.wrong().starts_with(wrong), "{raw}: {reason}");
        assert_eq!(reason.expected(), Some(EXPECTED), "{raw}");
    }
    assert!(value::auto::<(u8, u8)>(b"[1]").is_err());
    assert!(value::auto::<(u8, u8)>(b"[1, 2, 3]").is_err());
    assert!(
        value::auto::<Vec<Pool>>(b"[[8, null, 0]]").is_err(),
        "a struct from an array inside"
    );
    refuses::<Vec<u8>>(b"[1,\xff]", "invalid UTF-8 at byte 3", "a JSON array");
}

#[test]
fn a_duration_in_json_is_text_or_an_object() {
    let pool = |idle| Pool {
        size: 8,
        idle: Some(idle),
        ratio: 0.0,
    };
    reads(
        r#"{"size": 8, "idle": "1m 30s"}"#,
        pool(Duration::from_secs(90)),
    );
    reads(
        r#"{"size": 8, "idle": {"secs": 3, "nanos": 5}}"#,
        pool(Duration::new(3, 5)),
    );
    reads(r#"["5s"]"#, vec![Duration::from_secs(5)]);
    assert_eq!(value::json(b"\"5s\""), Ok(Duration::from_secs(5)));
    assert_eq!(
        value::json(b"\"\\u0035s\""),
        Ok(Duration::from_secs(5)),
        "with an escape"
    );
    for bad in [
        "\"5\"",
        "5",
        "[5, 0]",
        "{\"secs\": 5}",
        "{\"secs\": 18446744073709551615, \"nanos\": 1000000000}",
    ] {
        let reason = value::json::<Duration>(bad.as_bytes()).expect_err(bad);
        assert!(
            reason.expected().unwrap().starts_with("a duration such as"),
            "{reason}"
        );
    }
}

#[test]
fn types_that_ask_for_anything_get_json_or_a_word() {
    use serde_json::{Value, json};

    reads("5", CountOrWord::Count(5));
    reads("info", CountOrWord::Word(Level::Info));
    reads("\"info\"\n", CountOrWord::Word(Level::Info));
    reads("5", json!(5));
    reads("null", Value::Null);
    reads("{\"a\": [1]}", json!({"a": [1]}));
    reads(" 1.5.3\n", json!("1.5.3"));
    reads("NaN", json!("NaN"));
    reads(
        r#"{"kind": "file", "path": "/x"}"#,
        Tagged::File { path: "/x".into() },
    );
    for broken in ["{\"a\": 1", "[1", "\"a", "{}{}", ""] {
        assert!(value::auto::<Value>(broken.as_bytes()).is_err(), "{broken}");
    }
    assert!(value::auto::<CountOrWord>(b"loud").is_err());
    assert_eq!(value::text(b"5"), Ok(json!("5")));
}

#[test]
fn types_that_ask_for_bytes_get_the_bytes() {
    #[derive(Debug, PartialEq)]
    struct Bytes(Vec<u8>);

    impl<'de> Deserialize<'de> for Bytes {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Visitor;
            impl serde::de::Visitor<'_> for Visitor {
                type Value = Bytes;
                fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str("bytes")
                }
                fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Bytes, E> {
                    Ok(Bytes(bytes.to_vec()))
                }
            }
            deserializer.deserialize_byte_buf(Visitor)
        }
    }

    for raw in [&b""[..], b"\xff\x00", b" a\n"] {
        reads(raw, Bytes(raw.to_vec()));
        assert_eq!(value::text(raw), Ok(Bytes(raw.to_vec())));
    }
}

#[test]
fn text_never_reads_json() {
    assert_eq!(value::text(b"16"), Ok(16));
    assert_eq!(value::text(b"30s"), Ok(Duration::from_secs(30)));
    let wrong = "this type cannot be read from plain text";
    refused_by::<Vec<u8>>(value::text, b"[1]", wrong, "");
    refused_by::<Pool>(value::text, b"{\"size\": 8}", wrong, "");
    let variants = "one of `off`, `fixed`, `between`";
    refused_by::<Limit>(
        value::text,
        b"{\"fixed\": 3}",
        "not a known variant",
        variants,
    );
}

#[test]
fn json_is_always_json() {
    assert_eq!(value::json(b" 16\n"), Ok(16));
    assert_eq!(value::json(b"\"a\""), Ok("a".to_owned()));
    assert_eq!(value::json(b"\"\\n\""), Ok('\n'));
    assert_eq!(value::json(b"\"info\""), Ok(Level::Info));
    assert_eq!(value::json(b"{\"fixed\": 3}"), Ok(Limit::Fixed(3)));
    assert_eq!(
        value::json(b"\"10.0.0.1\""),
        Ok(IpAddr::from([10, 0, 0, 1]))
    );
    assert_eq!(value::json(b"\"64MiB\""), Ok(Size::new(64 << 20)));
    assert_eq!(value::json(u128::MAX.to_string().as_bytes()), Ok(u128::MAX));
    let (text, number) = ("a string, as JSON", format!("{U8}, as JSON"));
    refused_by::<String>(value::json, b"a", "expected value at line 1 column 1", text);
    refused_by::<u8>(
        value::json,
        b"007",
        "invalid number at line 1 column 2",
        &number,
    );
    assert!(value::json::<u8>(b"300").is_err());
    assert!(value::json::<Level>(b"info").is_err());
    assert!(value::json::<bool>(b"\xef\xbb\xbftrue").is_err());
}

#[test]
fn drill_02_json_ten_thousand_deep_is_an_error() {
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only read")]
    struct Tree(Vec<Self>);

    let open = |depth| "[".repeat(depth);
    let closed = |depth| "[".repeat(depth) + &"]".repeat(depth);
    for deep in [open(10_000), closed(10_000), open(1_400_000)] {
        for reason in [
            value::auto::<Tree>(deep.as_bytes()).unwrap_err(),
            value::auto::<serde_json::Value>(deep.as_bytes()).unwrap_err(),
            value::auto::<CountOrWord>(deep.as_bytes()).unwrap_err(),
        ] {
            assert!(
                reason.wrong().starts_with("recursion limit exceeded"),
                "{reason}"
            );
        }
    }
    assert!(value::auto::<Tree>(closed(127).as_bytes()).is_ok());
}

#[test]
fn a_missing_key_is_none_by_the_type_and_not_by_its_name() {
    type Alias = Option<u32>;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(transparent)]
    struct Through {
        inner: Option<u32>,
    }

    assert_eq!(value::missing::<Option<u32>>(), Some(Ok(None)));
    assert_eq!(value::missing::<Alias>(), Some(Ok(None)));
    assert_eq!(value::missing::<Box<Alias>>(), Some(Ok(Box::new(None))));
    assert_eq!(value::missing::<Option<Option<Pool>>>(), Some(Ok(None)));
    assert_eq!(value::missing::<Maybe>(), Some(Ok(Maybe(None))));
    assert_eq!(
        value::missing::<Through>(),
        Some(Ok(Through { inner: None }))
    );
    assert_eq!(
        value::missing::<Secret<Alias>>(),
        Some(Ok(Secret::new(None)))
    );
    assert_eq!(value::missing::<u32>(), None);
    assert_eq!(value::missing::<String>(), None);
    assert_eq!(value::missing::<Vec<u32>>(), None);
    assert_eq!(value::missing::<()>(), None);
    assert_eq!(value::missing::<Port>(), None);
    assert_eq!(value::missing::<Duration>(), None);
    assert_eq!(value::missing::<serde_json::Value>(), None);
}

#[test]
fn with_and_from_str_read_what_has_no_serde() {
    let decode = |raw: &[u8]| value::with(value::from_str::decode::<IpAddr>, raw);
    assert_eq!(decode(b"10.0.0.1\n"), Ok(IpAddr::from([10, 0, 0, 1])));
    assert_eq!(
        decode(b"x").unwrap_err().wrong(),
        "invalid IP address syntax"
    );
    assert_eq!(decode(b"\xff").unwrap_err().wrong(), "not UTF-8");
    assert_eq!(
        value::from_str::decode::<String>(b" a\n"),
        Ok(" a\n".to_owned())
    );
}

#[test]
fn a_default_is_a_value_of_the_field_or_of_what_it_holds() {
    use hotconfig::value::IntoDefault;

    assert_eq!(IntoDefault::<u32>::into_default(8), 8);
    assert_eq!(IntoDefault::<Option<u32>>::into_default(8), Some(8));
    assert_eq!(IntoDefault::<Option<u32>>::into_default(Some(8)), Some(8));
    assert_eq!(IntoDefault::<Option<u32>>::into_default(None), None);
    assert_eq!(IntoDefault::<Secret<u32>>::into_default(8), Secret::new(8));
    assert_eq!(IntoDefault::<String>::into_default("a"), "a");
    assert_eq!(
        IntoDefault::<Option<String>>::into_default("a").as_deref(),
        Some("a")
    );
    assert_eq!(
        IntoDefault::<PathBuf>::into_default("a"),
        PathBuf::from("a")
    );
    assert!((IntoDefault::<f32>::into_default(0.5) - 0.5).abs() < f32::EPSILON);
}

#[test]
fn a_message_never_carries_a_whole_value() {
    #[derive(Debug)]
    struct Quoting;

    impl<'de> Deserialize<'de> for Quoting {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let text = String::deserialize(deserializer)?;
            Err(serde::de::Error::custom(format_args!("bad: {text}")))
        }
    }

    let long = "\u{7}\n".repeat(700_000);
    let value = format!("{{\"size\": \"{}\"}}", "x".repeat(1_400_000));
    let field = format!("{{\"{}\": 1}}", "x".repeat(1_400_000));
    let echo = |raw: &[u8]| Err::<u8, _>(String::from_utf8_lossy(raw).into_owned());
    let reasons = [
        value::auto::<Quoting>(long.as_bytes()).unwrap_err(),
        value::auto::<Pool>(value.as_bytes()).unwrap_err(),
        value::auto::<Pool>(field.as_bytes()).unwrap_err(),
        value::auto::<Level>(long.as_bytes()).unwrap_err(),
        value::with(echo, long.as_bytes()).unwrap_err(),
    ];
    for reason in &reasons {
        assert!(reason.to_string().chars().count() < 1500, "{reason}");
        assert!(!reason.to_string().contains(char::is_control), "{reason}");
    }
    assert!(
        reasons[1].wrong().ends_with("at line 1 column 1400011"),
        "{}",
        reasons[1]
    );
}

#[test]
fn drill_39_a_secret_is_in_no_message() {
    const WORD: &str = "hunter2";

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only printed")]
    struct Login {
        user: String,
        password: Secret<Level>,
    }

    let secret = Secret::new(WORD.to_owned());
    assert_eq!(format!("{secret:?} {secret:#?}"), "*** ***");
    assert_eq!(format!("{:?}", Some(Secret::new(5))), "Some(***)");
    assert_eq!(secret.expose(), WORD);
    assert_eq!(secret.clone().expose(), WORD);
    assert_eq!(Secret::from(5), Secret::new(5));
    assert_eq!(*Secret::<u8>::default().expose(), 0);

    let object = format!("{{\"{WORD}\": 1}}");
    let login = format!(r#"{{"user": "a", "password": "{WORD}"}}"#);
    for reason in [
        value::auto::<Secret<u32>>(WORD.as_bytes()).unwrap_err(),
        value::auto::<Secret<Level>>(WORD.as_bytes()).unwrap_err(),
        value::auto::<Secret<char>>(WORD.as_bytes()).unwrap_err(),
        value::auto::<Secret<Vec<u16>>>(WORD.as_bytes()).unwrap_err(),
        value::auto::<Secret<Pool>>(object.as_bytes()).unwrap_err(),
        value::auto::<Login>(login.as_bytes()).unwrap_err(),
    ] {
        assert!(!reason.to_string().contains(WORD), "{reason}");
        assert!(
            reason.wrong().starts_with("the secret cannot be read"),
            "{reason}"
        );
        assert!(reason.expected().is_some(), "{reason}");
    }
}

/// Reads the bytes as everything there is, and gives what was expected of each.
fn read_as_everything(raw: &[u8]) -> Vec<String> {
    let mut expected = Vec::new();
    macro_rules! read {
        ($($type:ty),+ $(,)?) => {$(
            for codec in [value::auto::<$type>, value::text::<$type>, value::json::<$type>] {
                if let Err(reason) = codec(raw) {
                    assert!(reason.to_string().len() < 2000);
                    expected.push(reason.expected().unwrap_or_default().to_owned());
                }
            }
        )+};
    }
    read!(
        u8,
        i64,
        u128,
        f32,
        f64,
        bool,
        char,
        String,
        NonZeroU32,
        IpAddr,
        Duration,
        Size,
        ()
    );
    read!(
        Option<u32>,
        Option<String>,
        Option<Duration>,
        Secret<u32>,
        Secret<String>,
        Level,
        Limit
    );
    read!(Pool, Vec<Pool>, Vec<u8>, (u8, String), HashMap<String, u8>, Flat, Tagged, CountOrWord);
    read!(serde_json::Value);
    expected
}

/// Bytes that are near to something, and some that are not.
fn odd_bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..64),
        ".{0,40}".prop_map(String::into_bytes),
        "[-+0-9eE._x ]{0,30}".prop_map(String::into_bytes),
        "([0-9]{1,20}(\\.[0-9]{1,20})? ?(ns|us|ms|s|m|h|d|w|M|y|B|KiB|GB|EiB)? ?){1,4}"
            .prop_map(String::into_bytes),
        "[\\[\\]{}\",:0-9a-z \\\\]{0,40}".prop_map(String::into_bytes),
        "\\{\"(size|idle|ratio|fixed|kind|secs)\": ?[-0-9e\"\\[\\]{}a-z.]{0,12}\\}"
            .prop_map(String::into_bytes),
    ]
}

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 1000,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn drill_02_any_bytes_are_a_value_or_a_reason(raw in odd_bytes()) {
        read_as_everything(&raw);
    }

    /// Of a reason for a secret only what was expected is printed.
    #[test]
    fn drill_39_what_was_expected_never_tells_the_value(raw in "[a-z]{4}QZ[a-z]{4}") {
        for expected in read_as_everything(raw.as_bytes()) {
            prop_assert!(!expected.contains(&raw), "{expected}");
        }
    }

    #[test]
    fn a_word_that_was_read_is_read_again_from_its_own_text(raw in odd_bytes()) {
        macro_rules! again {
            ($($type:ty),+) => {$(
                if let Ok(value) = value::auto::<$type>(&raw) {
                    prop_assert_eq!(value::auto::<$type>(value.to_string().as_bytes()), Ok(value));
                }
            )+};
        }
        again!(u8, i8, u32, i64, u128, i128, f32, f64, bool, char, String, IpAddr, NonZeroU32, Size);
        if let Ok(value) = value::auto::<Duration>(&raw) {
            let text = humantime::format_duration(value).to_string();
            prop_assert_eq!(value::auto::<Duration>(text.as_bytes()), Ok(value));
        }
    }

    #[test]
    fn every_number_is_read_from_its_text(number in any::<i128>(), float in any::<f64>()) {
        reads(number.to_string(), number);
        if float.is_finite() {
            reads(float.to_string(), float);
            reads(format!("{float:e}"), float);
        }
    }

    #[test]
    fn every_duration_is_read_from_its_text(secs in any::<u64>(), nanos in 0_u32..1_000_000_000) {
        let short = Duration::new(secs % 100_000, nanos / 1_000_000 * 1_000_000);
        for duration in [Duration::new(secs, nanos), short] {
            reads(humantime::format_duration(duration).to_string(), duration);
        }
    }

    #[test]
    fn every_size_is_read_from_its_text(bytes in any::<u64>(), shift in 0..64_u32) {
        for size in [Size::new(bytes), Size::new(bytes >> shift << shift), Size::new(1 << shift)] {
            prop_assert_eq!(size.to_string().parse(), Ok(size));
            prop_assert_eq!(size.bytes().to_string().parse(), Ok(size));
            let json = serde_json::to_vec(&size).unwrap();
            prop_assert_eq!(value::json(&json), Ok(size));
        }
    }

    #[test]
    fn json_is_read_as_serde_json_reads_it(
        map in proptest::collection::btree_map(".{0,8}", (any::<i64>(), ".{0,8}"), 0..4),
    ) {
        let raw = serde_json::to_vec(&map).unwrap();
        prop_assert_eq!(value::auto::<BTreeMap<String, (i64, String)>>(&raw), Ok(map));
        let any: serde_json::Value = serde_json::from_slice(&raw).unwrap();
        prop_assert_eq!(value::auto::<serde_json::Value>(&raw), Ok(any));
    }
}
