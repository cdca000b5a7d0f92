//! What `#[derive(HotConfig)]` makes of a struct, seen through the trait's own methods.

#![deny(missing_docs, warnings, clippy::pedantic)]
// A test says what it expects by failing, in its helpers too.
#![allow(clippy::expect_used, clippy::indexing_slicing)]
// These speak of the code below, not of what is made from it.
#![allow(
    clippy::struct_field_names,
    clippy::trivially_copy_pass_by_ref,
    clippy::unnecessary_wraps
)]

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use hotconfig::__::{Checks, FieldError, LeafReader, Step};
use hotconfig::schema::tree::{ConstValue, DefaultValue, Format, Kind, Rule};
use hotconfig::value::Codec;
use hotconfig::{Field, HotConfig, Invalid, Secret, field};

/// Builds a configuration from keys; those that are not named are absent.
fn build<T: HotConfig>(keys: &[(&str, &str)]) -> (Option<T>, Vec<FieldError>) {
    let leaves = T::TREE.leaves();
    let raws: Vec<Option<&[u8]>> = leaves
        .iter()
        .map(|leaf| {
            keys.iter()
                .find(|(key, _)| *key == leaf.key)
                .map(|(_, raw)| raw.as_bytes())
        })
        .collect();
    let mut reader = LeafReader::all(&raws);
    let built = T::__build(&mut reader);
    (built, reader.into_findings())
}

/// The configuration of these keys, which are right.
fn valid<T: HotConfig>(keys: &[(&str, &str)]) -> T {
    let (built, findings) = build(keys);
    assert!(findings.is_empty(), "{findings:?}");
    built.expect("without findings there is a configuration")
}

/// The keys that were refused.
fn refused<T: HotConfig>(keys: &[(&str, &str)]) -> Vec<String> {
    let (built, findings) = build::<T>(keys);
    assert_eq!(built.is_none(), !findings.is_empty());
    let leaves = T::TREE.leaves();
    findings
        .iter()
        .map(|finding| leaves[finding.leaf.place()].key.clone())
        .collect()
}

/// Writes one key; whether the configuration changed, and whether the value was refused.
fn set<T: HotConfig>(config: &mut T, key: &str, raw: Option<&str>) -> (bool, bool) {
    let leaves = T::TREE.leaves();
    let leaf = leaves
        .iter()
        .find(|leaf| leaf.key == key)
        .expect("a key of the schema");
    let mut raws = vec![None; leaves.len()];
    raws[leaf.id().place()] = raw.map(str::as_bytes);
    let mut reader = LeafReader::one(leaf.id(), &raws);
    config.__set(leaf.path.fixed(), &mut reader);
    let changed = !reader.changed().is_empty();
    (changed, !reader.into_findings().is_empty())
}

/// The keys of a schema.
fn keys<T: HotConfig>() -> Vec<String> {
    T::TREE.leaves().into_iter().map(|leaf| leaf.key).collect()
}

/// Settings of the user service.
///
/// Its second paragraph.
#[derive(HotConfig, Clone, Debug)]
#[hot(prefix = "/configs/{app}/{env}", validate = rps_is_not_thirteen)]
struct Service {
    /// Least severe level that is logged.
    #[hot(default = "info", one_of("trace", "debug", "info", "warn", "error"))]
    log_level: String,
    /// Connections to the database.
    #[hot(nested)]
    db: Pool,
    #[hot(key = "limits/rps", alias = "rps", default = 1000, range(1..=100_000))]
    rps: u32,
    banner: Option<String>,
    #[hot(skip)]
    started: bool,
}

#[derive(HotConfig, Clone, Debug)]
#[hot(validate = Self::timeout_is_not_zero)]
struct Pool {
    #[hot(secret)]
    dsn: Secret<String>,
    #[hot(default = DEFAULT_POOL_SIZE, range(1..=64), restart)]
    pool_size: u32,
    #[hot(default = "30s", range(.."5m"))]
    idle_timeout: Duration,
}

const DEFAULT_POOL_SIZE: u32 = 8;

fn rps_is_not_thirteen(service: &Service) -> Result<(), Invalid> {
    if service.rps == 13 {
        Err("unlucky".into())
    } else {
        Ok(())
    }
}

impl Pool {
    fn timeout_is_not_zero(&self) -> Result<(), Invalid> {
        if self.idle_timeout.is_zero() {
            Err("zero".into())
        } else {
            Ok(())
        }
    }
}

#[test]
fn a_struct_is_built_from_its_keys_and_defaults() {
    let service: Service = valid(&[("db/dsn", "postgres://"), ("limits/rps", "7")]);
    assert_eq!(service.log_level, "info");
    assert_eq!(service.db.pool_size, 8);
    assert_eq!(service.db.idle_timeout, Duration::from_secs(30));
    assert_eq!(service.rps, 7);
    assert_eq!(service.banner, None);
    assert!(!service.started);
}

#[test]
fn all_problems_of_a_tree_are_found_at_once() {
    let keys = [
        ("log_level", "loud"),
        ("db/pool_size", "65"),
        ("limits/rps", "many"),
    ];
    assert_eq!(
        refused::<Service>(&keys),
        ["log_level", "db/dsn", "db/pool_size", "limits/rps"]
    );
}

#[test]
fn one_leaf_is_replaced_by_its_path() {
    let mut service: Service = valid(&[("db/dsn", "postgres://")]);
    assert_eq!(set(&mut service, "db/pool_size", Some("16")), (true, false));
    assert_eq!(service.db.pool_size, 16);
    assert_eq!(
        set(&mut service, "db/pool_size", Some("16")),
        (false, false),
        "the same again"
    );
    assert_eq!(
        set(&mut service, "db/pool_size", Some("0")),
        (false, true),
        "out of range"
    );
    assert_eq!(service.db.pool_size, 16, "what was refused changes nothing");
    assert_eq!(
        set(&mut service, "db/pool_size", None),
        (true, false),
        "absent: the default"
    );
    assert_eq!(service.db.pool_size, 8);
    assert_eq!(
        set(&mut service, "db/idle_timeout", Some("1m")),
        (true, false)
    );
    assert_eq!(service.db.idle_timeout, Duration::from_secs(60));
    assert_eq!(set(&mut service, "banner", Some("hello")), (true, false));
    assert_eq!(service.banner.as_deref(), Some("hello"));
}

#[test]
fn two_configurations_are_compared_leaf_by_leaf() {
    let one: Service = valid(&[("db/dsn", "a"), ("banner", "x")]);
    let other: Service = valid(&[("db/dsn", "b"), ("banner", "x")]);
    let differing: Vec<_> = Service::TREE
        .leaves()
        .into_iter()
        .filter(|leaf| !one.__same(&other, leaf.path.fixed()))
        .map(|leaf| leaf.name)
        .collect();
    assert_eq!(differing, ["db.dsn"]);
}

#[test]
fn drill_39_secrets_are_not_shown() {
    let service: Service = valid(&[("db/dsn", "hunter2"), ("banner", "x")]);
    let shown: Vec<_> = Service::TREE
        .leaves()
        .into_iter()
        .map(|leaf| (leaf.name, service.__show(leaf.path.fixed())))
        .collect();
    let shown: BTreeMap<_, _> = shown.into_iter().collect();
    assert_eq!(shown["db.dsn"], None);
    assert_eq!(shown["db.pool_size"].as_deref(), Some("8"));
    assert_eq!(shown["banner"].as_deref(), Some("Some(\"x\")"));
}

#[test]
fn rules_over_structs_are_called_sections_first() {
    let keys = [
        ("db/dsn", "x"),
        ("db/idle_timeout", "0s"),
        ("limits/rps", "13"),
    ];
    let service: Service = valid(&keys);
    let mut checks = Checks::default();
    service.__validate(&mut checks);
    let broken = checks.into_broken();
    let broken: Vec<_> = broken
        .iter()
        .map(|broken| {
            (
                broken.section.as_str(),
                broken.rule,
                broken.invalid.message(),
            )
        })
        .collect();
    let expected = [
        ("db", "Pool::timeout_is_not_zero", "zero"),
        ("", "rps_is_not_thirteen", "unlucky"),
    ];
    assert_eq!(broken, expected);
}

#[test]
fn the_schema_says_what_was_written() {
    let schema = Service::TREE;
    assert_eq!(schema.name, "Service");
    assert_eq!(
        schema.doc,
        "Settings of the user service.\n\nIts second paragraph."
    );
    assert_eq!(schema.prefix, Some("/configs/{app}/{env}"));
    assert_eq!(schema.validate, Some("rps_is_not_thirteen"));
    assert_eq!(
        keys::<Service>(),
        [
            "log_level",
            "db/dsn",
            "db/pool_size",
            "db/idle_timeout",
            "limits/rps",
            "banner"
        ]
    );
    let leaves = schema.leaves();
    assert_eq!(leaves[0].field.doc, "Least severe level that is logged.");
    assert_eq!(leaves[0].field.default, DefaultValue::Text("info"));
    let levels = &["trace", "debug", "info", "warn", "error"];
    assert_eq!(leaves[0].field.rules, [Rule::OneOf(levels)]);
    assert!(leaves[1].secret && !leaves[2].secret);
    assert_eq!(
        leaves[2].field.default,
        DefaultValue::Expression("DEFAULT_POOL_SIZE")
    );
    assert!(leaves[2].restart && !leaves[3].restart);
    assert!(matches!(
        leaves[3].field.rules,
        [Rule::Range(bounds)]
            if bounds.low == ConstValue::Nothing
                && !bounds.inclusive
                && bounds.high == ConstValue::Text("5m")
    ));
    assert_eq!(leaves[4].aliases, ["rps"]);
    assert!(matches!(
        leaves[4].field.rules,
        [Rule::Range(bounds)]
            if bounds.low == ConstValue::Integer(1)
                && bounds.high == ConstValue::Integer(100_000)
    ));
    assert_eq!(leaves[5].field.type_name, "Option<String>");
    assert!(matches!(schema.fields[4].kind, Kind::Skipped));
}

#[test]
fn field_names_leaves_and_sections() {
    const POOL_SIZE: Field<Service, u32> = field!(Service, db.pool_size);
    let db: Field<Service, Pool, hotconfig::ManyKeys> = field!(Service, db);
    let rps = field!(Service, rps);
    assert_eq!((POOL_SIZE.span().first, POOL_SIZE.span().len), (2, 1));
    assert_eq!((db.span().first, db.span().len), (1, 3));
    assert_eq!((rps.span().first, rps.span().len), (4, 1));
    assert_eq!(POOL_SIZE.path(), "db.pool_size");
    let service: Service = valid(&[("db/dsn", "x")]);
    assert_eq!(POOL_SIZE.get(&service), &8);
    assert_eq!(rps.get(&service), &1000);
    assert_eq!(db.get(&service).pool_size, 8);
}

impl Service {
    fn own_rps() -> Field<Self, u32> {
        field!(Self, rps)
    }
}

#[test]
fn field_takes_self_and_structs_with_parameters() {
    fn size<T: HotConfig + PartialEq + serde::de::DeserializeOwned>() -> Field<Paged<T>, u32>
    where
        Paged<T>: HotConfig,
    {
        field!(for Paged<T>, size)
    }
    assert_eq!(Service::own_rps().span().first, 4);
    assert_eq!(field!(Paged<Plain, 5>, size).span().first, 3);
    let _ = size::<NestedAndLeaf>;
}

/// A section that is a value too.
#[derive(HotConfig, Clone, Debug, PartialEq, serde::Deserialize)]
struct NestedAndLeaf {
    on: bool,
}

#[derive(HotConfig, Clone, Debug, PartialEq, serde::Deserialize)]
struct Plain {
    a: u8,
    #[hot(default)]
    b: u8,
}

#[derive(HotConfig, Clone, Debug)]
struct Paged<T: Clone, const N: usize = 3>
where
    T: Sync,
{
    #[hot(nested)]
    section: T,
    whole: Option<T>,
    #[hot(default = 10)]
    size: u32,
    #[hot(skip)]
    names: [u8; 3],
    list: Vec<[u8; N]>,
}

#[test]
fn a_struct_may_have_parameters() {
    let keys = [
        ("section/a", "1"),
        ("whole", r#"{"a":2,"b":3}"#),
        ("list", "[[1,2,3]]"),
    ];
    let paged: Paged<Plain> = valid(&keys);
    assert_eq!(paged.section, Plain { a: 1, b: 0 });
    assert_eq!(paged.whole, Some(Plain { a: 2, b: 3 }));
    assert_eq!(
        (paged.size, paged.names, &paged.list[..]),
        (10, [0; 3], &[[1, 2, 3]][..])
    );
    let leaves = Paged::<Plain>::TREE.leaves();
    assert_eq!(
        paged.__show(leaves[2].path.fixed()),
        None,
        "a type parameter need not be `Debug`"
    );
}

/// A type with nothing but what a codec, a comparison and a default of its own need.
#[derive(Clone)]
struct Opaque(u8);

mod opaque {
    pub(super) fn decode(raw: &[u8]) -> Result<super::Opaque, std::num::TryFromIntError> {
        raw.len().try_into().map(super::Opaque)
    }
}

fn same_parity(one: &Opaque, other: &Opaque) -> bool {
    one.0 % 2 == other.0 % 2
}

#[derive(HotConfig, Clone)]
struct Codecs {
    #[hot(with = opaque, compare = same_parity)]
    opaque: Opaque,
    #[hot(with = opaque, compare = same_parity, default = Opaque(200))]
    preset: Opaque,
    #[hot(with = opaque, compare = same_parity, default = "four")]
    text: Opaque,
    #[hot(json)]
    quoted: String,
    #[hot(text)]
    plain: String,
    #[hot(json, default = "{\"a\":1}")]
    table: BTreeMap<String, u8>,
}

#[test]
fn codecs_and_comparisons_are_those_of_the_field() {
    let mut codecs: Codecs = valid(&[("opaque", "xyz"), ("quoted", "\"q\""), ("plain", "\"p\"")]);
    assert_eq!(
        (codecs.opaque.0, codecs.preset.0, codecs.text.0),
        (3, 200, 4)
    );
    assert_eq!(
        (codecs.quoted.as_str(), codecs.plain.as_str()),
        ("q", "\"p\"")
    );
    assert_eq!(codecs.table["a"], 1);
    assert_eq!(
        set(&mut codecs, "opaque", Some("x")),
        (false, false),
        "odd as before"
    );
    assert_eq!(set(&mut codecs, "opaque", Some("xx")), (true, false));
    let formats: Vec<_> = Codecs::TREE
        .leaves()
        .iter()
        .map(|leaf| match leaf.field.kind {
            Kind::Leaf(format) => format,
            _ => Format::Codec(Codec::Auto),
        })
        .collect();
    assert_eq!(formats[2], Format::With("opaque"));
    assert_eq!(
        formats[3..],
        [Codec::Json, Codec::Text, Codec::Json].map(Format::Codec)
    );
    assert_eq!(Codecs::TREE.fields[0].flags.compare, Some("same_parity"));
    assert_eq!(
        codecs.__show(&[Step::Field(0)]),
        None,
        "without `Debug` nothing is shown"
    );
}

#[derive(HotConfig, Clone, Debug)]
struct Ruled {
    #[hot(default = "ab", length(1..3))]
    short: String,
    #[hot(default = "a-1", pattern(r"^[a-z]-\d$"))]
    coded: String,
    #[hot(default = 2, one_of(1, 2, -3))]
    chosen: i8,
    #[hot(default = 0.5, range(0.0..1.0))]
    share: f64,
    #[hot(default = "x", non_empty)]
    filled: String,
    #[hot(default = "http://localhost/", url)]
    address: String,
    #[hot(default = 4, validate = even)]
    even: u32,
    #[hot(default = 4, range(2..), validate = even)]
    both: u32,
}

fn even(number: &u32) -> Result<(), Invalid> {
    if number.is_multiple_of(2) {
        Ok(())
    } else {
        Err("odd".into())
    }
}

#[test]
fn every_rule_is_asked() {
    let broken = [
        ("short", "abc"),
        ("coded", "A-1"),
        ("chosen", "3"),
        ("share", "1.0"),
        ("filled", ""),
        ("address", "localhost"),
        ("even", "3"),
    ];
    for (key, raw) in broken {
        assert_eq!(refused::<Ruled>(&[(key, raw)]), [key]);
    }
    assert_eq!(
        refused::<Ruled>(&[("both", "1")]),
        ["both", "both"],
        "each rule says it"
    );
    valid::<Ruled>(&[("chosen", "-3"), ("share", "0")]);
}

#[derive(HotConfig, Clone, Debug)]
#[hot(rename_all = "kebab-case")]
struct Named {
    r#type: u8,
    max_open_files: u8,
    #[hot(key = "as_it_is")]
    renamed: u8,
    #[hot(nested)]
    in_here: Plain,
}

#[test]
fn keys_follow_rename_all_and_raw_names_lose_their_prefix() {
    assert_eq!(
        keys::<Named>(),
        [
            "type",
            "max-open-files",
            "as_it_is",
            "in-here/a",
            "in-here/b"
        ]
    );
    assert_eq!(Named::TREE.fields[0].name, "type");
    assert_eq!(field!(Named, r#type).span().first, 0);
    let named: Named = valid(&[
        ("type", "1"),
        ("max-open-files", "2"),
        ("as_it_is", "3"),
        ("in-here/a", "4"),
    ]);
    assert_eq!(
        (named.r#type, named.max_open_files, named.renamed),
        (1, 2, 3)
    );
    assert_eq!(named.in_here.a, 4);
}

#[derive(HotConfig, Clone, Debug)]
struct Wrapped {
    #[hot(default = 8, range(1..=64))]
    number: Option<u32>,
    #[hot(default = "8", range(1..=64))]
    text: Option<u32>,
    #[hot(secret, default = "four", length(..=4), pattern("^[a-z]*$"))]
    secret: Secret<String>,
    #[hot(default = LEVEL)]
    level: String,
    #[hot(range("1s".."1m"))]
    pause: Option<Duration>,
    #[hot(default = 'x', one_of('x'))]
    letter: char,
}

const LEVEL: &str = "info";

#[test]
fn defaults_and_rules_reach_into_wrappers() {
    let wrapped: Wrapped = valid(&[]);
    assert_eq!((wrapped.number, wrapped.text), (Some(8), Some(8)));
    assert_eq!((wrapped.level.as_str(), wrapped.letter), ("info", 'x'));
    assert_eq!(wrapped.pause, None);
    let broken = [
        ("number", "65"),
        ("text", "0"),
        ("secret", "fives"),
        ("secret", "A"),
        ("pause", "1m"),
    ];
    for (key, raw) in broken {
        assert_eq!(refused::<Wrapped>(&[(key, raw)]), [key]);
    }
}

type Dsn = Secret<String>;

#[derive(HotConfig, Clone, Debug)]
struct Flagged {
    #[hot(nested, secret, restart)]
    keys: Plain,
    #[hot(secret)]
    alias: Dsn,
    #[hot(secret)]
    maybe: Option<Secret<String>>,
    #[hot(deprecated)]
    old: Option<u8>,
    #[hot(deprecated = "use `new`")]
    older: Option<u8>,
}

#[test]
fn a_secret_section_hides_all_its_leaves() {
    let flagged: Flagged = valid(&[("keys/a", "1"), ("alias", "x")]);
    let leaves = Flagged::TREE.leaves();
    assert!(leaves[..4].iter().all(|leaf| leaf.secret));
    assert!(leaves[..2].iter().all(|leaf| leaf.restart));
    assert!(
        leaves[..4]
            .iter()
            .all(|leaf| flagged.__show(leaf.path.fixed()).is_none())
    );
    assert_eq!(leaves[4].field.flags.deprecated, Some(""));
    assert_eq!(leaves[5].field.flags.deprecated, Some("use `new`"));
}

/// Nothing of the prelude, and everything that it has under another meaning.
mod without_prelude {
    #![no_implicit_prelude]
    #![allow(
        dead_code,
        unused_imports,
        non_camel_case_types,
        non_upper_case_globals
    )]

    pub(super) struct Result;
    pub(super) struct Option;
    pub(super) struct String;
    pub(super) struct Vec;
    pub(super) enum Shadow {
        Some,
        None,
        Ok,
        Err,
    }
    use Shadow::{Err, None, Ok, Some};
    pub(super) struct u16;
    pub(super) struct bool;
    pub(super) struct str;
    pub(super) trait PartialEq {}
    pub(super) trait Default {}
    pub(super) mod core {}
    pub(super) mod std {}
    pub(super) mod hotconfig {}

    // Names that the expansion might have used for itself.
    pub(super) const value: u8 = 1;
    pub(super) const reasons: u8 = 2;
    pub(super) const reader: u8 = 3;
    pub(super) const size: u8 = 4;
    pub(super) const first: u8 = 5;
    pub(super) const rest: u8 = 6;
    pub(super) const checks: u8 = 7;

    #[derive(::hotconfig::HotConfig, ::core::clone::Clone, ::core::fmt::Debug)]
    #[hot(validate = accept)]
    pub(super) struct Hidden {
        #[hot(default = value, range(reasons - 2..=reader))]
        pub(super) size: u8,
        #[hot(default)]
        pub(super) reader: u8,
        #[hot(default = "x", length(..=3), pattern("x"), non_empty, one_of("x"))]
        pub(super) text: ::std::string::String,
        #[hot(nested)]
        pub(super) section: Section,
        #[hot(skip)]
        pub(super) skipped: u8,
    }

    #[derive(::hotconfig::HotConfig, ::core::clone::Clone, ::core::fmt::Debug)]
    pub(super) struct Section {
        #[hot(default = rest)]
        pub(super) path: u8,
    }

    fn accept(_: &Hidden) -> ::core::result::Result<(), ::hotconfig::Invalid> {
        ::core::result::Result::Ok(())
    }

    pub(super) fn field() -> ::hotconfig::Field<Hidden, u8> {
        ::hotconfig::field!(Hidden, section.path)
    }
}

#[test]
fn the_expansion_needs_no_prelude_and_sees_no_shadow() {
    let hidden: without_prelude::Hidden = valid(&[("reader", "9")]);
    assert_eq!((hidden.size, hidden.reader, hidden.skipped), (1, 9, 0));
    assert_eq!(without_prelude::field().get(&hidden), &6);
}

/// The crate under another name only.
mod renamed {
    pub(crate) mod deps {
        pub(crate) use ::hotconfig as hot;
    }

    #[derive(hotconfig::HotConfig, Clone, Debug)]
    #[hot(crate = deps::hot)]
    pub(crate) struct Relative {
        #[hot(default = 1, range(0..))]
        pub(crate) a: u32,
    }

    #[derive(hotconfig::HotConfig, Clone, Debug)]
    #[hot(crate = crate::renamed::deps::hot)]
    pub(crate) struct Absolute {
        #[hot(nested)]
        pub(crate) b: Relative,
    }
}

#[test]
fn the_crate_may_have_another_name() {
    assert_eq!(valid::<renamed::Absolute>(&[]).b.a, 1);
}

#[test]
fn a_struct_may_stand_in_a_function() {
    const PRESET: u8 = 7;
    #[derive(HotConfig, Clone)]
    struct Local {
        #[hot(default = PRESET)]
        a: u8,
    }
    assert_eq!(valid::<Local>(&[]).a, 7);
}

/// What the compiler and clippy see in somebody's strict crate.
pub mod public {
    /// Documented.
    #[derive(hotconfig::HotConfig, Clone, Debug)]
    #[non_exhaustive]
    pub struct Public {
        /// Documented.
        #[hot(default)]
        pub open: bool,
        /// Known here only.
        #[hot(default)]
        pub(crate) inner: u8,
        #[hot(nested)]
        private: Private,
        /// Old.
        #[deprecated]
        #[hot(default)]
        pub old: u8,
    }

    #[derive(hotconfig::HotConfig, Clone, Debug)]
    struct Private {}

    impl Public {
        /// Reads what nobody else can.
        #[must_use]
        pub fn private(&self) -> String {
            format!("{:?}", self.private)
        }
    }
}

#[test]
fn any_visibility_will_do() {
    let public: public::Public = valid(&[("open", "true")]);
    assert!(public.open);
    assert_eq!((public.inner, public.private().as_str()), (0, "Private"));
}

#[derive(HotConfig, Clone, Debug)]
struct Tree {
    name: String,
    #[hot(default = Self::no_children())]
    children: Vec<TreeValue>,
}

#[derive(serde::Deserialize, Clone, Debug, PartialEq)]
struct TreeValue {
    name: String,
}

impl Tree {
    fn no_children() -> Vec<TreeValue> {
        Vec::new()
    }
}

#[test]
fn a_default_may_say_self() {
    let tree: Tree = valid(&[("name", "root")]);
    assert_eq!((tree.name.as_str(), tree.children.len()), ("root", 0));
}

#[test]
fn a_panic_of_a_default_or_a_rule_is_a_finding() {
    fn burst(_: &u8) -> Result<(), Invalid> {
        panic!("rule");
    }
    fn burst_default() -> u8 {
        panic!("default")
    }
    #[derive(HotConfig, Clone, Debug)]
    struct Explosive {
        #[hot(validate = burst)]
        rule: u8,
        #[hot(default = burst_default())]
        default: u8,
    }
    assert_eq!(refused::<Explosive>(&[("rule", "1")]), ["rule", "default"]);
}

/// What looks like a mistake and is none.
#[derive(HotConfig, Clone, Debug)]
struct Known {
    #[hot(default = 8, range(1..=64))]
    workers: NonZeroU32,
    #[hot(default = "8")]
    quoted: std::num::NonZero<u8>,
    #[hot(json, default = 3)]
    as_json: Option<NonZeroU32>,
    #[hot(default)]
    none: Option<NonZeroU32>,
    #[hot(default, range(1..))]
    optional: Option<u8>,
    #[hot(default = "127.0.0.1")]
    host: IpAddr,
    #[hot(default = "[::1]:80")]
    listen: SocketAddr,
    #[hot(default = "/etc/app", non_empty, pattern("^/"))]
    path: PathBuf,
    #[hot(default = "64MiB", range("1MiB".."1GiB"))]
    cache: hotconfig::Size,
    #[hot(default = "[\"30s\", {\"secs\": 1, \"nanos\": 0}]", length(1..=2))]
    retries: Vec<Duration>,
    #[hot(default = "[1, 1]", length(..=1))]
    set: BTreeSet<u8>,
    #[hot(default = vec![1, 2], length(..=2))]
    computed: Vec<u8>,
    #[hot(default = "null")]
    text: Option<String>,
    #[hot(json, default = "null")]
    nothing: Option<String>,
    #[hot(default = "[a-z]+")]
    expression: Word,
    #[hot(default = "{app}/{env}")]
    template: Word,
    #[hot(default = 'm', range('a'..='z'))]
    letter: char,
    #[hot(default = "info", one_of("info", "debug"), length(1..=5), pattern("^[a-z]+$"), non_empty)]
    level: String,
    #[hot(default = "borrowed")]
    cow: Cow<'static, str>,
    #[hot(default = Some(8), range(1..))]
    some: Option<u8>,
    #[hot(default = None)]
    said: Option<String>,
    #[hot(default = "x".to_owned())]
    owned: String,
    #[hot(default = "127.0.0.1".parse::<IpAddr>().expect("an address"))]
    parsed: IpAddr,
    #[hot(default = Vec::default())]
    empty: Vec<u8>,
    #[hot(key = "Level")]
    other_case: Option<u8>,
}

type Word = String;

#[test]
fn types_known_by_name_take_what_the_store_would_hold() {
    let known: Known = valid(&[]);
    assert_eq!((known.workers.get(), known.quoted.get()), (8, 8));
    assert_eq!(known.as_json.map(NonZeroU32::get), Some(3));
    assert_eq!((known.none, known.optional), (None, None));
    assert!(known.host.is_loopback() && known.listen.port() == 80);
    assert_eq!(known.path.to_str(), Some("/etc/app"));
    assert_eq!(known.cache.bytes(), 64 << 20);
    assert_eq!(known.retries.len(), 2);
    assert_eq!((known.set.len(), known.computed.len()), (1, 2));
    assert_eq!(known.text.as_deref(), Some("null"));
    assert_eq!(known.nothing, None);
    assert_eq!(known.expression, "[a-z]+");
    assert_eq!(known.template, "{app}/{env}");
    assert_eq!((known.letter, known.level.as_str()), ('m', "info"));
    assert_eq!(known.cow, "borrowed");
    assert_eq!((known.some, known.said), (Some(8), None));
    assert!(known.parsed.is_loopback() && known.empty.is_empty());
    assert_eq!((known.owned.as_str(), known.other_case), ("x", None));
}

fn is_set<V: Default + PartialEq>(value: &V) -> Result<(), Invalid> {
    if *value == V::default() {
        Err("not set".into())
    } else {
        Ok(())
    }
}

fn alike<V: PartialEq>(one: &V, other: &V) -> bool {
    one == other
}

#[derive(HotConfig, Clone, Debug)]
#[hot(validate = accept_all)]
struct Generic<T: Default + PartialEq> {
    #[hot(validate = is_set, compare = alike)]
    number: u8,
    #[hot(validate = is_set::<T>)]
    parameter: T,
    #[hot(with = hotconfig::value::from_str, default = "4", validate = is_set)]
    parsed: u8,
}

fn accept_all<T>(_: &T) -> Result<(), Invalid> {
    Ok(())
}

#[test]
fn functions_of_the_user_may_be_generic() {
    let keys = [("number", "1"), ("parameter", "x")];
    let generic: Generic<String> = valid(&keys);
    assert_eq!((generic.number, generic.parsed), (1, 4));
    let broken = [("number", "0"), ("parameter", ""), ("parsed", "0")];
    assert_eq!(
        refused::<Generic<String>>(&broken),
        ["number", "parameter", "parsed"]
    );
}
