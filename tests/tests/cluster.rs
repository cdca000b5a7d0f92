//! What the chaos relies on: the tests' own cluster and proxies do what they say.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what it expects by failing"
)]
#![cfg(unix)]

use std::time::Duration;

use etcd_client::Client;
use hotconfig_tests::{Cluster, Cut, Proxy, eventually};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

async fn put(cluster: &Cluster, member: usize, value: &str) -> Result<(), etcd_client::Error> {
    let mut client = cluster.client(member).await;
    client.put("a", value, None).await.map(drop)
}

async fn get(cluster: &Cluster, member: usize) -> Option<String> {
    let mut client = cluster.client(member).await;
    let answer = client.get("a", None).await.unwrap();
    let value = answer.kvs().first()?.value_str().unwrap();
    Some(value.to_owned())
}

async fn revision(cluster: &Cluster) -> i64 {
    let mut client = cluster.client(0).await;
    let answer = client.get("a", None).await.unwrap();
    answer.header().unwrap().revision()
}

#[tokio::test]
async fn a_quorum_is_lost_with_two_of_three_and_comes_back_with_one() {
    let mut cluster = Cluster::start(3).await;
    put(&cluster, 0, "1").await.unwrap();
    assert_eq!(get(&cluster, 2).await.as_deref(), Some("1"));

    let leader = cluster.leader().await.unwrap();
    let (other, last) = ((leader + 1) % 3, (leader + 2) % 3);
    cluster.kill(leader);
    assert!(cluster.has_quorum());
    eventually("another leader", || async {
        put(&cluster, other, "2").await.is_ok()
    })
    .await;

    cluster.stop(other);
    assert!(!cluster.has_quorum());
    put(&cluster, last, "3").await.unwrap_err();

    cluster.heal().await;
    assert_eq!(cluster.up(), [0, 1, 2]);
    put(&cluster, leader, "4").await.unwrap();
    assert_eq!(get(&cluster, last).await.as_deref(), Some("4"));
}

#[tokio::test]
async fn a_replaced_member_catches_up_from_nothing() {
    let mut cluster = Cluster::start(3).await;
    put(&cluster, 0, "1").await.unwrap();
    cluster.replace(1).await.unwrap();
    cluster.heal().await;
    assert_eq!(get(&cluster, 1).await.as_deref(), Some("1"));
    // It comes back as one of them after all have been down.
    cluster.kill_all();
    cluster.heal().await;
    assert_eq!(get(&cluster, 1).await.as_deref(), Some("1"));
}

#[tokio::test]
async fn a_restored_cluster_goes_back_with_the_same_ids_and_a_wiped_one_to_the_beginning() {
    let mut cluster = Cluster::start(3).await;
    let ids = async |cluster: &Cluster| {
        let mut client: Client = cluster.client(0).await;
        let status = client.status().await.unwrap();
        let header = status.header().unwrap().clone();
        (header.cluster_id(), header.member_id())
    };
    put(&cluster, 0, "1").await.unwrap();
    let (before, at) = (ids(&cluster).await, revision(&cluster).await);
    let file = cluster.folder().join("snapshot");
    cluster.save(1, &file).await.unwrap();
    put(&cluster, 0, "2").await.unwrap();

    cluster.restore(&file).await.unwrap();
    cluster.heal().await;
    assert_eq!(get(&cluster, 2).await.as_deref(), Some("1"));
    assert_eq!(
        (ids(&cluster).await, revision(&cluster).await),
        (before, at)
    );

    cluster.wipe();
    cluster.heal().await;
    assert_eq!(get(&cluster, 2).await, None);
    assert_eq!((ids(&cluster).await, revision(&cluster).await), (before, 1));
}

/// A server that sends back what it is sent, and a proxy before it.
async fn echo() -> Proxy {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut from, mut to) = stream.split();
                let _ = tokio::io::copy(&mut from, &mut to).await;
            });
        }
    });
    Proxy::start(port).await
}

async fn connect(proxy: &Proxy) -> std::io::Result<TcpStream> {
    let address = proxy.endpoint();
    TcpStream::connect(address.strip_prefix("http://").unwrap()).await
}

/// What comes back of a letter; `None` where the connection is closed.
async fn say(stream: &mut TcpStream, letter: u8) -> Option<u8> {
    stream.write_all(&[letter]).await.ok()?;
    stream.read_u8().await.ok()
}

#[tokio::test]
async fn a_way_that_is_cut_closes_and_refuses_until_it_is_good() {
    let proxy = echo().await;
    for how in [Cut::Refuse, Cut::Close] {
        let mut open = connect(&proxy).await.unwrap();
        assert_eq!(say(&mut open, b'a').await, Some(b'a'));

        proxy.cut(how).await;
        assert_eq!(open.read_u8().await.ok(), None);
        match (how, connect(&proxy).await) {
            (Cut::Refuse, connected) => assert!(connected.is_err()),
            (Cut::Close, connected) => assert_eq!(say(&mut connected.unwrap(), b'b').await, None),
        }

        proxy.heal().await;
        let mut again = connect(&proxy).await.unwrap();
        assert_eq!(say(&mut again, b'c').await, Some(b'c'));
    }
    assert!(proxy.accepted() >= 5, "{}", proxy.accepted());
}

#[tokio::test]
async fn a_way_that_is_stalled_delivers_later_what_it_kept() {
    let proxy = echo().await;
    for (to_server, to_client) in [(true, false), (false, true), (true, true)] {
        let mut open = connect(&proxy).await.unwrap();
        assert_eq!(say(&mut open, b'a').await, Some(b'a'));
        proxy.stall(to_server, to_client);
        open.write_all(b"b").await.unwrap();
        let silent = tokio::time::timeout(Duration::from_millis(100), open.read_u8()).await;
        assert!(silent.is_err(), "{silent:?}");
        proxy.heal().await;
        assert_eq!(open.read_u8().await.unwrap(), b'b');
    }
}

#[tokio::test]
async fn a_way_that_is_slow_delivers_everything_in_order() {
    let proxy = echo().await;
    let stream = connect(&proxy).await.unwrap();
    proxy.slow(Duration::from_millis(1), Some(50_000_000));
    let sent: Vec<u8> = (0..=u8::MAX).cycle().take(1 << 20).collect();
    let (mut from, mut to) = stream.into_split();
    let writing = {
        let sent = sent.clone();
        tokio::spawn(async move { to.write_all(&sent).await.map(|()| to) })
    };
    let mut received = vec![0; sent.len()];
    from.read_exact(&mut received).await.unwrap();
    assert!(received == sent, "what comes back is not what was sent");
    writing.await.unwrap().unwrap();
}
