//! Deletes, and keys that are another's.

use hotconfig::field;
use hotconfig_tests::{Cut, Proxy};

use super::*;

#[tokio::test]
async fn p08_drill_09_a_deleted_key_is_its_default_or_none_or_held() {
    let (_server, mut client, hot) = started().await;
    let there = put_all(&mut client, &[("note", "hello"), ("db/pool_size", "16")]).await;
    visible(&hot, there).await;
    let mut note = hot.watch(field!(Service, note));
    delete(&mut client, "note").await;
    visible(&hot, delete(&mut client, "db/pool_size").await).await;
    assert_eq!(
        (hot.load().note.clone(), hot.load().db.pool_size),
        (None, 8)
    );
    let change = soon("the delete", note.changed()).await.unwrap();
    assert_eq!(change.current(), &None);
    let required = delete(&mut client, "db/dsn").await;
    let held = held(&hot, required).await;
    assert!(held.problems[0].wrong.contains("missing"), "{held}");
    assert_eq!(hot.load().db.dsn.expose(), DSN);
}

#[tokio::test]
async fn drill_11_a_prefix_ends_at_a_segment() {
    let (server, mut client, hot) = started().await;
    let before = hot.snapshot().revision();
    for other in [
        "prod2/db/pool_size",
        "prod-db/pool_size",
        "prod",
        "prod.",
        "pro/db/pool_size",
    ] {
        put_at(&mut client, &format!("/configs/users/{other}"), "17").await;
    }
    let last = put_at(&mut client, "/configs/users/prod0", "17").await;
    settled(&hot, last).await;
    assert_eq!(
        (hot.snapshot().revision(), hot.status().unknown_count),
        (before, 0)
    );
    // A program that starts now does not read them either.
    let again = builder(patient(server.endpoint())).start().await.unwrap();
    assert_eq!(
        (again.load().db.pool_size, again.status().unknown_count),
        (8, 0)
    );
}

#[tokio::test]
async fn p12_what_was_deleted_again_unseen_while_its_delete_is_held_is_not_called_visible() {
    let (server, mut client) = served().await;
    let proxy = Proxy::start(server.port()).await;
    let hot = builder(patient(proxy.endpoint())).start().await.unwrap();
    visible(&hot, put(&mut client, "note", "one").await).await;
    let both = [
        TxnOp::put(key("db/pool_size"), "0", None),
        TxnOp::delete(key("note"), None),
    ];
    let answer = client.txn(Txn::new().and_then(both)).await.unwrap();
    let first = held(&hot, answer.header().unwrap().revision().into()).await;
    proxy.cut(Cut::Refuse).await;
    put(&mut client, "note", "two").await;
    let again = delete(&mut client, "note").await;
    proxy.heal().await;
    assert_eq!(held(&hot, again).await, first);
    assert_eq!(hot.load().note.as_deref(), Some("one"));
    visible(&hot, put(&mut client, "db/pool_size", "9").await).await;
    visible(&hot, again).await;
    assert_eq!(hot.load().note, None);
}
