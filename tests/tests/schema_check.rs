//! A live etcd held against a schema: one reading, at one revision, whatever is written meanwhile.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what it expects by failing"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use etcd_client::{Client, Permission, PermissionType, Txn, TxnOp};
use hotconfig::schema::{CheckError, Concern, Schema, check};
use hotconfig::store::{ErrorKind, Etcd, EtcdBuilder};
use hotconfig::{HotConfig, Revision, Secret};
use hotconfig_tests::Server;

#[derive(HotConfig, Clone, Debug)]
#[hot(prefix = "/configs/{app}/{env}")]
struct Service {
    #[hot(default = "info", one_of("debug", "info", "warn"))]
    log_level: String,
    #[hot(secret)]
    dsn: Secret<String>,
    #[hot(key = "limits/rps", alias = "rps", default = 1000, range(1..=100_000))]
    rps: u32,
    #[hot(deprecated = "use `rps`")]
    burst: Option<u32>,
    /// These two are written together: both are right, or none is.
    #[hot(default = 0, range(..1000))]
    left: u64,
    #[hot(default = 0, range(..1000))]
    right: u64,
}

/// The schema as a tool has it that does not know the struct.
fn schema() -> Schema {
    Schema::from_json(&hotconfig::schema::<Service>().to_json()).unwrap()
}

fn key(name: &str) -> String {
    format!("/configs/users/prod/{name}")
}

fn builder(server: &Server) -> EtcdBuilder {
    Etcd::builder([server.endpoint()]).call_timeout(Duration::from_secs(5))
}

/// Writes both in one transaction: now right, now wrong.
async fn write(mut client: Client, stop: Arc<AtomicBool>) {
    for number in 0_u64.. {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let value = (number % 2 * 1000 + number % 1000).to_string();
        let put = |name| TxnOp::put(key(name), value.clone(), None);
        let both = Txn::new().and_then([put("left"), put("right")]);
        client.txn(both).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_are_found_at_one_revision_while_somebody_writes() {
    let server = Server::start().await;
    let mut client = server.client().await;
    for (name, value) in [
        ("log_level", "inf"),
        ("rps", "7"),
        ("burst", "many"),
        ("limits/rsp", "9"),
        ("left", "1"),
        ("right", "1"),
    ] {
        client.put(key(name), value, None).await.unwrap();
    }
    let stop = Arc::new(AtomicBool::new(false));
    let writer = tokio::spawn(write(client.clone(), Arc::clone(&stop)));

    // Many pages, so that there is time for a write between two of them.
    let etcd = builder(&server).page_size(1).build().unwrap();
    let schema = schema();
    let mut revision = Revision::default();
    let (mut right, mut wrong) = (0, 0);
    while right < 10 || wrong < 10 {
        let report = check(&schema, &etcd).var("app", "users").var("env", "prod");
        let report = report.run().await.unwrap();
        assert!(report.revision >= revision, "{report}");
        revision = report.revision;

        let of = |field: &str| {
            let mut problems = report.problems().map(|finding| &finding.problem);
            problems.find(|problem| problem.field == field)
        };
        match (of("left"), of("right")) {
            (None, None) => right += 1,
            (Some(left), Some(right)) => {
                assert_eq!(left.revision, right.revision, "{report}");
                assert_eq!(left.found, right.found, "{report}");
                assert!(left.revision <= Some(report.revision), "{report}");
                wrong += 1;
            }
            _ => panic!("half of a transaction:\n{report}"),
        }
        let rest = report.findings.iter();
        let rest = rest.filter(|finding| !["left", "right"].contains(&&*finding.problem.field));
        let rest: Vec<_> = rest
            .map(|one| (&one.concern, one.problem.key.clone()))
            .collect();
        let keys = ["burst", "dsn", "log_level", "burst", "rps", "limits/rsp"].map(key);
        assert!(
            matches!(
                rest.iter().map(|(concern, _)| *concern).collect::<Vec<_>>()[..],
                [
                    Concern::Refused,
                    Concern::Missing,
                    Concern::Refused,
                    Concern::Deprecated,
                    Concern::Alias { now, .. },
                    Concern::Unknown { nearest: Some(nearest), .. },
                ] if *now == key("limits/rps") && nearest == "limits/rps"
            ),
            "{report}"
        );
        assert_eq!(
            rest.into_iter().map(|(_, key)| key).collect::<Vec<_>>(),
            keys,
            "{report}"
        );
    }
    stop.store(true, Ordering::Relaxed);
    writer.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn p15_who_may_not_read_gets_an_error_and_no_report() {
    let server = Server::start().await;
    let mut root = server.client().await;
    root.put(key("dsn"), "postgres://", None).await.unwrap();
    root.role_add("root").await.unwrap();
    root.role_add("reader").await.unwrap();
    let half = Permission::new(PermissionType::Read, key("limits/")).with_prefix();
    root.role_grant_permission("reader", half).await.unwrap();
    for user in ["root", "reader"] {
        root.user_add(user, "a password", None).await.unwrap();
        root.user_grant_role(user, user).await.unwrap();
    }
    root.auth_enable().await.unwrap();

    let schema = schema();
    let kind = async |user: &str, password: &str| {
        let etcd = builder(&server).user(user, password).build().unwrap();
        let check = check(&schema, &etcd).var("app", "users").var("env", "prod");
        match check.run().await {
            Ok(report) => Ok(report.is_ok()),
            Err(CheckError::Store { source: error, .. }) => Err(error.kind()),
            Err(error) => panic!("{error}"),
        }
    };
    assert_eq!(kind("root", "a password").await, Ok(true));
    // A part of the keys is not enough.
    assert_eq!(kind("reader", "a password").await, Err(ErrorKind::Denied));
    let wrong = kind("reader", "another one").await;
    assert_eq!(wrong, Err(ErrorKind::Unauthenticated));
}
