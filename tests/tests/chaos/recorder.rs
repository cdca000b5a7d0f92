//! Records what etcd holds, by itself: a bare client at the members, past all proxies.
//!
//! In: the members' endpoints, and the word that a store was wiped or restored. Out: the
//! [`Branch`]es. It watches the whole keyspace, so that every revision must be there; if one is
//! missing the recording is of no use, and it says so.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use etcd_client::{Client, ConnectOptions, EventType, GetOptions, WatchOptions};
use tokio::task::JoinHandle;

use crate::history::{Branch, Bytes};

/// How long an open watch may say nothing before another member is asked.
const SILENCE: Duration = Duration::from_secs(2);

/// The most that is read or heard at once.
const BIG: usize = 256 << 20;

/// A recording under way.
pub(crate) struct Recorder {
    endpoints: Vec<String>,
    shared: Arc<Mutex<Shared>>,
    task: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    branches: Vec<Branch>,
    gap: Option<String>,
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn client(endpoint: &str) -> Result<Client, etcd_client::Error> {
    let options = ConnectOptions::new()
        .with_connect_timeout(SILENCE)
        .with_require_leader(true);
    Client::connect([endpoint], Some(options)).await
}

/// Everything there is, at that revision, or else now.
async fn everything(
    endpoint: &str,
    revision: Option<i64>,
) -> Result<(u64, Vec<(String, Bytes, u64)>), String> {
    let mut options = GetOptions::new().with_all_keys();
    if let Some(revision) = revision {
        options = options.with_revision(revision);
    }
    let client = client(endpoint).await.map_err(|error| error.to_string())?;
    let mut kv = client.kv_client().max_decoding_message_size(BIG);
    let answer = tokio::time::timeout(SILENCE, kv.get("\0", Some(options)));
    let mut answer = answer
        .await
        .map_err(|_| "no answer".to_owned())?
        .map_err(|error| error.to_string())?;
    let now = answer
        .header()
        .map_or(0, etcd_client::ResponseHeader::revision);
    let entries = answer.take_kvs().into_iter().map(|pair| {
        (
            String::from_utf8_lossy(pair.key()).into_owned(),
            Bytes::from(pair.value()),
            number(pair.mod_revision()),
        )
    });
    Ok((number(revision.unwrap_or(now)), entries.collect()))
}

fn number(revision: i64) -> u64 {
    u64::try_from(revision).unwrap_or(0)
}

impl Recorder {
    pub(crate) fn new(endpoints: Vec<String>) -> Self {
        Self {
            endpoints,
            shared: Arc::default(),
            task: None,
        }
    }

    /// The store's revision now, by a linearisable read.
    pub(crate) async fn revision(&self) -> Option<u64> {
        for endpoint in &self.endpoints {
            let options = GetOptions::new().with_count_only();
            let Ok(mut client) = client(endpoint).await else {
                continue;
            };
            let answer = tokio::time::timeout(SILENCE, client.get("\0", Some(options)));
            if let Ok(Ok(answer)) = answer.await {
                return answer.header().map(|header| number(header.revision()));
            }
        }
        None
    }

    /// A history begins, which nobody can have seen before that time: call it when all members
    /// are healthy and nobody writes.
    pub(crate) async fn begin(&mut self, since: Instant) {
        self.end();
        let (base, state) = loop {
            match self.base().await {
                Ok(found) => break found,
                Err(error) => eprintln!("the recorder has no base yet: {error}"),
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        };
        let mut branch = Branch::new(since, base, state);
        let mut recorded = lock(&self.shared);
        // What it begins with need not be what the one before had at that revision: the snapshot
        // may be older than the last restore.
        if let Some(before) = recorded.branches.last() {
            branch = branch.with_deletions_of(before);
        }
        recorded.branches.push(branch);
        drop(recorded);
        let (endpoints, shared) = (self.endpoints.clone(), Arc::clone(&self.shared));
        self.task = Some(tokio::spawn(record(endpoints, shared)));
    }

    /// The earliest state that can still be read, of the last few revisions: something may have
    /// been changed already, such as by a lease that ended.
    async fn base(&self) -> Result<(u64, Vec<(String, Bytes, u64)>), String> {
        let endpoint = self.endpoints.first().map_or("", String::as_str);
        let now = self.revision().await.ok_or("no answer")?;
        let mut last = Err("no revision".to_owned());
        for revision in now.saturating_sub(10).max(1)..=now {
            let asked = i64::try_from(revision).map_err(|error| error.to_string())?;
            last = everything(endpoint, Some(asked)).await;
            match &last {
                Err(error) if error.contains("compacted") => {}
                _ => break,
            }
        }
        last
    }

    /// Everything before is forgotten but the state as it is now: a new round begins, and what
    /// was recorded has been compared with a reading.
    pub(crate) async fn forget(&mut self) -> Result<(), String> {
        let endpoint = self.endpoints.first().map_or("", String::as_str);
        let (base, state) = everything(endpoint, None).await?;
        self.caught_up(base).await?;
        let mut shared = lock(&self.shared);
        let Some(last) = shared.branches.last() else {
            return Ok(());
        };
        let read = Branch::new(last.since, base, state);
        if last.state(base) != read.state(base) {
            return Err(different(last, &read, base));
        }
        let mut fresh = read.with_deletions_of(last);
        // What was recorded since the reading belongs to the new round.
        if last.last > base {
            return Err("somebody writes".to_owned());
        }
        fresh.since = last.since;
        shared.branches = vec![fresh];
        Ok(())
    }

    /// Waits until that revision is recorded.
    pub(crate) async fn caught_up(&self, revision: u64) -> Result<(), String> {
        let began = Instant::now();
        while self.last() < revision {
            if let Some(gap) = self.gap() {
                return Err(gap);
            }
            if began.elapsed() > Duration::from_secs(60) {
                return Err(format!(
                    "the recorder is at {}, and does not come to {revision}",
                    self.last()
                ));
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }

    /// The last revision that is recorded.
    pub(crate) fn last(&self) -> u64 {
        lock(&self.shared)
            .branches
            .last()
            .map_or(0, |last| last.last)
    }

    /// The place of the branch that is being recorded.
    pub(crate) fn place(&self) -> usize {
        lock(&self.shared).branches.len().saturating_sub(1)
    }

    /// What is missing, if anything is.
    pub(crate) fn gap(&self) -> Option<String> {
        lock(&self.shared).gap.clone()
    }

    /// All that was recorded.
    pub(crate) fn branches(&self) -> Vec<Branch> {
        lock(&self.shared).branches.clone()
    }

    /// The history is over.
    pub(crate) fn end(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.end();
    }
}

/// What differs between what was recorded and what was read.
fn different(recorded: &Branch, read: &Branch, base: u64) -> String {
    let (one, other) = (recorded.state(base), read.state(base));
    let keys: BTreeSet<_> = one.keys().chain(other.keys()).collect();
    let differ = keys
        .into_iter()
        .filter(|key| one.get(*key) != other.get(*key));
    let shown = differ.map(|key| {
        let was = recorded.at(key, base);
        let story = recorded.story(std::slice::from_ref(key), base.saturating_sub(500), base);
        format!(
            "\n{key}: recorded {was:?}, read {:?}\n{story}",
            read.at(key, base)
        )
    });
    let shown: String = shown.collect();
    format!("revision {base} is not what was recorded of it:{shown}")
}

/// Follows the last branch, from one member to the next.
async fn record(endpoints: Vec<String>, shared: Arc<Mutex<Shared>>) {
    for endpoint in endpoints.iter().cycle() {
        let _ = follow(endpoint, &shared).await;
        if lock(&shared).gap.is_some() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn follow(endpoint: &str, shared: &Mutex<Shared>) -> Result<(), etcd_client::Error> {
    let client = client(endpoint).await?;
    let mut watch = client.watch_client().max_decoding_message_size(BIG);
    let from = lock(shared).branches.last().map_or(1, |last| last.last + 1);
    let options = WatchOptions::new()
        .with_all_keys()
        .with_start_revision(i64::try_from(from).unwrap_or(i64::MAX));
    let opening = tokio::time::timeout(SILENCE, watch.watch("\0", Some(options))).await;
    let Ok(opened) = opening else {
        return Ok(());
    };
    let mut stream = opened?;
    loop {
        let heard = tokio::time::timeout(SILENCE, stream.message()).await;
        let Ok(Some(heard)) = heard.unwrap_or(Ok(None)) else {
            return Ok(());
        };
        if heard.canceled() {
            if heard.compact_revision() > 0 {
                let compacted = heard.compact_revision();
                lock(shared).gap = Some(format!("revision {from} is compacted at {compacted}"));
            }
            return Ok(());
        }
        let events = heard.events().iter().filter_map(|event| {
            let pair = event.kv()?;
            let bytes = match event.event_type() {
                EventType::Put => Some(Bytes::from(pair.value())),
                EventType::Delete => None,
            };
            let key = String::from_utf8_lossy(pair.key()).into_owned();
            Some((key, bytes, number(pair.mod_revision())))
        });
        let events: Vec<_> = events.collect();
        let mut shared = lock(shared);
        if let Some(branch) = shared.branches.last_mut()
            && let Err(gap) = branch.add(events)
        {
            // Another member may have it.
            eprintln!("the recorder: {gap} ({endpoint})");
            return Ok(());
        }
    }
}
