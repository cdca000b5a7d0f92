//! The meters. Names, kinds and labels are those of the table in the crate's documentation.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use metrics::{Counter, Gauge, Histogram, SharedString, Unit};

use super::kind_label;
use crate::status::Status;
use crate::store::backend::BoxFuture;
use crate::store::{Reading, StoreError};

const STORE_ERRORS: &str = "hotconfig_store_errors_total";
const WATCH_LOSSES: &str = "hotconfig_watch_losses_total";

/// The meters of one configuration, with its prefix as their label.
#[derive(Debug)]
pub(crate) struct Meters {
    prefix: SharedString,
    publications: Counter,
    events: Counter,
    held_total: Counter,
    read: Counter,
    not_read: Counter,
    connected: Gauge,
    confirmed: Gauge,
    staleness: Gauge,
    revision: Gauge,
    epoch: Gauge,
    held: Gauge,
    unknown: Gauge,
    pending: Gauge,
    subscribers: Gauge,
    lag: Histogram,
    reading: Histogram,
    settle: Histogram,
}

impl Meters {
    pub(super) fn new(prefix: &str) -> Self {
        describe();
        let prefix = SharedString::from_shared(prefix.into());
        let own = || prefix.clone();
        let readings = "hotconfig_readings_total";
        Self {
            publications: metrics::counter!("hotconfig_publications_total", "prefix" => own()),
            events: metrics::counter!("hotconfig_events_total", "prefix" => own()),
            held_total: metrics::counter!("hotconfig_held_total", "prefix" => own()),
            read: metrics::counter!(readings, "prefix" => own(), "outcome" => "ok"),
            not_read: metrics::counter!(readings, "prefix" => own(), "outcome" => "failed"),
            connected: metrics::gauge!("hotconfig_connected", "prefix" => own()),
            confirmed: metrics::gauge!("hotconfig_confirmed_timestamp_seconds", "prefix" => own()),
            staleness: metrics::gauge!("hotconfig_staleness_limit_seconds", "prefix" => own()),
            revision: metrics::gauge!("hotconfig_revision", "prefix" => own()),
            epoch: metrics::gauge!("hotconfig_epoch", "prefix" => own()),
            held: metrics::gauge!("hotconfig_held", "prefix" => own()),
            unknown: metrics::gauge!("hotconfig_unknown_keys", "prefix" => own()),
            pending: metrics::gauge!("hotconfig_restart_pending", "prefix" => own()),
            subscribers: metrics::gauge!("hotconfig_subscribers", "prefix" => own()),
            lag: metrics::histogram!("hotconfig_lag_seconds", "prefix" => own()),
            reading: metrics::histogram!("hotconfig_reading_seconds", "prefix" => own()),
            settle: metrics::histogram!("hotconfig_settle_seconds", "prefix" => own()),
            prefix,
        }
    }

    /// Sets the gauges from the status.
    pub(crate) fn status(&self, status: &Status) {
        self.connected.set(f64::from(u8::from(status.connected)));
        let confirmed = status.confirmed.map(unix_seconds);
        self.confirmed.set(confirmed.unwrap_or_default());
        self.staleness.set(status.staleness.as_secs_f64());
        let revision = status.revision.map(crate::Revision::get);
        self.revision.set(float(revision.unwrap_or_default()));
        self.epoch.set(float(status.epoch));
        self.held.set(count(status.held.len()));
        self.unknown.set(count(status.unknown_count));
        self.pending.set(count(status.pending_restart.len()));
    }

    /// Counts one more held group.
    pub(super) fn held(&self) {
        self.held_total.increment(1);
    }

    /// Counts a lost watch.
    pub(super) fn lost(&self, error: &StoreError) {
        self.of_kind(WATCH_LOSSES, error);
    }

    /// Counts events of the watch.
    pub(crate) fn events(&self, count: usize) {
        self.events.increment(count as u64);
    }

    /// Counts an error of the store, or a lost watch.
    pub(crate) fn store_error(&self, error: &StoreError) {
        self.of_kind(STORE_ERRORS, error);
    }

    fn of_kind(&self, name: &'static str, error: &StoreError) {
        let (prefix, kind) = (self.prefix.clone(), kind_label(error.kind()));
        metrics::counter!(name, "prefix" => prefix, "kind" => kind).increment(1);
    }

    /// Returns the same reading, measured. A reading that is dropped is not counted.
    pub(crate) fn reading(
        &self,
        reading: BoxFuture<'static, Result<Reading, StoreError>>,
    ) -> BoxFuture<'static, Result<Reading, StoreError>> {
        let (read, not_read) = (self.read.clone(), self.not_read.clone());
        let took = self.reading.clone();
        Box::pin(async move {
            let begun = Instant::now();
            let answer = reading.await;
            took.record(begun.elapsed());
            let counter = if answer.is_ok() { read } else { not_read };
            counter.increment(1);
            answer
        })
    }

    /// Records the duration of settling.
    pub(crate) fn settled(&self, since: Timer) {
        self.settle.record(since.0.elapsed());
    }

    /// Counts a publication. `arrived` is the arrival of its oldest event, if it consists of
    /// events.
    pub(crate) fn published(&self, arrived: Option<Instant>) {
        self.publications.increment(1);
        if let Some(arrived) = arrived {
            self.lag.record(arrived.elapsed());
        }
    }

    pub(crate) fn subscribers(&self) -> Count {
        Count(Some(self.subscribers.clone()))
    }
}

/// The time at which something began.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timer(Instant);

impl Timer {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }
}

/// A gauge that counts the living instances of something.
#[derive(Debug)]
pub(crate) struct Count(Option<Gauge>);

impl Count {
    /// A count that is not reported.
    pub(crate) fn nowhere() -> Self {
        Self(None)
    }

    pub(crate) fn more(&self) {
        if let Some(gauge) = &self.0 {
            gauge.increment(1.0);
        }
    }

    pub(crate) fn less(&self) {
        if let Some(gauge) = &self.0 {
            gauge.decrement(1.0);
        }
    }
}

/// The time by the system clock, which the collector uses, too.
fn unix_seconds(at: Instant) -> f64 {
    let then = SystemTime::now().checked_sub(at.elapsed());
    let since = then.and_then(|then| then.duration_since(UNIX_EPOCH).ok());
    since.unwrap_or_default().as_secs_f64()
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts stay below 2^53, and a gauge is a float"
)]
fn float(number: u64) -> f64 {
    number as f64
}

fn count(number: usize) -> f64 {
    float(number as u64)
}

/// Describes the metrics to the recorder.
fn describe() {
    use metrics::{describe_counter, describe_gauge, describe_histogram};
    describe_counter!(
        "hotconfig_publications_total",
        "configurations that were published after the first"
    );
    describe_counter!("hotconfig_events_total", "events that the watch delivered");
    describe_counter!(
        "hotconfig_held_total",
        "changes that were rejected and held"
    );
    describe_counter!("hotconfig_readings_total", "readings of all keys");
    describe_counter!(WATCH_LOSSES, "watches that were lost");
    describe_counter!(STORE_ERRORS, "errors of the store");
    describe_gauge!(
        "hotconfig_connected",
        "1 while a watch is open, otherwise 0"
    );
    describe_gauge!(
        "hotconfig_confirmed_timestamp_seconds",
        Unit::Seconds,
        "the time of the last confirmation of the configuration; 0: never"
    );
    describe_gauge!(
        "hotconfig_staleness_limit_seconds",
        Unit::Seconds,
        "the time without a confirmation after which the configuration is stale"
    );
    describe_gauge!(
        "hotconfig_revision",
        "the revision up to which everything was applied or held"
    );
    describe_gauge!(
        "hotconfig_epoch",
        "the number of the history, which grows when the store's history begins anew"
    );
    describe_gauge!("hotconfig_held", "changes that are held");
    describe_gauge!(
        "hotconfig_unknown_keys",
        "keys that the schema doesn't know"
    );
    describe_gauge!(
        "hotconfig_restart_pending",
        "fields whose new value waits for a restart"
    );
    describe_gauge!("hotconfig_subscribers", "watches, queues and callbacks");
    describe_histogram!(
        "hotconfig_lag_seconds",
        Unit::Seconds,
        "the time from the arrival of a publication's oldest event to the swap"
    );
    describe_histogram!(
        "hotconfig_reading_seconds",
        Unit::Seconds,
        "the duration of a reading"
    );
    describe_histogram!(
        "hotconfig_settle_seconds",
        Unit::Seconds,
        "the duration of decoding and validating the staged changes"
    );
}
