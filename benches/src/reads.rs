//! The ways of reading one field that changes now and then.
//!
//! In: a number to publish. Out: readers that give it. The field is the same in all of them, in the
//! same struct; an atomic number, which can't hold a struct, is the least that any of them could
//! cost.

use std::error::Error;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use arc_swap::{ArcSwap, Cache};
use hotconfig::store::Memory;
use hotconfig::{Hot, Reader};
use tokio::sync::watch;

use crate::config::{MeasuredConfig, Section, Ten};

/// A place that a configuration is published to and read from.
pub trait SharedConfig: Send + Sync {
    /// What a thread that reads holds.
    type FieldReader: FieldReader;

    /// A reader for another thread.
    fn reader(&self) -> Self::FieldReader;

    /// Publishes the configuration with this number in its field.
    fn publish(&self, limit: u64);
}

/// What a thread that reads holds.
pub trait FieldReader: Send + 'static {
    /// Reads the field.
    fn read(&mut self) -> u64;
}

/// The configuration that is read, with this number in its field.
pub fn with(limit: u64) -> Ten {
    Ten {
        s00: Section {
            limit,
            enabled: true,
            level: "info".to_owned(),
            upstream: "http://upstream.internal:8080/".to_owned(),
            timeout: Duration::from_secs(30),
            ratio: 0.5,
            retries: 3,
            port: 8080,
            note: None,
            pool_size: 8,
        },
    }
}

/// A number alone.
#[derive(Debug, Default)]
pub struct Atomic(Arc<AtomicU64>);

impl SharedConfig for Atomic {
    type FieldReader = Arc<AtomicU64>;

    fn reader(&self) -> Self::FieldReader {
        Arc::clone(&self.0)
    }

    fn publish(&self, limit: u64) {
        self.0.store(limit, Ordering::Release);
    }
}

impl FieldReader for Arc<AtomicU64> {
    #[inline]
    fn read(&mut self) -> u64 {
        self.load(Ordering::Acquire)
    }
}

/// `ArcSwap::load`.
#[derive(Debug)]
pub struct Swap(Arc<ArcSwap<Ten>>);

impl Default for Swap {
    fn default() -> Self {
        Self(Arc::new(ArcSwap::from_pointee(with(0))))
    }
}

impl SharedConfig for Swap {
    type FieldReader = Arc<ArcSwap<Ten>>;

    fn reader(&self) -> Self::FieldReader {
        Arc::clone(&self.0)
    }

    fn publish(&self, limit: u64) {
        self.0.store(Arc::new(with(limit)));
    }
}

impl FieldReader for Arc<ArcSwap<Ten>> {
    #[inline]
    fn read(&mut self) -> u64 {
        self.load().s00.limit
    }
}

/// `arc_swap::Cache::load`.
#[derive(Debug, Default)]
pub struct CachedSwap(Swap);

impl SharedConfig for CachedSwap {
    type FieldReader = Cache<Arc<ArcSwap<Ten>>, Arc<Ten>>;

    fn reader(&self) -> Self::FieldReader {
        Cache::new(self.0.reader())
    }

    fn publish(&self, limit: u64) {
        self.0.publish(limit);
    }
}

impl FieldReader for Cache<Arc<ArcSwap<Ten>>, Arc<Ten>> {
    #[inline]
    fn read(&mut self) -> u64 {
        self.load().s00.limit
    }
}

/// A lock that many can hold to read.
#[derive(Debug)]
pub struct RwLockArc(Arc<RwLock<Arc<Ten>>>);

impl Default for RwLockArc {
    fn default() -> Self {
        Self(Arc::new(RwLock::new(Arc::new(with(0)))))
    }
}

impl SharedConfig for RwLockArc {
    type FieldReader = Arc<RwLock<Arc<Ten>>>;

    fn reader(&self) -> Self::FieldReader {
        Arc::clone(&self.0)
    }

    fn publish(&self, limit: u64) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(with(limit));
    }
}

impl FieldReader for Arc<RwLock<Arc<Ten>>> {
    #[inline]
    fn read(&mut self) -> u64 {
        RwLock::read(self)
            .unwrap_or_else(PoisonError::into_inner)
            .s00
            .limit
    }
}

/// tokio's watch channel.
#[derive(Debug)]
pub struct Channel(watch::Sender<Arc<Ten>>);

impl Default for Channel {
    fn default() -> Self {
        Self(watch::Sender::new(Arc::new(with(0))))
    }
}

impl SharedConfig for Channel {
    type FieldReader = watch::Receiver<Arc<Ten>>;

    fn reader(&self) -> Self::FieldReader {
        self.0.subscribe()
    }

    fn publish(&self, limit: u64) {
        self.0.send_replace(Arc::new(with(limit)));
    }
}

impl FieldReader for watch::Receiver<Arc<Ten>> {
    #[inline]
    fn read(&mut self) -> u64 {
        self.borrow().s00.limit
    }
}

/// A [`Hot`] that follows a store in this process.
#[derive(Debug)]
pub struct MemoryService {
    store: Memory,
    hot: Hot<Ten>,
}

impl MemoryService {
    /// Starts it, with the defaults.
    pub fn start() -> Result<Self, Box<dyn Error>> {
        let store = Memory::new();
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        let hot = runtime.block_on(Hot::builder(store.clone()).start())?;
        Ok(Self { store, hot })
    }

    fn publish(&self, limit: u64) {
        self.store.put(Ten::key(), limit.to_string());
    }
}

/// `Hot::load`.
#[derive(Debug)]
pub struct HotLoad(pub MemoryService);

impl SharedConfig for HotLoad {
    type FieldReader = Hot<Ten>;

    fn reader(&self) -> Self::FieldReader {
        self.0.hot.clone()
    }

    fn publish(&self, limit: u64) {
        self.0.publish(limit);
    }
}

impl FieldReader for Hot<Ten> {
    #[inline]
    fn read(&mut self) -> u64 {
        self.load().s00.limit
    }
}

/// `Reader::get`.
#[derive(Debug)]
pub struct HotReader(pub MemoryService);

impl SharedConfig for HotReader {
    type FieldReader = Reader<Ten>;

    fn reader(&self) -> Self::FieldReader {
        self.0.hot.reader()
    }

    fn publish(&self, limit: u64) {
        self.0.publish(limit);
    }
}

impl FieldReader for Reader<Ten> {
    #[inline]
    fn read(&mut self) -> u64 {
        self.get().s00.limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gives_what_was_published(place: &impl SharedConfig) {
        let mut reader = place.reader();
        assert_eq!(reader.read(), 0);
        place.publish(7);
        // A loop of its own publishes it, sooner or later; a hang is a failure.
        while reader.read() != 7 {
            std::thread::yield_now();
        }
        assert_eq!(place.reader().read(), 7);
    }

    #[test]
    fn every_way_of_reading_gives_what_was_published() {
        gives_what_was_published(&Atomic::default());
        gives_what_was_published(&Swap::default());
        gives_what_was_published(&CachedSwap::default());
        gives_what_was_published(&RwLockArc::default());
        gives_what_was_published(&Channel::default());
        gives_what_was_published(&HotLoad(MemoryService::start().unwrap()));
        gives_what_was_published(&HotReader(MemoryService::start().unwrap()));
    }
}
