//! Deletes, and keys that are another's.

use hotconfig::field;

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
