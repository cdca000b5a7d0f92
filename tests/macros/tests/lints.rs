//! What is derived breaks none of the lints that somebody may deny in a crate of theirs.

#![deny(
    unused,
    unused_qualifications,
    unused_results,
    missing_docs,
    missing_debug_implementations,
    rust_2018_idioms,
    unreachable_pub,
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    variant_size_differences,
    clippy::pedantic
)]
// These speak of the code below, not of what is made from it.
#![allow(dead_code, clippy::trivially_copy_pass_by_ref)]

use hotconfig::{HotConfig, HotValue, Secret, Size, field, key};
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::net::IpAddr;
use std::time::Duration;

#[derive(HotConfig, Clone, Debug)]
#[hot(prefix = "/a/{b}", validate = whole, rename_all = "kebab-case")]
struct A {
    #[hot(range("1KiB"..), default = "2KiB")]
    size: Size,
    #[hot(range("1s"..), default = "2s")]
    wait: Duration,
    #[hot(range(Duration::from_secs(1)..=Duration::from_secs(5)), default = Duration::from_secs(2))]
    wait2: Duration,
    #[hot(range(1..=MAX), default = 5, alias = "old", restart, deprecated = "no")]
    number: u32,
    #[hot(range(0.5..2.5), default = 1.5)]
    float: f64,
    #[hot(range(1..=9), default = std::num::NonZeroU8::MIN)]
    nz: std::num::NonZeroU8,
    #[hot(length(1..=5), default = "abc", pattern("^[a-z]+$"), non_empty)]
    text: String,
    #[hot(one_of("a", "b"), default = "a")]
    choice: String,
    #[hot(one_of(1, 2), default = 1)]
    choices: u8,
    #[hot(url, default = "http://localhost")]
    home: String,
    #[hot(secret)]
    token: Secret<String>,
    #[hot(secret)]
    maybe_token: Option<Secret<String>>,
    #[hot(with = codec, compare = same, validate = small)]
    codec: u16,
    #[hot(json, default)]
    list: Vec<u8>,
    #[hot(text, default = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST))]
    ip: IpAddr,
    #[hot(skip)]
    skipped: u8,
    #[hot(nested, key = "be")]
    generic: B<u8>,
    #[hot(nested)]
    section: C,
    #[hot(default = Level::Low)]
    level: Level,
    #[hot(default = "low")]
    level2: Level,
    #[hot(default)]
    map: BTreeMap<String, Wrap>,
    option: Option<Duration>,
    #[hot(default = "3s", range("1s".."5s"))]
    alias: Alias,
    #[hot(default = Wrap(7))]
    wrap: Wrap,
}
type Alias = Duration;

const MAX: u32 = 50;

fn whole(a: &A) -> Result<(), hotconfig::Invalid> {
    if a.number == 0 {
        Err("zero".into())
    } else {
        Ok(())
    }
}
fn same(a: &u16, b: &u16) -> bool {
    a == b
}
fn small(a: &u16) -> Result<(), hotconfig::Invalid> {
    if *a > 3 { Err("large".into()) } else { Ok(()) }
}
mod codec {
    pub(super) fn decode(raw: &[u8]) -> Result<u16, &'static str> {
        u16::try_from(raw.len()).map_err(|_e| "long")
    }
}

#[derive(HotConfig, Clone, Debug)]
struct B<T: Send + Sync + 'static + Clone>
where
    T: PartialEq,
{
    #[hot(default = 1)]
    of: u8,
    #[hot(skip)]
    phantom: PhantomData<T>,
}

#[derive(HotConfig, Clone, Debug)]
struct C {
    #[hot(default = 1)]
    of: u8,
}

#[derive(HotValue, serde::Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Level {
    Low,
    High,
}
#[derive(HotValue, serde::Deserialize, Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
struct Wrap(u8);

const F: hotconfig::Field<A, u8> = field!(A, section.of);
const G: hotconfig::Field<A, u8> = key!(A, "be/of");

#[test]
fn what_is_denied_here_is_in_none_of_it() {
    assert_eq!((F.path(), G.path()), ("section.of", "generic.of"));
}
