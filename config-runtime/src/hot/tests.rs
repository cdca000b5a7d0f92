//! A store whose events wait in this process, which only a test inside the crate can have.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::store::backend::{Backend, BoxFuture, Sealed, WatchStream};
use crate::store::{Memory, Probe, Range, Reading, StoreError, WatchEvent};
use crate::{Hot, HotConfig, Revision, field};

#[derive(HotConfig, Clone, Debug, PartialEq)]
#[hot(prefix = "/users")]
struct Service {
    #[hot(default = 8, range(1..=64))]
    size: u32,
}

/// A store whose messages wait for an hour in this process before the loop gets them.
#[derive(Debug)]
struct Waits(Memory);

struct WaitingWatch(Box<dyn WatchStream>);

impl Sealed for Waits {}

impl Backend for Waits {
    fn read(&self, ranges: Arc<[Range]>) -> BoxFuture<'static, Result<Reading, StoreError>> {
        self.0.read(ranges)
    }

    fn probe(&self, ranges: Arc<[Range]>) -> BoxFuture<'static, Result<Probe, StoreError>> {
        self.0.probe(ranges)
    }

    fn latest(&self, ranges: Arc<[Range]>) -> BoxFuture<'static, Result<Revision, StoreError>> {
        self.0.latest(ranges)
    }

    fn watch(
        &self,
        ranges: Arc<[Range]>,
        from: Revision,
    ) -> BoxFuture<'static, Result<Box<dyn WatchStream>, StoreError>> {
        let opened = self.0.watch(ranges, from);
        Box::pin(async { Ok(Box::new(WaitingWatch(opened.await?)) as Box<dyn WatchStream>) })
    }
}

impl WatchStream for WaitingWatch {
    fn next(&mut self) -> BoxFuture<'_, WatchEvent> {
        self.0.next()
    }

    fn arrived(&self) -> Option<Instant> {
        Instant::now().checked_sub(Duration::from_secs(3600))
    }

    fn ask_progress(&mut self) -> bool {
        self.0.ask_progress()
    }
}

#[tokio::test]
async fn p09_an_event_that_waited_for_the_loop_does_not_make_it_fresh() {
    let store = Memory::new();
    let hot = Hot::<Service>::builder(Waits(store.clone()))
        .start()
        .await
        .expect("a start");
    let mut news = hot.watch_status();
    while !hot.status().connected {
        news.changed().await.expect("the loop runs");
    }
    let read = hot.status().confirmed;
    let mut size = hot.watch(field!(Service, size));
    store.put("/users/size", "9");
    size.changed().await.expect("the loop runs");
    assert_eq!(hot.status().confirmed, read);
}
