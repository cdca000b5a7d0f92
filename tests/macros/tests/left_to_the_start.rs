//! What the compiler does not check, as the documentation of `HotConfig` lists it: `start()` and
//! `assert_schema!` find all of it.

#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "a rule is given what the field's type is"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::str::FromStr;

use hotconfig::rules::Ranged;
use hotconfig::store::Memory;
use hotconfig::{Hot, HotConfig, Invalid};

const NAME: &str = "User Service";
const WEBSITE: &str = "example.com";
const LIMIT: u32 = 100;
const MAYBE: Option<u32> = Some(100);
const ADDRESS: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
const LOW: u16 = 8;
const TOO_MANY: u128 = u128::MAX;
const MOST: usize = 2;

type Port = u16;
type Pair = (u8, u8);

fn cores() -> u32 {
    0
}

fn is_even(value: &u32) -> Result<(), Invalid> {
    if value.is_multiple_of(2) {
        Ok(())
    } else {
        Err(Invalid::new("is odd"))
    }
}

fn is_remote(address: &IpAddr) -> Result<(), Invalid> {
    if address.is_loopback() {
        Err(Invalid::new("is this machine"))
    } else {
        Ok(())
    }
}

#[derive(serde::Deserialize, Clone, Debug, PartialEq)]
struct Percent(u8);

impl Ranged for Percent {
    type Bound = u8;

    fn ranged(&self) -> Option<u8> {
        Some(self.0)
    }
}

/// Words that code reads.
#[derive(serde::Deserialize, Clone, Debug, PartialEq)]
#[serde(try_from = "String")]
struct Tags(Vec<String>);

impl FromStr for Tags {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        match text.contains(' ') {
            true => Err(Invalid::new("white space in a tag")),
            false => Ok(Self(text.split(',').map(str::to_owned).collect())),
        }
    }
}

impl TryFrom<String> for Tags {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        text.parse()
    }
}

#[derive(serde::Deserialize, Clone, Debug, PartialEq)]
struct Limits {
    rps: u32,
}

/// Called like the type of the crate `url`, and as strict.
#[derive(serde::Deserialize, Clone, Debug, PartialEq)]
#[serde(try_from = "String")]
struct Url(String);

impl TryFrom<String> for Url {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        match text.ends_with("//[") {
            true => Err(Invalid::new("invalid IPv6 address")),
            false => Ok(Self(text)),
        }
    }
}

#[derive(HotConfig, Clone, Debug)]
struct Faulty {
    #[hot(default = NAME, pattern("^[a-z-]+$"))]
    name: String,
    #[hot(default = WEBSITE, url)]
    website: String,
    #[hot(default = LIMIT, range(..=64))]
    limit: Option<u32>,
    #[hot(default = MAYBE, range(..=64))]
    maybe: Option<u32>,
    #[hot(default = ADDRESS, validate = is_remote)]
    address: IpAddr,
    #[hot(default = cores(), range(1..))]
    cores: u32,
    #[hot(default = 7, range(LOW..))]
    alias: Port,
    #[hot(default = Percent(200), range(..=100))]
    percent: Percent,
    #[hot(default = "a b")]
    tags: Tags,
    #[hot(default = r#"{"a": 1}"#)]
    names: BTreeMap<u8, u8>,
    #[hot(default = r#"{"rps": "many"}"#)]
    limits: Limits,
    #[hot(default = "[1, 1]", length(2..))]
    entries: BTreeSet<u8>,
    #[hot(default = TOO_MANY, range(..=64))]
    too_many: u128,
    #[hot(default = "[1, 2]", length(..MOST))]
    many: Vec<u8>,
    #[hot(default = "x", with = hotconfig::value::from_str)]
    with: u8,
    #[hot(default = 3, validate = is_even)]
    odd: u32,
    #[hot(default = "https://[")]
    home: Url,
    #[hot(default = "[1]")]
    pair: Pair,
}

type Maybe = Option<u32>;

#[derive(HotConfig, Clone, Debug)]
struct Right {
    /// Its default is `None`, which breaks no rule.
    #[hot(default, range(1..))]
    limit: Maybe,
}

#[tokio::test]
async fn the_default_of_an_option_behind_an_alias_breaks_no_rule() {
    let right = Hot::<Right>::builder(Memory::new()).prefix("/right");
    assert_eq!(right.start().await.unwrap().load().limit, None);
}

#[tokio::test]
async fn the_start_and_the_test_of_the_schema_find_what_the_compiler_does_not_check() {
    let start = Hot::<Faulty>::builder(Memory::new()).prefix("/faulty");
    let refused = start.start().await.unwrap_err().to_string();
    let failed = std::panic::catch_unwind(|| {
        hotconfig::assert_schema!(Faulty, "tests/never-written.schema.json");
    });
    let failed = failed.unwrap_err();
    let fields = Faulty::TREE.fields;
    assert_eq!(fields.len(), 18);
    for said in [&refused, failed.downcast_ref::<String>().unwrap()] {
        for field in fields {
            let expected = format!("the default of `{}`: ", field.name);
            assert!(said.contains(&expected), "{}: {said}", field.name);
        }
    }
}
