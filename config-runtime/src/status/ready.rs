//! Whether to send requests to a program that runs with this configuration.

use std::time::{Duration, Instant};

use super::Status;

/// Why a program is not ready: from [`Status::ready_within`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotReady {
    /// The loop ended: nothing is followed any more.
    #[error("the loop ended")]
    Ended,
    /// No answer of the store ever confirmed the configuration: it is the defaults, or a copy.
    #[error("never confirmed, since {:.1} s: {cause}", .age.as_secs_f64())]
    NeverConfirmed {
        /// How long the loop has run.
        age: Duration,
        /// Why nothing confirmed it.
        cause: String,
    },
    /// It is too long ago that the store confirmed it.
    #[error(
        "not confirmed for {:.1} s, which is more than {:?}: {cause}", .age.as_secs_f64(), .limit
    )]
    Unconfirmed {
        /// How long ago it was confirmed.
        age: Duration,
        /// The limit that was asked for.
        limit: Duration,
        /// Why nothing confirmed it since.
        cause: String,
    },
}

impl Status {
    /// Whether the store confirmed the configuration within this limit: for a readiness probe.
    ///
    /// It is computed at the moment of the call, so that it is right also while the loop can't run;
    /// ask a new [`Hot::status`](crate::Hot::status) each time, since a status that is kept knows
    /// of no later confirmation. What is held makes nobody unready: the last good values serve. A
    /// [`Hot::fixed`](crate::Hot::fixed) configuration is ready until it ends.
    ///
    /// # What limit
    /// Say how old a configuration you would rather not serve. With a short one, such as the
    /// staleness limit, an outage of the store takes *every* instance out of service at the same
    /// time, although each of them could go on; with [`Duration::MAX`] an instance that once was
    /// confirmed stays. A limit below half of the staleness limit refuses also while all is well,
    /// since a configuration is confirmed no more often than that.
    ///
    /// An instance that started without the store, from the defaults or from a copy, is not ready
    /// before the store has confirmed it, whatever the limit: in a rollout the old instances stay.
    /// Who wants it otherwise says so:
    ///
    /// ```
    /// # use std::time::Duration;
    /// use hotconfig::{NotReady, Status};
    ///
    /// fn is_ready(status: &Status) -> bool {
    ///     match status.ready_within(Duration::from_secs(15 * 60)) {
    ///         Ok(()) | Err(NotReady::NeverConfirmed { .. }) => true,
    ///         Err(_) => false,
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    /// [`NotReady`], with the cause.
    pub fn ready_within(&self, limit: Duration) -> Result<(), NotReady> {
        self.ready_at(Instant::now(), limit)
    }

    pub(super) fn ready_at(&self, now: Instant, limit: Duration) -> Result<(), NotReady> {
        let age = |since| now.saturating_duration_since(since);
        if self.ended {
            return Err(NotReady::Ended);
        }
        match self.confirmed.map(age) {
            _ if self.fixed => Ok(()),
            Some(age) if age <= limit => Ok(()),
            Some(age) => Err(NotReady::Unconfirmed {
                age,
                limit,
                cause: self.cause(),
            }),
            None => Err(NotReady::NeverConfirmed {
                age: age(self.begun),
                cause: self.cause(),
            }),
        }
    }
}
