//! Events of `tracing`, and those of them that belong to no configuration.
//!
//! In: names and numbers. Out: an event under the target `hotconfig`, as the table in the crate's
//! documentation lists it. It knows no configuration and no status: `observe` does.

use std::time::Duration;

/// An event with its name, which is also a field, since few subscribers print names.
macro_rules! event {
    ($level:ident, $name:literal, $($rest:tt)+) => {
        tracing::event!(
            name: $name,
            target: "hotconfig",
            tracing::Level::$level,
            event = $name,
            $($rest)+
        )
    };
}
pub(crate) use event;

/// The duration from which a callback is reported as slow.
pub(crate) const SLOW: Duration = Duration::from_secs(1);

/// Reports that a queue of `changes` was full.
pub(crate) fn missed(field: &str, count: u64) {
    event!(
        DEBUG,
        "missed",
        field,
        count,
        "changes were dropped from a full queue"
    );
}

pub(crate) fn callback_panicked(field: &str, panic: &str) {
    event!(
        ERROR,
        "callback_panicked",
        field,
        panic,
        "a callback panicked"
    );
}

/// Reports a callback that took [`SLOW`] or longer.
pub(crate) fn callback_slow(field: &str, took: Duration) {
    event!(
        WARN,
        "callback_slow",
        field,
        took_ms = whole(took),
        "a callback was slow; the changes made meanwhile reach it as one change"
    );
}

pub(crate) fn waker_panicked(panic: &str) {
    event!(
        ERROR,
        "waker_panicked",
        panic,
        "the waker of a subscriber panicked"
    );
}

pub(crate) fn foreign_snapshot(field: &str) {
    event!(
        ERROR,
        "foreign_snapshot",
        field,
        "`since` received a snapshot of another struct"
    );
}

/// Reports that the files for TLS changed.
#[cfg(feature = "etcd")]
pub(crate) fn tls_changed() {
    event!(
        INFO,
        "tls_changed",
        "the files for TLS changed; the next connection uses them"
    );
}

/// Reports that the files for TLS cannot be used.
#[cfg(feature = "etcd")]
pub(crate) fn tls_refused(why: &str) {
    event!(
        WARN,
        "tls_refused",
        why,
        "the files for TLS can't be used; the last good ones stay in use"
    );
}

/// Reports that the thread of an `Etcd` has no runtime.
#[cfg(feature = "etcd")]
pub(crate) fn thread_failed(thread: &str, error: &std::io::Error) {
    event!(ERROR, "thread_failed", thread, %error, "the runtime of a thread could not be started");
}

fn whole(length: Duration) -> u64 {
    u64::try_from(length.as_millis()).unwrap_or(u64::MAX)
}
