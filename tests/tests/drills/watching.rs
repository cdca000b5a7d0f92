//! What happens to the watch, to the way there, and to the server.

use std::net::TcpListener;
use std::time::Instant;

use etcd_client::{Permission, PermissionType};
use hotconfig::field;
use hotconfig::store::ErrorKind;
use hotconfig_tests::eventually;
use hotconfig_tests::metrics::{WATCHERS, calls};

use super::gate::Gate;
use super::*;

#[tokio::test]
async fn p12_drill_14_a_write_between_the_first_reading_and_the_watch_is_seen() {
    let (server, mut client) = served().await;
    put(&mut client, "note", "old").await;
    let gate = Gate::to(server.port()).await;
    // The way for calls is open, that of the watch is not.
    gate.let_in(1);
    let etcd = patient(gate.endpoint()).call_timeout(LIMIT);
    let hot = builder(etcd).start().await.unwrap();
    eventually("the watch to be asked for", async || gate.knocked() == 2).await;
    assert_eq!(hot.load().note.as_deref(), Some("old"));
    delete(&mut client, "note").await;
    let last = put(&mut client, "db/pool_size", "16").await;
    gate.let_in(usize::MAX);
    visible(&hot, last).await;
    assert_eq!(
        (hot.load().note.clone(), hot.load().db.pool_size),
        (None, 16)
    );
}

/// The same without a gate, at whatever moment it happens.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p04_drill_14_starts_amid_writes_miss_none() {
    let (server, mut client) = served().await;
    for round in 0..30_u32 {
        let start = tokio::spawn(builder(patient(server.endpoint())).start());
        let mut last = Revision::default();
        for step in 0..20 {
            let size = (round * 20 + step + 1).to_string();
            last = put(&mut client, "db/pool_size", size).await;
        }
        let hot = soon("the start", start).await.unwrap().unwrap();
        visible(&hot, last).await;
        assert_eq!(hot.load().db.pool_size, round * 20 + 20);
    }
}

#[tokio::test]
async fn p04_p08_p10_drill_15_what_was_compacted_before_the_watch_stood_is_read() {
    let (server, mut client) = served().await;
    let old = [("note", "old"), ("db/pool_size", "16"), ("ratio", "0.25")];
    put_all(&mut client, &old).await;
    let gate = Gate::to(server.port()).await;
    gate.let_in(1);
    let etcd = patient(gate.endpoint()).call_timeout(LIMIT);
    let hot = builder(etcd).start().await.unwrap();
    eventually("the watch to be asked for", async || gate.knocked() == 2).await;
    delete(&mut client, "note").await;
    put(&mut client, "db/pool_size", "17").await;
    let before = put(&mut client, "db/pool_size", "18").await;
    compact(&mut client, before).await;
    let asked = server.metric(&calls("Range")).await + server.metric(&calls("Watch")).await;
    gate.let_in(usize::MAX);
    visible(&hot, before).await;
    let config = hot.snapshot();
    assert_eq!((config.note.clone(), config.db.pool_size), (None, 18));
    assert_eq!(config.ratio.to_string(), "0.25");
    // No hot loop: one watch that is cancelled, one reading, one watch; and some to spare.
    let asking = server.metric(&calls("Range")).await + server.metric(&calls("Watch")).await;
    assert!(asking - asked <= 8, "{} calls", asking - asked);
    visible(&hot, put(&mut client, "note", "new").await).await;
}

#[tokio::test]
async fn p06_drill_16_an_idle_prefix_on_a_busy_cluster_is_never_told_and_never_swapped() {
    let (server, mut client) = served().await;
    put_all(&mut client, &[("note", "idle"), ("db/pool_size", "16")]).await;
    let gate = Gate::to(server.port()).await;
    let hot = builder(patient(gate.endpoint())).start().await.unwrap();
    let before = hot.snapshot();
    let mut watch = hot.watch(field!(Service, db));
    let mut note = hot.changes(field!(Service, note));
    for round in 0..10 {
        let mut last = Revision::default();
        for number in 0..50 {
            last = put_at(&mut client, "/elsewhere", format!("{round}.{number}")).await;
        }
        compact(&mut client, last).await;
        // What the watch would go on from is compacted: each recovery is a reading.
        let connections = gate.knocked();
        gate.cut();
        eventually("it comes back", async || gate.knocked() >= connections + 2).await;
        visible(&hot, last).await;
        assert!(hot.status().revision >= Some(last));
    }
    assert_eq!(
        hot.snapshot().revision(),
        before.revision(),
        "swapped for nothing"
    );
    hot.shutdown().await;
    assert!(
        watch.changed().await.is_none() && note.next().await.is_none(),
        "told of nothing"
    );
}

/// How much time of the processor the loops' and the connections' threads have had, in ticks.
#[cfg(target_os = "linux")]
fn ticks() -> u64 {
    let of = |task: std::path::PathBuf| {
        let name = std::fs::read_to_string(task.join("comm")).ok()?;
        let stat = std::fs::read_to_string(task.join("stat")).ok()?;
        let numbers: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
        // The time in user mode and in the kernel's.
        let time = |at: usize| numbers.get(at)?.parse::<u64>().ok();
        name.starts_with("hotconfig")
            .then_some(time(11)? + time(12)?)
    };
    let tasks = std::fs::read_dir("/proc/self/task").unwrap().flatten();
    tasks.filter_map(|task| of(task.path())).sum()
}

/// Every way in which the end of a watch, or of all connections, might come in a circle.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p10_drill_17_a_server_that_ends_every_connection_is_asked_seldom() {
    const REST: Duration = Duration::from_millis(20);
    let (server, mut client) = served().await;
    let gate = Gate::to(server.port()).await;
    let etcd = patient(gate.endpoint());
    let hot = builder(etcd).backoff(REST, REST * 2).start().await.unwrap();
    eventually("it is connected", async || hot.status().connected).await;
    let (begun, connections, time) = (Instant::now(), gate.knocked(), ticks());
    let cutting = async {
        while gate.knocked() < connections + 60 {
            gate.cut();
            tokio::task::yield_now().await;
        }
    };
    soon("sixty connections", cutting).await;
    // Each failure is followed by a rest of a quarter of the least, or more; and each try has
    // two connections, and one try again on each.
    let (took, connections) = (begun.elapsed(), gate.knocked() - connections);
    let rests = took.as_micros() / (REST / 4).as_micros();
    assert!(
        connections as u128 <= 4 * (rests + 2),
        "{connections} connections in {took:?}"
    );
    // A hundred ticks are a second. Two threads that spin would have two seconds in each.
    let time = ticks() - time;
    let most = took.as_millis() / 10;
    assert!(u128::from(time) <= most + 20, "{time} ticks in {took:?}");
    visible(&hot, put(&mut client, "db/pool_size", "16").await).await;
}

#[tokio::test]
async fn p09_drill_18_a_way_that_goes_silent_is_noticed_said_and_left() {
    let (server, mut client) = served().await;
    let gate = Gate::to(server.port()).await;
    let etcd = patient(gate.endpoint())
        .call_timeout(Duration::from_millis(500))
        .keep_alive(Duration::from_secs(5), Duration::from_secs(1));
    let limit = Duration::from_secs(2);
    let hot = builder(etcd).staleness_limit(limit).start().await.unwrap();
    eventually("it is connected", async || hot.status().connected).await;
    let mut size = hot.watch(field!(Service, db.pool_size));
    // The connections stay open, and nothing comes through any more; new ones don't get in.
    gate.let_in(gate.knocked());
    gate.silence();
    put(&mut client, "db/pool_size", "16").await;
    eventually("stale, with a reason", async || {
        let status = hot.status();
        !status.is_fresh() && status.failure.is_some()
    })
    .await;
    // There is a way again, another one.
    gate.let_in(usize::MAX);
    let change = soon("the change", size.changed()).await.unwrap();
    assert_eq!(*change.current(), 16);
    eventually("fresh again", async || hot.status().is_fresh()).await;
}

/// Only the watch is dead: calls are answered, and nothing that the watch says is missed.
#[tokio::test]
async fn p04_p09_drill_18_a_watch_that_goes_silent_alone_is_found_out() {
    let (server, mut client) = served().await;
    let gate = Gate::to(server.port()).await;
    let limit = Duration::from_millis(900);
    let hot = builder(patient(gate.endpoint()))
        .staleness_limit(limit)
        .start()
        .await
        .unwrap();
    eventually("it is connected", async || hot.status().connected).await;
    let mut size = hot.watch(field!(Service, db.pool_size));
    // The first connection is that of the calls.
    gate.silence_from(1);
    put(&mut client, "db/pool_size", "16").await;
    let change = soon("the change", size.changed()).await.unwrap();
    assert_eq!(*change.current(), 16);
    eventually("fresh", async || hot.status().is_fresh()).await;
}

#[tokio::test]
async fn p09_drill_19_without_etcd_it_is_not_ready_and_says_why() {
    let (mut server, _client) = served().await;
    let limit = Duration::from_millis(900);
    let hot = builder(patient(server.endpoint()))
        .staleness_limit(limit)
        .start()
        .await
        .unwrap();
    eventually("fresh", async || hot.status().is_fresh()).await;
    server.kill();
    eventually("it is disconnected", async || !hot.status().connected).await;
    eventually("stale", async || !hot.status().is_fresh()).await;
    let status = hot.status();
    let stale = status.stale.as_ref().unwrap();
    assert!(Some(stale.since) == status.confirmed, "{stale:?}");
    assert!(
        stale.cause.to_string().contains(&server.endpoint()),
        "{}",
        stale.cause
    );
    server.restart().await;
    eventually("fresh", async || {
        hot.status().is_fresh() && hot.status().connected
    })
    .await;
}

/// Users: `root`, and `service` who may read the configuration.
async fn with_users(client: &mut Client) {
    client.role_add("root").await.unwrap();
    client.role_add("services").await.unwrap();
    let permission = Permission::new(PermissionType::Read, key("")).with_prefix();
    client
        .role_grant_permission("services", permission)
        .await
        .unwrap();
    for (user, role) in [("root", "root"), ("service", "services")] {
        client.user_add(user, "password", None).await.unwrap();
        client.user_grant_role(user, role).await.unwrap();
    }
    client.auth_enable().await.unwrap();
}

async fn root(server: &Server) -> Client {
    let options = etcd_client::ConnectOptions::new().with_user("root", "password");
    Client::connect([server.endpoint()], Some(options))
        .await
        .unwrap()
}

/// Waits until a token is gone that nobody has used since now.
async fn tokens_expire(server: &Server) {
    // A look keeps the token that is looked at, so each look has one of its own.
    let mut wait = Duration::from_secs(1);
    let mut controls = Vec::new();
    for _ in 0..5 {
        controls.push(root(server).await);
    }
    for mut control in controls {
        tokio::time::sleep(wait).await;
        if control.get("/x", None).await.is_err() {
            return;
        }
        wait *= 2;
    }
    panic!("no token expires");
}

#[tokio::test]
async fn p04_drill_20_an_expired_token_ends_no_watch_for_good() {
    let server = Server::builder()
        .flag("--auth-token-ttl=1")
        .flag("--bcrypt-cost=4")
        .start()
        .await;
    let mut client = server.client().await;
    put(&mut client, "db/dsn", DSN).await;
    with_users(&mut client).await;
    let gate = Gate::to(server.port()).await;
    let etcd = patient(gate.endpoint()).user("service", "password");
    let hot = builder(etcd).start().await.unwrap();
    eventually("it is connected", async || hot.status().connected).await;
    for size in [2, 4_u32] {
        tokens_expire(&server).await;
        // The watch that stands goes on.
        let mut root = root(&server).await;
        visible(&hot, put(&mut root, "db/pool_size", size.to_string()).await).await;
        // A new one needs a new token.
        let connections = gate.knocked();
        gate.cut();
        eventually("it comes back", async || gate.knocked() > connections).await;
        let last = put(&mut root, "db/pool_size", (size + 1).to_string()).await;
        visible(&hot, last).await;
        assert_eq!(hot.load().db.pool_size, size + 1);
    }
}

#[tokio::test]
async fn p12_drill_21_the_cursor_moves_by_no_clock() {
    let (server, mut client) = served().await;
    let gate = Gate::to(server.port()).await;
    let etcd = patient(gate.endpoint()).call_timeout(Duration::from_millis(200));
    let limit = Duration::from_millis(300);
    let hot = builder(etcd).staleness_limit(limit).start().await.unwrap();
    eventually("fresh", async || hot.status().is_fresh()).await;
    // Nothing comes through, new connections don't get in: whatever runs out is a clock.
    gate.silence();
    gate.let_in(gate.knocked());
    let missed = put(&mut client, "db/pool_size", "16").await;
    eventually("several timers have run out", async || {
        let status = hot.status();
        let age = status.confirmed.map_or(LIMIT, |at| at.elapsed());
        assert!(
            status.revision < Some(missed),
            "the cursor passed what never came"
        );
        assert_eq!(hot.load().db.pool_size, 8);
        !status.is_fresh() && age > limit * 5
    })
    .await;
    gate.let_in(usize::MAX);
    gate.speak();
    visible(&hot, missed).await;
    assert_eq!(hot.load().db.pool_size, 16);
}

#[tokio::test]
async fn p15_drill_23_a_role_that_is_revoked_leaves_what_was_known() {
    let mut server = Server::builder().flag("--bcrypt-cost=4").start().await;
    let mut client = server.client().await;
    put_all(&mut client, &[("db/dsn", DSN), ("db/pool_size", "16")]).await;
    with_users(&mut client).await;
    let etcd = patient(server.endpoint()).user("service", "password");
    let limit = Duration::from_millis(900);
    let hot = builder(etcd).staleness_limit(limit).start().await.unwrap();
    let mut db = hot.changes(field!(Service, db));
    root(&server)
        .await
        .user_revoke_role("service", "services")
        .await
        .unwrap();
    // The watch that stands goes on; a new one is refused.
    server.restart().await;
    eventually("it is denied", async || {
        let status = hot.status();
        let kind = status
            .failure
            .as_ref()
            .map(hotconfig::store::StoreError::kind);
        kind == Some(ErrorKind::Denied) && !status.is_fresh()
    })
    .await;
    let failure = hot.status().failure.clone().unwrap().to_string();
    assert!(failure.contains(&key("")), "{failure}");
    assert_eq!(hot.load().db.pool_size, 16);
    let mut root = root(&server).await;
    root.user_grant_role("service", "services").await.unwrap();
    visible(&hot, put(&mut root, "note", "back").await).await;
    eventually("fresh", async || hot.status().is_fresh()).await;
    hot.shutdown().await;
    assert!(db.next().await.is_none(), "told of nothing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p04_drill_24_a_burst_of_many_messages_arrives() {
    let (server, mut client) = served().await;
    let gate = Gate::to(server.port()).await;
    let hot = builder(patient(gate.endpoint())).start().await.unwrap();
    eventually("it is connected", async || hot.status().connected).await;
    // While nothing comes through, more is written than one message of four mebibytes holds.
    gate.silence();
    let text = "x".repeat(100_000);
    let mut last = Revision::default();
    for number in 0..100_u32 {
        let (left, note) = (number.to_string(), format!("{number}{text}"));
        let all = [
            ("pair/left", left.as_str()),
            ("pair/right", &left),
            ("note", &note),
        ];
        last = put_all(&mut client, &all).await;
    }
    gate.speak();
    visible(&hot, last).await;
    assert_eq!(
        hot.load().pair,
        Pair {
            left: 99,
            right: 99
        }
    );
    assert!(
        hot.load()
            .note
            .as_ref()
            .is_some_and(|note| note.starts_with("99x"))
    );
}

#[tokio::test]
async fn p04_p10_drill_24_a_revision_bigger_than_what_is_decoded_is_read_in_pieces() {
    let (server, mut client) = served().await;
    let etcd = patient(server.endpoint()).decode_limit(1 << 20);
    let hot = builder(etcd).start().await.unwrap();
    eventually("it is connected", async || hot.status().connected).await;
    let asked = server.metric(&calls("Watch")).await;
    let text = "x".repeat(400_000);
    let tags = format!("[\"{text}\"]");
    let all = [
        ("note", text.as_str()),
        ("tags", &tags),
        ("db/dsn", &text),
        ("ratio", "0.25"),
    ];
    visible(&hot, put_all(&mut client, &all).await).await;
    assert_eq!(hot.load().note.as_ref().map(String::len), Some(text.len()));
    assert_eq!(hot.load().tags, [text]);
    // It is not asked for again and again.
    visible(&hot, put(&mut client, "db/pool_size", "16").await).await;
    let asking = server.metric(&calls("Watch")).await - asked;
    assert!(asking <= 3, "{asking} watches");
    eventually("one watch stands", async || {
        server.metric(WATCHERS).await == 1
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn drill_26_instances_come_back_at_moments_of_their_own() {
    const INSTANCES: usize = 30;
    const REST: Duration = Duration::from_secs(2);
    let (mut server, _client) = served().await;
    let starts = (0..INSTANCES).map(|_| {
        let etcd = patient(server.endpoint()).call_timeout(LIMIT);
        builder(etcd).backoff(REST, REST).start()
    });
    let instances = futures_util::future::try_join_all(starts).await.unwrap();
    eventually("all are connected", async || {
        instances.iter().all(|hot| hot.status().connected)
    })
    .await;
    server.kill();
    let listener = TcpListener::bind(("127.0.0.1", server.port())).unwrap();
    let arrivals = tokio::task::spawn_blocking(move || {
        let mut arrivals = Vec::new();
        while arrivals.len() < INSTANCES {
            // Kept open, each has one: nobody comes twice.
            let connection = listener.accept().unwrap();
            arrivals.push((Instant::now(), connection));
        }
        let moments = arrivals.iter().map(|(moment, _)| *moment);
        moments.collect::<Vec<_>>()
    });
    let arrivals = soon("all come back", arrivals).await.unwrap();
    let spread = *arrivals.last().unwrap() - arrivals[0];
    // Thirty moments at random are all within a third of the time once in 10^13 times.
    assert!(spread > REST / 4, "all within {spread:?}");
}

#[cfg(unix)]
#[tokio::test]
async fn p09_drill_27_a_member_that_stops_answering_is_noticed_and_what_it_missed_arrives() {
    let (server, mut client) = served().await;
    let limit = Duration::from_millis(900);
    let hot = builder(patient(server.endpoint()).call_timeout(Duration::from_millis(300)))
        .staleness_limit(limit)
        .start()
        .await
        .unwrap();
    eventually("fresh", async || hot.status().is_fresh()).await;
    for size in ["16", "17"] {
        server.stop();
        eventually("stale, with a reason", async || {
            let status = hot.status();
            !status.is_fresh() && status.failure.is_some()
        })
        .await;
        server.cont();
        eventually("fresh", async || hot.status().is_fresh()).await;
        visible(&hot, put(&mut client, "db/pool_size", size).await).await;
    }
}
