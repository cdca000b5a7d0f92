//! The events. Names, levels and fields are those of the table in the crate's documentation.

use std::fmt::{Display, Write};
use std::time::Duration;

use super::{Observer, kind_label};
use crate::Revision;
use crate::apply::{Held, Pending, Unknown, Warning};
use crate::event::event;
use crate::status::{FallbackError, FallbackStatus, Status};
use crate::store::StoreError;
use crate::wording::chain;

/// The maximum number of keys, fields or problems that one event names.
const MAX_NAMED: usize = 8;

/// An event of one configuration.
macro_rules! event_of {
    ($level:ident, $name:literal, $of:expr, $($rest:tt)+) => {
        event!($level, $name, schema = $of.schema, prefix = $of.prefix, $($rest)+)
    };
}

/// The first of these in one line, and the number of the others.
pub(super) fn first<D: Display>(items: impl IntoIterator<Item = D>) -> String {
    let mut line = String::new();
    let mut more = 0;
    for (number, item) in items.into_iter().enumerate() {
        if number >= MAX_NAMED {
            more += 1;
            continue;
        }
        let between = if number == 0 { "" } else { "; " };
        // Writing into a `String` never fails.
        let _ = write!(line, "{between}{item}");
    }
    if more > 0 {
        let _ = write!(line, "; and {more} more");
    }
    line
}

fn number(revision: Option<Revision>) -> Option<u64> {
    revision.map(Revision::get)
}

pub(super) fn started(of: &Observer, status: &Status) {
    let (revision, held) = (number(status.revision), status.held.len());
    event_of!(
        INFO,
        "started",
        of,
        revision,
        held,
        "the configuration started"
    );
}

pub(super) fn start_refused(of: &Observer, error: &dyn Display) {
    event_of!(ERROR, "start_refused", of, %error, "the start failed");
}

pub(super) fn ended(of: &Observer, status: &Status) {
    let revision = number(status.revision);
    event_of!(
        INFO,
        "ended",
        of,
        revision,
        "the loop ended; the store is no longer followed"
    );
}

pub(super) fn changed(
    of: &Observer,
    revision: Option<Revision>,
    fields: impl Fn() -> Vec<String>,
    count: usize,
) {
    // The fields are computed only if a subscriber is interested.
    event_of!(
        DEBUG,
        "changed",
        of,
        revision = number(revision),
        count,
        fields = first(fields()),
        "the configuration changed"
    );
}

pub(super) fn held(of: &Observer, held: &Held) {
    event_of!(
        WARN,
        "held",
        of,
        revision = held.revision.get(),
        keys = first(&held.keys),
        problems = first(&held.problems),
        "a change was rejected and is held; the last good values stay in use"
    );
}

pub(super) fn released(of: &Observer, held: &Held) {
    event_of!(
        INFO,
        "released",
        of,
        revision = held.revision.get(),
        keys = first(&held.keys),
        "a held change was accepted or overwritten"
    );
}

pub(super) fn connected(of: &Observer, status: &Status) {
    let revision = number(status.revision);
    event_of!(INFO, "connected", of, revision, "the watch is open");
}

pub(super) fn disconnected(of: &Observer, error: Option<&StoreError>) {
    // Without an error, the watch belonged to a history that is gone.
    let kind = error.map(|error| kind_label(error.kind()));
    let error = error.map(|error| chain(error));
    event_of!(
        WARN,
        "disconnected",
        of,
        kind,
        error,
        "the watch was lost; the last known configuration stays in use"
    );
}

pub(super) fn fallback_serving(of: &Observer, fallback: &FallbackStatus) {
    let path = fallback.path.display();
    event_of!(WARN, "fallback_serving", of, %path, "the configuration comes from the fallback");
}

pub(super) fn fallback_refused(of: &Observer, fallback: &FallbackStatus, why: &FallbackError) {
    let path = fallback.path.display();
    event_of!(
        WARN,
        "fallback_refused",
        of,
        %path,
        %why,
        "the fallback can't be used"
    );
}

pub(super) fn fallback_failed(of: &Observer, fallback: &FallbackStatus, why: &FallbackError) {
    let path = fallback.path.display();
    event_of!(
        WARN,
        "fallback_failed",
        of,
        %path,
        %why,
        "the fallback can't be written; the loop will retry"
    );
}

pub(super) fn store_failed(of: &Observer, error: &StoreError) {
    event_of!(
        WARN,
        "store_failed",
        of,
        kind = kind_label(error.kind()),
        error = chain(error),
        "the store failed; the last known configuration stays in use"
    );
}

pub(super) fn stale(of: &Observer, status: &Status) {
    event_of!(
        WARN,
        "stale",
        of,
        revision = number(status.revision),
        confirmed_ms_ago = status.confirmed.map(|at| whole(at.elapsed())),
        cause = chain(&status.cause()),
        "the configuration may be out of date"
    );
}

pub(super) fn fresh(of: &Observer, status: &Status) {
    let revision = number(status.revision);
    event_of!(
        INFO,
        "fresh",
        of,
        revision,
        "the configuration is up to date again"
    );
}

pub(super) fn new_epoch(of: &Observer, status: &Status) {
    event_of!(
        WARN,
        "new_epoch",
        of,
        epoch = status.epoch,
        revision = number(status.revision),
        "the store's history began anew, as after a restore from a backup"
    );
}

pub(super) fn unknown_key(of: &Observer, unknown: &Unknown) {
    event_of!(
        WARN,
        "unknown_key",
        of,
        key = unknown.key,
        revision = unknown.revision.get(),
        nearest = unknown.nearest,
        "found a key that the schema doesn't know"
    );
}

pub(super) fn deprecated(of: &Observer, warning: &Warning) {
    event_of!(
        WARN,
        "deprecated",
        of,
        key = warning.key(),
        advice = warning.advice(),
        "an old key or a deprecated field is in use"
    );
}

pub(super) fn restart_pending(of: &Observer, pending: &Pending) {
    event_of!(
        INFO,
        "restart_pending",
        of,
        key = pending.key,
        field = pending.field,
        revision = number(pending.revision),
        "a new value waits for a restart"
    );
}

fn whole(length: Duration) -> u64 {
    u64::try_from(length.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_the_first_and_counts_the_rest() {
        assert_eq!(first(["a", "b"]), "a; b");
        assert_eq!(first(0..10), "0; 1; 2; 3; 4; 5; 6; 7; and 2 more");
        assert_eq!(first::<u8>([]), "");
    }
}
