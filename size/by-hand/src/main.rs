//! A small service that keeps its settings in step with etcd, with `etcd-client` alone.
//!
//! In: the endpoint in `ETCD`, over TLS if it begins with `https`. Out: a line for each new set of
//! settings. `cargo xtask size` compares it with the same service on hotconfig.

#![allow(clippy::print_stdout, reason = "what it shows is printed")]

use std::collections::BTreeMap;
use std::error::Error;
use std::time::Duration;

use etcd_client::{
    Client, ConnectOptions, EventType, GetOptions, TlsOptions, WatchOptions, WatchResponse,
};
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::{Error as ValueError, MapDeserializer};
use tokio::sync::watch;

const PREFIX: &str = "/configs/users/prod/";

#[derive(Deserialize, Clone, Debug, PartialEq)]
#[serde(default)]
struct Settings {
    level: Level,
    pool_size: Number,
    dsn: String,
}

#[derive(Deserialize, Clone, Copy, Debug, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Level {
    Debug,
    Info,
    Warn,
}

/// A number that is written as a text.
#[derive(Deserialize, Clone, Copy, Debug, PartialEq)]
#[serde(try_from = "String")]
struct Number(u32);

impl TryFrom<String> for Number {
    type Error = std::num::ParseIntError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse().map(Self)
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            level: Level::Info,
            pool_size: Number(8),
            dsn: String::new(),
        }
    }
}

/// The settings that these keys hold, if they are valid.
fn settings(keys: &BTreeMap<String, String>) -> Result<Settings, String> {
    let members = keys
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str()));
    let members = MapDeserializer::<_, ValueError>::new(members);
    let settings =
        Settings::deserialize(members.into_deserializer()).map_err(|error| error.to_string())?;
    match settings.pool_size.0 {
        1..=64 => Ok(settings),
        other => Err(format!("pool_size is {other}, and not in 1..=64")),
    }
}

fn name(key: &[u8]) -> String {
    let key = String::from_utf8_lossy(key);
    key.strip_prefix(PREFIX).unwrap_or(&key).to_owned()
}

fn text(value: &[u8]) -> String {
    String::from_utf8_lossy(value).into_owned()
}

/// Applies the events of one response to the keys.
fn apply(keys: &mut BTreeMap<String, String>, response: &WatchResponse) {
    for event in response.events() {
        let Some(pair) = event.kv() else { continue };
        match event.event_type() {
            EventType::Put => keys.insert(name(pair.key()), text(pair.value())),
            EventType::Delete => keys.remove(&name(pair.key())),
        };
    }
}

/// Reads all keys, and follows them until the watch ends.
async fn follow(endpoint: &str, sender: &watch::Sender<Settings>) -> Result<(), Box<dyn Error>> {
    let mut options = ConnectOptions::new().with_connect_timeout(Duration::from_secs(5));
    if endpoint.starts_with("https") {
        options = options.with_tls(TlsOptions::new().with_enabled_roots());
    }
    let mut client = Client::connect([endpoint], Some(options)).await?;
    let listed = client
        .get(PREFIX, Some(GetOptions::new().with_prefix()))
        .await?;
    let pairs = listed.kvs().iter();
    let mut keys = pairs
        .map(|pair| (name(pair.key()), text(pair.value())))
        .collect();
    sender.send_replace(settings(&keys)?);
    let revision = listed
        .header()
        .map_or(0, etcd_client::ResponseHeader::revision);
    let options = WatchOptions::new()
        .with_prefix()
        .with_start_revision(revision + 1);
    let mut stream = client.watch(PREFIX, Some(options)).await?;
    while let Some(response) = stream.message().await? {
        apply(&mut keys, &response);
        match settings(&keys) {
            Ok(settings) => {
                sender.send_if_modified(|old| {
                    let changed = *old != settings;
                    *old = settings;
                    changed
                });
            }
            Err(error) => println!("refused: {error}"),
        }
    }
    Ok(())
}

#[tokio::main]
async fn main() {
    let endpoint = std::env::var("ETCD").unwrap_or_else(|_| "http://127.0.0.1:2379".to_owned());
    let (sender, mut receiver) = watch::channel(Settings::default());
    tokio::spawn(async move {
        loop {
            if let Err(error) = follow(&endpoint, &sender).await {
                println!("lost: {error}");
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    });
    while receiver.changed().await.is_ok() {
        println!("{:?}", *receiver.borrow_and_update());
    }
}
