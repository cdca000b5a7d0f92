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
    Store(StoreError),
    Problems(Vec<Problem>),
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

/// The failure, with the reason why the fallback could not be used, if there is one.
pub(super) fn without_fallback(
    failure: &StoreError,
    fallback: Option<&FallbackStatus>,
) -> StoreError {
    let why = match fallback {
        None => return failure.clone(),
        Some(status) => match &status.refused {
            Some(refused) => refused.clone(),
            None => format!("{} is not there", status.path.display()),
        },
    };
    let message = format!("{}; and no fallback could serve: {why}", failure.message());
    StoreError::new(failure.kind(), message)
}
