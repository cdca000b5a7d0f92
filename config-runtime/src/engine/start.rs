//! The start: when there is a first configuration, and when there will be none.
//!
//! In: how far the store has been read, the last failure, and the time. Out: what to begin with. It
//! knows no keys and no values.

use std::time::Duration;

use crate::apply::BadKeys;
use crate::problem::Problem;
use crate::status::FallbackStatus;
use crate::store::{ErrorKind, StoreError};
use crate::sync::Class;

/// How to begin.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Start {
    /// When the store is waited for no longer.
    pub(crate) limit: Duration,
    pub(crate) bad_keys: BadKeys,
    pub(crate) defaults_without_store: bool,
}

/// Why there is no first configuration.
#[derive(Debug)]
pub(crate) enum NoStart {
    Store(StoreError),
    Problems(Vec<Problem>),
}

/// What a start can begin with now.
#[derive(Debug)]
pub(super) enum StartBasis {
    /// Not yet anything: the store may still answer.
    Wait,
    /// The staged keys; bad ones are treated so.
    Keys(BadKeys),
    /// Nothing: there is no start.
    Nothing(StoreError),
}

impl Start {
    /// What to begin with, once the store was read (`has_read`), has failed, or has not answered in
    /// time.
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
            let said = format!("no answer within {:?}", self.limit);
            StoreError::new(ErrorKind::Timeout, said)
        }))
    }
}

/// The failure, with the reason why the fallback was of no use, if there is one.
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
    let said = format!("{}; and no fallback could serve: {why}", failure.message());
    StoreError::new(failure.kind(), said)
}
