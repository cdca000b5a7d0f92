//! The schema of a configuration: committed, held to the struct, compared, and held against a store.
//!
//! ```text
//! cargo run --package hotconfig-examples --example schema
//! cargo test --package hotconfig-examples --example schema
//! ```
//!
//! After a change of the struct that is meant, write the committed file anew:
//! `HOTCONFIG_SCHEMA=write cargo test --package hotconfig-examples --example schema`.
#![expect(clippy::print_stdout, reason = "an example has something to say")]

use std::time::Duration;

use hotconfig::schema::{Schema, check, compare};
use hotconfig::store::Memory;
use hotconfig::{HotConfig, HotValue, field, key};

/// Settings of the mail service.
#[derive(HotConfig, Clone, Debug)]
// The compiler reads this file, and refuses a field whose key is not there or has another type.
#[hot(prefix = "/configs/mail/{env}", schema = "mail.schema.json")]
struct Mail {
    /// Least severe level that is logged.
    #[hot(default = "info")]
    log_level: Level,
    /// How mail leaves.
    #[hot(nested)]
    smtp: Smtp,
}

/// The words are known to the compiler: a default that is none of them does not compile.
#[derive(HotValue, serde::Deserialize, serde::Serialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Level {
    Debug,
    Info,
    Warn,
}

#[derive(HotConfig, Clone, Debug)]
struct Smtp {
    /// The host that takes our mail.
    host: String,
    /// Connections that are kept open.
    #[hot(default = CONNECTIONS, range(1..=64), alias = "pool_size")]
    connections: u16,
    /// After how long we give up.
    #[hot(default = "30s", range("1s"..="5m"))]
    timeout: Duration,
}

/// A default may be a constant: it is checked against the rules while compiling, too.
const CONNECTIONS: u16 = 4;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let schema = hotconfig::schema::<Mail>();
    println!("{}", schema.to_markdown());

    // The same field, by its path in Rust and by its key.
    let by_path = field!(Mail, smtp.connections);
    let by_key = key!(Mail, "smtp/connections");
    assert_eq!(by_path.path(), by_key.path());

    // What stands in a store, against the schema.
    let store = Memory::new();
    store.put("/configs/mail/prod/smtp/host", "mail.example");
    store.put("/configs/mail/prod/smtp/pool_size", "8");
    store.put("/configs/mail/prod/smtp/timeout", "30");
    store.put("/configs/mail/prod/log_levle", "debug");
    let report = check(&schema, &store).var("env", "prod").await?;
    println!("{report}");

    // What the next version would break, and for whom.
    let json = schema.to_json();
    let narrower = json.replace("\"max\": \"64\"", "\"max\": \"32\"");
    let next = Schema::from_json(&narrower.replace("\"default\": \"info\"", "\"required\": true"))?;
    println!("{}", compare(&schema, &next));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_is_the_committed_one() {
        hotconfig::assert_schema!(Mail, "mail.schema.json");
    }

    #[test]
    fn what_the_next_version_breaks_is_found() {
        let schema = hotconfig::schema::<Mail>();
        let narrower = schema
            .to_json()
            .replace("\"max\": \"64\"", "\"max\": \"32\"");
        let Ok(next) = Schema::from_json(&narrower) else {
            panic!("it is a schema")
        };
        assert!(compare(&schema, &schema).is_compatible());
        assert!(!compare(&schema, &next).is_compatible());
        assert!(compare(&next, &schema).stored() < compare(&schema, &next).stored());
    }
}
