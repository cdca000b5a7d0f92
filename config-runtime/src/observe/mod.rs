//! What an operator is told: events of `tracing`, and metrics where the feature of that name is on.
//!
//! In: what the loop and the subscriptions went through. Out: the events and the meters of the two
//! tables in the crate's documentation, which a test holds this room to. Nothing depends on it: who does
//! not listen loses nothing, and pays next to nothing. No secret may come in.

#[cfg(feature = "metrics")]
mod meters;
#[cfg(not(feature = "metrics"))]
#[path = "no_meters.rs"]
mod meters;
mod tell;

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::Revision;
use crate::apply::Held;
use crate::problem::Problem;
use crate::status::{Status, Written};
use crate::store::{ErrorKind, Range, StoreError};
pub(crate) use meters::{Count, Meters, Timer};

/// One configuration, as an operator tells it from others.
#[derive(Debug)]
pub(crate) struct Observer {
    schema: &'static str,
    prefix: String,
    meters: Meters,
    /// Whether there was a configuration: a start that failed has no end.
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

    /// The start gave a configuration.
    pub(crate) fn started(&self, status: &Status) {
        self.has_started.store(true, Ordering::Relaxed);
        tell::started(self, status);
    }

    /// There is none: the store could not be read.
    pub(crate) fn refused_by_store(&self, error: &StoreError) {
        tell::start_refused(self, error);
    }

    /// There is none: keys are bad or missing.
    pub(crate) fn refused_by_rules(&self, problems: &[Problem]) {
        tell::start_refused(self, &tell::first(problems));
    }

    /// Another configuration is about to be seen, with these fields.
    pub(crate) fn changed<'a>(
        &self,
        revision: Option<Revision>,
        fields: impl Fn() -> Vec<&'a str>,
        count: usize,
    ) {
        tell::changed(self, revision, fields, count);
    }

    /// A status was written; `is_news` where those who watch it were notified.
    pub(crate) fn written(&self, written: &Written, is_news: bool) {
        let Written { before, now } = written;
        self.meters.status(now);
        if is_news {
            let ended = now.ended && !before.ended && self.has_started.load(Ordering::Relaxed);
            self.tell_of(before, now, ended);
        }
    }

    /// What differs between two statuses, one after the other.
    fn tell_of(&self, before: &Status, now: &Status, ended: bool) {
        if now.epoch != before.epoch {
            tell::new_epoch(self, now);
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
                tell::disconnected(self, now.failure.as_ref());
            }
            (false, true) => tell::connected(self, now),
            _ => {
                if let Some(error) = failed {
                    tell::store_failed(self, error);
                }
            }
        }
        if now.aged && !before.aged && !now.ended {
            tell::stale(self, now);
        } else if before.aged && !now.aged {
            tell::fresh(self, now);
        }
        let serves = |status: &Status| status.fallback.as_ref().is_some_and(|copy| copy.serving);
        if let Some(fallback) = &now.fallback
            && serves(now)
            && !serves(before)
        {
            tell::fallback_serving(self, fallback);
        }
        let facts = |status: &Status| {
            let fallback = status.fallback.as_ref();
            fallback.map(|fallback| (fallback.refused.clone(), fallback.failure.clone()))
        };
        let (refused, failed) = facts(now).unwrap_or_default();
        let (was_refused, had_failed) = facts(before).unwrap_or_default();
        if let Some(why) = refused.filter(|why| was_refused.as_ref() != Some(why)) {
            tell::fallback_refused(self, &why);
        }
        if let Some(why) = failed.filter(|why| had_failed.as_ref() != Some(why)) {
            tell::fallback_failed(self, &why);
        }
        self.tell_of_groups(before, now);
        // By key alone: one that is written all the time is no news.
        let known: HashSet<_> = before.unknown.iter().map(|unknown| &unknown.key).collect();
        let unknown = now.unknown.iter();
        for unknown in unknown.filter(|unknown| !known.contains(&unknown.key)) {
            tell::unknown_key(self, unknown);
        }
        let warnings = now.warnings.iter();
        for warning in warnings.filter(|warning| !before.warnings.contains(warning)) {
            tell::deprecated(self, warning);
        }
        let pending = now.pending_restart.iter();
        for pending in pending.filter(|pending| !before.pending_restart.contains(pending)) {
            tell::restart_pending(self, pending);
        }
        if ended {
            tell::ended(self, now);
        }
    }

    fn tell_of_groups(&self, before: &Status, now: &Status) {
        let name = |held: &Held| (held.epoch, held.revision, held.missing);
        let not_in = |one: &Status| {
            let known: HashSet<_> = one.held.iter().map(name).collect();
            move |held: &&Held| !known.contains(&name(held))
        };
        for held in now.held.iter().filter(not_in(before)) {
            self.meters.held();
            tell::held(self, held);
        }
        for held in before.held.iter().filter(not_in(now)) {
            tell::released(self, held);
        }
    }
}

/// The word for a kind of error in events and labels.
fn word(kind: ErrorKind) -> &'static str {
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
