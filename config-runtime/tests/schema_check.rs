//! A store held against a schema, without the struct: what is found, in which order, and in
//! which words.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what it expects by failing"
)]

use std::time::Duration;

use hotconfig::schema::{CheckError, Concern, Report, Rule, Schema, Type, check};
use hotconfig::store::{ErrorKind, Memory};
use hotconfig::{HotConfig, Invalid, Secret};

#[derive(HotConfig, Clone, Debug)]
#[hot(prefix = "/configs/{app}/{env}", validate = anything)]
struct Service {
    #[hot(default = "info", one_of("debug", "info", "warn"))]
    log_level: String,
    #[hot(nested)]
    db: Pool,
    #[hot(key = "limits/rps", alias = "rps", alias = "requests", default = 1000, range(1..=100_000))]
    rps: u32,
    #[hot(deprecated = "use `rps`")]
    burst: Option<u32>,
    #[hot(default, json)]
    tags: Vec<String>,
}

#[derive(HotConfig, Clone, Debug)]
struct Pool {
    #[hot(secret, length(8..))]
    dsn: Secret<String>,
    #[hot(default = 8, range(1..=64), validate = anything)]
    pool_size: u32,
    #[hot(default = "30s")]
    idle_timeout: Duration,
    host: String,
}

#[allow(clippy::unnecessary_wraps)] // how a rule is declared
fn anything<V>(_: &V) -> Result<(), Invalid> {
    Ok(())
}

/// A store with these keys below the prefix.
fn store(keys: &[(&str, &str)]) -> Memory {
    let store = Memory::new();
    for (key, value) in keys {
        store.put(format!("/configs/users/prod/{key}"), *value);
    }
    store
}

async fn checked(schema: &Schema, store: &Memory) -> Report {
    let check = check(schema, store).var("app", "users").var("env", "prod");
    check.run().await.unwrap()
}

const RIGHT: [(&str, &str); 2] = [("db/dsn", "postgres://db"), ("db/host", "db.local")];

#[tokio::test]
async fn every_mistake_is_in_one_report() {
    let store = store(&[
        ("log_level", "inf"),
        ("db/dsn", "hunter2"),
        ("db/pool_sise", "16"),
        ("db/pool_size", "65"),
        ("rps", "7"),
        ("requests", "8"),
        ("burst", "many"),
        ("tags", "[1, \"hunter3\"]"),
    ]);
    store.put(b"/configs/users/prod/\xff\x1b", "");
    // Beside the prefix.
    store.put("/configs/users/production/db/pool_size", "x");
    let report = checked(&hotconfig::schema::<Service>(), &store).await;
    assert!(!report.is_ok());
    assert_eq!(
        report.to_string(),
        "\
problem: /configs/users/prod/burst (revision 8): not a whole number; found \"many\"; expected a whole number from 0 to 4294967295, or `null`
problem: /configs/users/prod/db/dsn (revision 3): the value, which is a secret, does not fit; expected 8.. characters
problem: /configs/users/prod/db/host: the key is missing; expected a value: the field has no default
problem: /configs/users/prod/db/pool_size (revision 5): out of range; found \"65\"; expected a value in 1..=64
problem: /configs/users/prod/log_level (revision 2): not one of the choices: did you mean `info`?; found \"inf\"; expected one of `debug`, `info`, `warn`
problem: /configs/users/prod/tags (revision 9): invalid type: integer, expected a string at line 1 column 2; found […, …]; expected a JSON array
warning: /configs/users/prod/burst (revision 8): `burst` is deprecated: use `rps`
warning: /configs/users/prod/rps (revision 6): an old key of `rps`; write /configs/users/prod/limits/rps instead
warning: /configs/users/prod/requests (revision 7): an old key of `rps` that is not read: /configs/users/prod/rps is there
warning: /configs/users/prod/db/pool_sise (revision 4): unknown key: did you mean `db/pool_size`?
warning: /configs/users/prod/\u{fffd}\\u{1b} (revision 10): this key is not UTF-8: no field can have it
not judged: /configs/users/prod: only the program has its rule `anything`
9 keys below /configs/users/prod at revision 11: 6 problems, 5 warnings, 1 not judged
"
    );
    // The same store says the same, in the same order.
    assert_eq!(
        checked(&hotconfig::schema::<Service>(), &store).await,
        report
    );
}

#[tokio::test]
async fn a_schema_from_a_file_says_what_the_structs_own_does() {
    let own = hotconfig::schema::<Service>();
    let file = Schema::from_json(&own.to_json()).unwrap();
    let store = store(&[("log_level", "x"), ("db/pool_size", ""), ("rsp", "1")]);
    assert_eq!(checked(&file, &store).await, checked(&own, &store).await);
}

#[tokio::test]
async fn a_store_as_it_should_be_has_no_findings_but_what_only_the_program_knows() {
    let mut schema = hotconfig::schema::<Service>();
    let report = checked(&schema, &store(&RIGHT)).await;
    assert!(report.is_ok() && !report.is_empty(), "{report}");

    schema.rules.clear();
    let report = checked(&schema, &store(&RIGHT)).await;
    assert!(report.is_ok() && report.is_empty(), "{report}");
    assert_eq!(
        report.to_string(),
        "2 keys below /configs/users/prod at revision 3: 0 problems, 0 warnings, 0 not judged\n"
    );
}

#[tokio::test]
async fn an_old_key_is_read_only_where_no_newer_one_is_there() {
    let schema = hotconfig::schema::<Service>();
    // What nobody reads is no problem, whatever it is.
    let keys = [RIGHT.as_slice(), &[("limits/rps", "7"), ("rps", "x")]].concat();
    let report = checked(&schema, &store(&keys)).await;
    assert!(report.is_ok(), "{report}");
    let by = "/configs/users/prod/limits/rps".to_owned();
    let shadowed = report
        .findings
        .iter()
        .find(|finding| finding.problem.field == "rps");
    let concern = &shadowed.unwrap().concern;
    assert!(matches!(concern, Concern::Shadowed { by: found, .. } if *found == by));

    let keys = [RIGHT.as_slice(), &[("rps", "x")]].concat();
    let report = checked(&schema, &store(&keys)).await;
    let problems: Vec<_> = report
        .problems()
        .map(|one| one.problem.key.as_str())
        .collect();
    assert_eq!(problems, ["/configs/users/prod/rps"]);
}

#[tokio::test]
async fn no_finding_shows_a_secret_or_an_unknown_value() {
    let store = store(&[
        ("db/dsn", "hunter2"),
        ("db/dns", "hunter2"),
        ("db/host", "h"),
    ]);
    let report = checked(&hotconfig::schema::<Service>(), &store).await;
    assert_eq!(report.problems().count(), 1, "{report}");
    assert!(
        !format!("{report} {report:?}").contains("hunter2"),
        "{report}"
    );
}

#[tokio::test]
async fn a_secret_deep_inside_is_not_shown_either() {
    #[derive(HotConfig, Clone, Debug)]
    #[hot(prefix = "/configs/{app}/{env}")]
    struct Service {
        pins: Vec<Secret<u32>>,
        keys: std::collections::BTreeMap<String, Secret<String>>,
    }

    let store = store(&[("pins", "[\"4711\"]"), ("keys", "{\"a\": 4711}")]);
    let report = checked(&hotconfig::schema::<Service>(), &store).await;
    assert_eq!(report.problems().count(), 2, "{report}");
    assert!(!format!("{report} {report:?}").contains("4711"), "{report}");
}

#[tokio::test]
async fn the_choices_of_a_secret_are_said_not_to_be_judged() {
    #[derive(HotConfig, Clone, Debug)]
    #[hot(prefix = "/configs/{app}/{env}")]
    struct Service {
        #[hot(secret, one_of("hunter2", "hunter3"))]
        password: Secret<String>,
    }

    let store = store(&[("password", "wrong")]);
    let report = checked(&hotconfig::schema::<Service>(), &store).await;
    assert_eq!(
        report.to_string(),
        "\
not judged: /configs/users/prod/password (revision 2): only the program has the choices of a secret
1 key below /configs/users/prod at revision 2: 0 problems, 0 warnings, 1 not judged
"
    );
}

#[tokio::test]
async fn all_mistakes_of_the_prefix_are_named_before_the_store_is_asked() {
    let schema = hotconfig::schema::<Service>();
    let store = Memory::new();
    // Nobody would answer.
    store.faults().stall();
    let error = check(&schema, &store)
        .var("app", "a/b")
        .var("envv", "prod")
        .run()
        .await;
    let Err(CheckError::Builder { mistakes, .. }) = error else {
        panic!("{error:?}");
    };
    assert_eq!(mistakes.len(), 3, "{mistakes:?}");

    let mut schema = schema;
    schema.prefix = None;
    let error = check(&schema, &store).run().await.unwrap_err().to_string();
    assert!(
        error.contains(
            "`Service` has no prefix: write `#[hot(prefix = \"/…\")]` on it, or call `.prefix(\"/…\")`"
        ),
        "{error}"
    );
    store.faults().resume();
    let report = check(&schema, &store)
        .prefix("/a/{b}")
        .var("b", "c")
        .run()
        .await
        .unwrap();
    assert_eq!(report.prefix, "/a/c");
}

#[tokio::test]
async fn p15_denied_is_an_error_and_never_an_empty_report() {
    let schema = hotconfig::schema::<Service>();
    let store = store(&RIGHT);
    store.faults().deny("/configs/users/");
    let error = check(&schema, &store)
        .var("app", "users")
        .var("env", "prod")
        .run()
        .await;
    match error {
        Err(CheckError::Store { source: error, .. }) => assert_eq!(error.kind(), ErrorKind::Denied),
        other => panic!("{other:?}"),
    }
    store.faults().disconnect();
    let error = check(&schema, &store).prefix("/other").run().await;
    assert!(matches!(error, Err(CheckError::Store { .. })), "{error:?}");
}

#[tokio::test]
async fn of_many_unknown_keys_the_first_hundred_are_named_and_all_are_counted() {
    let mut transaction = Vec::new();
    for number in 0..100_000 {
        transaction.push((format!("x{number:06}"), "1"));
    }
    let keys: Vec<_> = transaction
        .iter()
        .map(|(key, value)| (key.as_str(), *value))
        .collect();
    let report = checked(&hotconfig::schema::<Service>(), &store(&keys)).await;
    assert_eq!(report.unknown_count, 100_000);
    let unknown = |concern: &Concern| matches!(concern, Concern::Unknown { .. });
    let named = report
        .findings
        .iter()
        .filter(|finding| unknown(&finding.concern));
    let named: Vec<_> = named.map(|finding| finding.problem.key.as_str()).collect();
    assert_eq!(named.len(), 100);
    assert_eq!(named[99], "/configs/users/prod/x000099");
    let text = report.to_string();
    assert!(
        text.contains("warning: 99900 more keys that the schema doesn't know\n"),
        "{text}"
    );
    assert!(
        text.contains("2 problems, 100000 warnings, 1 not judged"),
        "{text}"
    );
}

#[tokio::test]
async fn a_schema_that_makes_no_sense_refuses_nothing_and_says_so() {
    let mut schema = hotconfig::schema::<Service>();
    let deep = (0..1_000).fold(Type::Words(Vec::new()), |kind, _| {
        Type::Optional(Box::new(kind))
    });
    for key in &mut schema.keys {
        match key.key.as_str() {
            "db/host" => {
                key.rules = vec![
                    Rule::Pattern("(".to_owned()),
                    Rule::Pattern("a{1000}{1000}{1000}".to_owned()),
                    Rule::Pattern("(".repeat(100_000)),
                ];
            }
            "db/pool_size" => key.rules = vec![Rule::Url, Rule::OneOf(vec!["x".to_owned()])],
            "tags" => key.kind = deep.clone(),
            "log_level" => {
                key.key = "../\u{1b}[31m".to_owned();
                key.deprecated = Some("\u{1b}[31m".to_owned());
            }
            _ => {}
        }
    }
    let keys = [
        RIGHT.as_slice(),
        &[
            ("db/pool_size", "7"),
            ("tags", "[]"),
            ("../\u{1b}[31m", "info"),
        ],
    ]
    .concat();
    let report = checked(&schema, &store(&keys)).await;
    assert!(report.is_ok(), "{report}");
    let text = report.to_string();
    assert!(!text.contains('\u{1b}'), "{text:?}");
    let of = |key: &str| {
        let own = report
            .findings
            .iter()
            .filter(|finding| finding.problem.key.ends_with(key));
        own.map(|finding| finding.problem.wrong.as_str())
            .collect::<Vec<_>>()
    };
    let pattern = "the schema's `pattern` cannot be read: ";
    assert!(of("db/host").len() == 3 && of("db/host").iter().all(|why| why.starts_with(pattern)));
    assert_eq!(
        of("db/pool_size"),
        [
            "the schema's `url` does not fit its type",
            "the schema's `one_of` cannot be read: `x`"
        ]
    );
    assert_eq!(of("tags"), ["its type is nested more than 128 levels deep"]);
}

#[tokio::test]
async fn json_as_deep_as_can_be_is_refused_and_not_followed() {
    let mut schema = hotconfig::schema::<Service>();
    let kind = (0..127).fold(Type::Words(vec!["a".to_owned()]), |kind, _| {
        Type::List(Box::new(kind))
    });
    let tags = schema
        .keys
        .iter_mut()
        .find(|key| key.key == "tags")
        .unwrap();
    tags.kind = kind;
    let deep = format!("{}\"a\"{}", "[".repeat(127), "]".repeat(127));
    let deeper = "[".repeat(1_000_000);
    for (raw, refused) in [(deep, 0), (deeper, 1)] {
        assert_eq!(tags.judge(raw.as_bytes()).refused.len(), refused);
    }
}

#[test]
fn a_check_can_be_sent_to_another_thread_and_dropped_at_any_time() {
    fn sent(_: impl Send) {}
    let schema = hotconfig::schema::<Service>();
    let store = Memory::new();
    sent(check(&schema, &store).run());
}
