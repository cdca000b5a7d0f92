use std::collections::BTreeMap;

use hotconfig::HotConfig;
use serde::{Deserialize, Serialize};

#[derive(HotConfig, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct Wrong {
    #[serde(rename = "rps")]
    requests_per_second: u32,
    #[serde(rename(deserialize = "b"), alias = "old", alias = "older")]
    #[hot(alias = "old")]
    a: u32,
    #[serde(default)]
    c: u32,
    #[serde(default = "eight")]
    d: u32,
    #[serde(skip)]
    e: u32,
    #[serde(flatten)]
    pool: Pool,
}

impl Default for Wrong {
    fn default() -> Self {
        unimplemented!()
    }
}

fn eight() -> u32 {
    8
}

#[derive(HotConfig, Clone, PartialEq, Default, Serialize, Deserialize)]
struct Pool {
    #[hot(default)]
    size: u32,
}

// A file may have the same shape: hotconfig was told too, or nothing is changed.
#[derive(HotConfig, Clone, Default, Serialize, Deserialize)]
#[hot(rename_all = "kebab-case")]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
struct Right {
    #[serde(rename = "rps", alias = "old")]
    #[hot(default = 1, key = "limits/rps", alias = "old")]
    requests_per_second: u32,
    #[serde(rename = "type", skip_serializing)]
    #[hot(default)]
    r#type: u32,
    #[serde(rename(serialize = "b"), default)]
    a: Option<u32>,
    #[serde(skip)]
    #[hot(skip)]
    e: u32,
    #[serde(flatten, default)]
    #[hot(nested)]
    pool: Pool,
    #[serde(flatten)]
    #[hot(default)]
    rest: BTreeMap<String, u32>,
}

#[derive(HotConfig, Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
struct SameNames {
    #[serde(with = "codec")]
    one_word: u32,
}

mod codec {
    pub fn deserialize<'de, D: serde::Deserializer<'de>>(input: D) -> Result<u32, D::Error> {
        serde::Deserialize::deserialize(input)
    }
}

fn main() {}
