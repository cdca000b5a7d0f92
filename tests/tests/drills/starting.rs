//! Starts without a store, and from the copy on disk.

use std::path::{Path, PathBuf};

use hotconfig::{Origin, StartError, field};
use hotconfig_tests::{chain, eventually};

use super::*;

const KEY: [u8; 32] = [7; 32];

fn kept(etcd: EtcdBuilder, path: &Path) -> HotBuilder<Service> {
    builder(etcd)
        .fallback(path)
        .fallback_key(KEY)
        .fallback_interval(Duration::from_millis(50))
        .start_timeout(Duration::from_secs(2))
}

fn path(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("service.fallback")
}

/// A server that is down, after a program kept its copy.
async fn down() -> (Server, tempfile::TempDir) {
    let (mut server, mut client) = served().await;
    put(&mut client, "db/pool_size", "16").await;
    let folder = tempfile::tempdir().unwrap();
    let hot = kept(patient(server.endpoint()), &path(&folder))
        .start()
        .await
        .unwrap();
    visible(&hot, put(&mut client, "note", "kept").await).await;
    hot.shutdown().await;
    drop(hot);
    let file = path(&folder);
    eventually("the copy is written", async || {
        let copy = std::fs::read(&file).unwrap_or_default();
        copy.windows(6).any(|part| part == b"\"kept\"")
    })
    .await;
    server.kill();
    (server, folder)
}

#[tokio::test]
async fn p09_drill_35_a_start_while_etcd_is_down_is_served_from_the_copy_and_catches_up() {
    let (mut server, folder) = down().await;
    // Without a copy it ends within its limit, and says what it tried.
    let error = builder(patient(server.endpoint()))
        .start_timeout(Duration::from_secs(1))
        .start()
        .await
        .unwrap_err();
    assert!(chain(&error).contains(&server.endpoint()), "{error}");

    let hot = kept(patient(server.endpoint()), &path(&folder))
        .start()
        .await
        .unwrap();
    assert_eq!(
        (hot.load().db.pool_size, hot.load().note.as_deref()),
        (16, Some("kept"))
    );
    assert_eq!(hot.load().db.dsn.expose(), DSN);
    let status = hot.status();
    assert!(!status.is_fresh() && !status.connected, "{status:?}");
    let snapshot = hot.snapshot();
    let origin = snapshot.origin(field!(Service, note));
    assert!(matches!(origin, Origin::Fallback { .. }), "{origin}");
    server.restart().await;
    let mut client = server.client().await;
    delete(&mut client, "note").await;
    visible(&hot, put(&mut client, "db/pool_size", "17").await).await;
    assert_eq!(
        (hot.load().db.pool_size, hot.load().note.clone()),
        (17, None)
    );
    eventually("fresh", async || hot.status().is_fresh()).await;
}

#[tokio::test]
async fn drill_36_a_copy_that_was_cut_short_or_edited_serves_nobody() {
    let (server, folder) = down().await;
    let whole = std::fs::read(path(&folder)).unwrap();
    let cut = whole[..whole.len() - 10].to_vec();
    let edited = String::from_utf8(whole.clone())
        .unwrap()
        .replace("\"16\"", "\"61\"");
    assert_ne!(edited.as_bytes(), whole);
    for damaged in [cut, edited.into_bytes(), b"{}".to_vec(), Vec::new()] {
        std::fs::write(path(&folder), damaged).unwrap();
        let start = kept(patient(server.endpoint()), &path(&folder))
            .start()
            .await;
        let error = start.unwrap_err();
        assert!(matches!(error, StartError::Store { .. }), "{error}");
    }
    // Whole, it serves; another program's does not.
    std::fs::write(path(&folder), whole).unwrap();
    let of_another = kept(patient(server.endpoint()), &path(&folder)).prefix("/configs/other");
    assert!(of_another.start().await.is_err());
    let hot = kept(patient(server.endpoint()), &path(&folder))
        .start()
        .await
        .unwrap();
    assert_eq!(hot.load().db.pool_size, 16);
}

#[cfg(unix)]
#[tokio::test]
async fn drill_37_the_copy_is_its_owners_alone_and_its_secrets_are_sealed() {
    use std::os::unix::fs::PermissionsExt;

    let (_server, folder) = down().await;
    let about = std::fs::metadata(path(&folder)).unwrap();
    assert_eq!(about.permissions().mode() & 0o777, 0o600);
    let copy = std::fs::read(path(&folder)).unwrap();
    assert!(!String::from_utf8_lossy(&copy).contains("hunter2"));
}

#[tokio::test]
async fn drill_38_a_copy_that_cannot_be_written_is_said_and_the_service_runs_on() {
    let (server, mut client) = served().await;
    let folder = tempfile::tempdir().unwrap();
    let nowhere = folder.path().join("missing").join("service.fallback");
    let hot = kept(patient(server.endpoint()), &nowhere)
        .start()
        .await
        .unwrap();
    visible(&hot, put(&mut client, "db/pool_size", "16").await).await;
    eventually("it is said", async || {
        let fallback = hot.status().fallback.clone().unwrap();
        let failure = fallback.failure.map(|failure| failure.to_string());
        fallback.path == nowhere && failure.is_some_and(|failure| failure.contains("written"))
    })
    .await;
    visible(&hot, put(&mut client, "db/pool_size", "17").await).await;
    assert_eq!(hot.load().db.pool_size, 17);
    assert!(hot.status().is_fresh());
    // Once it can be, it is.
    std::fs::create_dir(folder.path().join("missing")).unwrap();
    visible(&hot, put(&mut client, "db/pool_size", "18").await).await;
    eventually("it is written", async || nowhere.is_file()).await;
}
