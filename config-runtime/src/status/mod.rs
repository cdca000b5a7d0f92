//! The status of the loop: for people, health checks and `describe`.
//!
//! In: the facts of `sync` and `apply` after each step. Out: [`Status`], which computes its age
//! when it is requested, so that it is correct even while the loop can't run. It contains no
//! secret.

mod cell;
mod ready;
mod watch;

use std::path::{Path, PathBuf};

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use serde::{Serialize, Serializer};

use crate::Revision;
use crate::apply::{Held, Pending, Unknown, Warning};
pub use crate::fallback::FallbackError;
use crate::fallback::in_range;
use crate::store::StoreError;
use crate::wording::chain;

pub(crate) use cell::{StatusCell, StatusChange};
pub use ready::NotReady;
pub use watch::StatusWatch;

/// The status of the loop at one moment.
///
/// It serializes to a map with the names of its fields, which stay. A moment becomes its age in
/// milliseconds: `confirmed_ms_ago`, and `since_ms_ago` in `stale`.
///
/// ```
/// # use hotconfig::{Hot, HotConfig};
/// # #[derive(HotConfig, Clone)]
/// # struct Service {
/// #     pool_size: u32,
/// # }
/// let hot = Hot::fixed(Service { pool_size: 3 });
/// let status = serde_json::to_value(hot.status())?;
/// assert_eq!(status["connected"], false);
/// assert_eq!(status["held"], serde_json::json!([]));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own, and any of them goes with any other"
)]
pub struct Status {
    /// Whether a watch is open.
    pub connected: bool,
    /// The revision up to which everything was applied or held; `None` before the first reading.
    pub revision: Option<Revision>,
    /// The number of the unbroken history of the store. A detected restore from a backup begins a
    /// new history, and this number grows.
    pub epoch: u64,
    /// The time at which the configuration was last known to match the store; `None` if it never
    /// was. It is the moment of a request to a quorum of the cluster: for all keys, for their
    /// number and newest change, or for the revision, once the watch has reached it.
    ///
    /// An event alone confirms nothing. It may have been in transit for long, and the member that
    /// sent it may be cut off from the others without knowing it.
    #[serde(rename = "confirmed_ms_ago", serialize_with = "age_of")]
    pub confirmed: Option<Instant>,
    /// The time since which, and the reason why, the configuration may be out of date. `None`: it
    /// is fresh.
    pub stale: Option<Stale>,
    /// The rejected changes; the last good values stay in use.
    #[serde(serialize_with = "items")]
    pub held: Arc<[Held]>,
    /// Restart-only fields whose new value waits for a restart.
    #[serde(serialize_with = "items")]
    pub pending_restart: Arc<[Pending]>,
    /// Keys below the prefix that the schema doesn't know: the first 100.
    #[serde(serialize_with = "items")]
    pub unknown: Arc<[Unknown]>,
    /// The total number of unknown keys.
    pub unknown_count: usize,
    /// Old keys and deprecated fields that are in use.
    #[serde(serialize_with = "items")]
    pub warnings: Arc<[Warning]>,
    /// The last failure of the store that has not been overcome.
    #[doc(alias = "last_error")]
    pub failure: Option<StoreError>,
    /// The fallback, if there is one.
    pub fallback: Option<FallbackStatus>,
    /// Whether the loop ended: the store is no longer followed.
    pub ended: bool,
    #[serde(skip)]
    pub(crate) staleness: Duration,
    #[serde(skip)]
    pub(crate) begun: Instant,
    /// Whether this is a configuration that follows no store, and so is always current.
    #[serde(skip)]
    pub(crate) fixed: bool,
    /// Whether it was stale when it was written: the state that subscribers were notified of.
    #[serde(skip)]
    pub(crate) aged: bool,
}

impl Status {
    pub(crate) fn new(staleness: Duration) -> Self {
        Self {
            connected: false,
            revision: None,
            epoch: 1,
            confirmed: None,
            stale: None,
            held: Arc::new([]),
            pending_restart: Arc::new([]),
            unknown: Arc::new([]),
            unknown_count: 0,
            warnings: Arc::new([]),
            failure: None,
            fallback: None,
            ended: false,
            staleness,
            begun: Instant::now(),
            fixed: false,
            aged: false,
        }
    }

    /// The status of a configuration that follows no store.
    pub(crate) fn fixed() -> Self {
        Self {
            confirmed: Some(Instant::now()),
            fixed: true,
            ..Self::new(Duration::MAX)
        }
    }

    /// The same status with its age as of now.
    pub(crate) fn at(mut self, now: Instant) -> Self {
        self.stale = self.is_stale_at(now).then(|| Stale {
            since: self.confirmed.unwrap_or(self.begun),
            cause: self.cause(),
        });
        self
    }

    /// Whether the last confirmation of the configuration is too long ago.
    pub(crate) fn is_stale_at(&self, now: Instant) -> bool {
        let old = |at| now.saturating_duration_since(at) >= self.staleness;
        self.ended || (!self.fixed && self.confirmed.is_none_or(old))
    }

    /// The reason why nothing confirms the configuration.
    pub(crate) fn cause(&self) -> StaleCause {
        match &self.failure {
            _ if self.ended => StaleCause::Ended,
            Some(failure) => StaleCause::Store {
                error: failure.clone(),
            },
            None if self.confirmed.is_none() => StaleCause::NoAnswer,
            None if self.connected => StaleCause::Silent,
            None => StaleCause::Unconfirmed,
        }
    }

    /// Whether the configuration was confirmed to be current within the staleness limit.
    pub fn is_fresh(&self) -> bool {
        self.stale.is_none()
    }

    /// Whether the difference is no news for a [`StatusWatch`].
    ///
    /// The revision and the moment of the last confirmation are no news, and neither is the
    /// revision of an unknown key: they change with every event.
    fn is_no_news(&self, before: &Self) -> bool {
        // All fields are named, so that a new one requires a decision here whether it is news.
        let Self {
            connected,
            revision: _,
            epoch,
            confirmed: _,
            stale,
            held,
            pending_restart,
            unknown,
            unknown_count,
            warnings,
            failure,
            fallback,
            ended,
            staleness: _,
            begun: _,
            fixed: _,
            aged,
        } = self;
        let same_keys = |one: &[Unknown], other: &[Unknown]| {
            let keys = one.iter().zip(other);
            one.len() == other.len() && keys.into_iter().all(|(one, other)| one.key == other.key)
        };
        *connected == before.connected
            && *epoch == before.epoch
            && *ended == before.ended
            && *aged == before.aged
            && stale.is_some() == before.stale.is_some()
            && *unknown_count == before.unknown_count
            && *failure == before.failure
            && (Arc::ptr_eq(unknown, &before.unknown) || same_keys(unknown, &before.unknown))
            && *held == before.held
            && *pending_restart == before.pending_restart
            && *warnings == before.warnings
            && fallback.as_ref().map(FallbackStatus::facts)
                == before.fallback.as_ref().map(FallbackStatus::facts)
    }
}

/// Prints several lines for people: the state of the store, and the held, pending and unknown keys.
/// They contain no secret.
impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let age = |at: Instant| at.elapsed().as_secs_f64();
        if self.fixed && !self.ended {
            return f.write_str("fixed: follows no store");
        }
        match (self.ended, self.connected) {
            (true, _) => f.write_str("ended")?,
            (false, true) => f.write_str("connected")?,
            (false, false) => f.write_str("not connected")?,
        }
        match self.revision {
            Some(revision) => write!(f, ", revision {revision} of epoch {}", self.epoch)?,
            None => f.write_str(", never read")?,
        }
        match self.confirmed {
            Some(at) => write!(f, ", confirmed {:.1} s ago", age(at))?,
            None => f.write_str(", never confirmed")?,
        }
        if let Some(stale) = &self.stale {
            write!(f, "\nstale: {}", chain(&stale.cause))?;
        } else if let Some(failure) = &self.failure {
            write!(f, "\nfailing: {}", chain(failure))?;
        }
        if let Some(fallback) = &self.fallback {
            fallback.lines(f)?;
        }
        for held in self.held.iter() {
            write!(f, "\n{held}")?;
        }
        for pending in self.pending_restart.iter() {
            write!(f, "\n{pending}")?;
        }
        for unknown in self.unknown.iter() {
            write!(f, "\n{unknown}")?;
        }
        match self.unknown_count.saturating_sub(self.unknown.len()) {
            0 => {}
            more => write!(f, "\nand {more} more unknown keys")?,
        }
        for warning in self.warnings.iter() {
            write!(f, "\n{warning}")?;
        }
        Ok(())
    }
}

/// The time since which, and the reason why, a configuration may be out of date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Stale {
    /// The time of the last confirmation; if there was none, the start of the loop.
    #[serde(rename = "since_ms_ago", serialize_with = "age")]
    pub since: Instant,
    /// The reason why it could not be confirmed since.
    pub cause: StaleCause,
}

/// Prints the age in seconds, and the cause with its source.
impl fmt::Display for Stale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let age = self.since.elapsed().as_secs_f64();
        write!(f, "not confirmed for {age:.1} s: {}", chain(&self.cause))
    }
}

/// The reason why nothing confirms a configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum StaleCause {
    /// The loop ended.
    #[error("the loop ended")]
    Ended,
    /// The store failed.
    #[error(transparent)]
    #[non_exhaustive]
    Store {
        /// The last error.
        error: StoreError,
    },
    /// The store has not answered yet.
    #[error("the store has not answered yet")]
    NoAnswer,
    /// The watch is open, but the store sends nothing.
    #[error("the watch is open, but the store sends nothing")]
    Silent,
    /// Nothing confirmed it within the staleness limit.
    #[error("nothing confirmed the configuration within the staleness limit")]
    Unconfirmed,
}

/// The state of the fallback: the copy on disk that a start without the store is served from.
///
/// It serializes to a map with the names of its fields; a time is a text of RFC 3339, and a reason
/// its sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FallbackStatus {
    /// The path of the file.
    #[serde(serialize_with = "path")]
    pub path: PathBuf,
    /// Whether the configuration is the copy's: the store has not been read since the start.
    pub serving: bool,
    /// The reason why the copy that was found at the start could not be used, until another one is
    /// written.
    pub refused: Option<FallbackError>,
    /// The time at which this process wrote it last.
    #[serde(serialize_with = "time")]
    pub written: Option<SystemTime>,
    /// The revision of the copy that was written last.
    pub revision: Option<Revision>,
    /// The reason why it could not be written, until it can. The loop tries again at least every
    /// minute.
    pub failure: Option<FallbackError>,
}

impl FallbackStatus {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self {
            path,
            serving: false,
            refused: None,
            written: None,
            revision: None,
            failure: None,
        }
    }

    /// The facts that an operator would act on: not each copy that is written.
    fn facts(&self) -> (bool, Option<&FallbackError>, Option<&FallbackError>) {
        (self.serving, self.refused.as_ref(), self.failure.as_ref())
    }
}

impl FallbackStatus {
    /// Prints a line for each fault.
    fn lines(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        if self.serving {
            write!(f, "\nserved from the fallback {path}")?;
        }
        if let Some(why) = &self.refused {
            write!(f, "\nthe fallback {path} can't be used: {why}")?;
        }
        if let Some(failure) = &self.failure {
            write!(f, "\nthe fallback {path} can't be updated: {failure}")?;
        }
        Ok(())
    }
}

fn age<S: Serializer>(at: &Instant, serializer: S) -> Result<S::Ok, S::Error> {
    age_of(&Some(*at), serializer)
}

#[expect(clippy::ref_option, reason = "serde hands out the field")]
fn age_of<S: Serializer>(at: &Option<Instant>, serializer: S) -> Result<S::Ok, S::Error> {
    let millis = |at: Instant| u64::try_from(at.elapsed().as_millis()).unwrap_or(u64::MAX);
    at.map(millis).serialize(serializer)
}

fn items<S: Serializer>(items: &[impl Serialize], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(items)
}

fn path<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&path.display())
}

#[expect(clippy::ref_option, reason = "serde hands out the field")]
fn time<S: Serializer>(at: &Option<SystemTime>, serializer: S) -> Result<S::Ok, S::Error> {
    // A clock may be anywhere, and a text of RFC 3339 has limits.
    let text = |at| humantime::format_rfc3339_millis(in_range(at)).to_string();
    at.map(text).serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::ErrorKind;

    const SECOND: Duration = Duration::from_secs(1);
    const LIMIT: Duration = Duration::from_secs(30);

    fn confirmed() -> (Status, Instant) {
        let now = Instant::now();
        let status = Status {
            connected: true,
            confirmed: Some(now),
            ..Status::new(LIMIT)
        };
        (status, now)
    }

    fn failing(mut status: Status) -> Status {
        status.connected = false;
        status.failure = Some(StoreError::new(ErrorKind::Unreachable, "cut off"));
        status
    }

    fn cut_off() -> StaleCause {
        StaleCause::Store {
            error: StoreError::new(ErrorKind::Unreachable, "cut off"),
        }
    }

    #[test]
    fn p09_it_is_stale_from_the_limit_on_and_says_since_when_and_why() {
        let (status, at) = confirmed();
        let before = status
            .clone()
            .at(at + LIMIT.saturating_sub(Duration::from_nanos(1)));
        assert!(before.is_fresh());
        let stale = |status: Status| status.at(at + LIMIT).stale.expect("stale");
        let silent = stale(status.clone());
        assert_eq!(silent.since, at);
        assert_eq!(silent.cause, StaleCause::Silent);
        assert_eq!(stale(failing(status)).cause, cut_off());
    }

    #[test]
    fn p09_what_was_never_confirmed_is_stale_from_the_beginning() {
        let status = Status::new(LIMIT);
        let begun = status.begun;
        let stale = failing(status).at(begun).stale.expect("stale");
        assert_eq!(stale.since, begun);
        assert_eq!(stale.cause, cut_off());
    }

    #[test]
    fn drill_19_ready_is_what_was_confirmed_within_the_limit_that_the_caller_sets() {
        let (status, at) = confirmed();
        assert_eq!(status.ready_at(at + 5 * SECOND, 5 * SECOND), Ok(()));
        // Even if the status itself is fresh for longer.
        let refused = failing(status.clone()).ready_at(at + 5 * SECOND, 4 * SECOND);
        let Err(NotReady::Unconfirmed { age, limit, cause }) = &refused else {
            panic!("{refused:?}");
        };
        assert_eq!((*age, *limit), (5 * SECOND, 4 * SECOND));
        assert_eq!(*cause, cut_off());
        // And even if the status itself is stale.
        let year = Duration::from_secs(365 * 24 * 60 * 60);
        assert_eq!(failing(status).ready_at(at + year, Duration::MAX), Ok(()));
    }

    #[test]
    fn drill_19_what_was_never_confirmed_is_not_ready_whatever_the_limit() {
        let status = Status::new(LIMIT);
        let later = status.begun + 7 * SECOND;
        let refused = failing(status).ready_at(later, Duration::MAX);
        let Err(NotReady::NeverConfirmed { age, cause }) = &refused else {
            panic!("{refused:?}");
        };
        assert_eq!(*age, 7 * SECOND);
        assert_eq!(*cause, cut_off());
    }

    #[test]
    fn what_has_ended_is_not_ready_and_what_is_fixed_always_is() {
        let (mut status, at) = confirmed();
        status.ended = true;
        assert_eq!(status.ready_at(at, LIMIT), Err(NotReady::Ended));
        let fixed = Status::fixed();
        let later = fixed.begun + 2 * LIMIT;
        assert_eq!(fixed.ready_at(later, SECOND), Ok(()));
        assert!(fixed.at(later).is_fresh());
    }

    #[test]
    fn a_confirmation_and_a_revision_are_no_news_and_everything_else_is() {
        let (status, _) = confirmed();
        let with = |change: fn(&mut Status)| {
            let mut changed = status.clone();
            change(&mut changed);
            changed
        };
        let unknown = |revision: u64| Unknown {
            key: "/a/b".to_owned(),
            revision: revision.into(),
            nearest: None,
        };
        let moved = with(|status| {
            status.revision = Some(9_u64.into());
            status.confirmed = Some(Instant::now());
        });
        assert!(moved.is_no_news(&status));
        let mut known = status.clone();
        known.unknown = Arc::new([unknown(1)]);
        let mut again = status.clone();
        again.unknown = Arc::new([unknown(2)]);
        assert!(again.is_no_news(&known) && !known.is_no_news(&status));
        let news: [fn(&mut Status); 7] = [
            |status| status.connected = false,
            |status| status.epoch = 2,
            |status| status.aged = true,
            |status| status.ended = true,
            |status| status.unknown_count = 1,
            |status| status.failure = Some(StoreError::new(ErrorKind::Denied, "no")),
            |status| *status = status.clone().at(Instant::now() + LIMIT),
        ];
        for (number, change) in news.into_iter().enumerate() {
            assert!(!with(change).is_no_news(&status), "{number}");
        }
    }

    #[test]
    fn a_line_for_people_says_how_it_stands() {
        let (status, _) = confirmed();
        let text = failing(status).to_string();
        assert!(
            text.starts_with("not connected, never read, confirmed 0."),
            "{text}"
        );
        assert!(
            text.contains("\nfailing: the store cannot be reached: cut off"),
            "{text}"
        );
    }

    #[test]
    fn a_copy_that_a_wrong_clock_dates_is_serialized_too() {
        let century = Duration::from_secs(100 * 365 * 24 * 60 * 60);
        for (at, shown) in [
            (SystemTime::UNIX_EPOCH - century, "1970-01-01T00:00:00.000Z"),
            (
                SystemTime::UNIX_EPOCH + 100 * century,
                "9999-12-31T23:59:59.999Z",
            ),
        ] {
            let fallback = FallbackStatus {
                written: Some(at),
                ..FallbackStatus::new("copy".into())
            };
            let shown = serde_json::Value::from(shown);
            let record = serde_json::to_value(fallback).expect("a record");
            assert_eq!(record["written"], shown);
        }
    }
}
