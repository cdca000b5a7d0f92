//! Reading everything at one revision, and looking whether anything changed.
//!
//! In: ranges. Out: a [`Reading`] or a [`Probe`] that was true at one revision, whatever was
//! written meanwhile. It knows no watch.

use etcd_client::{GetOptions, GetResponse, SortOrder, SortTarget, Txn, TxnOp, TxnOpResponse};

use super::connection::Line;
use super::errors::Failure;
use crate::Revision;
use crate::store::{Entry, ErrorKind, Probe, Range, Reading, StoreError};

/// How often a reading begins anew when its revision is compacted between two pages.
const MOST_BEGINNINGS: usize = 3;

/// What etcd allows in one transaction unless it is started with another `--max-txn-ops`.
const MOST_OPERATIONS: usize = 128;

/// Reads all entries of all ranges at one revision.
pub(super) async fn read(line: &Line, ranges: &[Range]) -> Result<Reading, StoreError> {
    some(ranges)?;
    let mut beginnings = 1;
    loop {
        match read_once(line, ranges).await {
            Err(error) if error.kind() == ErrorKind::Compacted && beginnings < MOST_BEGINNINGS => {
                beginnings += 1;
            }
            done => return done,
        }
    }
}

async fn read_once(line: &Line, ranges: &[Range]) -> Result<Reading, StoreError> {
    let mut pinned = None;
    let mut all = Vec::with_capacity(ranges.len());
    for range in ranges {
        all.push(read_range(line, range, &mut pinned).await?);
    }
    Ok(Reading {
        revision: pinned.unwrap_or(0).into(),
        entries: all,
    })
}

/// Reads one range, page by page. The first page of all says at which revision.
async fn read_range(
    line: &Line,
    range: &Range,
    pinned: &mut Option<i64>,
) -> Result<Vec<Entry>, StoreError> {
    let asked = format!("reading {}", range.start());
    let mut entries: Vec<Entry> = Vec::new();
    let mut start = range.start().as_bytes().to_vec();
    let mut limit = i64::from(line.settings().page_size);
    loop {
        let options = GetOptions::new()
            .with_range(range.end())
            .with_limit(limit)
            .with_revision(pinned.unwrap_or(0));
        let page = line
            .call(&asked, |mut clients| {
                let (start, options) = (start.clone(), options.clone());
                async move {
                    let page = clients.kv.get(start, Some(options)).await?;
                    let revision = revision_of(line, &page)?;
                    Ok((page, revision))
                }
            })
            .await;
        let (mut page, revision) = match page {
            Ok(page) => page,
            Err(error) if error.kind() == ErrorKind::TooBig && limit > 1 => {
                limit /= 2;
                continue;
            }
            Err(error) => return Err(error),
        };
        pinned.get_or_insert(revision);
        let more = page.more();
        entries.extend(page.take_kvs().into_iter().map(|pair| {
            let mod_revision = pair.mod_revision().into();
            let (key, value) = pair.into_key_value();
            Entry {
                key,
                value: value.into(),
                mod_revision,
            }
        }));
        match entries.last() {
            Some(last) if more => {
                let mut next = last.key.clone();
                next.push(0);
                if next <= start {
                    let failure =
                        Failure::new(ErrorKind::Other, "there is more, but nothing new came");
                    return Err(line.error(failure, &asked));
                }
                start = next;
            }
            _ => return Ok(entries),
        }
    }
}

/// Counts the entries of all ranges and finds the newest of each, at one revision.
pub(super) async fn probe(line: &Line, ranges: &[Range]) -> Result<Probe, StoreError> {
    some(ranges)?;
    let mut pinned = None;
    let mut found = Vec::with_capacity(ranges.len());
    for part in ranges.chunks(MOST_OPERATIONS) {
        let (revision, part) = probe_part(line, part, pinned).await?;
        pinned.get_or_insert(revision);
        found.extend(part);
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
    let asked = format!("looking at {}", names(ranges));
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
            let header = answer.header().ok_or_else(headless)?;
            line.shared().answered(header);
            let mut found = Vec::with_capacity(ranges.len());
            for part in answer.op_responses() {
                let TxnOpResponse::Get(part) = part else {
                    continue;
                };
                let newest = part.kvs().first().map(|pair| pair.mod_revision().into());
                found.push((usize::try_from(part.count()).unwrap_or(0), newest));
            }
            if found.len() != ranges.len() {
                let message = "the answer is not one for each range";
                return Err(Failure::new(ErrorKind::Other, message));
            }
            Ok((header.revision(), found))
        }
    })
    .await
}

/// The ranges, for messages.
pub(super) fn names(ranges: &[Range]) -> String {
    let names: Vec<&str> = ranges.iter().map(Range::start).collect();
    names.join(", ")
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

fn revision_of(line: &Line, page: &GetResponse) -> Result<i64, Failure> {
    let header = page.header().ok_or_else(headless)?;
    line.shared().answered(header);
    Ok(header.revision())
}

fn headless() -> Failure {
    Failure::new(ErrorKind::Other, "the answer has no header")
}
