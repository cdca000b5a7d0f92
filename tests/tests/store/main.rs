//! The stores: how any of them behaves, and what a real etcd does to its own.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what it expects by failing"
)]

mod conformance;

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use conformance::{Changes, Writer, events, lost, next, ranges, soon, watch};
use etcd_client::{Client, CompactionOptions, Txn, TxnOp};
use hotconfig::Revision;
use hotconfig::store::backend::Backend;
use hotconfig::store::{ErrorKind, Etcd, EtcdBuilder, Memory, Tls, WatchEvent};
use hotconfig_tests::certificates::Authority;
use hotconfig_tests::{Server, Version, chain, eventually, users};

const MIB: usize = 1 << 20;

/// An operator's bare client.
struct Operator(Client);

impl Writer for Operator {
    async fn write(&self, changes: Changes<'_>) -> Revision {
        let operations: Vec<TxnOp> = changes
            .iter()
            .map(|(key, value)| match value {
                Some(value) => TxnOp::put(*key, *value, None),
                None => TxnOp::delete(*key, None),
            })
            .collect();
        let mut client = self.0.clone();
        let done = client.txn(Txn::new().and_then(operations)).await.unwrap();
        done.header().unwrap().revision().into()
    }

    async fn compact(&self, revision: Revision) {
        let revision = i64::try_from(revision.get()).unwrap();
        let physical = CompactionOptions::new().with_physical();
        let mut client = self.0.clone();
        client.compact(revision, Some(physical)).await.unwrap();
    }
}

impl Writer for Memory {
    async fn write(&self, changes: Changes<'_>) -> Revision {
        let mut transaction = self.transaction();
        for (key, value) in changes {
            transaction = match value {
                Some(value) => transaction.put(key, value),
                None => transaction.delete(key),
            };
        }
        transaction.commit().unwrap()
    }

    async fn compact(&self, revision: Revision) {
        Self::compact(self, revision).unwrap();
    }
}

async fn operator(server: &Server) -> Operator {
    Operator(server.client().await)
}

fn builder(server: &Server) -> EtcdBuilder {
    Etcd::builder([server.endpoint()])
}

fn etcd(server: &Server) -> Etcd {
    builder(server).build().unwrap()
}

async fn put(server: &Server, key: &str, value: impl Into<Vec<u8>>) -> Revision {
    let done = server.client().await.put(key, value, None).await.unwrap();
    done.header().unwrap().revision().into()
}

async fn read_error(etcd: &Etcd, prefix: &str) -> hotconfig::store::StoreError {
    let reading = soon("an error", etcd.read(ranges([prefix]))).await;
    reading.unwrap_err()
}

#[tokio::test]
async fn memory_behaves_as_a_store() {
    let memory = Memory::new();
    conformance::all(&memory, &memory).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn etcd_behaves_as_a_store() {
    let server = Server::start().await;
    conformance::all(&etcd(&server), &operator(&server).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_page_changes_nothing() {
    let server = Server::start().await;
    let etcd = builder(&server).page_size(1).build().unwrap();
    conformance::all(&etcd, &operator(&server).await).await;
}

#[tokio::test]
async fn progress_is_asked_of_versions_that_keep_their_word() {
    let server = Server::start().await;
    let mut watch = watch(&etcd(&server), ranges(["/p"]), Revision::new(1)).await;
    let version = server.version();
    let minor_from =
        |minor, patch| (version.major, version.minor) == (3, minor) && version.patch >= patch;
    let kept = version >= Version::new(3, 6, 0) || minor_from(5, 8) || minor_from(4, 25);
    assert_eq!(watch.ask_progress(), kept, "etcd {version}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cluster_is_known_once_it_has_answered() {
    let server = Server::start().await;
    let status = server.client().await.status().await.unwrap();
    let id = status.header().unwrap().cluster_id();
    let (reading, probing, watching) = (etcd(&server), etcd(&server), etcd(&server));
    assert_eq!(reading.cluster(), None);
    reading.read(ranges(["/c"])).await.unwrap();
    probing.probe(ranges(["/c"])).await.unwrap();
    watch(&watching, ranges(["/c"]), Revision::new(1)).await;
    for etcd in [reading.clone(), reading, probing, watching] {
        assert_eq!(etcd.cluster(), Some(id));
    }
    assert_eq!(Memory::new().cluster(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn p03_the_pages_of_a_reading_are_of_one_revision() {
    let server = Server::start().await;
    let operator = operator(&server).await;
    // One transaction writes the same number to the first and the last page of one range, and
    // to another range.
    let write = async |number: u32| {
        let value = number.to_string();
        let value = Some(value.as_str());
        operator
            .write(&[
                ("/pages/a/00", value),
                ("/pages/a/zz", value),
                ("/pages/b/k", value),
            ])
            .await
    };
    for number in 10..40 {
        operator
            .write(&[(&format!("/pages/a/{number}"), Some("filler"))])
            .await;
    }
    write(0).await;

    let etcd = builder(&server).page_size(3).build().unwrap();
    let done = AtomicBool::new(false);
    let writing = async {
        let mut number = 0;
        while !done.load(Ordering::Relaxed) {
            number += 1;
            write(number).await;
        }
        number
    };
    let reading = async {
        let mut revisions = Vec::new();
        for _ in 0..30 {
            let reading = etcd.read(ranges(["/pages/a", "/pages/b"])).await.unwrap();
            let [a, b] = &reading.entries[..] else {
                panic!("{} ranges", reading.entries.len());
            };
            assert_eq!(a.len(), 32);
            let ends = (a.iter().next(), a.iter().next_back(), b.iter().next());
            let (Some(first), Some(last), Some(other)) = ends else {
                panic!("{b:?}");
            };
            assert_eq!(first.value, last.value);
            assert_eq!(first.value, other.value);
            assert_eq!(first.mod_revision, other.mod_revision);
            // Nothing else is written, so the newest write is the revision itself.
            assert_eq!(reading.revision, first.mod_revision);
            revisions.push(reading.revision);
        }
        done.store(true, Ordering::Relaxed);
        revisions
    };
    let (_, revisions) = tokio::join!(writing, soon("thirty readings", reading));
    assert!(revisions.first() < revisions.last(), "nothing was written");
}

#[tokio::test(flavor = "multi_thread")]
async fn drill_24_more_than_four_mebibytes_are_read_and_watched() {
    let flag = format!("--max-request-bytes={}", 8 * MIB);
    let server = Server::builder().flag(flag).start().await;
    let first = put(&server, "/big/one", vec![b'x'; 5 * MIB]).await;
    for number in 0..6 {
        put(&server, &format!("/big/{number}"), vec![b'x'; MIB]).await;
    }
    let etcd = etcd(&server);
    let reading = soon("a reading", etcd.read(ranges(["/big"])))
        .await
        .unwrap();
    assert_eq!(reading.entries[0].len(), 7);
    let mut watch = watch(&etcd, ranges(["/big"]), first).await;
    assert_eq!(events(&mut watch, 7).await.len(), 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_beyond_the_decode_limit_is_read_in_halves_and_never_watched_in_vain() {
    let server = Server::start().await;
    for number in 0..6 {
        put(&server, &format!("/big/{number}"), vec![b'x'; MIB]).await;
    }
    let small = builder(&server)
        .decode_limit(2 * MIB + MIB / 2)
        .build()
        .unwrap();
    let reading = soon("a reading", small.read(ranges(["/big"])))
        .await
        .unwrap();
    assert_eq!(reading.entries[0].len(), 6);

    // The backlog comes in one message.
    let from = reading.entries[0].iter().next().unwrap().mod_revision;
    let why = match soon("a watch", small.watch(ranges(["/big"]), from)).await {
        Ok(mut watch) => lost(&mut watch).await,
        Err(error) => error.kind(),
    };
    assert_eq!(why, ErrorKind::TooBig);

    let tiny = builder(&server).decode_limit(MIB / 2).build().unwrap();
    let error = read_error(&tiny, "/big").await;
    assert_eq!(error.kind(), ErrorKind::TooBig);
    assert!(chain(&error).contains("/big/"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn p11_watches_that_nobody_reads_hold_up_nobody() {
    let server = Server::start().await;
    let etcd = etcd(&server);
    let first = put(&server, "/flood/0", "0").await;
    let mut unread = Vec::new();
    for _ in 0..6 {
        unread.push(watch(&etcd, ranges(["/flood"]), first.next()).await);
    }
    for number in 1..=6 {
        put(&server, &format!("/flood/{number}"), vec![b'x'; MIB]).await;
    }
    let mut reader = watch(&etcd, ranges(["/flood"]), first).await;
    assert_eq!(events(&mut reader, 7).await.len(), 7);
    let reading = soon("a reading", etcd.read(ranges(["/flood"]))).await;
    assert_eq!(reading.unwrap().entries[0].len(), 7);
    // And what they were not asked for has waited for them.
    for watch in &mut unread {
        assert_eq!(events(watch, 6).await.len(), 6);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_stops_reading_loses_its_watch_and_no_memory() {
    let server = Server::start().await;
    let first = put(&server, "/flood/0", "0").await;
    let etcd = builder(&server).decode_limit(2 * MIB).build().unwrap();
    let mut unread = watch(&etcd, ranges(["/flood"]), first.next()).await;
    for number in 1..=6 {
        put(&server, &format!("/flood/{number}"), vec![b'x'; MIB]).await;
    }
    // By the time that another has all of it, the queue of the first is full.
    let mut reader = watch(&etcd, ranges(["/flood"]), first.next()).await;
    assert_eq!(lost(&mut reader).await, ErrorKind::TooBig);
    eventually("the unread watch to be lost", || {
        let asked = unread.ask_progress();
        async move { !asked }
    })
    .await;
    assert_eq!(lost(&mut unread).await, ErrorKind::TooBig);
}

#[tokio::test(flavor = "multi_thread")]
async fn drill_17_after_a_crash_the_watch_is_lost_and_the_same_etcd_works_again() {
    let mut server = Server::start().await;
    let etcd = etcd(&server);
    let before = put(&server, "/crash/k", "1").await;
    let mut open = watch(&etcd, ranges(["/crash"]), before.next()).await;

    server.kill();
    assert_eq!(lost(&mut open).await, ErrorKind::Unreachable);
    assert_eq!(lost(&mut open).await, ErrorKind::Unreachable);
    let error = read_error(&etcd, "/crash").await;
    assert_eq!(error.kind(), ErrorKind::Unreachable);
    assert!(chain(&error).contains(&server.endpoint()), "{error}");
    let error = soon("an error", etcd.watch(ranges(["/crash"]), before)).await;
    assert_eq!(
        error.err().map(|error| error.kind()),
        Some(ErrorKind::Unreachable)
    );

    server.restart().await;
    let reading = soon("a reading", etcd.read(ranges(["/crash"])))
        .await
        .unwrap();
    assert_eq!(reading.entries[0].len(), 1);
    let mut open = watch(&etcd, ranges(["/crash"]), before.next()).await;
    put(&server, "/crash/k", "2").await;
    assert_eq!(events(&mut open, 1).await.len(), 1);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn drill_27_a_frozen_server_is_noticed_by_calls_and_watches() {
    let server = Server::start().await;
    let etcd = builder(&server)
        .call_timeout(Duration::from_millis(300))
        .keep_alive(Duration::from_secs(5), Duration::from_secs(1))
        .build()
        .unwrap();
    let mut open = watch(&etcd, ranges(["/frozen"]), Revision::new(1)).await;
    soon("a reading", etcd.read(ranges(["/frozen"])))
        .await
        .unwrap();

    server.stop();
    let error = read_error(&etcd, "/frozen").await;
    assert_eq!(error.kind(), ErrorKind::Timeout);
    let probe = soon("an error", etcd.probe(ranges(["/frozen"]))).await;
    assert_eq!(probe.map_err(|error| error.kind()), Err(ErrorKind::Timeout));
    let another = soon(
        "an error",
        etcd.watch(ranges(["/frozen"]), Revision::new(1)),
    )
    .await;
    assert_eq!(
        another.err().map(|error| error.kind()),
        Some(ErrorKind::Timeout)
    );
    assert_eq!(lost(&mut open).await, ErrorKind::Unreachable);

    server.cont();
    eventually("the thawed server to be read", || {
        let reading = etcd.read(ranges(["/frozen"]));
        async move { reading.await.is_ok() }
    })
    .await;
}

/// An endpoint that refuses connections, and one that accepts them and never says a word for as
/// long as its listener lives.
fn dead_and_silent() -> (String, (String, TcpListener)) {
    let listener = || TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = |of: &TcpListener| format!("http://{}", of.local_addr().unwrap());
    let silent = listener();
    (endpoint(&listener()), (endpoint(&silent), silent))
}

#[tokio::test(flavor = "multi_thread")]
async fn drill_25_dead_and_silent_endpoints_beside_a_live_one_fail_no_call() {
    let server = Server::start().await;
    let (dead, (silent, _listener)) = dead_and_silent();
    // Which of them is the first is up to chance.
    let programs = (0..12).map(|_| {
        let endpoints = [dead.clone(), silent.clone(), server.endpoint()];
        let etcd = Etcd::builder(endpoints).build().unwrap();
        async move {
            for _ in 0..5 {
                let reading = soon("a reading", etcd.read(ranges(["/dead"]))).await;
                reading.unwrap();
                watch(&etcd, ranges(["/dead"]), Revision::new(1)).await;
            }
        }
    });
    futures_util::future::join_all(programs).await;
}

/// `reader` may read `/auth/`, and `nobody` nothing.
async fn with_users(server: &Server) {
    users::with_users(server, &[("reader", &["/auth/"]), ("nobody", &[])]).await;
}

fn as_user(server: &Server, user: &str) -> Etcd {
    let password = users::password(user);
    builder(server).user(user, password).build().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn p15_permission_denied_is_an_error_and_never_an_empty_reading() {
    let server = Server::start().await;
    put(&server, "/auth/k", "1").await;
    with_users(&server).await;

    let reader = as_user(&server, "reader");
    let reading = soon("a reading", reader.read(ranges(["/auth"])))
        .await
        .unwrap();
    assert_eq!(reading.entries[0].len(), 1);
    let mut granted = watch(&reader, ranges(["/auth"]), Revision::new(1)).await;
    assert_eq!(events(&mut granted, 1).await.len(), 1);

    for (etcd, of) in [
        (as_user(&server, "nobody"), ["/auth"].as_slice()),
        (reader, ["/auth", "/elsewhere"].as_slice()),
    ] {
        let of: Arc<[_]> = of
            .iter()
            .map(|prefix| hotconfig::store::Range::below(prefix))
            .collect();
        let denied = [
            soon("a reading", etcd.read(Arc::clone(&of))).await.err(),
            soon("a probe", etcd.probe(Arc::clone(&of))).await.err(),
            soon("a watch", etcd.watch(Arc::clone(&of), Revision::new(1)))
                .await
                .err(),
        ];
        for error in denied {
            let error = error.expect("an error");
            assert_eq!(error.kind(), ErrorKind::Denied, "{error}");
            assert!(
                chain(&error).contains(of.last().unwrap().start()),
                "{error}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_and_no_password_are_not_authenticated() {
    let server = Server::start().await;
    with_users(&server).await;
    let wrong = builder(&server).user("reader", "a guess").build().unwrap();
    for etcd in [wrong, etcd(&server)] {
        let error = read_error(&etcd, "/auth").await;
        assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error}");
        assert!(!chain(&error).contains("a guess"));
        assert!(!format!("{etcd:?}").contains("a guess"));
        let watch = soon("an error", etcd.watch(ranges(["/auth"]), Revision::new(1))).await;
        // Some versions say no more to a watch than that it may not.
        let error = watch.err().expect("an error");
        let refused = [ErrorKind::Unauthenticated, ErrorKind::Denied];
        assert!(refused.contains(&error.kind()), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn drill_20_a_token_that_is_not_valid_any_more_is_replaced() {
    let mut server = Server::start().await;
    put(&server, "/auth/k", "1").await;
    // A user is no mistake while nobody asks for one.
    let etcd = as_user(&server, "reader");
    soon("a reading", etcd.read(ranges(["/auth"])))
        .await
        .unwrap();
    watch(&etcd, ranges(["/auth"]), Revision::new(1)).await;

    with_users(&server).await;
    soon("a reading", etcd.read(ranges(["/auth"])))
        .await
        .unwrap();
    watch(&etcd, ranges(["/auth"]), Revision::new(1)).await;

    // A server keeps its simple tokens in memory.
    server.restart().await;
    watch(&etcd, ranges(["/auth"]), Revision::new(1)).await;
    soon("a reading", etcd.read(ranges(["/auth"])))
        .await
        .unwrap();
    soon("a probe", etcd.probe(ranges(["/auth"])))
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn drill_34_a_dropped_watch_is_gone_from_the_server() {
    let server = Server::start().await;
    let etcd = etcd(&server);
    let open = watch(&etcd, ranges(["/gone/a", "/gone/b"]), Revision::new(1)).await;
    assert_eq!(watchers(&server).await, 2);
    drop(open);
    eventually("the watchers to be gone", || async {
        watchers(&server).await == 0
    })
    .await;
    // One that nobody waited for, too.
    let unwanted = etcd.watch(ranges(["/gone/a"]), Revision::new(1));
    drop(unwanted);
    let mut last = watch(&etcd, ranges(["/gone/a"]), Revision::new(1)).await;
    eventually("one watcher to be left", || async {
        watchers(&server).await == 1
    })
    .await;
    put(&server, "/gone/a/k", "1").await;
    assert!(matches!(next(&mut last).await, WatchEvent::Events { .. }));
}

/// How many watchers the server has, by its own metrics.
async fn watchers(server: &Server) -> usize {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", server.port()))
        .await
        .unwrap();
    let request = b"GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let name = "etcd_debugging_mvcc_watcher_total ";
    let line = answer.lines().find_map(|line| line.strip_prefix(name));
    line.expect("the metric").trim().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_lets_in_who_can_prove_it_and_says_why_not() {
    let ours = Authority::new("ours");
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("ca.pem"), ours.pem()).unwrap();
    ours.sign("etcd.test").write(folder.path(), "server");
    let server = Server::builder()
        .tls(&path("server.pem"), &path("server.key"))
        .flag("--client-cert-auth")
        .flag(format!("--trusted-ca-file={}", path("ca.pem").display()))
        .start()
        .await;
    let with = |tls: Tls| builder(&server).tls(tls).build().unwrap();
    let trusting = |ca: &Authority| Tls::new().ca(ca.pem()).domain_name("etcd.test");
    let client = ours.sign("client");

    let trusted = with(trusting(&ours).identity(client.certificate.as_str(), client.key.as_str()));
    let reading = soon("a reading", trusted.read(ranges(["/tls"]))).await;
    reading.unwrap();
    watch(&trusted, ranges(["/tls"]), Revision::new(1)).await;

    let nobody = with(trusting(&ours));
    assert_eq!(
        read_error(&nobody, "/tls").await.kind(),
        ErrorKind::Unreachable
    );

    let theirs = trusting(&Authority::new("theirs")).identity(client.certificate, client.key);
    let error = read_error(&with(theirs), "/tls").await;
    assert_eq!(error.kind(), ErrorKind::Unreachable);
    assert!(
        chain(&error).contains("invalid peer certificate"),
        "{error}"
    );
}
