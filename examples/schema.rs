//! The schema of a configuration: committed to a file, compared with the struct, with another
//! version and with a store.
//!
//! ```text
//! cargo run --package hotconfig-examples --example schema
//! cargo test --package hotconfig-examples --example schema
//! ```
//!
//! After an intended change of the struct, write the file again:
//! `HOTCONFIG_SCHEMA=write cargo test --package hotconfig-examples --example schema`.
#![expect(clippy::print_stdout, reason = "the example prints its results")]

use std::time::Duration;

use hotconfig::schema::{Schema, check, compare};
use hotconfig::store::Memory;
use hotconfig::{HotConfig, HotValue, field, key};

/// Settings of the mail service.
#[derive(HotConfig, Clone, Debug)]
// The compiler reads this file, and rejects a field whose key is missing there or has another type.
#[hot(prefix = "/configs/mail/{env}", schema = "mail.schema.json")]
struct Mail {
    /// Minimum level of log messages.
    #[hot(default = "info")]
    log_level: Level,
    /// The outgoing server.
    #[hot(nested)]
    smtp: Smtp,
}

/// The compiler knows these words: another default does not compile.
#[derive(HotValue, serde::Deserialize, serde::Serialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Level {
    Debug,
    Info,
    Warn,
}

#[derive(HotConfig, Clone, Debug)]
struct Smtp {
    /// The host of the server.
    host: String,
    /// Number of open connections.
    #[hot(default = CONNECTIONS, range(1..=64), alias = "pool_size")]
    connections: u16,
    /// Time limit for one message.
    #[hot(default = "30s", range("1s"..="5m"))]
    timeout: Duration,
}

/// A default may be a constant. The compiler checks it against the rules.
const CONNECTIONS: u16 = 4;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let schema = hotconfig::schema::<Mail>();
    println!("{}", schema.to_markdown());

    // The same field, by its path in Rust and by its key.
    let by_path = field!(Mail, smtp.connections);
    let by_key = key!(Mail, "smtp/connections");
    assert_eq!(by_path.path(), by_key.path());

    // A store against the schema.
    let store = Memory::new();
    store.put("/configs/mail/prod/smtp/host", "mail.example");
    store.put("/configs/mail/prod/smtp/pool_size", "8");
    store.put("/configs/mail/prod/smtp/timeout", "30");
    store.put("/configs/mail/prod/log_levle", "debug");
    let report = check(&schema, &store).var("env", "prod").run().await?;
    println!("{report}");

    // The next version against this one: its effect on stored values and on running programs.
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
    fn a_narrower_range_is_incompatible() {
        let schema = hotconfig::schema::<Mail>();
        let narrower = schema
            .to_json()
            .replace("\"max\": \"64\"", "\"max\": \"32\"");
        let Ok(next) = Schema::from_json(&narrower) else {
            panic!("the JSON is not a schema")
        };
        assert!(compare(&schema, &schema).is_compatible());
        assert!(!compare(&schema, &next).is_compatible());
        assert!(compare(&next, &schema).stored() < compare(&schema, &next).stored());
    }
}
