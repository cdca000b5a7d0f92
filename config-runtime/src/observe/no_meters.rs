//! The meters without the feature `metrics`: they do nothing, at no cost.

use std::time::Instant;

use crate::status::Status;
use crate::store::backend::BoxFuture;
use crate::store::{Reading, StoreError};

#[derive(Debug)]
pub(crate) struct Meters;

#[expect(clippy::unused_self, reason = "the meters have the same")]
impl Meters {
    pub(super) fn new(_: &str) -> Self {
        Self
    }

    pub(crate) fn status(&self, _: &Status) {}

    pub(super) fn held(&self) {}

    pub(super) fn lost(&self, _: &StoreError) {}

    pub(crate) fn events(&self, _: usize) {}

    pub(crate) fn store_error(&self, _: &StoreError) {}

    pub(crate) fn reading(
        &self,
        reading: BoxFuture<'static, Result<Reading, StoreError>>,
    ) -> BoxFuture<'static, Result<Reading, StoreError>> {
        reading
    }

    pub(crate) fn settled(&self, _: Timer) {}

    pub(crate) fn published(&self, _: Option<Instant>) {}

    pub(crate) fn subscribers(&self) -> Count {
        Count
    }
}

/// The time at which something began.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timer;

impl Timer {
    pub(crate) fn start() -> Self {
        Self
    }
}

/// A gauge that counts the living instances of something.
#[derive(Debug)]
pub(crate) struct Count;

#[expect(clippy::unused_self, reason = "the meters have the same")]
impl Count {
    pub(crate) fn nowhere() -> Self {
        Self
    }

    pub(crate) fn more(&self) {}

    pub(crate) fn less(&self) {}
}
