//! What values are written as, and that they are read as the same again.

// A test says what it expects by failing, in its helpers too.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::needless_pass_by_value
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use hotconfig::value::encode;
use hotconfig::{Size, value};
use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize, PartialEq, Clone)]
#[serde(rename_all = "lowercase")]
enum Level {
    Debug,
    Info,
}

#[derive(Debug, Serialize, Deserialize, PartialEq, Clone)]
enum Limit {
    Off,
    Fixed(u32),
    Both(u8, String),
    Between { lo: Duration, hi: Option<i64> },
}

#[derive(Debug, Serialize, Deserialize, PartialEq, Clone)]
struct Port(Option<u16>);

#[derive(Debug, Serialize, Deserialize, PartialEq, Clone)]
struct Unit;

#[track_caller]
fn writes<V: Serialize + DeserializeOwned + PartialEq + Debug>(value: V, text: &str) {
    let raw = encode::auto(&value).unwrap().unwrap();
    assert_eq!(String::from_utf8_lossy(&raw), text);
    assert_eq!(value::auto(&raw), Ok(value));
}

#[test]
fn each_type_is_written_as_it_is_read() {
    writes(16_u8, "16");
    writes(u128::MAX, "340282366920938463463374607431768211455");
    writes(i64::MIN, "-9223372036854775808");
    writes(NonZeroU32::MAX, "4294967295");
    writes(1.0_f32, "1.0");
    writes(-0.1_f64, "-0.1");
    writes(true, "true");
    writes('ß', "ß");
    writes(' ', " ");
    writes(String::from(" a\n"), " a\n");
    writes(String::new(), "");
    writes(PathBuf::from("/etc/hosts"), "/etc/hosts");
    writes("10.0.0.1".parse::<IpAddr>().unwrap(), "10.0.0.1");
    writes("[::1]:80".parse::<SocketAddr>().unwrap(), "[::1]:80");
    writes(Level::Info, "info");
    writes(Duration::from_millis(90_250), "1m 30s 250ms");
    writes(Size::new(64 << 20), "64MiB");
    writes(Some(Duration::ZERO), "0s");
    writes(Some(String::from("null")), "null");
    writes(Port(Some(80)), "80");
    writes(Box::new(7_u8), "7");
    writes(Limit::Off, "Off");
    writes(Limit::Fixed(3), r#"{"Fixed":3}"#);
    writes(Limit::Both(3, "x".to_owned()), r#"{"Both":[3,"x"]}"#);
    writes(vec![1_u8, 2], "[1,2]");
    writes((1_u8, 'x'), r#"[1,"x"]"#);
    writes(BTreeMap::from([("a".to_owned(), 1)]), r#"{"a":1}"#);
    writes(vec![Duration::from_secs(1)], r#"[{"secs":1,"nanos":0}]"#);
    writes(Unit, "null");
    writes((), "null");
    writes(serde_json::json!({"a": [null, 1.5]}), r#"{"a":[null,1.5]}"#);
}

#[test]
fn nothing_is_an_absent_key_and_null_in_json() {
    assert_eq!(encode::auto(&None::<u8>), Ok(None));
    assert_eq!(encode::text(&Port(None)), Ok(None));
    assert_eq!(encode::json(&None::<u8>), Ok(Some(b"null".to_vec())));
}

#[test]
fn text_is_for_words_only_and_json_for_everything() {
    assert_eq!(encode::text(&"[1]"), Ok(Some(b"[1]".to_vec())));
    let refused = encode::text(&[1]).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "this type cannot be written as plain text"
    );
    assert_eq!(encode::json("info"), Ok(Some(br#""info""#.to_vec())));
    let period = encode::json(&Duration::from_secs(2)).unwrap().unwrap();
    assert_eq!(value::json(&period), Ok(Duration::from_secs(2)));
}

#[test]
fn what_no_codec_reads_is_refused() {
    let refused = encode::auto(&f32::NAN).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "`NaN` cannot be written; expected a finite number"
    );
    assert!(encode::auto(&f64::INFINITY).is_err());
    let refused = encode::auto(&BTreeMap::from([(vec![1], 1)])).unwrap_err();
    assert_eq!(refused.to_string(), "key must be a string");
}

#[test]
fn a_struct_that_is_only_called_like_a_duration_is_json() {
    #[derive(Debug, Serialize, Deserialize, PartialEq)]
    struct Duration {
        from: u8,
        to: u8,
    }
    writes(Duration { from: 1, to: 2 }, r#"{"from":1,"to":2}"#);
}

#[test]
fn an_error_of_the_type_itself_is_passed_on() {
    struct Never;

    impl Serialize for Never {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("never"))
        }
    }

    for codec in [encode::auto, encode::text, encode::json] {
        assert_eq!(codec(&Never).unwrap_err().to_string(), "never");
    }
}

/// Whether the codecs read what was written as the same value.
fn round<V: Serialize + DeserializeOwned + PartialEq + Debug>(
    value: V,
) -> Result<(), TestCaseError> {
    let raw = encode::auto(&value).unwrap();
    let read = match &raw {
        Some(raw) => value::auto(raw),
        None => value::missing().expect("nothing may be absent"),
    };
    prop_assert_eq!(read.as_ref(), Ok(&value), "{:?}", raw);
    let raw = encode::json(&value).unwrap().unwrap();
    prop_assert_eq!(value::json(&raw), Ok(value));
    Ok(())
}

fn limits() -> impl Strategy<Value = Limit> {
    prop_oneof![
        Just(Limit::Off),
        any::<u32>().prop_map(Limit::Fixed),
        (any::<u8>(), any::<String>()).prop_map(|(number, text)| Limit::Both(number, text)),
        (any::<Duration>(), any::<Option<i64>>()).prop_map(|(lo, hi)| Limit::Between { lo, hi }),
    ]
}

fn finite() -> impl Strategy<Value = f64> {
    any::<f64>().prop_filter("finite", |number| number.is_finite())
}

fn finite_32() -> impl Strategy<Value = f32> {
    any::<f32>().prop_filter("finite", |number| number.is_finite())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn numbers_are_read_as_they_were_written(
        unsigned in any::<(u8, u16, u32, u64, u128, usize)>(),
        signed in any::<(i8, i16, i32, i64, i128, isize)>(),
        wide in finite(),
        narrow in finite_32(),
    ) {
        round(unsigned.0)?;
        round(unsigned.4)?;
        round(signed.0)?;
        round(signed.4)?;
        round(NonZeroU32::new(unsigned.2 | 1).unwrap())?;
        round(unsigned)?;
        round(signed)?;
        round(wide)?;
        round(narrow)?;
        round(Some(wide))?;
    }

    #[test]
    fn words_are_read_as_they_were_written(
        letter in any::<char>(),
        text in any::<String>(),
        truth in any::<Option<bool>>(),
        address in any::<[u8; 16]>(),
        bytes in any::<u64>(),
        period in any::<Duration>(),
        port in any::<Option<u16>>(),
    ) {
        round(letter)?;
        round(text.clone())?;
        round(text.clone().into_boxed_str())?;
        round(PathBuf::from(&text))?;
        round(truth)?;
        round(IpAddr::from(address))?;
        round(SocketAddr::from((address, 80)))?;
        round(Some(IpAddr::from(address)))?;
        round(Size::new(bytes))?;
        round(Some(Size::new(bytes)))?;
        round(period)?;
        round(Some(period))?;
        round(Port(port))?;
        let some = encode::auto(&Some(text.clone())).unwrap().unwrap();
        prop_assert_eq!(value::auto::<Option<String>>(&some), Ok(Some(text)));
    }

    #[test]
    fn what_is_no_word_is_read_as_it_was_written(
        limit in limits(),
        list in proptest::collection::vec(any::<(Duration, Option<i8>)>(), 0..4),
        map in proptest::collection::btree_map(any::<String>(), limits(), 0..4),
        set in any::<BTreeSet<String>>(),
    ) {
        round(limit.clone())?;
        round(Some(limit))?;
        round(list)?;
        round(map)?;
        round(set)?;
    }
}
