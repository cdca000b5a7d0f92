//! The thread of the fallback: reads the file once at the start, and writes it after publications.
//!
//! In: the builder's options, and the contents to write when it is time. Out: the contents of the
//! file, and a status. A thread of its own waits for the disk, so that a slow disk delays nothing.
//! An error of the disk goes to the status, and the write is retried. It knows no store and no
//! values.

use std::future::pending;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, SystemTime};

use tokio::sync::oneshot;

use crate::fallback::{self, Contents, FallbackError, Secrets};
use crate::status::FallbackStatus;
use crate::{HotConfig, Revision};

/// The maximum back-off after a failed write.
const MAX_BACKOFF: Duration = Duration::from_secs(60);
/// The number of intervals between two checks that the file still exists.
const CHECK_EVERY: u32 = 60;
/// The minimum time between two such checks.
const MIN_CHECK_INTERVAL: Duration = Duration::from_secs(1);
/// The time that the end of the loop waits for the disk.
const MAX_LAST_WRITE: Duration = Duration::from_secs(2);

/// The code that only a fallback needs: a program whose builder is given no file does not contain
/// it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Disk {
    /// Computes the fingerprint of the schema.
    pub(super) fingerprint: fn() -> String,
    read: fn(&Options, &Owner) -> Result<Option<Contents>, FallbackError>,
    write: fn(&Options, &Contents) -> Result<(), FallbackError>,
}

impl Disk {
    pub(super) fn new<T: HotConfig>() -> Self {
        Self {
            fingerprint: || fallback::fingerprint(&crate::schema::<T>().to_json()),
            read,
            write,
        }
    }
}

/// The options of the builder.
#[derive(Debug, Clone)]
pub(super) struct Options {
    pub(super) disk: Disk,
    pub(super) path: PathBuf,
    pub(super) secrets: Secrets,
    /// The maximum age of a copy that may be served.
    pub(super) max_age: Option<Duration>,
    /// The minimum time between two writes.
    pub(super) interval: Duration,
}

/// The configuration that the file belongs to: copies of others are rejected.
#[derive(Debug, Clone)]
pub(super) struct Owner {
    pub(super) prefixes: Vec<String>,
    /// The fingerprint of the schema.
    pub(super) schema: String,
}

/// Reads and writes the file; see the module's text.
#[derive(Debug)]
pub(super) struct FallbackWriter {
    options: Options,
    owner: Owner,
    status: FallbackStatus,
    /// The time at which the next copy is to be written, if there is a new publication.
    due: Option<Duration>,
    /// The time of the next check that the file still exists.
    check_at: Option<Duration>,
    writing: Option<PendingWrite>,
    /// The number of failed writes since the last success.
    failures: u32,
}

#[derive(Debug)]
struct PendingWrite {
    done: oneshot::Receiver<WriteResult>,
    revision: Option<Revision>,
}

/// Whether the file was written (it was not if it still existed), or the error.
pub(super) type WriteResult = Result<bool, FallbackError>;

impl FallbackWriter {
    pub(super) fn new(options: Options, owner: Owner) -> Self {
        let status = FallbackStatus::new(options.path.clone());
        Self {
            options,
            owner,
            status,
            due: None,
            check_at: None,
            writing: None,
            failures: 0,
        }
    }

    pub(super) fn owner(&self) -> &Owner {
        &self.owner
    }

    pub(super) fn status(&self) -> &FallbackStatus {
        &self.status
    }

    /// The contents of the file, if they may be served. Waits at most that long for the disk.
    pub(super) async fn read(&mut self, limit: Duration) -> Option<Contents> {
        let (options, owner) = (self.options.clone(), self.owner.clone());
        let reading = on_the_disk(move || (options.disk.read)(&options, &owner));
        let found = match tokio::time::timeout(limit, reading).await {
            Ok(Ok(found)) => found,
            Ok(Err(_)) => Err(FallbackError::Thread),
            Err(_) => Err(FallbackError::Timeout { limit }),
        };
        match found {
            Ok(contents) => contents,
            Err(refused) => {
                self.refuse(refused);
                None
            }
        }
    }

    /// Notes the reason why the copy can't be served.
    pub(super) fn refuse(&mut self, why: FallbackError) {
        self.status.refused = Some(why);
    }

    /// Schedules a write, after a publication.
    pub(super) fn schedule(&mut self, now: Duration) {
        let due = now + self.options.interval;
        self.due = Some(self.due.map_or(due, |before| before.min(due)));
    }

    /// The time at which [`FallbackWriter::write`] should be called next.
    pub(super) fn deadline(&self) -> Duration {
        let next = match (&self.writing, self.due, self.check_at) {
            (Some(_), ..) => None,
            (None, Some(due), Some(check)) => Some(due.min(check)),
            (None, due, check) => due.or(check),
        };
        next.unwrap_or(Duration::MAX)
    }

    /// Begins to write this copy if a write is due, and otherwise only if the file is gone.
    pub(super) fn write(&mut self, contents: Contents, now: Duration) {
        let is_due = self.due.is_some_and(|due| due <= now);
        if is_due {
            self.due = None;
        }
        self.check_at = None;
        let options = self.options.clone();
        let revision = contents.revision;
        let done = on_the_disk(move || {
            // If we cannot stat the file, try to write it: that error is the one worth reporting.
            if !is_due && options.path.try_exists().unwrap_or_default() {
                return Ok(false);
            }
            (options.disk.write)(&options, &contents).map(|()| true)
        });
        self.writing = Some(PendingWrite { done, revision });
    }

    /// Waits for the end of the write under way; forever if there is none. Cancel safe.
    pub(super) async fn written(&mut self) -> WriteResult {
        match &mut self.writing {
            Some(writing) => match (&mut writing.done).await {
                Ok(done) => done,
                Err(_) => Err(FallbackError::Thread),
            },
            None => pending().await,
        }
    }

    /// Notes the result of a write. A failed one is tried again later.
    pub(super) fn note(&mut self, done: WriteResult, now: Duration) {
        let Some(writing) = self.writing.take() else {
            return;
        };
        let check = self.options.interval.saturating_mul(CHECK_EVERY);
        self.check_at = Some(now + check.max(MIN_CHECK_INTERVAL));
        match done {
            Ok(false) => {}
            Ok(true) => {
                self.failures = 0;
                self.status.failure = None;
                self.status.written = Some(SystemTime::now());
                self.status.revision = writing.revision;
                // The rejected file has been overwritten.
                self.status.refused = None;
                if let Some(max_age) = self.options.max_age {
                    // Rewrite the copy before it gets too old, even if nothing changes.
                    let due = now + (max_age / 4).max(self.options.interval);
                    self.due = Some(self.due.map_or(due, |before| before.min(due)));
                }
            }
            Err(failure) => {
                self.status.failure = Some(failure);
                let backoff = self.options.interval * 2_u32.saturating_pow(self.failures.min(16));
                self.failures += 1;
                let due = now + backoff.clamp(self.options.interval, MAX_BACKOFF);
                self.due = Some(self.due.map_or(due, |before| before.max(due)));
            }
        }
    }

    /// Writes one last time, if there is a publication that is not in the file, or no file. Waits
    /// for the disk, but only for a limited time.
    pub(super) async fn finish_with(&mut self, contents: Contents, now: Duration) {
        self.due = self.due.map(|_| now);
        self.write(contents, now);
        self.finish(now).await;
    }

    /// Waits for the disk one last time, for a limited time.
    pub(super) async fn finish(&mut self, now: Duration) {
        if let Ok(done) = tokio::time::timeout(MAX_LAST_WRITE, self.written()).await {
            self.note(done, now);
        }
    }

    /// Whether a write is under way.
    pub(super) fn is_writing(&self) -> bool {
        self.writing.is_some()
    }
}

/// Runs the work on a thread of its own: one of the runtime's threads might have to wait for
/// callbacks that block. The receiver returns an error if the work panicked or the thread could not
/// be started.
fn on_the_disk<R: Send + 'static>(
    work: impl FnOnce() -> R + Send + 'static,
) -> oneshot::Receiver<R> {
    let (done, end) = oneshot::channel();
    let thread = thread::Builder::new().name("hotconfig-disk".to_owned());
    // If that fails, `done` is dropped, and the receiver notices.
    let _ = thread.spawn(move || done.send(work()));
    end
}

fn read(options: &Options, owner: &Owner) -> Result<Option<Contents>, FallbackError> {
    fallback::sweep(&options.path);
    match fallback::read(&options.path)? {
        Some(bytes) => usable(&bytes, options, owner).map(Some),
        None => Ok(None),
    }
}

fn write(options: &Options, contents: &Contents) -> Result<(), FallbackError> {
    let bytes = fallback::encode(contents, &options.secrets)?;
    fallback::write(&options.path, &bytes)
}

/// The contents of these bytes, if they may be served.
fn usable(bytes: &[u8], options: &Options, owner: &Owner) -> Result<Contents, FallbackError> {
    let contents = fallback::decode(bytes, &options.secrets)?;
    contents.of_prefixes(&owner.prefixes)?;
    if let Some(limit) = options.max_age {
        contents.not_older_than(SystemTime::now(), limit)?;
    }
    Ok(contents)
}
