use std::time::Duration;
use std::net::{IpAddr, SocketAddr};
use std::collections::BTreeMap;
use hotconfig::{HotConfig, HotValue, Invalid, Secret, Size};

type Port = u16;
type Wait = Duration;
type Password = Secret<String>;
type Plain = String;
const MOST: u32 = 64;
const TOO_MANY: u32 = 65;
const TOO_LONG: Duration = Duration::from_secs(3600);
const EMPTY: &str = "";

#[derive(HotConfig, Clone)]
struct Section { #[hot(default = 1)] size: u32 }
#[derive(Clone)]
struct Bare { size: u32 }
#[derive(Clone, PartialEq)]
struct NotRead;
#[derive(Clone, serde::Deserialize)]
struct NotCompared;
#[derive(Clone, PartialEq, serde::Deserialize)]
struct NoDefault { a: u8 }
#[derive(Clone, PartialEq, serde::Deserialize)]
enum Level { Debug, Info }
#[derive(Clone, PartialEq, serde::Deserialize, HotValue)]
enum Word { Debug, Info }
#[derive(PartialEq, serde::Deserialize)]
struct NotClone { a: u8 }

fn by_value(_: u32) -> Result<(), Invalid> { Ok(()) }
fn of_another(_: &u64) -> Result<(), Invalid> { Ok(()) }
fn yes_or_no(_: &u32) -> bool { true }
fn says_text(_: &u32) -> Result<(), String> { Ok(()) }
fn two(_: &u32, _: &u32) -> Result<(), Invalid> { Ok(()) }
fn nothing(_: &u32) {}
fn compares_values(a: u32, b: u32) -> bool { a == b }
fn compares_order(a: &u32, b: &u32) -> std::cmp::Ordering { a.cmp(b) }
fn compares_another(a: &u64, b: &u64) -> bool { a == b }
mod of_text { pub fn decode(raw: &str) -> Result<u32, String> { raw.parse().map_err(|_| String::new()) } }
mod of_u64 { pub fn decode(_: &[u8]) -> Result<u64, String> { Ok(1) } }
mod of_option { pub fn decode(_: &[u8]) -> Option<u32> { Some(1) } }
mod of_owned { pub fn decode(_: Vec<u8>) -> Result<u32, String> { Ok(1) } }
mod without_decode { }
mod says_nothing { pub struct E; pub fn decode(_: &[u8]) -> Result<u32, E> { Ok(1) } }
struct NoWords;
fn cores() -> u32 { 4 }
fn text_of() -> String { String::new() }
