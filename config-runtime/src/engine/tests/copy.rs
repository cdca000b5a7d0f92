//! Starts with a copy of an earlier publication: the fallback.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::config::{Config, Key, Text, intended};
use super::judge::{JudgeResult, ensure};
use super::server::{Change, State};
use super::world::World;
use crate::Revision;
use crate::apply::{Publication, Raw};
use crate::reference::holding::texts;
use crate::snapshot::Snapshot;
use crate::sync::Class;

/// The time that a start waits for the store.
pub(super) const LIMIT: Duration = Duration::from_secs(10);

/// The effect of a copy on a program's start.
#[derive(Default)]
pub(super) struct Copy {
    /// Whether there is one.
    pub(super) exists: bool,
    /// Whether it serves.
    pub(super) serves: bool,
    /// The keys whose values are the copy's, and that were not found in the store since.
    pub(super) keys: BTreeSet<Key>,
    /// Whether the start was from the copy, and nothing was published since.
    pub(super) alone: bool,
}

impl World {
    /// Writes every other entry of the copy into the store, too, with the same value.
    pub(super) fn seed(&mut self, entries: &[(Key, Text)]) -> JudgeResult {
        let own = |(key, _): &&(Key, Text)| self.own.contains(key);
        let entries: Vec<_> = entries.iter().filter(own).copied().collect();
        let in_the_store = entries.iter().step_by(2);
        let changes: Vec<Change> = in_the_store
            .map(|(key, text)| (*key, Some(*text)))
            .collect();
        self.server.write(&changes);
        let at = self.server.latest();
        let mut copy: State = self.server.state(2).clone();
        copy.extend(entries.into_iter().map(|(key, text)| (key, (text, at))));
        let raws = copy.iter().map(|(key, (text, at))| {
            let raw = Raw {
                value: Arc::from(*text),
                revision: Revision::new(*at),
            };
            (String::from_utf8_lossy(key).into_owned(), raw)
        });
        self.copy.exists = true;
        let seeded = self.engine.seed(raws);
        let serves = intended(&texts(&copy)).is_some();
        ensure!(
            seeded.is_ok() == serves,
            "starting: of the copy {copy:?} is said {seeded:?}"
        );
        if serves {
            self.copy.serves = true;
            self.copy.keys = copy.keys().copied().collect();
            (self.model.staged, self.model.good) = (copy.clone(), copy);
        }
        Ok(())
    }

    /// Judges a start from the copy, since the store did not answer.
    pub(super) fn judge_begun_without_the_store(
        &mut self,
        first: &Snapshot<Config>,
    ) -> JudgeResult {
        let failure = self.engine.sync.failure();
        let hopeless =
            failure.is_some_and(|failure| Class::for_kind(failure.kind()).ends_a_start());
        ensure!(
            self.copy.serves && (hopeless || self.now >= LIMIT),
            "starting: without the store, too soon"
        );
        self.judge_publication(first)?;
        let copied = intended(&texts(&self.model.good));
        ensure!(
            copied.as_ref() == Some(&**first),
            "P2: begun with {first:?}, but the copy gives {copied:?}"
        );
        ensure!(
            self.status.held.is_empty() && self.status.confirmed.is_none(),
            "starting: without the store the status is {:?}",
            self.status
        );
        self.model.words.running = Some(first.threads);
        self.model.published = copied;
        self.copy.alone = true;
        self.judge_origins(first)
    }

    /// Drops the copy's keys that are now known from the store; the others wait in a group.
    pub(super) fn compare_with_the_copy(&mut self) {
        let groups: BTreeSet<Key> = self.model.groups.values().flatten().copied().collect();
        self.copy.keys.retain(|key| groups.contains(key));
    }

    /// The first publication after a start without the store may bring nothing new: it gives the
    /// snapshot its revision and its origins.
    pub(super) fn anchors(&mut self, published: Option<&Publication<Config>>) -> JudgeResult<bool> {
        let anchors = std::mem::take(&mut self.copy.alone);
        ensure!(
            !anchors || published.is_some(),
            "starting: the store was read, and the snapshot is without its revision"
        );
        Ok(anchors)
    }

    /// Judges that the next copy would contain the published bytes.
    pub(super) fn judge_kept(&self) -> JudgeResult {
        let kept = self.engine.kept().map(|(key, raw, secret)| {
            let key = key.as_bytes().to_vec();
            (key, (raw.value.to_vec(), raw.revision.get(), secret))
        });
        let kept: BTreeMap<_, _> = kept.collect();
        let good = self.model.good.iter().map(|(key, (text, at))| {
            let secret = key.ends_with(b"token");
            (key.to_vec(), (text.to_vec(), *at, secret))
        });
        let good: BTreeMap<_, _> = good.collect();
        ensure!(kept == good, "fallback: {kept:?} would be kept of {good:?}");
        Ok(())
    }
}
