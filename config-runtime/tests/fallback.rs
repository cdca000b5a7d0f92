//! The fallback, through a whole `Hot`: the contents of the copy, and starts without the store.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what it expects by failing"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use hotconfig::store::{ErrorKind, Memory};
use hotconfig::{
    FallbackStatus, Hot, HotBuilder, HotConfig, Invalid, Origin, Secret, StartError, field,
};
use tempfile::TempDir;

const LIMIT: Duration = Duration::from_secs(20);
const KEY: [u8; 32] = [7; 32];

#[derive(HotConfig, Clone, Debug, PartialEq)]
#[hot(prefix = "/configs/{app}", validate = in_order)]
struct Service {
    #[hot(default = 8, range(1..=64))]
    size: u32,
    #[hot(default = 1)]
    low: u32,
    #[hot(default = 9)]
    high: u32,
    note: Option<String>,
    #[hot(default = 4, restart)]
    workers: u16,
    #[hot(secret, default = "none")]
    token: Secret<String>,
}

fn in_order(service: &Service) -> Result<(), Invalid> {
    match service.low <= service.high {
        true => Ok(()),
        false => Err("low is above high".into()),
    }
}

/// A store, and a folder for the copy.
struct Home {
    store: Memory,
    folder: TempDir,
}

impl Home {
    fn new() -> Self {
        let store = Memory::new();
        store.faults().set_call_timeout(Duration::from_millis(200));
        let folder = tempfile::tempdir().unwrap();
        Self { store, folder }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("users.fallback")
    }

    fn builder<T: HotConfig>(&self) -> HotBuilder<T> {
        Hot::<T>::builder(self.store.clone())
            .var("app", "users")
            .backoff(Duration::from_millis(5), Duration::from_millis(50))
            .start_timeout(Duration::from_millis(300))
            .fallback(self.path())
            .fallback_interval(Duration::ZERO)
    }

    fn put(&self, key: &str, value: impl AsRef<[u8]>) -> hotconfig::Revision {
        self.store.put(format!("/configs/users/{key}"), value)
    }

    /// Starts, ends, and leaves the copy of what the store holds. Then the store is gone.
    async fn leave_a_copy(&self) -> String {
        let hot = self.builder::<Service>().start().await.unwrap();
        hot.shutdown().await;
        self.store.faults().disconnect();
        fs::read_to_string(self.path()).unwrap()
    }

    async fn start(&self) -> Hot<Service> {
        self.builder().start().await.unwrap()
    }

    async fn refusal(&self) -> String {
        let error = self.builder::<Service>().start().await.unwrap_err();
        match std::error::Error::source(&error) {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        }
    }
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    let waiting = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let waited = tokio::time::timeout(LIMIT, waiting).await;
    waited.unwrap_or_else(|_| panic!("in vain: {what}"));
}

fn fallback<T: HotConfig>(hot: &Hot<T>) -> FallbackStatus {
    hot.status().fallback.unwrap()
}

#[tokio::test]
async fn drill_35_a_start_without_the_store_is_served_from_the_copy_and_marked_stale() {
    let home = Home::new();
    home.put("size", "16");
    home.put("note", "hello");
    home.leave_a_copy().await;

    let hot = home.start().await;
    assert_eq!(
        (hot.load().size, hot.load().note.as_deref()),
        (16, Some("hello"))
    );
    let status = hot.status();
    assert!(
        status
            .stale
            .unwrap()
            .cause
            .to_string()
            .contains("cannot be reached")
    );
    assert_eq!((status.connected, status.revision), (false, None));
    assert!(fallback(&hot).serving);
    let snapshot = hot.snapshot();
    assert_eq!(snapshot.revision(), None);
    let origin = snapshot.origin(field!(Service, size));
    assert!(matches!(origin, Origin::Fallback { .. }), "{origin}");
    assert!(origin.to_string().contains("fallback"), "{origin}");
    assert_eq!(*snapshot.origin(field!(Service, low)), Origin::Default);
    assert!(hot.describe().to_string().contains("16"));
}

#[tokio::test]
async fn p06_the_store_that_comes_back_with_the_same_tells_nobody_and_gives_its_revision() {
    let home = Home::new();
    home.put("size", "16");
    home.leave_a_copy().await;
    let hot = home.start().await;
    let mut told = hot.changes(field!(Service, size));
    home.store.faults().reconnect();
    until("the revision", || {
        hot.snapshot().revision() == Some(home.store.revision())
    })
    .await;
    let origin = hot.snapshot().origin(field!(Service, size)).clone();
    assert!(matches!(origin, Origin::Key { .. }), "{origin}");
    assert!(!fallback(&hot).serving);
    until("fresh", || hot.status().is_fresh()).await;
    hot.shutdown().await;
    assert!(told.next().await.is_none(), "nothing changed");
}

#[tokio::test]
async fn p04_what_changed_while_nobody_ran_arrives_when_the_store_comes_back() {
    let home = Home::new();
    home.put("size", "16");
    home.put("note", "hello");
    home.leave_a_copy().await;
    home.put("size", "17");
    home.store.delete("/configs/users/note");
    let hot = home.start().await;
    let mut size = hot.watch(field!(Service, size));
    home.store.faults().reconnect();
    let change = tokio::time::timeout(LIMIT, size.changed())
        .await
        .unwrap()
        .unwrap();
    assert_eq!((*change.previous(), *change.current()), (16, 17));
    assert_eq!(hot.load().note, None, "a deleted key is absent");
}

#[tokio::test]
async fn p15_a_start_that_is_denied_is_served_from_the_copy() {
    let home = Home::new();
    home.put("size", "16");
    home.leave_a_copy().await;
    home.store.faults().reconnect();
    home.store.faults().deny("/configs/users/");
    let hot = home.start().await;
    assert_eq!(hot.load().size, 16);
    assert_eq!(hot.status().failure.unwrap().kind(), ErrorKind::Denied);
    home.store.faults().allow();
    until("the store", || hot.status().is_fresh()).await;
}

#[tokio::test]
async fn p07_the_last_good_values_of_the_copy_stand_in_for_keys_that_are_bad_at_the_start() {
    let home = Home::new();
    home.put("size", "16");
    home.put("high", "20");
    home.put("workers", "6");
    home.leave_a_copy().await;
    home.store.faults().reconnect();
    let bad = home.put("size", "many");
    home.put("low", "5");
    home.put("workers", "7");

    let hot = home.start().await;
    let config = hot.load();
    assert_eq!((config.size, config.low, config.high), (16, 5, 20));
    assert_eq!(
        config.workers, 7,
        "nothing ran: a new value is no restart's"
    );
    let status = hot.status();
    assert!(status.is_fresh() && status.pending_restart.is_empty());
    assert_eq!(status.held.len(), 1);
    assert_eq!(
        (status.held[0].revision, status.held[0].fields.as_slice()),
        (bad, &["size".to_owned()][..])
    );
    let origin = hot.snapshot().origin(field!(Service, size)).clone();
    assert!(origin.is_held(), "{origin}");
    home.put("size", "17");
    until("the good value", || hot.load().size == 17).await;
    assert!(hot.status().held.is_empty());
}

#[tokio::test]
async fn a_start_with_the_store_takes_nothing_from_the_copy() {
    let home = Home::new();
    home.put("size", "16");
    home.put("workers", "6");
    home.put("note", "old");
    home.leave_a_copy().await;
    home.store.faults().reconnect();
    home.put("workers", "7");
    home.store.delete("/configs/users/note");
    let hot = home.start().await;
    let config = hot.load();
    assert_eq!((config.workers, config.note.as_deref()), (7, None));
    assert!(hot.status().pending_restart.is_empty());
    assert_eq!(hot.snapshot().revision(), Some(home.store.revision()));
}

#[tokio::test]
async fn a_copy_of_nothing_but_defaults_serves_too() {
    let home = Home::new();
    home.leave_a_copy().await;
    let hot = home.start().await;
    assert_eq!(hot.load().size, 8);
    assert!(fallback(&hot).serving);
}

#[tokio::test]
async fn drill_36_a_copy_that_is_damaged_foreign_or_too_old_is_refused_with_the_reason() {
    let home = Home::new();
    home.put("size", "16");
    let copy = home.leave_a_copy().await;
    let path = home.path();

    for (damaged, why) in [
        (
            copy.trim_end().trim_end_matches('}').to_owned(),
            "truncated",
        ),
        (copy.replace("\"16\"", "\"61\""), "checksum"),
        ("something else".to_owned(), "not a fallback file"),
        (String::new(), "truncated"),
    ] {
        fs::write(&path, damaged).unwrap();
        let said = home.refusal().await;
        assert!(
            said.contains(why) && said.contains("cannot be reached"),
            "{said}"
        );
        assert!(said.contains("users.fallback"), "{said}");
    }

    fs::write(&path, &copy).unwrap();
    let other = home.builder::<Service>().var("app", "others").start().await;
    let said = other.unwrap_err().to_string();
    assert!(
        said.contains("/configs/users/") && said.contains("/configs/others/"),
        "{said}"
    );

    let old = home
        .builder::<Service>()
        .fallback_max_age(Duration::from_millis(100));
    let begun = Instant::now();
    until("it is too old", || {
        begun.elapsed() > Duration::from_millis(100)
    })
    .await;
    let said = old.start().await.unwrap_err().to_string();
    assert!(said.contains("confirmed"), "{said}");

    fs::remove_file(&path).unwrap();
    let said = home.refusal().await;
    assert!(said.contains("does not exist yet"), "{said}");
}

#[tokio::test]
async fn drill_36_a_copy_of_another_schema_serves_where_all_of_it_fits_and_never_half() {
    #[derive(HotConfig, Clone)]
    #[hot(prefix = "/configs/{app}")]
    struct Wider {
        #[hot(default = 8, range(1..=64))]
        size: u32,
        #[hot(default = "new")]
        added: String,
    }
    #[derive(HotConfig, Clone, Debug)]
    #[hot(prefix = "/configs/{app}")]
    struct Narrower {
        #[hot(default = 1, range(1..=4))]
        size: u32,
        note: Option<String>,
    }
    let home = Home::new();
    home.put("size", "16");
    home.put("note", "hello");
    home.leave_a_copy().await;

    let hot = home.builder::<Wider>().start().await.unwrap();
    assert_eq!((hot.load().size, hot.load().added.as_str()), (16, "new"));

    let said = home
        .builder::<Narrower>()
        .start()
        .await
        .unwrap_err()
        .to_string();
    assert!(
        said.contains("does not fit") && said.contains("/configs/users/size"),
        "{said}"
    );
    let hot = home
        .builder::<Narrower>()
        .defaults_without_store()
        .start()
        .await
        .unwrap();
    assert_eq!((hot.load().size, hot.load().note.as_deref()), (1, None));
    let status = fallback(&hot);
    assert!(!status.serving && status.refused.unwrap().to_string().contains("does not fit"));
}

#[tokio::test]
async fn drill_37_secrets_are_left_out_sealed_or_plain_as_declared() {
    let home = Home::new();
    home.put("token", "hunter2");
    home.put("size", "16");
    let copy = home.leave_a_copy().await;
    assert!(!copy.contains("hunter2"));
    let hot = home.start().await;
    assert_eq!(
        (hot.load().size, hot.load().token.expose().as_str()),
        (16, "none")
    );
    hot.shutdown().await;

    home.store.faults().reconnect();
    let sealed = || home.builder::<Service>().fallback_key(KEY);
    sealed().start().await.unwrap().shutdown().await;
    let copy = fs::read_to_string(home.path()).unwrap();
    assert!(!copy.contains("hunter2"));
    home.store.faults().disconnect();
    let hot = sealed().start().await.unwrap();
    assert_eq!(hot.load().token.expose(), "hunter2");
    // It would go on, and write its own copy.
    hot.shutdown().await;
    let other = home
        .builder::<Service>()
        .fallback_key([8; 32])
        .start()
        .await;
    let said = other.unwrap_err().to_string();
    assert!(
        said.contains("another key") && !said.contains("hunter2"),
        "{said}"
    );
    let said = home.refusal().await;
    assert!(said.contains("no key is set"), "{said}");

    home.store.faults().reconnect();
    let plain = home.builder::<Service>().fallback_with_plain_secrets();
    plain.start().await.unwrap().shutdown().await;
    assert!(fs::read_to_string(home.path()).unwrap().contains("hunter2"));
}

#[cfg(unix)]
#[tokio::test]
async fn drill_37_the_copy_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;

    let home = Home::new();
    fs::write(home.path(), "anything").unwrap();
    fs::set_permissions(home.path(), fs::Permissions::from_mode(0o644)).unwrap();
    home.leave_a_copy().await;
    let mode = fs::metadata(home.path()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn drill_38_a_disk_that_refuses_is_said_and_survived_and_tried_again() {
    let home = Home::new();
    home.put("size", "16");
    let folder = home.folder.path().join("later");
    let path = folder.join("users.fallback");
    let hot = home
        .builder::<Service>()
        .fallback(&path)
        .start()
        .await
        .unwrap();
    until("the failure", || fallback(&hot).failure.is_some()).await;
    let failure = fallback(&hot).failure.unwrap();
    assert!(
        failure.to_string().contains("cannot be written"),
        "{failure}"
    );
    home.put("size", "17");
    until("the change", || hot.load().size == 17).await;
    assert!(hot.status().is_fresh(), "the disk is not the store");

    fs::create_dir(&folder).unwrap();
    home.put("size", "18");
    until("the copy", || fallback(&hot).failure.is_none()).await;
    until("the newest", || read(&path).contains("\"18\"")).await;
    assert!(fallback(&hot).written.is_some());
}

#[tokio::test]
async fn p11_callbacks_that_block_do_not_keep_the_copy_from_being_written() {
    let home = Home::new();
    home.put("size", "16");
    let hot = home.start().await;
    let blocked = Arc::new(AtomicBool::new(true));
    // More than a runtime has threads for.
    let callbacks: Vec<_> = (0..600)
        .map(|_| {
            let blocked = Arc::clone(&blocked);
            hot.on_change(field!(Service, size), move |_| {
                while blocked.load(Ordering::SeqCst) {
                    std::thread::sleep(Duration::from_millis(5));
                }
            })
        })
        .collect();
    home.put("size", "17");
    until("the copy", || read(&home.path()).contains("\"17\"")).await;
    home.put("size", "18");
    until("the next copy", || read(&home.path()).contains("\"18\"")).await;
    blocked.store(false, Ordering::SeqCst);
    drop(callbacks);
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

#[tokio::test]
async fn what_is_held_is_noted_by_key_revision_and_reason_alone() {
    let home = Home::new();
    home.put("size", "16");
    let hot = home.start().await;
    let bad = home.put("size", "sixteen-thousand");
    until("held", || !hot.status().held.is_empty()).await;
    until("noted", || {
        read(&home.path()).contains("held") && read(&home.path()).contains("number")
    })
    .await;
    let copy = read(&home.path());
    assert!(
        copy.contains(&bad.to_string()) && !copy.contains("sixteen-thousand"),
        "{copy}"
    );
    assert!(
        copy.contains("\"16\""),
        "the last good value is what is kept: {copy}"
    );
}

#[tokio::test]
async fn a_start_without_the_store_leaves_the_copy_as_it_is() {
    let home = Home::new();
    home.put("size", "16");
    let copy = home.leave_a_copy().await;
    let hot = home.start().await;
    hot.shutdown().await;
    assert_eq!(fs::read_to_string(home.path()).unwrap(), copy);
}

#[tokio::test]
async fn a_copy_that_is_confirmed_again_and_again_does_not_grow_old() {
    let home = Home::new();
    let hot = home
        .builder::<Service>()
        .staleness_limit(Duration::from_millis(100))
        .fallback_max_age(Duration::from_millis(200))
        .start()
        .await
        .unwrap();
    until("the first copy", || fallback(&hot).written.is_some()).await;
    let first = fallback(&hot).written;
    until("the next", || fallback(&hot).written > first).await;
}

#[tokio::test]
async fn a_copy_that_somebody_removes_is_written_again_in_time_and_at_the_end() {
    let home = Home::new();
    home.put("db/pool_size", "9");
    let hot = home.start().await;
    until("the first copy", || fallback(&hot).written.is_some()).await;
    let first = fs::read(home.path()).unwrap();
    fs::remove_file(home.path()).unwrap();
    until("it is there again", || home.path().exists()).await;
    assert!(fallback(&hot).failure.is_none());
    fs::remove_file(home.path()).unwrap();
    hot.shutdown().await;
    let last = fs::read(home.path()).unwrap();
    assert!(
        first.len().abs_diff(last.len()) < 100,
        "the same but for the time"
    );
    // One that is there is left alone.
    let modified = || fs::metadata(home.path()).unwrap().modified().unwrap();
    let hot = home.start().await;
    until("the copy of the start", || fallback(&hot).written.is_some()).await;
    let before = modified();
    hot.shutdown().await;
    assert_eq!(modified(), before);
}

#[tokio::test]
async fn a_fallback_that_could_not_serve_is_a_mistake_before_anything_is_contacted() {
    #[derive(HotConfig, Clone, Debug)]
    #[hot(prefix = "/configs/{app}")]
    struct Keyed {
        #[hot(secret)]
        dsn: Secret<String>,
        #[hot(secret)]
        maybe: Option<Secret<String>>,
    }
    let home = Home::new();
    home.put("dsn", "postgres://");
    let mistakes = |error: StartError| match error {
        StartError::Builder { mistakes, .. } => mistakes,
        other => panic!("{other}"),
    };
    let said = mistakes(home.builder::<Keyed>().start().await.unwrap_err());
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(
        said[0].to_string().contains("`dsn`") && said[0].to_string().contains("fallback_key"),
        "{said:?}"
    );
    home.builder::<Keyed>()
        .fallback_key(KEY)
        .start()
        .await
        .unwrap();

    let both = home
        .builder::<Service>()
        .fallback_key(KEY)
        .fallback_with_plain_secrets();
    assert_eq!(mistakes(both.start().await.unwrap_err()).len(), 1);
    let nowhere = Hot::<Service>::builder(home.store.clone())
        .var("app", "users")
        .fallback_key(KEY)
        .fallback_max_age(LIMIT);
    assert_eq!(mistakes(nowhere.start().await.unwrap_err()).len(), 2);
    let folder = home.builder::<Service>().fallback("/");
    assert_eq!(mistakes(folder.start().await.unwrap_err()).len(), 1);
}

#[tokio::test]
async fn two_programs_with_one_path_leave_a_whole_copy() {
    let home = Home::new();
    home.put("size", "16");
    let (one, two) = (home.start().await, home.start().await);
    for size in 1..=60_u32 {
        home.put("size", size.to_string());
        let copy = read(&home.path());
        assert!(copy.is_empty() || copy.starts_with("hotconfig-fallback/"));
    }
    until("both", || one.load().size == 60 && two.load().size == 60).await;
    tokio::join!(one.shutdown(), two.shutdown());
    home.store.faults().disconnect();
    assert_eq!(home.start().await.load().size, 60);
}
