//! What a schema alone says of a value, held against what the struct itself does with it.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::linkedlist,
    clippy::option_option,
    clippy::trivially_copy_pass_by_ref,
    missing_docs
)]

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, LinkedList, VecDeque};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::num;
use std::path::PathBuf;
use std::time::Duration;

use hotconfig::__::LeafReader;
use hotconfig::schema::{Key, Schema, Verdict};
use hotconfig::{HotConfig, HotValue, Invalid, Secret, Size};
use proptest::prelude::*;
use proptest::sample::select;

/// By its name the derive would refuse an option in an option.
type Maybe<T> = Option<T>;

#[derive(HotValue, serde::Deserialize, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[serde(rename_all = "kebab-case")]
enum Level {
    Debug,
    #[serde(alias = "notice")]
    Info,
    VeryLoud,
}

impl zeroize::Zeroize for Level {
    fn zeroize(&mut self) {
        *self = Self::Debug;
    }
}

#[derive(HotValue, serde::Deserialize, Clone, Debug, PartialEq)]
struct Port(u16);

#[derive(serde::Deserialize, Clone, Debug, PartialEq)]
struct Retry {
    times: u8,
}

/// Every scalar.
#[derive(HotConfig, Clone, Debug)]
struct Scalars {
    u8: u8,
    u16: u16,
    u32: u32,
    u64: u64,
    u128: u128,
    usize: usize,
    i8: i8,
    i16: i16,
    i32: i32,
    i64: i64,
    i128: i128,
    isize: isize,
    nonzero_u8: num::NonZeroU8,
    nonzero_u16: num::NonZeroU16,
    nonzero_u32: num::NonZeroU32,
    nonzero_u64: num::NonZeroU64,
    nonzero_u128: num::NonZeroU128,
    nonzero_usize: num::NonZeroUsize,
    nonzero_i8: num::NonZeroI8,
    nonzero_i16: num::NonZeroI16,
    nonzero_i32: num::NonZeroI32,
    nonzero_i64: num::NonZeroI64,
    nonzero_i128: num::NonZeroI128,
    nonzero_isize: num::NonZeroIsize,
    f32: f32,
    f64: f64,
    bool: bool,
    char: char,
    text: String,
    lent: Cow<'static, str>,
    boxed: Box<str>,
    path: PathBuf,
    duration: Duration,
    size: Size,
    ip: IpAddr,
    ipv4: Ipv4Addr,
    ipv6: Ipv6Addr,
    socket: SocketAddr,
    socket_v4: SocketAddrV4,
    socket_v6: SocketAddrV6,
    level: Level,
    port: Port,
}

/// Options and collections.
#[derive(HotConfig, Clone, Debug)]
struct Nested {
    maybe_u8: Option<u8>,
    maybe_text: Option<String>,
    maybe_char: Option<char>,
    maybe_path: Option<PathBuf>,
    maybe_level: Option<Level>,
    maybe_duration: Option<Duration>,
    maybe_size: Option<Size>,
    maybe_ip: Option<IpAddr>,
    maybe_maybe: Option<Maybe<u8>>,
    maybe_maybe_text: Option<Maybe<String>>,
    boxed: Box<Option<i8>>,
    list: Vec<u8>,
    texts: Vec<String>,
    options: Vec<Option<u32>>,
    set: BTreeSet<u16>,
    hash_set: HashSet<String>,
    deque: VecDeque<f32>,
    linked: LinkedList<bool>,
    floats: Vec<f64>,
    big: Vec<i128>,
    map: BTreeMap<String, u32>,
    of_lists: HashMap<String, Vec<Duration>>,
    of_maps: BTreeMap<String, BTreeMap<String, Option<Size>>>,
    chars: Vec<Vec<char>>,
    maybe_list: Option<Vec<u8>>,
    ips: Vec<IpAddr>,
    levels: Vec<Level>,
    of_levels: BTreeMap<String, Level>,
    ports: Vec<Port>,
    nonzeros: Vec<num::NonZeroU8>,
    paths: Vec<PathBuf>,
}

/// Formats that are named.
#[derive(HotConfig, Clone, Debug)]
struct Formats {
    #[hot(json)]
    json_u8: u8,
    #[hot(json)]
    json_f32: f32,
    #[hot(json)]
    json_bool: bool,
    #[hot(json)]
    json_char: char,
    #[hot(json)]
    json_text: String,
    #[hot(json)]
    json_path: PathBuf,
    #[hot(json)]
    json_duration: Duration,
    #[hot(json)]
    json_size: Size,
    #[hot(json)]
    json_ip: IpAddr,
    #[hot(json)]
    json_level: Level,
    #[hot(json)]
    json_maybe: Option<u8>,
    #[hot(json)]
    json_maybe_text: Option<String>,
    #[hot(json)]
    json_maybe_maybe: Option<Maybe<Level>>,
    #[hot(json)]
    json_list: Vec<Level>,
    #[hot(json)]
    json_map: BTreeMap<String, Duration>,
    #[hot(text)]
    text_u8: u8,
    #[hot(text)]
    text_text: String,
    #[hot(text)]
    text_char: char,
    #[hot(text)]
    text_duration: Duration,
    #[hot(text)]
    text_size: Size,
    #[hot(text)]
    text_level: Level,
    #[hot(text)]
    text_maybe: Option<String>,
    #[hot(text)]
    text_maybe_ip: Option<IpAddr>,
}

const HIGHEST: i64 = 1 << 20;

/// Rules.
#[derive(HotConfig, Clone, Debug)]
struct Rules {
    #[hot(range(3..=250))]
    range_u8: u8,
    #[hot(range(-5..HIGHEST))]
    range_i64: i64,
    #[hot(range(7..))]
    range_u128: u128,
    #[hot(range(..=-1))]
    range_i128: i128,
    #[hot(range(0.5..=2.0))]
    range_f64: f64,
    #[hot(range(..0.1))]
    range_f32: f32,
    #[hot(range('a'..='f'))]
    range_char: char,
    #[hot(range(2..=9))]
    range_nonzero: num::NonZeroU16,
    #[hot(range("1s"..="5m"))]
    range_duration: Duration,
    #[hot(range("1KiB".."1GB"))]
    range_size: Size,
    #[hot(range(10..20))]
    range_maybe: Option<u32>,
    #[hot(json, range(.."1h"))]
    range_json: Option<Duration>,
    #[hot(length(2..=4))]
    length_text: String,
    #[hot(length(..3))]
    length_path: PathBuf,
    #[hot(length(2..))]
    length_maybe: Option<String>,
    #[hot(length(2..=2))]
    length_list: Vec<u8>,
    #[hot(length(..=1))]
    length_set: BTreeSet<u8>,
    #[hot(length(2..))]
    length_paths: HashSet<PathBuf>,
    #[hot(length(2..))]
    length_sets: BTreeSet<BTreeSet<u8>>,
    #[hot(length(1..=1))]
    length_map: BTreeMap<String, Option<u8>>,
    #[hot(pattern("^[a-f]+$"))]
    pattern_text: String,
    #[hot(pattern("/"))]
    pattern_path: PathBuf,
    #[hot(pattern("0"))]
    pattern_maybe: Option<String>,
    #[hot(json, pattern(r"^\d+$"))]
    pattern_json: String,
    #[hot(one_of("trace", "debug", "info"))]
    one_of_text: String,
    #[hot(one_of("a", "/b"))]
    one_of_path: Option<PathBuf>,
    #[hot(one_of(1, 16, 255))]
    one_of_u8: u8,
    #[hot(one_of(-1, 16))]
    one_of_i64: Option<i64>,
    #[hot(one_of(0.5, 2.0))]
    one_of_f64: f64,
    #[hot(one_of('a', 'é'))]
    one_of_char: char,
    #[hot(one_of(1, 2))]
    one_of_nonzero: num::NonZeroU8,
    #[hot(one_of("30s", "1h"))]
    one_of_duration: Duration,
    #[hot(one_of("1KiB", "1kB"))]
    one_of_size: Size,
    #[hot(non_empty)]
    full_text: String,
    #[hot(non_empty)]
    full_maybe: Option<String>,
    #[hot(non_empty)]
    full_list: Vec<Level>,
    #[hot(non_empty)]
    full_map: HashMap<String, u8>,
    #[hot(url)]
    url: String,
    #[hot(url)]
    url_maybe: Option<String>,
    #[hot(non_empty, length(..=8), pattern("^a"), url)]
    all: String,
    #[hot(secret, range(3..=9))]
    secret_u8: Secret<u8>,
    #[hot(secret, length(2..), pattern("a"))]
    secret_text: Secret<String>,
    #[hot(secret)]
    secret_maybe: Option<Secret<i64>>,
    #[hot(secret)]
    secret_level: Secret<Option<Level>>,
    #[hot(secret, json)]
    secret_json: Option<Secret<Vec<u8>>>,
}

/// What only the program knows.
#[derive(HotConfig, Clone, Debug)]
struct Unknown {
    retry: Retry,
    maybe: Option<Retry>,
    #[hot(json)]
    json: Retry,
    #[hot(with = hotconfig::value::from_str)]
    codec: u8,
    #[hot(validate = is_even)]
    even: u8,
    #[hot(range(0..=limit()))]
    bound: u8,
}

fn is_even(value: &u8) -> Result<(), Invalid> {
    match value % 2 {
        0 => Ok(()),
        _ => Err("odd".into()),
    }
}

fn limit() -> u8 {
    200
}

/// Values that somebody may write by mistake, and some that are right.
const ODD: &[&str] = &[
    "",
    " ",
    "\n",
    "\u{feff}",
    "\u{feff}1",
    "null",
    " null\n",
    "Null",
    "NULL",
    "~",
    "true",
    "false",
    "True",
    " true ",
    "yes",
    "on",
    "tru",
    "t",
    "0",
    "-0",
    "+0",
    "00",
    "007",
    "1",
    "+1",
    "+16",
    "-1",
    " 16 ",
    "16\n",
    "16",
    "16.0",
    "1e3",
    "1e400",
    "-1e400",
    "1e39",
    "3.5e38",
    "0x10",
    "0b1",
    "1_000",
    "1,000",
    "2",
    "3",
    "9",
    "10",
    "19",
    "20",
    "42",
    "64",
    "127",
    "128",
    "-128",
    "-129",
    "250",
    "251",
    "255",
    "256",
    "-5",
    "-6",
    "32767",
    "32768",
    "-32768",
    "-32769",
    "65535",
    "65536",
    "1048575",
    "1048576",
    "2147483647",
    "2147483648",
    "-2147483648",
    "-2147483649",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "-9223372036854775809",
    "18446744073709551615",
    "18446744073709551616",
    "170141183460469231731687303715884105727",
    "170141183460469231731687303715884105728",
    "-170141183460469231731687303715884105728",
    "-170141183460469231731687303715884105729",
    "340282366920938463463374607431768211455",
    "340282366920938463463374607431768211456",
    "0.5",
    ".5",
    "5.",
    "2.0",
    "0.09",
    "0.1",
    "1.0000000000000000000001",
    "NaN",
    "nan",
    "inf",
    "-Infinity",
    "a",
    "b",
    "f",
    "g",
    "é",
    "e\u{301}",
    "ab",
    " a ",
    "aa",
    "abc",
    "abcde",
    "/b",
    "a/b",
    "a//b",
    "a/./b",
    "trace",
    "debug",
    "info",
    "infos",
    "Info",
    "notice",
    "very-loud",
    "veryloud",
    "VeryLoud",
    "\"info\"",
    "{\"info\": null}",
    "{\"info\": 3}",
    "{\"infos\": null}",
    "{\"info\": null, \"debug\": null}",
    "30",
    "30s",
    "30S",
    "1h",
    "1h 30m",
    "1h30m",
    " 30s ",
    "250ms",
    "5m",
    "6m",
    "-1s",
    "1.5s",
    "18446744073709551615s",
    "18446744073709551616s",
    "30 s",
    "{\"secs\": 30, \"nanos\": 0}",
    "{\"secs\": 30}",
    "{\"nanos\": 0, \"secs\": 30}",
    "[30, 0]",
    "{\"secs\": 30, \"nanos\": 2000000000}",
    "{\"secs\": 30, \"nanos\": 0, \"x\": 1}",
    "64MiB",
    "64mib",
    "64 MiB",
    "1.5GB",
    "1KiB",
    "1kB",
    "1024",
    "0.3KiB",
    "16EiB",
    "-1B",
    "1XB",
    "1GB",
    "10.0.0.1",
    "10.0.0.1\n",
    "010.0.0.1",
    "10.0.0.256",
    "::1",
    "[::1]",
    "fe80::1%1",
    "::ffff:1.2.3.4",
    "10.0.0.1:80",
    "10.0.0.1:65536",
    "[::1]:80",
    "[fe80::1%2]:80",
    "localhost:80",
    "http://a.b/",
    "http://",
    "a:b",
    "https://example.org/x?y=z#f",
    "//a",
    "[]",
    "[1]",
    "[1, 2]",
    "[1,2,]",
    "[1 2]",
    "[2, 1]",
    "[1, 1]",
    "[1, 256]",
    "[-1]",
    "[null]",
    "[\"a\"]",
    "[\"a\", \"a\"]",
    "[\"a\", \"b\"]",
    "[\"a/b\", \"a//b\"]",
    "[\"a\", \"./a\"]",
    "[\"info\", \"debug\"]",
    "[\"info\", 3]",
    "[\"infos\"]",
    "[\"info\", \"info\"]",
    "[{\"info\": null}]",
    "[[]]",
    "[[1], [1]]",
    "[[1, 2], [2, 1]]",
    "[[1], [2]]",
    "[[\"a\"]]",
    "[[\"ab\"]]",
    "[true, false]",
    "[1.5, 1e39]",
    "[1e400]",
    "[\"30s\", 5]",
    "[\"10.0.0.1\"]",
    "[\"::1 \"]",
    "{}",
    "{\"a\": 1}",
    "{\"a\": 1, \"a\": 2}",
    "{\"a\": 1, \"b\": 2}",
    "{\"a\": null}",
    "{\"a\": \"info\"}",
    "{\"a\": \"x\"}",
    "{\"a\": [\"30s\"]}",
    "{\"a\": [{\"secs\": 1, \"nanos\": 0}]}",
    "{\"a\": [[1, 0]]}",
    "{\"a\": {\"b\": \"1KiB\", \"c\": null, \"d\": 7}}",
    "{\"a\": {\"b\": -7}}",
    "{\"a\": {}}",
    "{\"a\": \"30s\"}",
    "{a: 1}",
    "{\"a\": 1",
    "{1: 1}",
    "[1] x",
    "1 x",
    "\"a\"",
    "\"ab\"",
    "\"a",
    "\"\"",
    "\" \"",
    "\"16\"",
    "\"30s\"",
    "\"64MiB\"",
    "\"10.0.0.1\"",
    "\"null\"",
    "\"\\u0061\"",
    "\"\\ud800\"",
    "\"a\\nb\"",
    "'a'",
    "a\u{0}b",
    "\u{1b}[31m",
    "// 1",
    "1 // x",
    "\"123\"",
    "123",
    "{\"times\": 3}",
    "{\"times\": 256}",
    "[[[[[[[[[[]]]]]]]]]]",
];

/// A value as it is, in quotes, in white space, and inside JSON.
fn dressed(value: &str) -> [String; 7] {
    let quoted = serde_json::to_string(value).expect("a text is JSON");
    [
        value.to_owned(),
        format!(" {value}\n"),
        format!("[{value}]"),
        format!("[{quoted}, {quoted}]"),
        format!("{{\"a\": {value}}}"),
        format!("{{\"a\": {quoted}}}"),
        quoted,
    ]
}

/// What the struct says of these values, one for each leaf: the reasons, leaf by leaf.
fn typed<T: HotConfig>(raws: &[&[u8]]) -> Vec<Vec<String>> {
    let mut reasons = vec![Vec::new(); raws.len()];
    let raws: Vec<_> = raws.iter().map(|raw| Some(*raw)).collect();
    let mut reader = LeafReader::all(&raws);
    let _ = T::__build(&mut reader);
    for finding in reader.into_findings() {
        reasons[finding.leaf.place()].push(finding.reason.to_string());
    }
    reasons
}

/// The keys of the schema in the order of the leaves.
fn keys<T: HotConfig>() -> Vec<Key> {
    let Schema { keys, .. } = hotconfig::schema::<T>();
    let leaves = T::TREE.leaves().into_iter();
    let keys = leaves.map(|leaf| keys.iter().find(|key| key.key == leaf.key).cloned());
    keys.map(|key| key.expect("each leaf is a key")).collect()
}

/// How many values were accepted, refused, and not judged as a whole.
#[derive(Debug, Default, Clone, Copy)]
struct Count {
    accepted: usize,
    refused: usize,
    unjudged: usize,
}

/// Holds the two against each other for these values, one for each leaf.
fn compare<T: HotConfig>(keys: &[Key], raws: &[&[u8]], counts: &mut [Count]) {
    let typed = typed::<T>(raws);
    for (((key, raw), typed), count) in keys.iter().zip(raws).zip(typed).zip(counts) {
        let Verdict {
            refused, unjudged, ..
        } = key.judge(raw);
        let refused: Vec<_> = refused.iter().map(ToString::to_string).collect();
        let raw = String::from_utf8_lossy(raw);
        if unjudged.is_empty() {
            assert_eq!(refused, typed, "{} of {raw:?}", key.field);
            match refused.is_empty() {
                true => count.accepted += 1,
                false => count.refused += 1,
            }
        } else {
            // What is refused all the same is refused by the struct, too.
            assert!(
                refused.is_empty() || !typed.is_empty(),
                "{} of {raw:?}: {refused:?}",
                key.field
            );
            count.unjudged += 1;
        }
    }
}

/// Every odd value for every leaf.
fn all_odd<T: HotConfig>() -> Vec<(String, Count)> {
    let keys = keys::<T>();
    let mut counts = vec![Count::default(); keys.len()];
    for value in ODD.iter().flat_map(|value| dressed(value)) {
        let raws = vec![value.as_bytes(); keys.len()];
        compare::<T>(&keys, &raws, &mut counts);
    }
    keys.into_iter().map(|key| key.field).zip(counts).collect()
}

#[test]
fn of_every_odd_value_a_schema_says_what_the_struct_does() {
    let counts = [
        all_odd::<Scalars>(),
        all_odd::<Nested>(),
        all_odd::<Formats>(),
        all_odd::<Rules>(),
    ]
    .concat();
    let sum = counts
        .iter()
        .fold(Count::default(), |sum, (_, count)| Count {
            accepted: sum.accepted + count.accepted,
            refused: sum.refused + count.refused,
            unjudged: sum.unjudged + count.unjudged,
        });
    eprintln!("{} leaves, {sum:?}", counts.len());
    let takes_any = ["text", "lent", "boxed", "path", "maybe_text", "maybe_path"];
    for (field, count) in counts {
        assert!(count.accepted > 0, "{field}: {count:?}");
        let any = takes_any.contains(&field.as_str())
            || field.starts_with("text_")
            || field == "maybe_maybe_text";
        assert!(any || count.refused > 0, "{field}: {count:?}");
        // Only sets can leave anything open, and only by their length.
        assert!(
            count.unjudged == 0 || field.starts_with("length_"),
            "{field}: {count:?}"
        );
    }
}

#[test]
fn what_only_the_program_knows_is_said_to_be_so() {
    let counts = all_odd::<Unknown>();
    let count = |field: &str| {
        counts
            .iter()
            .find(|(name, _)| name == field)
            .map(|(_, count)| *count)
    };
    for field in ["retry", "maybe", "codec"] {
        let count = count(field).expect(field);
        assert_eq!((count.accepted, count.refused), (0, 0), "{field}");
    }
    let keys = keys::<Unknown>();
    let judge = |field: &str, raw: &str| {
        let key = keys.iter().find(|key| key.field == field).expect(field);
        let verdict = key.judge(raw.as_bytes());
        (verdict.refused.len(), verdict.unjudged)
    };
    let of_type = "only the program knows its type, `Retry`".to_owned();
    assert_eq!(judge("retry", "{"), (0, vec![of_type.clone()]));
    // Whatever it is, it is JSON.
    assert_eq!(judge("json", "{"), (1, vec![of_type.clone()]));
    assert_eq!(judge("json", "[]"), (0, vec![of_type]));
    assert_eq!(
        judge("codec", "7"),
        (
            0,
            vec!["only the program has its codec, `hotconfig::value::from_str`".to_owned()]
        )
    );
    let rule = "only the program has its rule `is_even`".to_owned();
    assert_eq!(judge("even", "7"), (0, vec![rule]));
    assert_eq!(judge("even", "x").0, 1);
    let end = "only the program knows an end of its `range`: `limit()`".to_owned();
    assert_eq!(judge("bound", "201"), (0, vec![end]));
}

/// A value of any kind.
fn raw() -> impl Strategy<Value = Vec<u8>> {
    let odd = || select(ODD).prop_map(str::to_owned);
    let number = prop_oneof![
        any::<i128>().prop_map(|number| number.to_string()),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<i16>().prop_map(|number| number.to_string()),
        (-300_i64..300).prop_map(|number| number.to_string()),
        any::<f64>().prop_map(|number| number.to_string()),
        (-400_i32..400).prop_map(|exponent| format!("1.7e{exponent}")),
    ];
    let unit = select(&[
        "ns", "us", "ms", "s", "m", "h", "d", "y", "B", "kB", "KiB", "GB", "EiB",
    ]);
    let quantity = (any::<u64>(), 0_u32..64, unit, "[ .]?[0-9]?[sm]?")
        .prop_map(|(number, shift, unit, more)| format!("{}{unit}{more}", number >> shift));
    let word = prop_oneof![
        odd(),
        odd(),
        number,
        quantity,
        "[a-f/:.0-9 ]{0,6}",
        "\\PC{0,8}"
    ];
    let text = word.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|value| format!("\"{value}\"")),
            inner.clone().prop_map(|value| format!(" \t{value}\r\n")),
            prop::collection::vec(inner.clone(), 0..4)
                .prop_map(|items| format!("[{}]", items.join(", "))),
            prop::collection::vec(("[ab]", inner), 0..4).prop_map(|items| {
                let items = items
                    .iter()
                    .map(|(name, value)| format!("\"{name}\": {value}"));
                format!("{{{}}}", items.collect::<Vec<_>>().join(", "))
            }),
        ]
    });
    prop_oneof![
        8 => text.clone().prop_map(String::into_bytes),
        // Cut, with a byte that is another, or very big.
        1 => (text.clone(), any::<prop::sample::Index>(), any::<u8>()).prop_map(|(text, at, byte)| {
            let mut bytes = text.into_bytes();
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                match byte % 2 {
                    0 => bytes.truncate(at),
                    _ => bytes[at] = byte,
                }
            }
            bytes
        }),
        1 => (select(&["9", "a", "[", "{\"a\":", " ", "\"", "1,", "-"]), 0_usize..3000)
            .prop_map(|(text, times)| text.repeat(times).into_bytes()),
        1 => prop::collection::vec(any::<u8>(), 0..12),
    ]
}

/// One value for each leaf of a struct.
fn raws<T: HotConfig>() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let leaves = T::TREE.len();
    prop::collection::vec(raw(), leaves..=leaves)
}

fn holds<T: HotConfig>(raws: &[Vec<u8>]) {
    let keys = keys::<T>();
    let raws: Vec<_> = raws.iter().map(Vec::as_slice).collect();
    compare::<T>(&keys, &raws, &mut vec![Count::default(); keys.len()]);
}

proptest! {
    // Each case is one value for each of 147 leaves.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn of_any_value_a_schema_says_what_the_struct_does(
        scalars in raws::<Scalars>(),
        nested in raws::<Nested>(),
        formats in raws::<Formats>(),
        rules in raws::<Rules>(),
        unknown in raws::<Unknown>(),
    ) {
        holds::<Scalars>(&scalars);
        holds::<Nested>(&nested);
        holds::<Formats>(&formats);
        holds::<Rules>(&rules);
        holds::<Unknown>(&unknown);
    }
}
