//! Observability: events of `tracing`, and metrics with the feature of that name.
//!
//! In: changes of the status, and measurements of the loop. Out: the events and the meters of the
//! two tables in the crate's documentation, which a test compares with this module. No decision
//! depends on it, and without a subscriber it costs next to nothing. No secret may be passed in.

mod events;
#[cfg(feature = "metrics")]
mod meters;
#[cfg(not(feature = "metrics"))]
#[path = "no_meters.rs"]
mod meters;

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::Revision;
use crate::apply::Held;
use crate::problem::Problem;
use crate::status::{FallbackStatus, Status, StatusChange};
use crate::store::{ErrorKind, Range, StoreError};
use crate::wording::chain;
pub(crate) use meters::{Count, Meters, Timer};

/// The observer of one configuration, with the names that distinguish it for an operator.
#[derive(Debug)]
pub(crate) struct Observer {
    schema: &'static str,
    prefix: String,
    meters: Meters,
    /// Whether there was a configuration: a start that failed reports no end.
    has_started: AtomicBool,
}

impl Observer {
    pub(crate) fn new(schema: &'static str, ranges: &[Range]) -> Self {
        let prefixes: Vec<_> = ranges
            .iter()
            .map(|range| range.start().trim_end_matches('/'))
            .collect();
        let prefix = prefixes.join(",");
        Self {
            meters: Meters::new(&prefix),
            schema,
            prefix,
            has_started: AtomicBool::new(false),
        }
    }

    pub(crate) fn meters(&self) -> &Meters {
        &self.meters
    }

    /// Reports a start that served a configuration.
    pub(crate) fn started(&self, status: &Status) {
        self.has_started.store(true, Ordering::Relaxed);
        events::started(self, status);
    }

    /// Reports a failed start: the store could not be read.
    pub(crate) fn refused_by_store(&self, error: &StoreError) {
        events::start_refused(self, &chain(error));
    }

    /// Reports a failed start: keys are bad or missing.
    pub(crate) fn refused_by_rules(&self, problems: &[Problem]) {
        events::start_refused(self, &events::first(problems));
    }

    /// Reports that a new configuration becomes visible, in which these fields changed.
    pub(crate) fn changed(
        &self,
        revision: Option<Revision>,
        fields: impl Fn() -> Vec<String>,
        count: usize,
    ) {
        events::changed(self, revision, fields, count);
    }

    /// Reports a written status; `is_news` if its subscribers were notified.
    pub(crate) fn written(&self, written: &StatusChange, is_news: bool) {
        let StatusChange { before, now } = written;
        self.meters.status(now);
        if is_news {
            let ended = now.ended && !before.ended && self.has_started.load(Ordering::Relaxed);
            self.report_changes(before, now, ended);
        }
    }

    /// Emits events for the differences of two statuses, one after the other.
    fn report_changes(&self, before: &Status, now: &Status, ended: bool) {
        if now.epoch != before.epoch {
            events::new_epoch(self, now);
        }
        let failed = now
            .failure
            .as_ref()
            .filter(|_| before.failure != now.failure);
        match (before.connected, now.connected) {
            (true, false) if !now.ended => {
                if let Some(error) = &now.failure {
                    self.meters.lost(error);
                }
                events::disconnected(self, now.failure.as_ref());
            }
            (false, true) => events::connected(self, now),
            _ => {
                if let Some(error) = failed {
                    events::store_failed(self, error);
                }
            }
        }
        if now.aged && !before.aged && !now.ended {
            events::stale(self, now);
        } else if before.aged && !now.aged {
            events::fresh(self, now);
        }
        if let Some(fallback) = &now.fallback {
            self.report_fallback(before.fallback.as_ref(), fallback);
        }
        self.report_groups(before, now);
        // Compared by key alone: a key that is written all the time is no news.
        let known: HashSet<_> = before.unknown.iter().map(|unknown| &unknown.key).collect();
        let unknown = now.unknown.iter();
        for unknown in unknown.filter(|unknown| !known.contains(&unknown.key)) {
            events::unknown_key(self, unknown);
        }
        let warnings = now.warnings.iter();
        for warning in warnings.filter(|warning| !before.warnings.contains(warning)) {
            events::deprecated(self, warning);
        }
        let pending = now.pending_restart.iter();
        for pending in pending.filter(|pending| !before.pending_restart.contains(pending)) {
            events::restart_pending(self, pending);
        }
        if ended {
            events::ended(self, now);
        }
    }

    fn report_fallback(&self, before: Option<&FallbackStatus>, now: &FallbackStatus) {
        if now.serving && !before.is_some_and(|before| before.serving) {
            events::fallback_serving(self, now);
        }
        let refused = before.and_then(|before| before.refused.as_ref());
        if let Some(why) = now.refused.as_ref().filter(|why| refused != Some(why)) {
            events::fallback_refused(self, now, why);
        }
        let failed = before.and_then(|before| before.failure.as_ref());
        if let Some(why) = now.failure.as_ref().filter(|why| failed != Some(why)) {
            events::fallback_failed(self, now, why);
        }
    }

    fn report_groups(&self, before: &Status, now: &Status) {
        let name = |held: &Held| (held.epoch, held.revision, held.missing);
        let not_in = |one: &Status| {
            let known: HashSet<_> = one.held.iter().map(name).collect();
            move |held: &&Held| !known.contains(&name(held))
        };
        for held in now.held.iter().filter(not_in(before)) {
            self.meters.held();
            events::held(self, held);
        }
        for held in before.held.iter().filter(not_in(now)) {
            events::released(self, held);
        }
    }
}

/// The name of a kind of error in events and labels.
fn kind_label(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Unreachable => "unreachable",
        ErrorKind::Timeout => "timeout",
        ErrorKind::Denied => "denied",
        ErrorKind::Unauthenticated => "unauthenticated",
        ErrorKind::Compacted => "compacted",
        ErrorKind::TooBig => "too_big",
        ErrorKind::Cancelled => "cancelled",
        ErrorKind::Invalid => "invalid",
        ErrorKind::Refused => "refused",
        ErrorKind::Other => "other",
    }
}
