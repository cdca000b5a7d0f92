//! A wait for a notification, for code that is polled.
//!
//! In: a [`Notify`] of tokio, and a waker. Out: whether it was notified since the last wait. It
//! does not know the notifier.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;

/// At most one wait, which stays registered between two polls.
///
/// A subscriber has one of these and waits with nothing else: a second wait beside it could take
/// the notification that this one needs.
#[derive(Debug, Default)]
pub(crate) struct Waiting(Option<Pin<Box<OwnedNotified>>>);

impl Waiting {
    /// Ready once per notification since the last wait.
    pub(crate) fn poll(&mut self, notify: &Arc<Notify>, cx: &mut Context<'_>) -> Poll<()> {
        let waiting = self
            .0
            .get_or_insert_with(|| Box::pin(Arc::clone(notify).notified_owned()));
        ready!(waiting.as_mut().poll(cx));
        self.0 = None;
        Poll::Ready(())
    }
}
