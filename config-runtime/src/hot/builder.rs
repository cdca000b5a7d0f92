//! The builder of a [`Hot`]: its settings, and the start.
//!
//! In: the store, the prefix's variables and the limits. Out: a running loop, or every mistake at
//! once, before the store is contacted.

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use super::driver::{Driver, InFlight, Output};
use super::fallback_writer::{Disk, FallbackWriter, Options, Owner};
use super::{Hot, HotShared, StartError};
use crate::HotConfig;
use crate::apply::BadKeys;
use crate::engine::{Engine, NoStart, Start};
use crate::fallback::{SealKey, Secrets};
use crate::layers::Layout;
use crate::mistake::BuilderMistake;
use crate::observe::Observer;
use crate::prefix;
use crate::status::{Status, StatusCell};
use crate::store::backend::{Backend, BoxFuture};
use crate::store::{Range, Store};
use crate::sync::Settings;
use crate::typed::defaults;

/// The time that a blocked loop may take beyond the limit of a start.
const BLOCKED: Duration = Duration::from_millis(500);
/// The bounds of every setting: zero would busy-loop, and `Duration::MAX` would overflow `Instant`.
const MIN_SETTING: Duration = Duration::from_millis(100);
const MAX_SETTING: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// The default time between a publication and the writing of the fallback.
const FALLBACK_INTERVAL: Duration = Duration::from_secs(1);

/// A key for the feature `seal`, without which there is none.
#[cfg(not(feature = "seal"))]
#[diagnostic::on_unimplemented(
    message = "`fallback_key` requires the feature `seal` of hotconfig",
    label = "the feature `seal` is not enabled",
    note = "add `features = [\"seal\"]` to the dependency on `hotconfig`"
)]
pub trait RequiresFeatureSeal {}

/// Builds a [`Hot`]; see [`Hot::builder`].
#[derive(Debug)]
#[must_use = "a builder does nothing until `.start().await`"]
pub struct HotBuilder<T> {
    store: Arc<dyn Backend + Send + Sync>,
    prefix: Option<String>,
    variables: BTreeMap<String, String>,
    settings: Settings,
    start_limit: Duration,
    bad_keys: BadKeys,
    defaults_without_store: bool,
    fallback: Fallback,
    runtime: Option<Handle>,
    config: PhantomData<fn() -> T>,
}

/// The settings of the fallback.
#[derive(Debug, Default)]
struct Fallback {
    file: Option<(PathBuf, Disk)>,
    key: Option<SealKey>,
    plain: bool,
    max_age: Option<Duration>,
    interval: Option<Duration>,
}

impl Fallback {
    /// Adds the mistakes in these settings. `missing` are the secrets that the copy would have to
    /// contain.
    fn check(&self, missing: &[String], mistakes: &mut Vec<BuilderMistake>) {
        let Some((path, _)) = &self.file else {
            let without = [
                ("fallback_key", self.key.is_some()),
                ("fallback_with_plain_secrets", self.plain),
                ("fallback_max_age", self.max_age.is_some()),
                ("fallback_interval", self.interval.is_some()),
            ]
            .into_iter();
            let without = without.filter(|(_, given)| *given);
            mistakes.extend(without.map(|(setting, _)| BuilderMistake::NoFallback { setting }));
            return;
        };
        if path.file_name().is_none() {
            let path = path.clone();
            mistakes.push(BuilderMistake::FallbackWithoutName { path });
        }
        match (&self.key, self.plain) {
            (Some(_), true) => mistakes.push(BuilderMistake::FallbackKeyAndPlain),
            (None, false) => mistakes.extend(missing.iter().map(|field| {
                let field = field.clone();
                BuilderMistake::FallbackWithoutSecret { field }
            })),
            _ => {}
        }
    }

    fn options(self) -> Option<Options> {
        let secrets = match (self.key, self.plain) {
            (Some(key), _) => Secrets::Seal(key),
            (None, true) => Secrets::Plain,
            (None, false) => Secrets::LeaveOut,
        };
        let (path, disk) = self.file?;
        Some(Options {
            disk,
            // If the program changes its working directory, it still means the same file.
            path: std::path::absolute(&path).unwrap_or(path),
            secrets,
            max_age: self.max_age,
            interval: self.interval.unwrap_or(FALLBACK_INTERVAL),
        })
    }
}

impl<T: HotConfig> HotBuilder<T> {
    pub(super) fn new(store: impl Store) -> Self {
        Self {
            store: Arc::new(store),
            prefix: None,
            variables: BTreeMap::new(),
            settings: Settings::default(),
            start_limit: Duration::from_secs(10),
            bad_keys: BadKeys::Refuse,
            defaults_without_store: false,
            fallback: Fallback::default(),
            runtime: None,
            config: PhantomData,
        }
    }

    /// Sets a `{variable}` of the prefix: one segment, or a part of one.
    pub fn var(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }

    /// Uses this prefix, which is a template too, instead of the struct's own.
    pub fn prefix(mut self, template: impl Into<String>) -> Self {
        self.prefix = Some(template.into());
        self
    }

    /// Sets the time limit for reading everything, page by page; 60 s by default.
    ///
    /// A single call to the store has its own limit, set in the store's builder.
    pub fn read_timeout(mut self, limit: Duration) -> Self {
        self.settings.read_limit = limit.clamp(MIN_SETTING, MAX_SETTING);
        self
    }

    /// Sets the time limit of [`HotBuilder::start`]; 10 s by default.
    pub fn start_timeout(mut self, limit: Duration) -> Self {
        self.start_limit = limit;
        self
    }

    /// Sets the time without a confirmation by the store after which the status is stale; 30 s by
    /// default.
    ///
    /// The loop requests a confirmation when a third of the limit has passed since the last one.
    /// Each costs one read of one key and one small message of the watch. If the watch does not
    /// reach the store's revision by half of it, the loop checks the number of keys and the newest
    /// change. It does the same if etcd's progress messages can't be trusted.
    pub fn staleness_limit(mut self, limit: Duration) -> Self {
        self.settings.staleness = limit.clamp(MIN_SETTING, MAX_SETTING);
        self
    }

    /// Sets the interval (± 20 %) at which everything is read and compared with the known state; 10
    /// min by default.
    ///
    /// The comparison finds changes that a server's watch lost. It costs one reading of all keys.
    pub fn compare_interval(mut self, interval: Duration) -> Self {
        self.settings.compare_every = interval.clamp(MIN_SETTING, MAX_SETTING);
        self
    }

    /// Sets the minimum and maximum back-off after a failure of the store; 100 ms and 30 s by
    /// default.
    ///
    /// Each failure doubles the length; the back-off is a random part of it, so that a thousand
    /// instances don't come back in the same instant. After 60 s of health the length is reset.
    pub fn backoff(mut self, min: Duration, max: Duration) -> Self {
        let min = min.clamp(Duration::from_millis(1), MAX_SETTING);
        self.settings.backoff = (min, max.clamp(min, MAX_SETTING));
        self
    }

    /// Starts even if keys are bad: they are held, with the group that they were written in, and
    /// their defaults are used instead.
    ///
    /// If a required field has no good key, the start still fails.
    pub fn defaults_for_bad_keys(mut self) -> Self {
        self.bad_keys = BadKeys::Default;
        self
    }

    /// Starts from the defaults if the store does not answer, or denies access. The status is then
    /// stale.
    ///
    /// Every field must have a default; otherwise the start fails at once, even while the store is
    /// up. In the background the loop keeps trying.
    pub fn defaults_without_store(mut self) -> Self {
        self.defaults_without_store = true;
        self
    }

    /// Keeps a copy of the published configuration in this file. If the store does not answer, or
    /// denies access, the start uses the copy, and the status is stale, with the cause. In the
    /// background the loop keeps trying.
    ///
    /// If the store answers and keys are bad, the last good values of the copy are used instead. A
    /// copy is used whole or not at all, and only if it has the same prefixes and fits the struct.
    /// If it is damaged, from another program or [too old](Self::fallback_max_age), it is rejected,
    /// and [`Status::fallback`](crate::Status::fallback) has the reason.
    ///
    /// The file is written after a publication and never delays one. The new file is written beside
    /// the old one, with mode 0600, and then renamed into its place. So a crash leaves either the
    /// old or the new file. The folder must exist and be writable; if it is not, the service keeps
    /// running, and the status has the reason. Two processes may share one path: the copy is that
    /// of the process that wrote last, whole. If their prefixes differ, give each its own path,
    /// since each rejects the other's copy.
    ///
    /// Secrets are left out, unless there is a [key](Self::fallback_key) or they may be
    /// [plain](Self::fallback_with_plain_secrets). If a secret has no default, one of the two is
    /// required.
    pub fn fallback(mut self, path: impl Into<PathBuf>) -> Self {
        self.fallback.file = Some((path.into(), Disk::new::<T>()));
        self
    }

    /// Seals the secrets of the fallback with this key (XChaCha20-Poly1305). The key should be
    /// random, and not be stored beside the file. Requires the feature `seal`.
    ///
    /// A copy that was sealed with another key is rejected.
    #[cfg(feature = "seal")]
    pub fn fallback_key(mut self, key: [u8; 32]) -> Self {
        self.fallback.key = Some(SealKey::new(key));
        self
    }

    /// Requires the feature `seal`.
    #[cfg(not(feature = "seal"))]
    #[doc(hidden)]
    pub fn fallback_key<K: RequiresFeatureSeal>(self, _: K) -> Self {
        self
    }

    /// Writes the secrets into the fallback in plain text. Only the file's owner may read it.
    pub fn fallback_with_plain_secrets(mut self) -> Self {
        self.fallback.plain = true;
        self
    }

    /// Sets the maximum time since the last confirmation of a copy that a start may use. Without a
    /// limit, any age is accepted. A copy whose confirmation lies further than that in the future,
    /// because of a wrong clock, is rejected, too.
    ///
    /// While the store confirms the configuration, the copy is rewritten at least every quarter of
    /// this time.
    pub fn fallback_max_age(mut self, limit: Duration) -> Self {
        self.fallback.max_age = Some(limit.clamp(MIN_SETTING, MAX_SETTING));
        self
    }

    /// Sets the time between a publication and the writing of the copy; 1 s by default.
    /// Publications in between are written together. After a crash, publications of the last
    /// interval are not in the copy. Every 60 intervals, and at the end, a copy that was removed is
    /// written again.
    pub fn fallback_interval(mut self, interval: Duration) -> Self {
        self.fallback.interval = Some(interval.min(MAX_SETTING));
        self
    }

    /// Runs the loop on this runtime instead of on a thread of its own. The runtime needs its
    /// timers enabled (`enable_time` of tokio's builder): without them tokio panics, and the start
    /// fails with [`StartError::Ended`].
    ///
    /// On its own thread the loop keeps running while all threads of the program are busy. If the
    /// runtime is not driven, such as a current-thread one outside its `block_on`, nothing starts,
    /// and [`HotBuilder::start`] fails half a second after its time limit.
    pub fn runtime(mut self, handle: Handle) -> Self {
        self.runtime = Some(handle);
        self
    }

    /// Reads the configuration and begins to follow it.
    ///
    /// Needs no tokio runtime. If a validator or a codec does not return, the start fails half a
    /// second after the time limit, and the loop ends when that code returns.
    ///
    /// # Errors
    /// [`StartError::Builder`] lists all mistakes in the builder's settings; then the store was not
    /// contacted. [`StartError::Store`] means that the store did not answer within the time limit
    /// or denied access, and [`StartError::Problems`] that it answered and keys are bad or missing.
    /// [`StartError::Blocked`], [`StartError::Ended`] and [`StartError::Thread`] concern the loop
    /// itself.
    ///
    /// # Cancel safety
    /// Dropping the future ends the loop that it began. If a validator or a codec is running, the
    /// loop ends when that code returns. This call consumes the builder, so another start needs a
    /// new one.
    pub async fn start(self) -> Result<Hot<T>, StartError> {
        let check = self.check();
        let prefix = check.map_err(|mistakes| StartError::Builder { mistakes })?;
        let ranges: Arc<[Range]> = Arc::new([Range::below(&prefix)]);
        let layout = Arc::new(Layout::new(T::TREE, Arc::clone(&ranges)));
        let begun = Instant::now();
        let status = StatusCell::new(Status::new(self.settings.staleness));
        let observer = Arc::new(Observer::new(T::TREE.name, &ranges));
        let limit = self.start_limit;
        let start = Start {
            limit,
            bad_keys: self.bad_keys,
            defaults_without_store: self.defaults_without_store,
        };
        let seed = fastrand::u64(..);
        let (engine, first) = Engine::new(
            Arc::clone(&layout),
            self.settings,
            seed,
            start,
            (begun, Duration::ZERO),
        );
        let (requests, receiver) = mpsc::unbounded_channel();
        let fallback = self.fallback.options().map(|options| {
            let prefixes = ranges.iter().map(|range| range.start().to_owned());
            let owner = Owner {
                prefixes: prefixes.collect(),
                schema: (options.disk.fingerprint)(),
            };
            FallbackWriter::new(options, owner)
        });
        let (started, outcome) = oneshot::channel();
        let in_flight = InFlight::new(self.store, ranges);
        let output = Output::new(Arc::clone(&status), observer, started);
        let driver = Driver::new(in_flight, engine, receiver, output, fallback, begun);
        // Boxed, so that a runtime's code is not compiled for this future again.
        let run: BoxFuture<'static, ()> = Box::pin(driver.run(first, limit));
        let handle = match self.runtime {
            Some(handle) => {
                handle.spawn(run);
                handle
            }
            None => super::thread::spawn(run).map_err(|source| StartError::Thread { source })?,
        };
        // The loop enforces the limit itself, unless it can't run.
        let outcome = tokio::select! {
            biased;
            outcome = outcome => outcome,
            () = super::thread::pass(limit.saturating_add(BLOCKED)) => {
                return Err(StartError::Blocked { limit });
            }
        };
        match outcome {
            Ok(Ok(hub)) => Ok(Hot::following(HotShared::new(
                hub, layout, status, requests, handle,
            ))),
            Ok(Err(NoStart::Store { source, fallback })) => {
                Err(StartError::Store { source, fallback })
            }
            Ok(Err(NoStart::Problems(problems))) => Err(StartError::Problems { problems }),
            Err(_) => Err(StartError::Ended),
        }
    }

    /// Checks everything that can be checked before the store is contacted. Returns the prefix.
    fn check(&self) -> Result<String, Vec<BuilderMistake>> {
        let template = self.prefix.as_deref().or(T::TREE.prefix);
        let (prefix, mut mistakes) = match template.map(|one| prefix::fill(one, &self.variables)) {
            Some(Ok(prefix)) => (prefix, Vec::new()),
            Some(Err(mistakes)) => (String::new(), mistakes),
            None => {
                let schema = T::TREE.name.to_owned();
                let mistake = BuilderMistake::NoPrefix { schema };
                (String::new(), vec![mistake])
            }
        };
        mistakes.extend(defaults::bad::<T>(self.defaults_without_store));
        let secrets = defaults::required_secrets::<T>();
        self.fallback.check(&secrets, &mut mistakes);
        if mistakes.is_empty() {
            Ok(prefix)
        } else {
            Err(mistakes)
        }
    }
}
