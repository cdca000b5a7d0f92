//! From a struct and a store to a [`Hot`]: what can be set, and the start.
//!
//! In: the store, the prefix's variables and the limits. Out: a running loop, or every mistake at
//! once, before anything is contacted.

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use super::driver::{Driver, InFlight, Output};
use super::fallback_writer::{FallbackWriter, Options, Owner};
use super::{Hot, HotShared, StartError};
use crate::HotConfig;
use crate::apply::BadKeys;
use crate::engine::{Engine, NoStart, Start};
use crate::fallback::{self, SealKey, Secrets};
use crate::layers::Layout;
use crate::observe::Observer;
use crate::prefix;
use crate::status::{Status, StatusCell};
use crate::store::backend::Backend;
use crate::store::{ErrorKind, Range, Store, StoreError};
use crate::sync::Settings;
use crate::typed::defaults;

/// The time that a blocked loop may take beyond the limit of a start.
const BLOCKED: Duration = Duration::from_millis(500);
/// The bounds of every setting: zero would busy-loop, and `Duration::MAX` would overflow `Instant`.
const MIN_SETTING: Duration = Duration::from_millis(100);
const MAX_SETTING: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// How long after a publication the fallback is written.
const FALLBACK_INTERVAL: Duration = Duration::from_secs(1);

/// Builds a [`Hot`]: from [`Hot::builder`].
#[derive(Debug)]
#[must_use = "a builder does nothing until `.start().await`"]
pub struct Builder<T> {
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

/// What was said of the fallback.
#[derive(Debug, Default)]
struct Fallback {
    path: Option<PathBuf>,
    key: Option<SealKey>,
    plain: bool,
    max_age: Option<Duration>,
    interval: Option<Duration>,
}

impl Fallback {
    /// Adds what is wrong. `missing` are the secrets that the copy would have to have.
    fn check(&self, missing: &[String], mistakes: &mut Vec<String>) {
        let Some(path) = &self.path else {
            let without = [
                ("fallback_key", self.key.is_some()),
                ("fallback_with_plain_secrets", self.plain),
                ("fallback_max_age", self.max_age.is_some()),
                ("fallback_interval", self.interval.is_some()),
            ];
            let without = without.into_iter().filter(|(_, said)| *said);
            mistakes.extend(without.map(|(name, _)| {
                format!(
                    "`.{name}(..)` says how a fallback is kept: say where, with `.fallback(\"…\")`"
                )
            }));
            return;
        };
        if path.file_name().is_none() {
            mistakes.push(format!(
                "the fallback {} is no file: give the path of one",
                path.display()
            ));
        }
        match (&self.key, self.plain) {
            (Some(_), true) => mistakes.push(
                "secrets are sealed with `.fallback_key(..)`, or plain with \
                 `.fallback_with_plain_secrets()`: say one of the two"
                    .to_owned(),
            ),
            (None, false) => mistakes.extend(missing.iter().map(|field| {
                format!(
                    "`{field}` is a secret without a default, and the fallback leaves secrets \
                     out, so that it could not serve: give a key to seal them with, \
                     `.fallback_key(..)`, or say `.fallback_with_plain_secrets()`"
                )
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
        let path = self.path?;
        Some(Options {
            // Whoever changes the working directory means the same file.
            path: std::path::absolute(&path).unwrap_or(path),
            secrets,
            max_age: self.max_age,
            interval: self.interval.unwrap_or(FALLBACK_INTERVAL),
        })
    }
}

impl<T: HotConfig> Builder<T> {
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

    /// Gives a `{variable}` of the prefix its value: one segment, or a part of one.
    pub fn var(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }

    /// Uses this prefix, a template too, instead of the struct's own.
    pub fn prefix(mut self, template: impl Into<String>) -> Self {
        self.prefix = Some(template.into());
        self
    }

    /// How long reading everything may take, page by page. 60 s.
    ///
    /// A single call to the store has a limit of its own, in the store's builder.
    pub fn read_timeout(mut self, limit: Duration) -> Self {
        self.settings.read_limit = limit.clamp(MIN_SETTING, MAX_SETTING);
        self
    }

    /// How long [`Builder::start`] may take. 10 s.
    pub fn start_timeout(mut self, limit: Duration) -> Self {
        self.start_limit = limit;
        self
    }

    /// After how long without a confirmation by the store the status says stale. 30 s.
    ///
    /// A third of it after the last confirmation the store is asked for one, so that a
    /// configuration costs one read of one key and one small message of the watch in that time;
    /// where the watch does not come to the store's revision by half of it, the number of keys and
    /// the newest change are looked at. That is also the way where etcd's word about progress can't
    /// be trusted.
    pub fn staleness_limit(mut self, limit: Duration) -> Self {
        self.settings.staleness = limit.clamp(MIN_SETTING, MAX_SETTING);
        self
    }

    /// How often everything is read and compared with what is known, ± 20 %. 10 min.
    ///
    /// It finds what a server's watch lost. It costs one reading of all keys.
    pub fn compare_interval(mut self, interval: Duration) -> Self {
        self.settings.compare_every = interval.clamp(MIN_SETTING, MAX_SETTING);
        self
    }

    /// The shortest and the longest rest after a failure of the store. 100 ms and 30 s.
    ///
    /// Each failure doubles it; the rest is a random part of it, so that a thousand instances
    /// don't come back in the same instant; 60 s of health forget it.
    pub fn backoff(mut self, least: Duration, most: Duration) -> Self {
        let least = least.clamp(Duration::from_millis(1), MAX_SETTING);
        self.settings.backoff = (least, most.clamp(least, MAX_SETTING));
        self
    }

    /// Starts also where keys are bad: they are held, with the group that they were written in,
    /// and their defaults stand in for them.
    ///
    /// Where a required field has no good key, the start fails all the same.
    pub fn defaults_for_bad_keys(mut self) -> Self {
        self.bad_keys = BadKeys::Default;
        self
    }

    /// Starts also where the store does not answer, or denies: from the defaults, marked stale.
    ///
    /// Every field must have a default; else the start fails at once, also while the store is
    /// up. In the background the loop goes on trying.
    pub fn defaults_without_store(mut self) -> Self {
        self.defaults_without_store = true;
        self
    }

    /// Keeps a copy of what is published in this file, and starts from it where the store does not
    /// answer, or denies: marked stale, with the cause. In the background the loop goes on trying.
    ///
    /// Where the store answers and keys are bad, the last good values of the copy stand in for
    /// them. A copy is used whole or not at all, and only if it is of the same prefixes and fits
    /// the struct; one that is damaged, of another program or [too old](Self::fallback_max_age) is
    /// refused, with the reason in [`Status::fallback`](crate::Status::fallback).
    ///
    /// The file is written after a publication, never on the way of one: beside the old one, with
    /// mode 0600, and then put in its place, so that a crash leaves the old or the new one. The
    /// folder must be there, and writable; where it is not, the service runs on, and the status
    /// says so. Two processes with one path do no harm: the copy is of the one that wrote last,
    /// whole; give them one each where their prefixes differ, since each refuses the other's.
    ///
    /// Secrets are left out, unless there is a [key](Self::fallback_key) or they may be
    /// [plain](Self::fallback_with_plain_secrets); where a secret has no default, one of the two
    /// must be said.
    pub fn fallback(mut self, path: impl Into<PathBuf>) -> Self {
        self.fallback.path = Some(path.into());
        self
    }

    /// Seals the secrets of the fallback with this key (XChaCha20-Poly1305). It should be random,
    /// and not lie beside the file.
    ///
    /// A copy that another key sealed is refused.
    pub fn fallback_key(mut self, key: [u8; 32]) -> Self {
        self.fallback.key = Some(SealKey::new(key));
        self
    }

    /// Writes the secrets into the fallback as they are. Only its owner may read the file.
    pub fn fallback_with_plain_secrets(mut self) -> Self {
        self.fallback.plain = true;
        self
    }

    /// How long ago the copy may have been confirmed to be current, to be started from. Without a
    /// limit any age will do. One that was confirmed further ahead than that, by a clock that was
    /// wrong, is refused, too.
    ///
    /// While the store confirms it, the copy is written anew at least every quarter of it.
    pub fn fallback_max_age(mut self, limit: Duration) -> Self {
        self.fallback.max_age = Some(limit.clamp(MIN_SETTING, MAX_SETTING));
        self
    }

    /// How long after a publication the copy is written; what is published meanwhile is written
    /// with it. 1 s. What was published within it is not in the copy after a crash. Every 60 of
    /// them, and at the end, a copy that somebody removed is written again.
    pub fn fallback_interval(mut self, interval: Duration) -> Self {
        self.fallback.interval = Some(interval.min(MAX_SETTING));
        self
    }

    /// Runs the loop on this runtime instead of on a thread of its own. The runtime needs its
    /// timers enabled (`enable_time` of tokio's builder): without them tokio panics, and the start
    /// is refused with "the loop ended by itself".
    ///
    /// On its own thread the loop goes on while all threads of the program are busy. A runtime that
    /// nobody drives, a current-thread one outside its `block_on`, starts nothing: then
    /// [`Builder::start`] gives up half a second after its time limit.
    pub fn runtime(mut self, handle: Handle) -> Self {
        self.runtime = Some(handle);
        self
    }

    /// Reads the configuration and begins to follow it.
    ///
    /// Needs no tokio runtime. Dropping the future ends what it began. Where a validator or a codec
    /// does not return, the answer comes half a second after the time limit, and what was begun
    /// ends when it returns.
    ///
    /// # Errors
    /// [`StartError::Builder`] for mistakes that were made here, all at once and before anything
    /// is contacted; [`StartError::Store`] where the store did not answer within the time limit
    /// or denied; [`StartError::Problems`] where it answered, and keys are bad or missing.
    pub async fn start(self) -> Result<Hot<T>, StartError> {
        let prefix = self.check().map_err(StartError::Builder)?;
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
                schema: fallback::fingerprint(&crate::schema::<T>().to_json()),
            };
            FallbackWriter::new(options, owner)
        });
        let (started, outcome) = oneshot::channel();
        let in_flight = InFlight::new(self.store, ranges);
        let output = Output::new(Arc::clone(&status), observer, started);
        let run =
            Driver::new(in_flight, engine, receiver, output, fallback, begun).run(first, limit);
        let handle = match self.runtime {
            Some(handle) => {
                handle.spawn(run);
                handle
            }
            None => super::thread::spawn(run).map_err(StartError::Thread)?,
        };
        // The loop keeps the limit itself, unless it can't run.
        let outcome = tokio::select! {
            biased;
            outcome = outcome => outcome,
            () = super::thread::pass(limit.saturating_add(BLOCKED)) => {
                let said = format!(
                    "no start within {limit:?}: something blocks the loop, such as a validator or a \
                     codec that does not return"
                );
                Ok(Err(NoStart::Store(StoreError::new(ErrorKind::Timeout, said))))
            }
        };
        match outcome {
            Ok(Ok(hub)) => Ok(Hot::following(HotShared::new(
                hub, layout, status, requests, handle,
            ))),
            Ok(Err(NoStart::Store(error))) => Err(StartError::Store(error)),
            Ok(Err(NoStart::Problems(problems))) => Err(StartError::Problems(problems)),
            Err(_) => Err(StartError::Thread(std::io::Error::other(
                "the loop ended by itself",
            ))),
        }
    }

    /// Everything that can be wrong before the store is asked. The answer is the prefix.
    fn check(&self) -> Result<String, Vec<String>> {
        let template = self.prefix.as_deref().or(T::TREE.prefix);
        let (prefix, mut mistakes) = match template.map(|one| prefix::fill(one, &self.variables)) {
            Some(Ok(prefix)) => (prefix, Vec::new()),
            Some(Err(mistakes)) => (String::new(), mistakes),
            None => {
                let mistake = format!(
                    "`{}` has no prefix: write `#[hot(prefix = \"/…\")]` on it, or call `.prefix(\"/…\")`",
                    T::TREE.name
                );
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
