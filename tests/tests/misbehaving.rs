//! What a real etcd can't be made to do, from a scripted one: it is noticed, it ends, it never
//! panics, and what is known is right again in the end.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what it expects by failing"
)]

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use etcd_client::proto::{PbRangeResponse, PbTxnOpResponse, PbWatchResponse};
use hotconfig::store::backend::{Backend, WatchStream};
use hotconfig::store::{ErrorKind, Etcd, EtcdBuilder, Range, StoreError, WatchEvent};
use hotconfig::{Hot, HotBuilder, HotConfig, Revision, Update, field};
use hotconfig_tests::scripted::{Scripted, header, lie, told};
use hotconfig_tests::{LIMIT, chain, eventually};
use tonic::{Code, Status};

#[derive(HotConfig, Clone, Debug, PartialEq)]
#[hot(prefix = "/a")]
struct Service {
    #[hot(default = 8)]
    size: u32,
    #[hot(default = 0)]
    other: u32,
}

const SIZE: &str = "/a/size";
const OTHER: &str = "/a/other";

/// What makes another answer of an honest one.
type Twist = fn(&mut PbRangeResponse);

fn builder(server: &Scripted) -> EtcdBuilder {
    Etcd::builder([server.endpoint()]).call_timeout(Duration::from_secs(2))
}

fn etcd(server: &Scripted) -> Etcd {
    builder(server).build().unwrap()
}

fn hot(etcd: &Etcd) -> HotBuilder<Service> {
    Hot::<Service>::builder(etcd.clone())
        .backoff(Duration::from_millis(10), Duration::from_millis(200))
}

/// A configuration whose watch stands.
async fn following(builder: HotBuilder<Service>) -> Hot<Service> {
    let hot = soon("a start", builder.start()).await.unwrap();
    eventually("the watch", || async { hot.status().connected }).await;
    hot
}

async fn soon<R>(what: &str, happens: impl Future<Output = R>) -> R {
    let waited = tokio::time::timeout(LIMIT, happens).await;
    waited.unwrap_or_else(|_| panic!("in vain: {what}"))
}

async fn is(hot: &Hot<Service>, size: u32, other: u32) {
    eventually(&format!("{size} and {other}"), || async {
        let now = hot.load();
        (now.size, now.other) == (size, other) && hot.status().failure.is_none()
    })
    .await;
}

fn ranges<const N: usize>(prefixes: [&str; N]) -> Arc<[Range]> {
    prefixes.map(Range::below).into()
}

async fn watch(etcd: &Etcd, of: Arc<[Range]>) -> Box<dyn WatchStream> {
    let count = of.len();
    let opened = etcd.watch(of, Revision::new(2));
    let mut watch = soon("a watch", opened).await.unwrap();
    for _ in 0..count {
        let heard = soon("a watcher", watch.next()).await;
        assert!(matches!(heard, WatchEvent::Created { .. }), "{heard:?}");
    }
    watch
}

/// The next events, as `range:key@revision`.
async fn told_of(watch: &mut Box<dyn WatchStream>) -> Vec<String> {
    match soon("events", watch.next()).await {
        WatchEvent::Events { range, events } => events
            .iter()
            .map(|event| {
                let key = String::from_utf8_lossy(&event.key);
                format!("{range}:{key}@{}", event.revision)
            })
            .collect(),
        other => panic!("{other:?}"),
    }
}

async fn lost(watch: &mut Box<dyn WatchStream>) -> StoreError {
    match soon("an end", watch.next()).await {
        WatchEvent::Lost(error) => error,
        other => panic!("{other:?}"),
    }
}

async fn read_error(etcd: &Etcd) -> StoreError {
    soon("an error", etcd.read(ranges(["/a"])))
        .await
        .unwrap_err()
}

/// One piece of a message for a watcher.
fn piece(watch_id: i64, key: &str, revision: i64, more: bool) -> PbWatchResponse {
    PbWatchResponse {
        watch_id,
        fragment: more,
        ..told(vec![lie(key, "v", revision)], revision)
    }
}

#[tokio::test]
async fn p03_a_message_in_pieces_is_one_whatever_comes_between() {
    let server = Scripted::start().await;
    let mut watch = watch(&etcd(&server), ranges(["/a", "/b"])).await;
    server.say(&piece(1, "/a/1", 2, true));
    server.say(&piece(2, "/b/1", 2, true));
    server.say(&piece(1, "/a/2", 2, true));
    server.say(&piece(2, "/b/2", 2, false));
    server.say(&piece(1, "/a/3", 2, true));
    // The last one may be empty.
    server.say(&told(Vec::new(), 2));
    assert_eq!(told_of(&mut watch).await, ["1:/b/1@2", "1:/b/2@2"]);
    let whole = ["0:/a/1@2", "0:/a/2@2", "0:/a/3@2"];
    assert_eq!(told_of(&mut watch).await, whole);
}

#[tokio::test]
async fn p12_progress_between_two_pieces_is_not_believed() {
    let server = Scripted::start().await;
    let mut watch = watch(&etcd(&server), ranges(["/a"])).await;
    server.say(&piece(1, "/a/1", 2, true));
    assert!(watch.ask_progress());
    eventually("the question", || async { server.counts().progress == 1 }).await;
    server.say(&piece(1, "/a/2", 2, false));
    assert_eq!(told_of(&mut watch).await, ["0:/a/1@2", "0:/a/2@2"]);
}

#[tokio::test]
async fn a_cancellation_between_two_pieces_ends_the_watch() {
    let server = Scripted::start().await;
    let mut watch = watch(&etcd(&server), ranges(["/a"])).await;
    server.say(&piece(1, "/a/1", 2, true));
    server.say(&PbWatchResponse {
        canceled: true,
        compact_revision: 5,
        ..PbWatchResponse::default()
    });
    assert_eq!(lost(&mut watch).await.kind(), ErrorKind::Compacted);
}

#[tokio::test]
async fn p10_pieces_without_end_are_too_big() {
    let server = Scripted::start().await;
    let etcd = builder(&server).decode_limit(100_000).build().unwrap();
    let mut watch = watch(&etcd, ranges(["/a"])).await;
    let value = "x".repeat(10_000);
    for _ in 0..20 {
        server.say(&PbWatchResponse {
            fragment: true,
            ..told(vec![lie("/a/1", &value, 2)], 2)
        });
    }
    assert_eq!(lost(&mut watch).await.kind(), ErrorKind::TooBig);
}

#[tokio::test]
async fn p06_events_that_are_old_or_come_twice_are_not_told() {
    let server = Scripted::start().await;
    server.put(SIZE, "16");
    let hot_one = following(hot(&etcd(&server))).await;
    let mut changes = hot_one.changes(field!(Service, size));
    // Older than what was asked for (etcd #20221).
    server.say(&told(vec![lie(SIZE, "1", 1), lie(SIZE, "2", 2)], 2));
    let third = server.put(SIZE, "17");
    // Twice (#15274), and back in time (#15271).
    server.say(&told(vec![lie(SIZE, "17", third)], third));
    server.say(&told(vec![lie(SIZE, "16", 2)], third));
    for size in [17, 18] {
        let Some(Update::Changed(change)) = soon("a change", changes.next()).await else {
            panic!("no change to {size}");
        };
        assert_eq!(*change.current(), size);
        if size == 17 {
            server.put(SIZE, "18");
        }
    }
    is(&hot_one, 18, 0).await;
    assert_eq!(server.counts().streams, 1, "it was no reason to begin anew");
}

#[tokio::test]
async fn p03_a_message_that_is_out_of_order_is_put_in_order() {
    let server = Scripted::start().await;
    let mut watch = watch(&etcd(&server), ranges(["/a"])).await;
    let events = vec![
        lie("/a/3", "v", 3),
        lie("/a/2", "v", 2),
        lie("/a/4", "v", 3),
    ];
    server.say(&told(events, 3));
    let order = ["0:/a/2@2", "0:/a/3@3", "0:/a/4@3"];
    assert_eq!(told_of(&mut watch).await, order);
}

#[tokio::test]
async fn p12_a_revision_in_two_messages_is_read_anew() {
    let server = Scripted::start().await;
    let hot_one = following(hot(&etcd(&server))).await;
    let first = server.put_in_secret(SIZE, "16");
    let mut second = server.put_in_secret(OTHER, "1");
    second.kv.as_mut().unwrap().mod_revision = 2;
    server.say(&told(vec![first], 2));
    server.say(&told(vec![second], 2));
    is(&hot_one, 16, 1).await;
}

#[tokio::test]
async fn messages_of_another_watch_end_the_watch_and_nothing_is_lost() {
    let server = Scripted::start().await;
    let hot_one = following(hot(&etcd(&server))).await;
    let mut size = 16;
    for said in [
        // A watcher that nobody asked for.
        PbWatchResponse {
            watch_id: 3,
            ..told(vec![lie(SIZE, "1", 1_000)], 1_000)
        },
        PbWatchResponse {
            watch_id: 0,
            ..told(vec![lie(SIZE, "1", 1_000)], 1_000)
        },
        PbWatchResponse {
            watch_id: -7,
            created: true,
            ..told(Vec::new(), 1)
        },
        PbWatchResponse {
            watch_id: 2,
            created: true,
            ..told(Vec::new(), 1)
        },
        // Keys that nobody asked for.
        told(vec![lie("/a2/size", "1", 1_000)], 1_000),
        told(vec![lie("", "1", 1_000)], 1_000),
        // No key at all.
        told(vec![etcd_client::proto::PbEvent::default()], 1_000),
        // Cancelled, in every way.
        PbWatchResponse {
            canceled: true,
            ..PbWatchResponse::default()
        },
        PbWatchResponse {
            created: true,
            canceled: true,
            watch_id: -1,
            cancel_reason: "etcdserver: permission denied".to_owned(),
            ..told(vec![lie(SIZE, "1", 1_000)], 1_000)
        },
        PbWatchResponse {
            canceled: true,
            compact_revision: 99,
            ..PbWatchResponse::default()
        },
    ] {
        size += 1;
        let streams = server.counts().streams;
        // What nobody tells is found with the reading that follows.
        server.put_in_secret(SIZE, size.to_string());
        server.say(&said);
        eventually("another stream", || async {
            server.counts().streams > streams
        })
        .await;
        is(&hot_one, size, 0).await;
    }
    // None of the lies about a revision was believed.
    assert_eq!(hot_one.status().epoch, 1);
}

#[tokio::test]
async fn p12_progress_that_nobody_asked_for_or_of_an_old_server_is_not_believed() {
    for version in ["3.5.16", "3.5.7", "3.4.24", "nonsense"] {
        let server = Scripted::start().await;
        server.set_version(version);
        let mut watch = watch(&etcd(&server), ranges(["/a"])).await;
        let whole = PbWatchResponse {
            watch_id: -1,
            ..told(Vec::new(), 1_000)
        };
        server.say(&whole);
        server.say(&told(Vec::new(), 1_000));
        let revision = server.put("/a/k", "1");
        // The events come, and no word of the revision 1,000.
        let event = format!("0:/a/k@{revision}");
        assert_eq!(told_of(&mut watch).await, [event]);
        assert_eq!(watch.ask_progress(), version == "3.5.16", "{version}");
    }
}

#[tokio::test]
async fn p12_another_version_behind_the_same_address_is_asked_anew() {
    let server = Scripted::start().await;
    let etcd = etcd(&server);
    assert!(watch(&etcd, ranges(["/a"])).await.ask_progress());
    server.set_version("3.5.7");
    assert!(!watch(&etcd, ranges(["/a"])).await.ask_progress());
    server.set_version("3.6.0");
    assert!(watch(&etcd, ranges(["/a"])).await.ask_progress());
}

#[tokio::test]
async fn p04_an_event_that_was_lost_is_found_by_looking() {
    let server = Scripted::start().await;
    for version in ["3.5.16", "3.5.7"] {
        server.set_version(version);
        let looking = hot(&etcd(&server))
            .staleness_limit(Duration::from_millis(600))
            .compare_interval(Duration::from_millis(500));
        let hot_one = following(looking).await;
        let (before, streams) = (hot_one.load().size, server.counts().streams);
        server.put_in_secret(SIZE, (before + 1).to_string());
        is(&hot_one, before + 1, 0).await;
        assert_eq!(server.counts().streams, streams);
    }
}

#[tokio::test]
async fn p10_a_server_that_says_nothing_costs_the_time_limit_of_a_call() {
    let server = Scripted::start().await;
    let limit = Duration::from_millis(300);
    let etcd = builder(&server).call_timeout(limit).build().unwrap();
    server.set_silent(true);
    assert_eq!(read_error(&etcd).await.kind(), ErrorKind::Timeout);
    let probe = soon("an error", etcd.probe(ranges(["/a"]))).await;
    assert_eq!(probe.unwrap_err().kind(), ErrorKind::Timeout);
    // A stream that is accepted, on which no watcher is ever created.
    server.twist_created(|_, _| Ok(Vec::new()));
    let never = soon("an error", etcd.watch(ranges(["/a"]), Revision::new(1))).await;
    assert_eq!(never.err().map(|e| e.kind()), Some(ErrorKind::Timeout));
    // More watchers than requests can wait.
    let many: Vec<Range> = (0..500)
        .map(|number| Range::below(&format!("/{number}")))
        .collect();
    let never = soon("an error", etcd.watch(many.into(), Revision::new(1))).await;
    assert_eq!(never.err().map(|e| e.kind()), Some(ErrorKind::Timeout));
    server.untwist();
    soon("a reading", etcd.read(ranges(["/a"]))).await.unwrap();
    watch(&etcd, ranges(["/a"])).await;
}

#[tokio::test]
async fn refusals_in_the_stream_and_of_the_stream_are_told_apart() {
    let server = Scripted::start().await;
    let etcd = etcd(&server);
    let refusal = async || {
        let opened = soon("an error", etcd.watch(ranges(["/a"]), Revision::new(1))).await;
        opened.err().unwrap().kind()
    };
    for (reason, kind) in [
        ("etcdserver: permission denied", ErrorKind::Denied),
        (
            "rpc error: code = PermissionDenied desc = etcdserver: permission denied",
            ErrorKind::Denied,
        ),
        ("etcdserver: invalid auth token", ErrorKind::Unauthenticated),
        (
            "etcdserver: revision of auth store is old",
            ErrorKind::Unauthenticated,
        ),
        ("etcdserver: no leader", ErrorKind::Unreachable),
        ("etcdserver: mvcc: watcher is closed", ErrorKind::Cancelled),
        ("", ErrorKind::Cancelled),
    ] {
        server.twist_created(move |_, mut honest| {
            for one in &mut honest {
                one.canceled = true;
                one.watch_id = -1;
                one.cancel_reason = reason.to_owned();
            }
            Ok(honest)
        });
        assert_eq!(refusal().await, kind, "{reason}");
    }
    for (status, kind) in [
        (
            Status::unavailable("etcdserver: no leader"),
            ErrorKind::Unreachable,
        ),
        (
            Status::permission_denied("etcdserver: permission denied"),
            ErrorKind::Denied,
        ),
        (Status::unimplemented("unknown service"), ErrorKind::Other),
    ] {
        server.twist_created(move |_, _| Err(status.clone()));
        assert_eq!(refusal().await, kind);
    }
}

#[tokio::test]
async fn p10_answers_that_no_reading_can_be_are_errors() {
    let server = Scripted::start().await;
    for number in 0..10 {
        server.put(&format!("/a/{number}"), "v");
    }
    let etcd = builder(&server).page_size(3).build().unwrap();
    let good = soon("a reading", etcd.read(ranges(["/a"]))).await.unwrap();
    assert_eq!(good.entries, [good.entries[0].clone()]);

    let twists: [(&str, Twist); 12] = [
        ("the same page without end", |answer| {
            answer.more = true;
            answer.kvs.truncate(1);
            answer.kvs[0].key = b"/a/0".to_vec();
        }),
        ("more of nothing", |answer| {
            answer.more = true;
            answer.kvs.clear();
        }),
        ("a key twice", |answer| {
            answer.kvs.extend(answer.kvs.first().cloned());
        }),
        ("keys out of order", |answer| answer.kvs.reverse()),
        ("a key before the range", |answer| {
            answer.kvs[0].key = b"/a-".to_vec();
        }),
        ("a key after the range", |answer| {
            answer.kvs.last_mut().unwrap().key = b"/a0".to_vec();
        }),
        ("an empty key", |answer| answer.kvs[0].key.clear()),
        ("no header", |answer| answer.header = None),
        ("revision 0", |answer| answer.header = Some(header(0))),
        ("a negative revision", |answer| {
            answer.header = Some(header(-5));
        }),
        ("a negative revision of a key", |answer| {
            answer.kvs[0].mod_revision = -1;
        }),
        ("a key of the future", |answer| {
            answer.kvs[0].mod_revision = i64::MAX;
        }),
    ];
    for (what, twist) in twists {
        server.twist_range(move |_, mut answer| {
            twist(&mut answer);
            Ok(answer)
        });
        let error = read_error(&etcd).await;
        assert_eq!(error.kind(), ErrorKind::Other, "{what}: {error}");
    }
    server.untwist();
    assert_eq!(etcd.read(ranges(["/a"])).await.unwrap(), good);
}

#[tokio::test]
async fn p10_answers_that_no_probe_can_be_are_errors() {
    let server = Scripted::start().await;
    server.put("/a/k", "v");
    let etcd = etcd(&server);
    let good = etcd.probe(ranges(["/a"])).await.unwrap();
    assert_eq!(good.ranges, [(1, Some(Revision::new(2)))]);

    let twists: [(&str, Twist); 6] = [
        ("fewer than none", |answer| answer.count = -1),
        ("none, and one", |answer| answer.count = 0),
        ("many, and none", |answer| answer.kvs.clear()),
        ("a negative revision", |answer| {
            answer.kvs[0].mod_revision = -1;
        }),
        ("revision 0", |answer| answer.kvs[0].mod_revision = 0),
        ("as few as can be", |answer| answer.count = i64::MIN),
    ];
    for (what, twist) in twists {
        server.twist_txn(move |_, mut answer| {
            let first = answer.responses[0].response.as_mut().unwrap();
            let PbTxnOpResponse::ResponseRange(range) = first else {
                panic!("not a range");
            };
            twist(range);
            Ok(answer)
        });
        let error = soon("an error", etcd.probe(ranges(["/a"]))).await;
        assert_eq!(error.unwrap_err().kind(), ErrorKind::Other, "{what}");
    }
    server.twist_txn(|_, mut answer| {
        answer.responses.clear();
        Ok(answer)
    });
    etcd.probe(ranges(["/a"])).await.unwrap_err();
    server.twist_txn(|_, mut answer| {
        answer.header = None;
        Ok(answer)
    });
    etcd.probe(ranges(["/a"])).await.unwrap_err();
    // As many as can be is only a number.
    server.twist_txn(|_, mut answer| {
        let first = answer.responses[0].response.as_mut().unwrap();
        if let PbTxnOpResponse::ResponseRange(range) = first {
            range.count = i64::MAX;
        }
        Ok(answer)
    });
    let probe = etcd.probe(ranges(["/a"])).await.unwrap();
    assert_eq!(probe.ranges[0].0, usize::try_from(i64::MAX).unwrap());
}

#[tokio::test]
async fn a_server_that_allows_fewer_operations_is_probed_in_parts() {
    let server = Scripted::start().await;
    server.put("/4/k", "v");
    let all: Vec<Range> = (0..50)
        .map(|number| Range::below(&format!("/{number}")))
        .collect();
    server.twist_txn(|asked, honest| {
        if asked.success.len() > 10 {
            let said = "etcdserver: too many operations in txn request";
            return Err(Status::invalid_argument(said));
        }
        Ok(honest)
    });
    let probe = soon("a probe", etcd(&server).probe(all.into())).await;
    let probe = probe.unwrap();
    assert_eq!(probe.ranges.len(), 50);
    assert_eq!(probe.ranges[4], (1, Some(Revision::new(2))));
}

#[tokio::test]
async fn drill_24_a_server_that_finds_its_answer_too_big_is_asked_for_less() {
    let server = Scripted::start().await;
    for number in 10..60 {
        server.put(&format!("/a/{number}"), "v");
    }
    let too_big =
        || Status::resource_exhausted("grpc: trying to send message larger than max (9 vs. 4)");
    server.twist_range(move |_, answer| {
        if answer.kvs.len() > 5 {
            return Err(too_big());
        }
        Ok(answer)
    });
    let etcd = etcd(&server);
    let reading = soon("a reading", etcd.read(ranges(["/a"]))).await.unwrap();
    assert_eq!(reading.entries[0].len(), 50);

    // One that never fits is named, and not asked for again and again.
    server.twist_range(move |asked, answer| {
        let fits = asked.keys_only || answer.kvs.iter().all(|pair| pair.key != b"/a/33");
        if fits { Ok(answer) } else { Err(too_big()) }
    });
    let before = server.counts().ranges;
    let error = read_error(&etcd).await;
    assert_eq!(error.kind(), ErrorKind::TooBig);
    assert!(chain(&error).contains("\"/a/33\""), "{error}");
    assert!(server.counts().ranges - before < 60);
}

#[tokio::test]
async fn p03_a_reading_whose_revision_is_compacted_between_pages_begins_anew_with_bigger_ones() {
    let server = Scripted::start().await;
    for number in 0..9 {
        server.put(&format!("/a/{number}"), "v");
    }
    let gone = || Status::out_of_range("etcdserver: mvcc: required revision has been compacted");
    // As often as it can be: after each page.
    server.twist_range(move |asked, answer| {
        if asked.revision == 0 {
            Ok(answer)
        } else {
            Err(gone())
        }
    });
    let etcd = builder(&server).page_size(3).build().unwrap();
    let before = server.counts().ranges;
    let reading = soon("a reading", etcd.read(ranges(["/a"]))).await.unwrap();
    assert_eq!(reading.entries[0].len(), 9);
    assert_eq!(server.counts().ranges - before, 3);

    // A store that gives one key a page, whatever it is asked for, is not read for ever.
    server.twist_range(move |asked, mut answer| {
        if asked.revision > 0 {
            return Err(gone());
        }
        answer.kvs.truncate(1);
        answer.more = true;
        Ok(answer)
    });
    let before = server.counts().ranges;
    assert_eq!(read_error(&etcd).await.kind(), ErrorKind::Compacted);
    assert_eq!(server.counts().ranges - before, 10);
}

/// All that may be said by who has the address of a member now.
const CODES: [Code; 13] = [
    Code::Unknown,
    Code::InvalidArgument,
    Code::NotFound,
    Code::AlreadyExists,
    Code::PermissionDenied,
    Code::ResourceExhausted,
    Code::FailedPrecondition,
    Code::Aborted,
    Code::OutOfRange,
    Code::Unimplemented,
    Code::Internal,
    Code::Unauthenticated,
    Code::Cancelled,
];

/// Says that to everything.
async fn stranger(code: Code) -> Scripted {
    let stranger = Scripted::start().await;
    let says = move || Status::new(code, "upstream connect error");
    stranger.twist_range(move |_, _| Err(says()));
    stranger.twist_txn(move |_, _| Err(says()));
    stranger.twist_created(move |_, _| Err(says()));
    stranger
}

#[tokio::test(flavor = "multi_thread")]
async fn p04_whoever_is_no_etcd_among_the_endpoints_costs_a_retry_elsewhere() {
    let good = Scripted::start().await;
    good.put(SIZE, "3");
    for code in CODES {
        let stranger = stranger(code).await;
        // The first of them is chosen at random.
        for _ in 0..4 {
            let etcd = Etcd::builder([stranger.endpoint(), good.endpoint()]);
            let hot = following(hot(&etcd.build().unwrap())).await;
            assert_eq!(hot.load().size, 3, "{code:?}");
            assert_eq!(hot.status().failure, None, "{code:?}");
            hot.shutdown().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn p04_behind_a_member_that_is_gone_and_a_stranger_the_third_is_found() {
    for code in [Code::Unimplemented, Code::PermissionDenied, Code::Internal] {
        let (gone, good) = (Scripted::start().await, Scripted::start().await);
        let stranger = stranger(code).await;
        good.put(SIZE, "3");
        let endpoints = [gone.endpoint(), stranger.endpoint(), good.endpoint()];
        drop(gone);
        let hot = following(hot(&Etcd::builder(endpoints).build().unwrap())).await;
        good.put(SIZE, "4");
        eventually("the change", || async { hot.load().size == 4 }).await;
        hot.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_alone_is_not_taken_for_an_etcd_that_denies() {
    let stranger = stranger(Code::PermissionDenied).await;
    let error = soon("an answer", etcd(&stranger).read(ranges(["/a"]))).await;
    let error = error.unwrap_err();
    assert!(chain(&error).contains("upstream connect error"), "{error}");
    assert!(!chain(&error).contains("grant-permission"), "{error}");
}
