//! Reading everything at one revision, and looking whether anything changed.
//!
//! In: ranges. Out: a [`Reading`] or a [`Probe`] that was true at one revision, whatever was
//! written meanwhile; an error where the answers can't be that. It knows no watch.

use etcd_client::{
    GetOptions, GetResponse, KeyValue, SortOrder, SortTarget, Txn, TxnOp, TxnOpResponse,
};

use super::connection::Line;
use super::errors::{Asked, Failure};
use crate::Revision;
use crate::store::{Entries, Entry, ErrorKind, Probe, Range, Reading, StoreError};

/// How often a reading begins when its revision is compacted between two pages; each time with
/// bigger ones, so that it gets through before the next compaction.
const MOST_BEGINNINGS: u32 = 5;

/// How many times as big.
const BIGGER: i64 = 10;

/// What etcd allows in one transaction unless it is started with another `--max-txn-ops`.
const MOST_OPERATIONS: usize = 128;

/// After how many pages that were not too big a bigger one is tried.
const GROW_AFTER: u32 = 4;

/// Reads all entries of all ranges at one revision.
pub(super) async fn read(line: &Line, ranges: &[Range]) -> Result<Reading, StoreError> {
    some(ranges)?;
    let mut beginnings = 1;
    let mut most = i64::from(line.settings().page_size);
    loop {
        match read_once(line, ranges, most).await {
            Err(error) if error.kind() == ErrorKind::Compacted && beginnings < MOST_BEGINNINGS => {
                beginnings += 1;
                most = most.saturating_mul(BIGGER);
            }
            done => return done,
        }
    }
}

async fn read_once(line: &Line, ranges: &[Range], most: i64) -> Result<Reading, StoreError> {
    let mut pinned = None;
    let mut all = Vec::with_capacity(ranges.len());
    let mut pages = Pages::new(most);
    for range in ranges {
        all.push(read_range(line, range, &mut pinned, &mut pages).await?);
    }
    Ok(Reading {
        revision: pinned.unwrap_or(0).into(),
        entries: all,
    })
}

/// How many keys to ask for.
struct Pages {
    most: i64,
    limit: i64,
    /// How many there were since the last that was too big.
    good: u32,
}

impl Pages {
    fn new(most: i64) -> Self {
        Self {
            most,
            limit: most,
            good: 0,
        }
    }

    /// Whether a smaller page can be asked for, where that many keys are left: a limit above their
    /// number would bring all of them again.
    fn too_big(&mut self, left: i64) -> bool {
        self.good = 0;
        let can = self.limit > 1;
        self.limit = (self.limit.min(left.max(2)) / 2).max(1);
        can
    }

    /// One big value must not make a page of each key after it.
    fn fitted(&mut self) {
        self.good += 1;
        if self.good >= GROW_AFTER && self.limit < self.most {
            self.good = 0;
            self.limit = (self.limit * 2).min(self.most);
        }
    }
}

/// Reads one range, page by page. The first page of all says at which revision.
async fn read_range(
    line: &Line,
    range: &Range,
    pinned: &mut Option<i64>,
    pages: &mut Pages,
) -> Result<Entries, StoreError> {
    let asked = Asked::of("reading", std::slice::from_ref(range));
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
        let page = get(line, &asked, &start, &options, fits).await;
        let (mut page, revision) = match page {
            Ok(page) => page,
            Err(error) if error.kind() == ErrorKind::TooBig => {
                let count = options.clone().with_limit(0).with_count_only();
                let left = get(line, &asked, &start, &count, |_, _| Ok(())).await;
                if pages.too_big(left.map_or(i64::MAX, |(left, _)| left.count())) {
                    continue;
                }
                let name = name_of(line, &asked, &start, &options).await?;
                return Err(one_too_big(line, &name, &error));
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

/// Whether a page can be the truth: what was asked for, in order, and from before the revision
/// that it was asked at.
fn page_fits(page: &GetResponse, range: &Range, start: &[u8], at: i64) -> Result<(), Failure> {
    let pairs = page.kvs();
    // What is in order is in the range where both ends are.
    let fits = |pair: &KeyValue| pair.key() >= start && range.holds(pair.key());
    let asked_for = pairs.first().is_none_or(fits) && pairs.last().is_none_or(fits);
    if !asked_for || !pairs.is_sorted_by(|one, next| one.key() < next.key()) {
        let why = "the answer has a key that was not asked for, or twice";
        return Err(Failure::strange(why));
    }
    if let Some(pair) = pairs
        .iter()
        .find(|pair| !(1..=at).contains(&pair.mod_revision()))
    {
        return Err(Failure::strange(format!(
            "the answer has a key of revision {}, and was asked for revision {at}",
            pair.mod_revision()
        )));
    }
    if page.more() && pairs.is_empty() {
        return Err(Failure::strange("there is more, but nothing new came"));
    }
    Ok(())
}

/// One page, with its revision.
async fn get(
    line: &Line,
    asked: &Asked,
    start: &[u8],
    options: &GetOptions,
    fits: impl Fn(&GetResponse, i64) -> Result<(), Failure>,
) -> Result<(GetResponse, i64), StoreError> {
    let fits = &fits;
    line.call(asked, |mut clients| {
        let (start, options) = (start.to_vec(), options.clone());
        async move {
            let page = clients.kv.get(start, Some(options)).await?;
            let revision = revision_of(line, page.header())?;
            fits(&page, revision)?;
            Ok((page, revision))
        }
    })
    .await
}

/// The name of the key that does not fit.
async fn name_of(
    line: &Line,
    asked: &Asked,
    start: &[u8],
    options: &GetOptions,
) -> Result<String, StoreError> {
    let options = options.clone().with_keys_only();
    let (page, _) = get(line, asked, start, &options, |_, _| Ok(())).await?;
    let key = page.kvs().first().map_or(start, |pair| pair.key());
    Ok(String::from_utf8_lossy(key).into_owned())
}

fn one_too_big(line: &Line, name: &str, error: &StoreError) -> StoreError {
    let limit = line.settings().decode_limit;
    let message = format!(
        "the key {name:?} with its value is too big for one message: the limit here is {limit} \
         bytes (see `EtcdBuilder::decode_limit`), and that of a proxy in between may be lower; {}",
        error.message()
    );
    StoreError::new(ErrorKind::TooBig, message)
}

/// The revision of the cluster, by a read of one key that a quorum answers for.
pub(super) async fn latest(line: &Line, ranges: &[Range]) -> Result<Revision, StoreError> {
    some(ranges)?;
    let asked = Asked::of("looking at", ranges);
    let start = ranges.first().map(Range::start).unwrap_or_default();
    let options = GetOptions::new().with_keys_only();
    let (_, revision) = get(line, &asked, start.as_bytes(), &options, |_, _| Ok(())).await?;
    Ok(revision.into())
}

/// Counts the entries of all ranges and finds the newest of each, at one revision.
pub(super) async fn probe(line: &Line, ranges: &[Range]) -> Result<Probe, StoreError> {
    some(ranges)?;
    let mut pinned = None;
    let mut found = Vec::with_capacity(ranges.len());
    let mut most = MOST_OPERATIONS;
    while let Some(left) = ranges.get(found.len()..).filter(|left| !left.is_empty()) {
        let part = left.get(..most).unwrap_or(left);
        match probe_part(line, part, pinned).await {
            Ok((revision, part)) => {
                pinned.get_or_insert(revision);
                found.extend(part);
            }
            // A server with a lower limit of its own.
            Err(error) if error.kind() == ErrorKind::Refused && most > 1 => most /= 2,
            Err(error) => return Err(error),
        }
    }
    Ok(Probe {
        revision: pinned.unwrap_or(0).into(),
        ranges: found,
    })
}

async fn probe_part(
    line: &Line,
    ranges: &[Range],
    pinned: Option<i64>,
) -> Result<(i64, Vec<(usize, Option<Revision>)>), StoreError> {
    let asked = Asked::of("looking at", ranges);
    // Linearisable, as a transaction with one such read in it is: an old answer proves nothing.
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
    line.call(&asked, |mut clients| {
        let transaction = Txn::new().and_then(operations.clone());
        async move {
            let answer = clients.kv.txn(transaction).await?;
            let revision = revision_of(line, answer.header())?;
            let mut found = Vec::with_capacity(ranges.len());
            for part in answer.op_responses() {
                let TxnOpResponse::Get(part) = part else {
                    continue;
                };
                found.push(newest(&part)?);
            }
            if found.len() != ranges.len() {
                return Err(Failure::strange("the answer is not one for each range"));
            }
            Ok((revision, found))
        }
    })
    .await
}

/// How many keys there are, and the revision of the newest.
fn newest(part: &GetResponse) -> Result<(usize, Option<Revision>), Failure> {
    let count = usize::try_from(part.count()).ok();
    let newest = part.kvs().first().map(etcd_client::KeyValue::mod_revision);
    match (count, newest) {
        (Some(0), None) => Ok((0, None)),
        (Some(count), Some(newest)) if count > 0 && newest > 0 => Ok((count, Some(newest.into()))),
        _ => Err(Failure::strange(format!(
            "the answer counts {} keys, the newest of revision {newest:?}",
            part.count()
        ))),
    }
}

/// Nothing to read is a mistake of the caller: there would be no revision to name.
pub(super) fn some(ranges: &[Range]) -> Result<(), StoreError> {
    if ranges.is_empty() {
        return Err(StoreError::new(
            ErrorKind::Invalid,
            "no prefix was asked for",
        ));
    }
    Ok(())
}

/// The revision of an answer. A store's first is 1.
fn revision_of(line: &Line, header: Option<&etcd_client::ResponseHeader>) -> Result<i64, Failure> {
    let header = header.ok_or_else(|| Failure::strange("the answer has no header"))?;
    line.shared().answered(header);
    match header.revision() {
        revision @ 1.. => Ok(revision),
        revision => Err(Failure::strange(format!(
            "the answer is of revision {revision}"
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
