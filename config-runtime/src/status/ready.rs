//! Readiness: whether a program with this configuration should be sent requests.

use std::time::{Duration, Instant};

use super::{StaleCause, Status};

/// The reason why a program is not ready, returned by [`Status::ready_within`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotReady {
    /// The loop ended: the store is no longer followed.
    #[error("the loop ended")]
    Ended,
    /// No answer of the store ever confirmed the configuration: it comes from the defaults, or from
    /// a copy.
    #[non_exhaustive]
    #[error("never confirmed in {:.1} s", .age.as_secs_f64())]
    NeverConfirmed {
        /// The time that the loop has run.
        age: Duration,
        /// The reason why nothing confirmed it.
        #[source]
        cause: StaleCause,
    },
    /// The store's last confirmation is too long ago.
    #[non_exhaustive]
    #[error(
        "last confirmed {:.1} s ago; expected at most {:?}", .age.as_secs_f64(), .limit
    )]
    Unconfirmed {
        /// The time since the last confirmation.
        age: Duration,
        /// The limit that was requested.
        limit: Duration,
        /// The reason why nothing confirmed it since.
        #[source]
        cause: StaleCause,
    },
}

impl Status {
    /// Whether the store confirmed the configuration within this limit: for a readiness probe.
    ///
    /// It is computed at the moment of the call, so that it is correct even while the loop can't
    /// run. Take a new [`Hot::status`](crate::Hot::status) each time, since a status that is kept
    /// contains no later confirmation. Held changes do not make a program unready: the last good
    /// values stay in use. A [`Hot::fixed`](crate::Hot::fixed) configuration is ready until it
    /// ends.
    ///
    /// # Choosing a limit
    /// Choose the age at which you no longer want to serve a configuration. With a short limit,
    /// such as the staleness limit, an outage of the store takes *every* instance out of service at
    /// the same time, although each could continue. With [`Duration::MAX`], an instance that was
    /// confirmed once stays ready. A limit below half of the staleness limit can fail even while
    /// all is well, because confirmations are up to half of the staleness limit apart.
    ///
    /// An instance that started without the store, from the defaults or from a copy, is not ready
    /// until the store confirms it, whatever the limit. So a rollout keeps the old instances. To
    /// treat it as ready:
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
    /// [`NotReady`], with the cause as its source.
    #[doc(alias = "is_ready")]
    #[doc(alias = "is_healthy")]
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
