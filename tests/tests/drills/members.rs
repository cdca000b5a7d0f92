//! A cluster that loses members.

use hotconfig_tests::{Cluster, eventually};

use super::*;

/// Writes until it is done: for a moment after a member died, nobody leads.
async fn written(cluster: &Cluster, size: u32) -> Revision {
    loop {
        for member in cluster.up() {
            let mut client = cluster.client(member).await;
            let put = client.put(key("db/pool_size"), size.to_string(), None);
            if let Ok(Ok(answer)) = tokio::time::timeout(Duration::from_secs(2), put).await {
                return answer.header().unwrap().revision().into();
            }
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p04_p09_drill_25_one_member_dies_then_the_quorum_and_all_come_back() {
    let mut cluster = Cluster::start(3).await;
    let mut client = cluster.client(0).await;
    put(&mut client, "db/dsn", DSN).await;
    let etcd = Etcd::builder(cluster.endpoints()).call_timeout(Duration::from_secs(2));
    let hot = builder(etcd)
        .staleness_limit(Duration::from_secs(3))
        .start()
        .await
        .unwrap();
    visible(&hot, soon("a write", Box::pin(written(&cluster, 2))).await).await;
    // Each of them once, and so the leader, and the one that the watch is with.
    for (member, size) in [(0, 3), (1, 4), (2, 5)] {
        cluster.kill(member);
        visible(
            &hot,
            soon("a write", Box::pin(written(&cluster, size))).await,
        )
        .await;
        assert_eq!(hot.load().db.pool_size, size);
        cluster.heal().await;
    }
    // Without a quorum nothing is confirmed, also by a member that still answers.
    cluster.kill(0);
    cluster.kill(1);
    eventually("stale, with a reason", async || {
        let status = hot.status();
        !status.is_fresh() && status.failure.is_some()
    })
    .await;
    assert_eq!(hot.load().db.pool_size, 5);
    cluster.revive(0);
    visible(&hot, soon("a write", Box::pin(written(&cluster, 6))).await).await;
    eventually("fresh", async || hot.status().is_fresh()).await;
}
