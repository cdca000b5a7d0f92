//! The start: decides when to serve a first configuration, and when to give up.
//!
//! In: whether the store has been read, the last failure, and the time. Out: the basis of the first
//! configuration. It knows no keys and no values.

use std::time::Duration;

use crate::apply::BadKeys;
use crate::problem::Problem;
use crate::status::FallbackStatus;
use crate::store::{ErrorKind, StoreError};
use crate::sync::Class;

/// The options of a start.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Start {
    /// The time at which waiting for the store ends.
    pub(crate) limit: Duration,
    pub(crate) bad_keys: BadKeys,
    pub(crate) defaults_without_store: bool,
}

/// The reason why there is no first configuration.
#[derive(Debug)]
pub(crate) enum NoStart {
    Store {
        source: StoreError,
        /// The fallback, which could not serve.
        fallback: Option<Box<FallbackStatus>>,
    },
    Problems(Vec<Problem>),
}

impl NoStart {
    /// The store failed, whatever the fallback.
    pub(crate) fn store(source: StoreError) -> Self {
        Self::Store {
            source,
            fallback: None,
        }
    }
}

/// The basis that a start has now.
#[derive(Debug)]
pub(super) enum StartBasis {
    /// None yet: the store may still answer.
    Wait,
    /// The staged keys, with this treatment of bad ones.
    Keys(BadKeys),
    /// None: the start fails.
    Nothing(StoreError),
}

impl Start {
    /// The basis, once the store was read (`has_read`), has failed, or has not answered in time.
    pub(super) fn basis(
        self,
        now: Duration,
        has_read: bool,
        failure: Option<&StoreError>,
        serves_fallback: bool,
    ) -> StartBasis {
        if has_read {
            return StartBasis::Keys(self.bad_keys);
        }
        let hopeless =
            failure.is_some_and(|failure| Class::for_kind(failure.kind()).ends_a_start());
        if !hopeless && now < self.limit {
            return StartBasis::Wait;
        }
        if serves_fallback || self.defaults_without_store {
            return StartBasis::Keys(BadKeys::Refuse);
        }
        StartBasis::Nothing(failure.cloned().unwrap_or_else(|| {
            let message = format!("no answer within {:?}", self.limit);
            StoreError::new(ErrorKind::Timeout, message)
        }))
    }
}
