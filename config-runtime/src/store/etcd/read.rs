//! Reading everything at one revision, and probing for changes.
//!
//! In: ranges. Out: a [`Reading`] or a [`Probe`] that was true at one revision, even if keys were
//! written meanwhile; an error if the answers contradict that. It knows no watch.

use etcd_client::{
    GetOptions, GetResponse, KeyValue, SortOrder, SortTarget, Txn, TxnOp, TxnOpResponse,
};

use super::connection::Connection;
use super::errors::{CallContext, Failure};
use crate::Revision;
use crate::store::{Entries, Entry, ErrorKind, Probe, Range, Reading, StoreError};

/// The maximum number of attempts of a reading whose revision is compacted between two pages. Each
/// attempt has bigger pages, to end before the next compaction.
const MAX_ATTEMPTS: u32 = 5;

/// The factor by which the pages of the next attempt are bigger.
const PAGE_GROWTH: i64 = 10;

/// The maximum number of operations in one transaction of etcd, unless it is started with another
/// `--max-txn-ops`.
const MAX_OPERATIONS: usize = 128;

/// The number of pages that were not too big before a bigger one is tried.
const GROW_AFTER: u32 = 4;

/// Reads all entries of all ranges at one revision.
pub(super) async fn read(connection: &Connection, ranges: &[Range]) -> Result<Reading, StoreError> {
    require_ranges(ranges)?;
    let mut attempts = 1;
    let mut max = i64::from(connection.settings().page_size);
    loop {
        match read_once(connection, ranges, max).await {
            Err(error) if error.kind() == ErrorKind::Compacted && attempts < MAX_ATTEMPTS => {
                attempts += 1;
                max = max.saturating_mul(PAGE_GROWTH);
            }
            done => return done,
        }
    }
}

async fn read_once(
    connection: &Connection,
    ranges: &[Range],
    max: i64,
) -> Result<Reading, StoreError> {
    let mut pinned = None;
    let mut all = Vec::with_capacity(ranges.len());
    let mut pages = Pages::new(max);
    for range in ranges {
        all.push(read_range(connection, range, &mut pinned, &mut pages).await?);
    }
    Ok(Reading {
        revision: pinned.unwrap_or(0).into(),
        entries: all,
    })
}

/// The number of keys to request in one page.
struct Pages {
    max: i64,
    limit: i64,
    /// The number of pages since the last one that was too big.
    good: u32,
}

impl Pages {
    fn new(max: i64) -> Self {
        Self {
            max,
            limit: max,
            good: 0,
        }
    }

    /// Reduces the page size, with that many keys left: a limit above their number would return all
    /// of them again. Returns whether a smaller page can be requested.
    fn too_big(&mut self, left: i64) -> bool {
        self.good = 0;
        let can = self.limit > 1;
        self.limit = (self.limit.min(left.max(2)) / 2).max(1);
        can
    }

    /// Notes a page that was not too big. Pages grow again, so that one big value does not make a
    /// page of each key after it.
    fn fitted(&mut self) {
        self.good += 1;
        if self.good >= GROW_AFTER && self.limit < self.max {
            self.good = 0;
            self.limit = (self.limit * 2).min(self.max);
        }
    }
}

/// Reads one range, page by page. The very first page determines the revision.
async fn read_range(
    connection: &Connection,
    range: &Range,
    pinned: &mut Option<i64>,
    pages: &mut Pages,
) -> Result<Entries, StoreError> {
    let context = CallContext::for_ranges("reading", std::slice::from_ref(range));
    let mut entries = Entries::default();
    let mut start = range.start().as_bytes().to_vec();
    loop {
        let options = GetOptions::new()
            .with_range(range.end())
            .with_limit(pages.limit)
            .with_revision(pinned.unwrap_or(0));
        let at = *pinned;
        let fits =
            |page: &GetResponse, revision| page_fits(page, range, &start, at.unwrap_or(revision));
        let page = get(connection, &context, &start, &options, &fits).await;
        let (mut page, revision) = match page {
            Ok(page) => page,
            Err(error) if error.kind() == ErrorKind::TooBig => {
                let count = options.clone().with_limit(0).with_count_only();
                let left = get(connection, &context, &start, &count, &|_, _| Ok(())).await;
                if pages.too_big(left.map_or(i64::MAX, |(left, _)| left.count())) {
                    continue;
                }
                let name = name_of(connection, &context, &start, &options).await?;
                return Err(one_too_big(connection, &name, &error));
            }
            Err(error) => return Err(error),
        };
        pages.fitted();
        pinned.get_or_insert(revision);
        let more = page.more();
        let pairs = page.take_kvs();
        entries.add(pairs.iter().map(|pair| Entry {
            key: pair.key(),
            value: pair.value(),
            mod_revision: pair.mod_revision().into(),
        }));
        match pairs.last() {
            Some(last) if more => {
                start = last.key().to_vec();
                start.push(0);
            }
            _ => return Ok(entries),
        }
    }
}

/// Checks that a page can be true: keys of the range, in order, and none newer than the requested
/// revision.
fn page_fits(page: &GetResponse, range: &Range, start: &[u8], at: i64) -> Result<(), Failure> {
    let pairs = page.kvs();
    // Keys in order are in the range if the first and the last are.
    let fits = |pair: &KeyValue| pair.key() >= start && range.holds(pair.key());
    let is_in_range = pairs.first().is_none_or(fits) && pairs.last().is_none_or(fits);
    if !is_in_range || !pairs.is_sorted_by(|one, next| one.key() < next.key()) {
        let why = "the response contains a key that was not requested, or a key twice";
        return Err(Failure::strange(why));
    }
    if let Some(pair) = pairs
        .iter()
        .find(|pair| !(1..=at).contains(&pair.mod_revision()))
    {
        return Err(Failure::strange(format!(
            "the response contains a key of revision {}; expected at most revision {at}",
            pair.mod_revision()
        )));
    }
    if page.more() && pairs.is_empty() {
        return Err(Failure::strange(
            "the response announces more keys, but contains none",
        ));
    }
    Ok(())
}

/// One page, with its revision.
async fn get(
    connection: &Connection,
    context: &CallContext,
    start: &[u8],
    options: &GetOptions,
    fits: &(dyn Fn(&GetResponse, i64) -> Result<(), Failure> + Sync),
) -> Result<(GetResponse, i64), StoreError> {
    connection
        .call(context, |mut clients| {
            let (start, options) = (start.to_vec(), options.clone());
            async move {
                let page = clients.kv.get(start, Some(options)).await?;
                let revision = revision_of(connection, page.header())?;
                fits(&page, revision)?;
                Ok((page, revision))
            }
        })
        .await
}

/// Finds the name of the key that does not fit.
async fn name_of(
    connection: &Connection,
    context: &CallContext,
    start: &[u8],
    options: &GetOptions,
) -> Result<String, StoreError> {
    let options = options.clone().with_keys_only();
    let (page, _) = get(connection, context, start, &options, &|_, _| Ok(())).await?;
    let key = page.kvs().first().map_or(start, |pair| pair.key());
    Ok(String::from_utf8_lossy(key).into_owned())
}

fn one_too_big(connection: &Connection, name: &str, error: &StoreError) -> StoreError {
    let limit = connection.settings().decode_limit;
    let message = format!(
        "the key {name:?} with its value does not fit into one message; expected at most {limit} \
         bytes; raise `EtcdBuilder::decode_limit`, or the limit of a proxy on the way: {}",
        error.message()
    );
    StoreError::new(ErrorKind::TooBig, message)
}

/// The revision of the cluster, by a read of one key that a quorum confirms.
pub(super) async fn latest(
    connection: &Connection,
    ranges: &[Range],
) -> Result<Revision, StoreError> {
    require_ranges(ranges)?;
    let context = CallContext::for_ranges("checking", ranges);
    let start = ranges.first().map(Range::start).unwrap_or_default();
    let options = GetOptions::new().with_keys_only();
    let (_, revision) = get(connection, &context, start.as_bytes(), &options, &|_, _| {
        Ok(())
    })
    .await?;
    Ok(revision.into())
}

/// Counts the entries of all ranges and finds the newest of each, at one revision.
pub(super) async fn probe(connection: &Connection, ranges: &[Range]) -> Result<Probe, StoreError> {
    require_ranges(ranges)?;
    let mut pinned = None;
    let mut found = Vec::with_capacity(ranges.len());
    let mut max = MAX_OPERATIONS;
    while let Some(left) = ranges.get(found.len()..).filter(|left| !left.is_empty()) {
        let part = left.get(..max).unwrap_or(left);
        match probe_part(connection, part, pinned).await {
            Ok((revision, part)) => {
                pinned.get_or_insert(revision);
                found.extend(part);
            }
            // The server has a lower limit of its own.
            Err(error) if error.kind() == ErrorKind::Refused && max > 1 => max /= 2,
            Err(error) => return Err(error),
        }
    }
    Ok(Probe {
        revision: pinned.unwrap_or(0).into(),
        ranges: found,
    })
}

async fn probe_part(
    connection: &Connection,
    ranges: &[Range],
    pinned: Option<i64>,
) -> Result<(i64, Vec<(usize, Option<Revision>)>), StoreError> {
    let context = CallContext::for_ranges("checking", ranges);
    // Linearisable reads, since an old answer proves nothing: a transaction with one such read is
    // linearisable, too.
    let operations: Vec<TxnOp> = ranges
        .iter()
        .map(|range| {
            let options = GetOptions::new()
                .with_range(range.end())
                .with_limit(1)
                .with_keys_only()
                .with_sort(SortTarget::Mod, SortOrder::Descend)
                .with_revision(pinned.unwrap_or(0));
            TxnOp::get(range.start(), Some(options))
        })
        .collect();
    connection
        .call(&context, |mut clients| {
            let transaction = Txn::new().and_then(operations.clone());
            async move {
                let answer = clients.kv.txn(transaction).await?;
                let revision = revision_of(connection, answer.header())?;
                let mut found = Vec::with_capacity(ranges.len());
                for part in answer.op_responses() {
                    let TxnOpResponse::Get(part) = part else {
                        continue;
                    };
                    found.push(newest(&part)?);
                }
                if found.len() != ranges.len() {
                    return Err(Failure::strange(
                        "the response does not contain one result per range",
                    ));
                }
                Ok((revision, found))
            }
        })
        .await
}

/// The number of keys, and the revision of the newest.
fn newest(part: &GetResponse) -> Result<(usize, Option<Revision>), Failure> {
    let count = usize::try_from(part.count()).ok();
    let newest = part.kvs().first().map(etcd_client::KeyValue::mod_revision);
    match (count, newest) {
        (Some(0), None) => Ok((0, None)),
        (Some(count), Some(newest)) if count > 0 && newest > 0 => Ok((count, Some(newest.into()))),
        (_, newest) => Err(Failure::strange(format!(
            "the response counts {} keys, but the revision of the newest is {}",
            part.count(),
            newest.map_or_else(|| "missing".to_owned(), |newest| newest.to_string())
        ))),
    }
}

/// Rejects a call without ranges: there would be no revision to return.
pub(super) fn require_ranges(ranges: &[Range]) -> Result<(), StoreError> {
    if ranges.is_empty() {
        return Err(StoreError::new(
            ErrorKind::Invalid,
            "no prefix was requested",
        ));
    }
    Ok(())
}

/// The revision of an answer. A store's first revision is 1.
fn revision_of(
    connection: &Connection,
    header: Option<&etcd_client::ResponseHeader>,
) -> Result<i64, Failure> {
    let header = header.ok_or_else(|| Failure::strange("the response has no header"))?;
    connection.shared().answered(header);
    match header.revision() {
        revision @ 1.. => Ok(revision),
        revision => Err(Failure::strange(format!(
            "the response has revision {revision}; expected at least 1"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_shrink_and_grow_again() {
        let mut pages = Pages::new(10);
        let mut limits = vec![];
        while pages.too_big(i64::MAX) {
            limits.push(pages.limit);
        }
        assert_eq!(limits, [5, 2, 1]);
        limits.clear();
        for _ in 0..20 {
            pages.fitted();
            limits.push(pages.limit);
        }
        limits.dedup();
        assert_eq!(limits, [1, 2, 4, 8, 10]);
    }
}
