//! Unit tests of code that reads a configuration, without an etcd and without a sleep.
//!
//! ```text
//! cargo test --package hotconfig-examples --example unit_test
//! ```
#![expect(clippy::print_stdout, reason = "the example prints its result")]

use hotconfig::{Hot, HotConfig};

/// Limits of the service.
#[derive(HotConfig, Clone, Debug)]
#[hot(prefix = "/configs/{app}/limits")]
struct Limits {
    /// The largest upload, in bytes.
    #[hot(default = 1_000, range(1..=1_000_000))]
    upload: u64,
}

/// The code under test. It takes the handle, and does not know the store.
fn accepts(limits: &Hot<Limits>, bytes: u64) -> bool {
    bytes <= limits.load().upload
}

fn main() {
    let limits = Hot::fixed(Limits { upload: 1_000 });
    println!(
        "2000 bytes: {}",
        if accepts(&limits, 2_000) {
            "accepted"
        } else {
            "too large"
        }
    );
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use hotconfig::store::Memory;
    use hotconfig::{Reached, field};

    use super::*;

    const LIMIT: Duration = Duration::from_secs(10);

    /// The effect of a value: a fixed configuration is enough.
    #[test]
    fn an_upload_up_to_the_limit_is_accepted() {
        let limits = Hot::fixed(Limits { upload: 10 });
        assert!(accepts(&limits, 10));
        assert!(!accepts(&limits, 11));
    }

    /// The effect of a change: the real loop on a store in memory.
    #[tokio::test]
    async fn a_change_applies_to_the_next_upload() {
        let store = Memory::new();
        let limits = Hot::<Limits>::builder(store.clone())
            .var("app", "test")
            .start()
            .await
            .unwrap();
        let mut upload = limits.watch(field!(Limits, upload));

        let revision = store.put("/configs/test/limits/upload", "5");

        // The revision of the write replaces a sleep.
        assert_eq!(
            limits.wait_for(revision, LIMIT).await.unwrap(),
            Reached::Visible
        );
        assert!(accepts(&limits, 5) && !accepts(&limits, 6));
        let change = upload.changed().await.unwrap();
        assert_eq!((*change.previous(), *change.current()), (1_000, 5));
    }

    /// The effect of an operator's mistake.
    #[tokio::test]
    async fn a_bad_value_leaves_the_last_good_one() {
        let store = Memory::new();
        store.put("/configs/test/limits/upload", "5");
        let limits = Hot::<Limits>::builder(store.clone())
            .var("app", "test")
            .start()
            .await
            .unwrap();

        let revision = store.put("/configs/test/limits/upload", "many");

        let Reached::Held(held) = limits.wait_for(revision, LIMIT).await.unwrap() else {
            panic!("the bad value was accepted");
        };
        assert_eq!(held.fields, ["upload"]);
        assert!(accepts(&limits, 5) && !accepts(&limits, 6));
    }
}
