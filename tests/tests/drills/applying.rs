//! A change that is bad, or is seen in half.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hotconfig::field;
use hotconfig_tests::eventually;

use super::*;

#[tokio::test]
async fn p07_drill_01_a_bad_value_after_a_good_one_leaves_the_good_one() {
    let (mut server, mut client, hot) = started().await;
    let good = put(&mut client, "db/pool_size", "16").await;
    visible(&hot, good).await;
    let mut size = hot.watch(field!(Service, db.pool_size));
    let bad = put(&mut client, "db/pool_size", "many").await;
    assert_eq!(held(&hot, bad).await.keys, [key("db/pool_size")]);
    assert_eq!(hot.load().db.pool_size, 16);
    // Everything is read again, and the bad value with it.
    server.restart().await;
    eventually("it is connected again", async || {
        hot.status().connected && hot.status().failure.is_none()
    })
    .await;
    let mut client = server.client().await;
    let other = put(&mut client, "note", "later").await;
    visible(&hot, other).await;
    assert_eq!(hot.load().db.pool_size, 16);
    assert_eq!(hot.status().held.len(), 1);
    let good = put(&mut client, "db/pool_size", "17").await;
    visible(&hot, good).await;
    let change = soon("the change", size.changed()).await.unwrap();
    assert_eq!((*change.previous(), *change.current()), (16, 17));
    assert!(hot.status().held.is_empty());
}

#[tokio::test]
async fn p07_drill_02_no_bytes_make_it_panic_hang_or_lose_what_is_good() {
    let (server, mut client, hot) = started().await;
    let deep = "[".repeat(10_000);
    let deepest = "[".repeat(1_500_000);
    let big = "9".repeat(1_500_000);
    let pairs = format!("[{}\"x\"]", "\"x\",".repeat(100_000));
    let inputs: [(&str, &[u8]); 17] = [
        ("db/pool_size", b"\xff\xfe\x00"),
        ("db/pool_size", b""),
        ("db/pool_size", b"\0"),
        ("db/pool_size", b"99999999999999999999999"),
        ("db/pool_size", b"-1"),
        ("db/pool_size", b"0x10"),
        ("db/pool_size", big.as_bytes()),
        ("ratio", b"NaN"),
        ("ratio", b"-inf"),
        ("ratio", b"1e999"),
        ("ratio", big.as_bytes()),
        ("tags", deep.as_bytes()),
        ("tags", deepest.as_bytes()),
        ("tags", b"[\"\xff\"]"),
        ("db/idle_timeout", b"99999999999999999999y"),
        ("db/dsn", b"\xc3\x28"),
        ("log_level", b"INFO\x1b[2J"),
    ];
    let before = hot.snapshot();
    for (name, value) in inputs {
        let revision = put(&mut client, name, value).await;
        let held = held(&hot, revision).await;
        assert_eq!(
            (held.revision, &held.problems[0].key),
            (revision, &key(name))
        );
        let said = held.to_string();
        assert!(said.len() < 2_000, "{} bytes of message", said.len());
        assert!(
            !said.contains(|c: char| c.is_control() && c != '\n'),
            "{said:?}"
        );
    }
    assert_eq!(*hot.snapshot(), *before);
    // What is long, and good, is good. And everything else goes on.
    visible(&hot, put(&mut client, "note", big.clone()).await).await;
    assert_eq!(hot.load().note.as_deref(), Some(big.as_str()));
    visible(&hot, put(&mut client, "tags", pairs).await).await;
    assert_eq!(hot.load().tags.len(), 100_001);
    // A program that starts now is told of all of them.
    let error = builder(patient(server.endpoint()))
        .start()
        .await
        .unwrap_err();
    let said = error.to_string();
    for name in [
        "db/pool_size",
        "ratio",
        "db/idle_timeout",
        "db/dsn",
        "log_level",
    ] {
        assert!(said.contains(&key(name)), "{said}");
    }
}

#[tokio::test]
async fn p07_drill_03_a_typo_is_said_with_its_key_its_revision_and_what_would_be_right() {
    let (_server, mut client, hot) = started().await;
    let typo = put(&mut client, "log_level", "inf").await;
    let said = held(&hot, typo).await.to_string();
    for word in [&key("log_level"), &typo.to_string(), "inf", "info"] {
        assert!(said.contains(word), "{word} is missing: {said}");
    }
    // A key that nobody asked for is no silence either.
    visible(&hot, put(&mut client, "db/pool_sise", "9").await).await;
    let status = hot.status();
    assert_eq!(status.unknown[0].key, key("db/pool_sise"));
    assert_eq!(status.unknown[0].nearest.as_deref(), Some("db/pool_size"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p03_drill_04_no_reader_sees_half_of_a_transaction() {
    let (_server, mut client, hot) = started().await;
    let over = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..2)
        .map(|_| {
            let (mut reader, over) = (hot.reader(), Arc::clone(&over));
            std::thread::spawn(move || {
                let mut seen = 0_u64;
                let mut last = 0;
                while !over.load(Ordering::Relaxed) {
                    let config = reader.get();
                    assert_eq!(config.pair.right, config.pair.left + 10, "half of it");
                    seen += u64::from(config.pair.left != last);
                    last = config.pair.left;
                }
                seen
            })
        })
        .collect();
    let mut last = Revision::default();
    for number in 0..300_u64 {
        let (left, right) = (number.to_string(), (number + 10).to_string());
        last = put_all(&mut client, &[("pair/left", &left), ("pair/right", &right)]).await;
    }
    visible(&hot, last).await;
    over.store(true, Ordering::Relaxed);
    for reader in readers {
        assert!(reader.join().unwrap() > 0, "a reader saw nothing");
    }
    assert_eq!(
        hot.load().pair,
        Pair {
            left: 299,
            right: 309
        }
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p02_drill_05_it_is_never_empty_while_everything_is_deleted_and_written_anew() {
    let (_server, mut client, hot) = started().await;
    let all = [("db/dsn", DSN), ("note", "here"), ("db/pool_size", "16")];
    visible(&hot, put_all(&mut client, &all).await).await;
    let over = Arc::new(AtomicBool::new(false));
    let reader = {
        let (mut reader, over) = (hot.reader(), Arc::clone(&over));
        std::thread::spawn(move || {
            while !over.load(Ordering::Relaxed) {
                let config = reader.get();
                assert_eq!(config.note.as_deref(), Some("here"));
                assert_eq!(
                    (config.db.pool_size, config.db.dsn.expose().as_str()),
                    (16, DSN)
                );
            }
        })
    };
    let mut db = hot.changes(field!(Service, db));
    for _ in 0..40 {
        let gone = delete_below(&mut client, "").await;
        let back = put_all(&mut client, &all).await;
        // A required key is missing: what was deleted together stays together.
        settled(&hot, gone).await;
        visible(&hot, back).await;
    }
    over.store(true, Ordering::Relaxed);
    reader.join().unwrap();
    hot.shutdown().await;
    assert!(db.next().await.is_none(), "told of nothing");
}

#[tokio::test]
async fn drill_06_what_needs_a_restart_waits_for_one_and_is_shown() {
    let (server, mut client, hot) = started().await;
    visible(&hot, put(&mut client, "workers", "9").await).await;
    assert_eq!(hot.load().workers, 4);
    let status = hot.status();
    let pending = &status.pending_restart[0];
    assert_eq!(
        (&pending.key, pending.pending.as_deref()),
        (&key("workers"), Some("9"))
    );
    let restarted = builder(patient(server.endpoint())).start().await.unwrap();
    assert_eq!(restarted.load().workers, 9);
    assert!(restarted.status().pending_restart.is_empty());
}

#[tokio::test]
async fn p02_drill_07_min_above_max_is_held_until_max_is_raised_too() {
    let (_server, mut client, hot) = started().await;
    let low = put(&mut client, "pair/left", "30").await;
    assert!(
        held(&hot, low)
            .await
            .to_string()
            .contains("left is above right")
    );
    assert_eq!(
        hot.load().pair,
        Pair {
            left: 10,
            right: 20
        }
    );
    visible(&hot, put(&mut client, "pair/right", "40").await).await;
    assert_eq!(
        hot.load().pair,
        Pair {
            left: 30,
            right: 40
        }
    );
}

#[tokio::test]
async fn p04_drill_08_one_bad_key_blocks_no_later_change() {
    let (_server, mut client, hot) = started().await;
    let bad = put_all(&mut client, &[("db/pool_size", "0"), ("note", "together")]).await;
    assert_eq!(held(&hot, bad).await.keys.len(), 2);
    for number in 0..50 {
        let text = number.to_string();
        visible(
            &hot,
            put_all(&mut client, &[("tags", &format!("[\"{text}\"]"))]).await,
        )
        .await;
        assert_eq!(hot.load().tags, [text]);
    }
    // Overwritten, a key leaves the group; and the rest of it is as bad as before.
    visible(&hot, put(&mut client, "note", "alone").await).await;
    assert_eq!(hot.load().note.as_deref(), Some("alone"));
    assert_eq!(hot.status().held[0].keys, [key("db/pool_size")]);
}

#[tokio::test]
async fn drill_39_a_secret_is_in_nothing_that_is_said() {
    let (server, mut client, hot) = started().await;
    let bad = [b'h', b'u', b'n', b't', b'e', b'r', b'3', 0xff];
    let revision = put(&mut client, "db/dsn", bad).await;
    let held = held(&hot, revision).await;
    let status = hot.status();
    let start = builder(patient(server.endpoint()))
        .start()
        .await
        .unwrap_err();
    for said in [
        held.to_string(),
        format!("{held:?}"),
        format!("{status:?}"),
        format!("{hot:?}"),
        format!("{:?}", *hot.load()),
        format!("{:?}", hot.snapshot()),
        hot.describe().to_string(),
        format!("{:?}", hot.describe()),
        start.to_string(),
        format!("{start:?}"),
    ] {
        assert!(!said.contains("hunter"), "{said}");
    }
    assert_eq!(hot.load().db.dsn.expose(), DSN);
}
