//! Keeps the fallback: reads it once at the start, and writes it after what is published.
//!
//! In: the builder's wishes, and what is to be kept when it is time. Out: what the file holds, and
//! how keeping goes on. The disk is only ever waited for on a thread of its own, so that a slow
//! one delays nothing, and one that fails is said in the status and tried again. It knows no
//! store and no values.

use std::future::pending;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, SystemTime};

use tokio::sync::oneshot;

use crate::Revision;
use crate::fallback::{self, Contents, Refusal, Secrets};
use crate::status::FallbackStatus;

/// The longest rest after writing failed.
const LONGEST_REST: Duration = Duration::from_secs(60);
/// How often is looked whether the copy is still there, in intervals.
const LOOK: u32 = 60;
/// And at most that often.
const SHORTEST_LOOK: Duration = Duration::from_secs(1);
/// How long the end of the loop waits for the disk.
const LAST_WRITE: Duration = Duration::from_secs(2);

/// What the builder was told.
#[derive(Debug, Clone)]
pub(super) struct Wishes {
    pub(super) path: PathBuf,
    pub(super) secrets: Secrets,
    /// How old a copy may be to be served from.
    pub(super) max_age: Option<Duration>,
    /// The least time between two copies.
    pub(super) interval: Duration,
}

/// Whose copies are of use.
#[derive(Debug, Clone)]
pub(super) struct Whose {
    pub(super) prefixes: Vec<String>,
    /// The fingerprint of the schema.
    pub(super) schema: String,
}

/// See the module's text.
#[derive(Debug)]
pub(super) struct Keeper {
    wishes: Wishes,
    whose: Whose,
    status: FallbackStatus,
    /// When the next copy is to be written, if there is anything new.
    due: Option<Duration>,
    /// When to look whether somebody removed the last.
    look: Option<Duration>,
    writing: Option<Writing>,
    /// How often writing failed since it last did not.
    failures: u32,
}

#[derive(Debug)]
struct Writing {
    done: oneshot::Receiver<Written>,
    revision: Option<Revision>,
}

/// Whether a copy was written, or why not.
pub(super) type Written = Result<bool, String>;

impl Keeper {
    pub(super) fn new(wishes: Wishes, whose: Whose) -> Self {
        let status = FallbackStatus::new(wishes.path.clone());
        Self {
            wishes,
            whose,
            status,
            due: None,
            look: None,
            writing: None,
            failures: 0,
        }
    }

    pub(super) fn whose(&self) -> &Whose {
        &self.whose
    }

    pub(super) fn status(&self) -> &FallbackStatus {
        &self.status
    }

    /// What the file holds, if it can be served from. Waits at most that long for the disk.
    pub(super) async fn read(&mut self, limit: Duration) -> Option<Contents> {
        let (wishes, whose) = (self.wishes.clone(), self.whose.clone());
        let reading = on_the_disk(move || {
            fallback::sweep(&wishes.path);
            let bytes = fallback::read(&wishes.path).map_err(|error| error.to_string())?;
            let Some(bytes) = bytes else {
                return Ok(None);
            };
            judged(&bytes, &wishes, &whose)
                .map(Some)
                .map_err(|refusal| format!("{}: {refusal}", wishes.path.display()))
        });
        let found = match tokio::time::timeout(limit, reading).await {
            Ok(Ok(found)) => found,
            Ok(Err(_)) => Err(format!("{}: reading it broke off", self.path())),
            Err(_) => Err(format!(
                "{}: the disk did not answer within {limit:?}",
                self.path()
            )),
        };
        match found {
            Ok(contents) => contents,
            Err(refused) => {
                self.refuse(refused);
                None
            }
        }
    }

    /// The copy can't be served from, and why.
    pub(super) fn refuse(&mut self, why: String) {
        self.status.refused = Some(why);
    }

    fn path(&self) -> std::path::Display<'_> {
        self.wishes.path.display()
    }

    /// There is something new to keep.
    pub(super) fn news(&mut self, now: Duration) {
        let due = now + self.wishes.interval;
        self.due = Some(self.due.map_or(due, |before| before.min(due)));
    }

    /// When [`Keeper::write`] is wanted.
    pub(super) fn deadline(&self) -> Duration {
        let next = match (&self.writing, self.due, self.look) {
            (Some(_), ..) => None,
            (None, Some(due), Some(look)) => Some(due.min(look)),
            (None, due, look) => due.or(look),
        };
        next.unwrap_or(Duration::MAX)
    }

    /// Begins to write this copy, if it is time for one; else if the last is gone.
    pub(super) fn write(&mut self, contents: Contents, now: Duration) {
        let is_due = self.due.is_some_and(|due| due <= now);
        if is_due {
            self.due = None;
        }
        self.look = None;
        let wishes = self.wishes.clone();
        let revision = contents.revision;
        let done = on_the_disk(move || {
            // Where it can't be seen whether it is there, writing says why.
            if !is_due && wishes.path.try_exists().unwrap_or_default() {
                return Ok(false);
            }
            let bytes = fallback::encode(&contents, &wishes.secrets)
                .map_err(|error| format!("{}: {error}", wishes.path.display()))?;
            fallback::write(&wishes.path, &bytes)
                .map(|()| true)
                .map_err(|error| error.to_string())
        });
        self.writing = Some(Writing { done, revision });
    }

    /// The end of what is being written; never, where nothing is. Cancel safe.
    pub(super) async fn written(&mut self) -> Written {
        match &mut self.writing {
            Some(writing) => match (&mut writing.done).await {
                Ok(done) => done,
                Err(_) => Err(format!("{}: writing it broke off", self.path())),
            },
            None => pending().await,
        }
    }

    /// Notes how writing ended; where it failed, it is tried again later.
    pub(super) fn note(&mut self, done: Written, now: Duration) {
        let Some(writing) = self.writing.take() else {
            return;
        };
        let look = self.wishes.interval.saturating_mul(LOOK);
        self.look = Some(now + look.max(SHORTEST_LOOK));
        match done {
            Ok(false) => {}
            Ok(true) => {
                self.failures = 0;
                self.status.failure = None;
                self.status.written = Some(SystemTime::now());
                self.status.revision = writing.revision;
                // What was refused is not there any more.
                self.status.refused = None;
                if let Some(max_age) = self.wishes.max_age {
                    // A copy that is confirmed again and again must not grow old.
                    let due = now + (max_age / 4).max(self.wishes.interval);
                    self.due = Some(self.due.map_or(due, |before| before.min(due)));
                }
            }
            Err(failure) => {
                self.status.failure = Some(failure);
                let rest = self.wishes.interval * 2_u32.saturating_pow(self.failures.min(16));
                self.failures += 1;
                let due = now + rest.clamp(self.wishes.interval, LONGEST_REST);
                self.due = Some(self.due.map_or(due, |before| before.max(due)));
            }
        }
    }

    /// Writes one last time, if there is something that no copy has yet, or none is there. Waits for the
    /// disk, but not for ever.
    pub(super) async fn finish_with(&mut self, contents: Contents, now: Duration) {
        self.due = self.due.map(|_| now);
        self.write(contents, now);
        self.finish(now).await;
    }

    /// Waits for the disk one last time, but not for ever.
    pub(super) async fn finish(&mut self, now: Duration) {
        if let Ok(done) = tokio::time::timeout(LAST_WRITE, self.written()).await {
            self.note(done, now);
        }
    }

    /// Whether a write is under way.
    pub(super) fn is_writing(&self) -> bool {
        self.writing.is_some()
    }
}

/// Works on a thread of its own: one of the runtime's might have to wait for callbacks that block.
/// The answer is an error where it broke off, or where there is no thread to be had.
fn on_the_disk<R: Send + 'static>(
    work: impl FnOnce() -> R + Send + 'static,
) -> oneshot::Receiver<R> {
    let (done, end) = oneshot::channel();
    let thread = thread::Builder::new().name("hotconfig-disk".to_owned());
    // Where it fails, `done` is gone with it.
    let _ = thread.spawn(move || done.send(work()));
    end
}

/// What these bytes hold, if it may be served from.
fn judged(bytes: &[u8], wishes: &Wishes, whose: &Whose) -> Result<Contents, Refusal> {
    let contents = fallback::decode(bytes, &wishes.secrets)?;
    contents.of_prefixes(&whose.prefixes)?;
    if let Some(limit) = wishes.max_age {
        contents.not_older_than(SystemTime::now(), limit)?;
    }
    Ok(contents)
}
