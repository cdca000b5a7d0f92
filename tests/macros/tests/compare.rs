//! `schema::compare` held to what programs of both versions read.
//!
//! A family of structs with the one key `v`; of every two of them one is the old and the other the
//! new. What is called compatible is compatible for every value tried, what is called incompatible
//! has a value that shows it, and little is unknown but what only the program knows.

// A test says what it expects by failing, in its helpers too.
#![allow(clippy::expect_used, clippy::indexing_slicing)]
// They are declared, and only their keys are read.
#![allow(dead_code)]
// A rule is given what the field's type is.
#![allow(clippy::trivially_copy_pass_by_ref)]

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::{NonZeroI16, NonZeroU8};
use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::Duration;

use hotconfig::__::LeafReader;
use hotconfig::schema::{Grade, Schema, compare};
use hotconfig::{HotConfig, HotValue, Invalid, Secret, Size};
use proptest::prelude::*;

/// Whether a program with the struct accepts the bytes, or that there are none.
fn accepts<T: HotConfig>(raw: Option<&[u8]>) -> bool {
    let raws = vec![raw];
    let mut reader = LeafReader::all(&raws);
    T::__build(&mut reader).is_some() && reader.into_findings().is_empty()
}

/// One of the family.
struct Member {
    name: &'static str,
    schema: Schema,
    accepts: fn(Option<&[u8]>) -> bool,
}

/// By its name alone the macro would refuse it.
type Nullable<V> = Option<V>;

macro_rules! family {
    ($($name:ident: $(#[$attribute:meta])* $type:ty;)+) => {
        mod members {
            use super::*;
            $(
                #[derive(HotConfig, Clone, Debug)]
                pub(super) struct $name {
                    $(#[$attribute])*
                    v: $type,
                }
            )+
        }

        fn family() -> Vec<Member> {
            vec![$(Member {
                name: stringify!($name),
                schema: hotconfig::schema::<members::$name>(),
                accepts: accepts::<members::$name>,
            }),+]
        }
    };
}

#[derive(HotValue, serde::Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Level {
    Debug,
    Info,
    Warn,
}

#[derive(HotValue, serde::Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "lowercase")]
enum FewerLevels {
    Info,
    Debug,
}

/// A type of which only the name is known.
#[derive(serde::Deserialize, Clone, Debug, PartialEq)]
struct Opaque(u8);

fn even(number: &u8) -> Result<(), Invalid> {
    match number % 2 {
        0 => Ok(()),
        _ => Err("odd".into()),
    }
}

family! {
    U8: u8;
    U8Default: #[hot(default = 8)] u8;
    U8Ranged: #[hot(range(1..=64))] u8;
    U8HalfOpen: #[hot(range(1..65))] u8;
    U8Narrow: #[hot(range(2..=10))] u8;
    U8Shifted: #[hot(range(32..))] u8;
    U8OneOf: #[hot(one_of(1, 16, 64))] u8;
    U8Even: #[hot(validate = even)] u8;
    U8Json: #[hot(json)] u8;
    U8Text: #[hot(text)] u8;
    U16: u16;
    U16Fits: #[hot(range(0..=200))] u16;
    U32Fits: #[hot(range(1..=200))] u32;
    U32Json: #[hot(json, range(0..=200))] u32;
    U64: u64;
    U64Top: #[hot(range(18_446_744_073_709_551_615..))] u64;
    U128: u128;
    U128Json: #[hot(json)] u128;
    Usize: usize;
    I8: i8;
    I8Positive: #[hot(range(1..))] i8;
    I8Natural: #[hot(range(0..))] i8;
    I16Below: #[hot(range(-300..=-1))] i16;
    I64: i64;
    I128: i128;
    I128Json: #[hot(json, range(0..=9))] i128;
    I64Json: #[hot(json)] i64;
    NonZero: NonZeroU8;
    NonZeroSigned: NonZeroI16;
    F32: f32;
    F32Ranged: #[hot(range(0.1..=0.7))] f32;
    F32Big: #[hot(range(1e38..))] f32;
    F64: f64;
    F64Json: #[hot(json)] f64;
    F64JsonRanged: #[hot(json, range(0.0..=1.0))] f64;
    F64Ranged: #[hot(range(0.1..=0.7))] f64;
    F64Unit: #[hot(range(0.0..=1.0))] f64;
    F64HalfOpen: #[hot(range(0.0..1.0))] f64;
    F64Wide: #[hot(range(-1e9..=1e9))] f64;
    F64OneOf: #[hot(one_of(0.5, 1.0))] f64;
    Bool: bool;
    BoolJson: #[hot(json)] bool;
    Char: char;
    CharRanged: #[hot(range('a'..='f'))] char;
    CharJson: #[hot(json)] char;
    Text: String;
    TextDefault: #[hot(default = "x")] String;
    TextJson: #[hot(json)] String;
    TextShort: #[hot(length(..=4))] String;
    TextSome: #[hot(non_empty)] String;
    TextLength: #[hot(length(1..3))] String;
    TextPattern: #[hot(pattern("^[a-z]+$"))] String;
    TextOtherPattern: #[hot(pattern("^[a-z]*$"))] String;
    TextUrl: #[hot(url)] String;
    TextLevels: #[hot(one_of("debug", "info", "warn"))] String;
    TextFewer: #[hot(one_of("debug", "info"))] String;
    TextNumbers: #[hot(one_of("1", "16"))] String;
    TextLists: #[hot(one_of("[]", "[1]"))] String;
    TextJsonLevels: #[hot(json, one_of("debug", "info"))] String;
    TextSecret: #[hot(secret)] Secret<String>;
    File: PathBuf;
    FileShort: #[hot(length(1..=4))] PathBuf;
    Period: Duration;
    PeriodDefault: #[hot(default = "60s")] Duration;
    PeriodRanged: #[hot(range("1s"..="1m"))] Duration;
    PeriodSame: #[hot(range("1000ms"..="60s"))] Duration;
    PeriodNarrow: #[hot(range("1s".."1m"))] Duration;
    PeriodOneOf: #[hot(one_of("1s", "30s"))] Duration;
    PeriodJson: #[hot(json)] Duration;
    Bytes: Size;
    BytesRanged: #[hot(range("1KiB"..="64MiB"))] Size;
    BytesText: #[hot(text)] Size;
    BytesJson: #[hot(json)] Size;
    Ip: IpAddr;
    Ipv4: Ipv4Addr;
    Ipv4Json: #[hot(json)] Ipv4Addr;
    Socket: SocketAddr;
    Words: Level;
    WordsFewer: FewerLevels;
    WordsText: #[hot(text)] Level;
    WordsJson: #[hot(json)] Level;
    Maybe: Option<u8>;
    MaybeRanged: #[hot(range(1..=64))] Option<u8>;
    MaybeDefault: #[hot(default = 8)] Option<u8>;
    MaybeWide: Option<u16>;
    MaybeText: Option<String>;
    MaybeTextJson: #[hot(json)] Option<String>;
    MaybeFewer: #[hot(one_of("debug", "info"))] Option<String>;
    MaybeWords: Option<FewerLevels>;
    MaybeMaybe: Nullable<Nullable<u8>>;
    ListU8: Vec<u8>;
    ListU16: Vec<u16>;
    ListShort: #[hot(length(..=2))] Vec<u8>;
    ListSome: #[hot(non_empty)] Vec<u16>;
    ListNone: #[hot(length(..=0))] Vec<String>;
    ListText: Vec<String>;
    ListMaybe: Vec<Option<u8>>;
    ListWords: Vec<Level>;
    ListPeriods: Vec<Duration>;
    ListSizes: Vec<Size>;
    ListIps: Vec<IpAddr>;
    ListReals: Vec<f32>;
    ListLists: Vec<Vec<u8>>;
    MaybeList: Option<Vec<u8>>;
    MapU8: BTreeMap<String, u8>;
    MapU32: HashMap<String, u32>;
    MapSome: #[hot(length(1..=2))] BTreeMap<String, u8>;
    MapLists: BTreeMap<String, Vec<u8>>;
    Unknown: Opaque;
    Codec: #[hot(with = hotconfig::value::from_str)] u8;
}

/// Values of every kind: the limits of types and of the family's ranges, and JSON of each sort.
#[rustfmt::skip] // a line each would be two hundred
const WORDS: &[&str] = &[
    "", " ", "0", "1", "2", "5", "8", "9", "10", "11", "16", "31", "32", "63", "64", "65", "100",
    "127", "128", "200", "201", "255", "256", "300", "-1", "-127", "-128", "-129", "-300", "-301",
    "32767", "32768", "65535", "65536", "16777217", "4294967295", "4294967296",
    "9007199254740993", "-9223372036854775808", "9223372036854775807", "9223372036854775808",
    "18446744073709551615", "18446744073709551616", "170141183460469231731687303715884105727",
    "170141183460469231731687303715884105728", "340282366920938463463374607431768211455",
    "340282366920938463463374607431768211456", "-170141183460469231731687303715884105728", "0.5",
    "1.0", "-0.5", "0.1", "0.7", "0.09999999999999999", "0.09999999999", "0.1000000000001",
    "0.7000000000000001", "0.69999999", "0.70000001", "0.99999999999999999",
    "1.00000000000000001", "1.0000000000000002", "1e-3", "1e9", "1e38", "3.4028235e38",
    "3.4028236e38", "3.5e38", "1e300", "1.7976931348623157e308", "1.797693134862315808e308",
    "1e309", "NaN", "inf", ".5", "5.", "-0", "-0.0", "-00", "1e0", "true", "false", "True", "x",
    "a", "f", "g", "é", "'", "info", "debug", "warn", "trace", "INFO", "hello world", "abc",
    "abcd", "abcde", "null", "NULL", "{}", "[]", "[ ]", "[1]", "[1,2]", "[1,2,3]", "[1, 300]",
    "[null]", "[-0]", "[1.0]", "[\"a\"]", "[\"info\"]", "[{\"info\":null}]", "[true]", "[[1]]",
    "[[]]", "[[300]]", "[\"30s\"]", "[{\"secs\":1,\"nanos\":0}]", "[\"64MiB\"]", "[64]",
    "[\"10.0.0.1\"]", "[\"::1\"]", "[0.5]", "[1e300]", "{\"a\":1}", "{\"a\":300}",
    "{\"a\":1,\"b\":2}", "{\"a\":1,\"b\":2,\"c\":3}", "{\"a\":[1]}", "{\"a\":1,\"a\":2}",
    "{\"a\":null}", "{\"info\":null}", "{\"debug\":null}", "{\"info\":1}",
    "{\"secs\":30,\"nanos\":0}", "{\"secs\":30}", "10.0.0.1", "::1", "10.0.0.1:80", "[::1]:80",
    "1s", "30s", "1m", "60s", "59999ms", "999ms", "61s", "30000ms", "1h 30m", "0s", "1KiB", "1B",
    "64MiB", "1024", "1023B", "65MiB", "1.5MiB", "1.5", "16EiB", "https://example.org/",
    "mailto:x", "/tmp/x", "\u{feff}1", "\u{feff}",
];

/// These, and other ways to write them.
fn texts() -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    for &text in WORDS {
        texts.push(text.to_owned());
        texts.push(quoted(text));
        texts.push(format!(" {text}\n"));
        texts.push(format!("+{text}"));
        texts.push(format!("00{text}"));
        texts.push(match text.strip_prefix('-') {
            Some(digits) => format!("-0{digits}"),
            None => format!("{text}{}", " ".repeat(300)),
        });
        texts.push(format!(" {} ", quoted(text)));
    }
    texts
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Whether there is something of which only the program knows: the only reason in this family
/// for which an answer may be missing.
fn names_unknown(old: &Member, new: &Member) -> bool {
    // Plain text and JSON may round a number to two neighbours.
    let rounded = |one: &Member, other: &Member| {
        one.name.starts_with("F64Json") && other.name.starts_with("F64")
    };
    if rounded(old, new) || rounded(new, old) {
        return true;
    }
    [old, new].iter().any(|member| {
        [
            "Unknown",
            "Codec",
            "U8Even",
            "TextSecret",
            "TextPattern",
            "TextOtherPattern",
            "TextUrl",
        ]
        .contains(&member.name)
    })
}

/// The family, and of each old one and each new one the worst of both sides.
type Judged = (Vec<Member>, Vec<Vec<(Grade, Grade)>>);

/// What is said of every two members, of stored values and of old programs.
static JUDGED: LazyLock<Judged> = LazyLock::new(|| {
    let family = family();
    let grades = family.iter().map(|old| {
        let grades = family.iter().map(|new| {
            let comparison = compare(&old.schema, &new.schema);
            (comparison.stored(), comparison.running())
        });
        grades.collect()
    });
    let grades = grades.collect();
    (family, grades)
});

#[test]
fn what_is_called_compatible_is_accepted_and_what_is_not_has_a_value_that_shows_it() {
    let (family, grades) = &*JUDGED;
    let texts = texts();
    let raws: Vec<Option<&[u8]>> = texts
        .iter()
        .map(|text| Some(text.as_bytes()))
        .chain([None, Some(&b"\xff"[..])])
        .collect();
    let accepted: Vec<Vec<bool>> = family
        .iter()
        .map(|member| raws.iter().map(|raw| (member.accepts)(*raw)).collect())
        .collect();
    // What the one accepts and the other refuses.
    let between = |one: usize, other: usize| {
        (0..raws.len()).find(|raw| accepted[one][*raw] && !accepted[other][*raw])
    };
    let mut wrong = Vec::new();
    let (mut unknown, mut answers) = (0, 0);
    for (at, old) in family.iter().enumerate() {
        for (to, new) in family.iter().enumerate() {
            let (stored, running) = grades[at][to];
            for (grade, found) in [(stored, between(at, to)), (running, between(to, at))] {
                let right = match grade {
                    Grade::Compatible | Grade::Notice => found.is_none(),
                    Grade::Incompatible => found.is_some(),
                    _ => {
                        unknown += usize::from(!names_unknown(old, new));
                        true
                    }
                };
                answers += 1;
                if !right {
                    let found = found.map(|raw| raws[raw].map(String::from_utf8_lossy));
                    let comparison = compare(&old.schema, &new.schema);
                    wrong.push(format!(
                        "{} to {}: {found:?}\n{comparison}",
                        old.name, new.name
                    ));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(
        unknown * 100 < answers,
        "{unknown} of {answers} answers are not known"
    );
}

fn raw() -> impl Strategy<Value = Vec<u8>> {
    let number = prop_oneof![
        any::<i128>().prop_map(|number| number.to_string()),
        any::<u128>().prop_map(|number| number.to_string()),
        (-300_i32..300).prop_map(|number| number.to_string()),
        any::<f64>().prop_map(|number| format!("{number:?}")),
        any::<f32>().prop_map(|number| format!("{number:?}")),
        (0.0..1.1_f64).prop_map(|number| format!("{number}")),
        (0_u64..200).prop_map(|number| format!("{number}s")),
        (0_u64..200).prop_map(|number| format!("{number}MiB")),
    ];
    let word = prop_oneof![
        proptest::sample::select(texts()),
        number,
        "[a-z]{0,5}",
        "\\PC{0,6}",
    ];
    let dressed = (word, 0..9_u8).prop_map(|(word, dress)| match dress {
        0 => format!(" {word}"),
        1 => format!("{word}\n"),
        2 => format!("+{word}"),
        3 => format!("0{word}"),
        4 => quoted(&word),
        5 => format!("[{word}]"),
        6 => format!("[{},1]", quoted(&word)),
        7 => format!("{{\"k\":{word}}}"),
        _ => word,
    });
    prop_oneof![
        20 => dressed.prop_map(String::into_bytes),
        1 => proptest::collection::vec(any::<u8>(), 0..4),
    ]
}

#[test]
fn random_values_find_nothing_else() {
    let (family, grades) = &*JUDGED;
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 4096,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    runner
        .run(&raw(), |raw| {
            let accepts = |member: &Member| (member.accepts)(Some(raw.as_slice()));
            let accepted: Vec<bool> = family.iter().map(accepts).collect();
            for (old, grades) in grades.iter().enumerate() {
                for (new, (stored, running)) in grades.iter().enumerate() {
                    let names = (family[old].name, family[new].name);
                    prop_assert!(
                        *stored > Grade::Notice || !accepted[old] || accepted[new],
                        "{names:?}: stored values are called {stored}, and this is refused"
                    );
                    prop_assert!(
                        *running > Grade::Notice || !accepted[new] || accepted[old],
                        "{names:?}: old programs are called {running}, and refuse this"
                    );
                }
            }
            Ok(())
        })
        .expect("what is called compatible is accepted");
}
