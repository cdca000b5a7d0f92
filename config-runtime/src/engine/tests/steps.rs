//! The steps of a history, and their text in a report.

use std::fmt;
use std::time::Duration;

use proptest::prelude::*;

use super::config::{FOREIGN, Key, LEAVES, MAP, TEXTS, Text, UNKNOWN, keys_of_entries};
use super::server::Change;
use crate::apply::BadKeys;
use crate::store::ErrorKind;

/// The nature of the store, and of the connection to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Nature {
    /// Connections break, and answers are late or never arrive; but those that arrive keep etcd's
    /// guarantees.
    Honest,
    /// Events are lost, and the history is replaced, without an error.
    Lying,
}

/// One history: its initial state, and its steps.
#[derive(Clone)]
pub(super) struct History {
    pub(super) nature: Nature,
    /// Whether there is a layer above.
    pub(super) layered: bool,
    /// Whether the store's progress can be trusted.
    pub(super) trusted: bool,
    pub(super) bad_keys: BadKeys,
    pub(super) staleness: Duration,
    pub(super) compare_every: Duration,
    pub(super) seed: u64,
    /// Whether it is watching when the steps begin; otherwise it has only requested the first
    /// reading.
    pub(super) watching: bool,
    /// The content of a fallback, if there is one, in addition to the initial content of the store.
    pub(super) copy: Option<Vec<(Key, Text)>>,
    pub(super) steps: Vec<Step>,
}

#[derive(Clone)]
pub(super) enum Step {
    /// One transaction.
    Write(Vec<Change>),
    /// That many revisions of other programs' keys.
    Elsewhere(u8),
    /// All but that many revisions are compacted.
    Compact(u8),
    /// One of the open requests is answered, with the state of now or of `Take`.
    Answer(u8),
    /// The store computes the answers; they are on their way.
    Take,
    /// One of the open requests ends with an error.
    Fail(u8, ErrorKind),
    /// No open request will ever be answered.
    Swallow,
    /// The member that answers next does not know the newest revisions yet.
    Lag(u8),
    /// It has caught up.
    CatchUp,
    /// The watch sends the next revisions of a range as one message.
    Send(u8, u8),
    /// The watch sends its progress, if it was requested.
    Progress,
    /// That many messages of the watch arrive, as one batch.
    Arrive(u8),
    /// Everything that the watch has not sent is sent, a range at a time, and arrives.
    Deliver,
    /// The watch breaks, with what was on its way.
    Break(ErrorKind),
    /// The watch sends nothing any more, and does not end.
    Hang,
    /// The results of the next few steps are settled together with those of the step after them.
    Burst(u8),
    /// Time passes without any answer.
    Sleep(u32),
    /// Time passes, and everything is answered at once.
    Calm(u32),
    /// Time passes, and everything fails at once.
    Refuse(u32, ErrorKind),
    /// A handle waits for the revision that is that far ahead of the newest one.
    Want(u8),
    /// A subscriber polls.
    Look(u8),
    /// The program sets another user.
    Renew,

    /// The watch leaves out the next revisions of a range.
    Skip(u8, u8),
    /// The watch repeats revisions that it sent before.
    Repeat(u8, u8),
    /// The watch sends half of a revision, then the other half.
    Halve(u8),
    /// The watch answers that all is sent, up to that far beyond the newest revision.
    FalseProgress(u8),
    /// A reading is answered with the state of that many revisions ago.
    OldReading(u8),
    /// For `ms` milliseconds two stores answer in turns, `every` answers each: this one, and one
    /// whose history diverged `back` revisions ago.
    Twins { ms: u32, every: u8, back: u8 },
    /// The history becomes that of a backup from `back` revisions ago.
    Restore {
        back: u8,
        bump: Option<u8>,
        breaks: bool,
    },
}

const KINDS: [ErrorKind; 10] = [
    ErrorKind::Unreachable,
    ErrorKind::Timeout,
    ErrorKind::Denied,
    ErrorKind::Unauthenticated,
    ErrorKind::Compacted,
    ErrorKind::TooBig,
    ErrorKind::Cancelled,
    ErrorKind::Invalid,
    ErrorKind::Refused,
    ErrorKind::Other,
];

/// The first of the keys of each leaf in the layer below, and all keys.
fn keys(leaves: &[&[Key]]) -> (Vec<Key>, Vec<Key>) {
    let below = leaves.iter().map(|keys| keys[keys.len() / 2]);
    (below.collect(), leaves.concat())
}

/// A key outside the map, or one in it that makes no entry.
fn fixed_key() -> impl Strategy<Value = Key> {
    let (below, all) = keys(&LEAVES[..MAP]);
    prop_oneof![
        12 => prop::sample::select(below),
        4 => prop::sample::select(all),
        1 => prop::sample::select(UNKNOWN.to_vec()),
        1 => prop::sample::select(FOREIGN.to_vec()),
    ]
}

/// A key in an entry of the map.
fn entry_key() -> impl Strategy<Value = Key> {
    let (below, all) = keys(&LEAVES[MAP..]);
    prop_oneof![
        3 => prop::sample::select(below),
        1 => prop::sample::select(all),
    ]
}

fn text() -> impl Strategy<Value = Text> {
    prop_oneof![
        8 => prop::sample::select(TEXTS[..10].to_vec()),
        2 => prop::sample::select(TEXTS[10..].to_vec()),
    ]
}

/// Keeps the secret's text out of all other keys, so that a test can detect where it is printed.
fn fit(key: Key, text: Text) -> Text {
    match text.starts_with(b"hush") && !key.ends_with(b"token") {
        true => b"no secret",
        false => text,
    }
}

/// One change. Keys of entries are deleted as often as they are written, so that entries appear and
/// disappear.
fn change() -> impl Strategy<Value = Change> {
    let change = prop_oneof![
        3 => (fixed_key(), prop::option::weighted(0.8, text())),
        1 => (entry_key(), prop::option::weighted(0.5, text())),
    ];
    change.prop_map(|(key, text)| (key, text.map(|text| fit(key, text))))
}

/// One transaction for a whole entry: all keys in one layer, or none in any.
fn entry() -> impl Strategy<Value = Vec<Change>> {
    let keys = prop::sample::select(keys_of_entries());
    let digits = prop::collection::vec(text(), 2);
    let digits = prop::option::of(digits);
    (keys, digits).prop_map(|(keys, digits)| match digits {
        Some(digits) => {
            let below = keys.into_iter().skip(1).step_by(2);
            let changes = below.zip(digits);
            changes
                .map(|(key, text)| (key, Some(fit(key, text))))
                .collect()
        }
        None => keys.into_iter().map(|key| (key, None)).collect(),
    })
}

fn transaction() -> impl Strategy<Value = Step> {
    let changes = prop_oneof![
        12 => prop::collection::vec(change(), 1..4),
        2 => entry(),
    ];
    changes.prop_map(Step::Write)
}

fn kind() -> impl Strategy<Value = ErrorKind> {
    prop::sample::select(KINDS.to_vec())
}

fn honest() -> impl Strategy<Value = Step> {
    let small = 0..4_u8;
    prop_oneof![
        40 => transaction(),
        6 => (1..4_u8).prop_map(Step::Elsewhere),
        6 => (0..6_u8).prop_map(Step::Compact),
        20 => small.clone().prop_map(Step::Answer),
        4 => Just(Step::Take),
        5 => (small.clone(), kind()).prop_map(|(which, kind)| Step::Fail(which, kind)),
        1 => Just(Step::Swallow),
        2 => (1..4_u8).prop_map(Step::Lag),
        2 => Just(Step::CatchUp),
        12 => (0..2_u8, 1..4_u8).prop_map(|(range, revisions)| Step::Send(range, revisions)),
        6 => Just(Step::Progress),
        12 => (1..5_u8).prop_map(Step::Arrive),
        16 => Just(Step::Deliver),
        4 => kind().prop_map(Step::Break),
        1 => Just(Step::Hang),
        8 => (1..5_u8).prop_map(Step::Burst),
        8 => (1..30_000_u32).prop_map(Step::Sleep),
        1 => (1..800_000_u32).prop_map(Step::Sleep),
        12 => (1..40_000_u32).prop_map(Step::Calm),
        2 => (1..90_000_u32, kind()).prop_map(|(ms, kind)| Step::Refuse(ms, kind)),
        2 => small.prop_map(Step::Want),
        8 => (0..6_u8).prop_map(Step::Look),
        2 => Just(Step::Renew),
    ]
}

fn lie() -> impl Strategy<Value = Step> {
    let restore = (0..8_u8, prop::option::weighted(0.3, 1..9_u8), any::<bool>());
    prop_oneof![
        2 => (0..2_u8, 1..3_u8).prop_map(|(range, revisions)| Step::Skip(range, revisions)),
        2 => (0..2_u8, 1..4_u8).prop_map(|(range, back)| Step::Repeat(range, back)),
        1 => (0..2_u8).prop_map(Step::Halve),
        1 => (0..3_u8).prop_map(Step::FalseProgress),
        1 => (1..4_u8).prop_map(Step::OldReading),
        1 => (1..70_000_u32, 1..4_u8, 0..4_u8)
            .prop_map(|(ms, every, back)| Step::Twins { ms, every, back }),
        3 => restore.prop_map(|(back, bump, breaks)| Step::Restore { back, bump, breaks }),
    ]
}

fn step(nature: Nature) -> BoxedStrategy<Step> {
    match nature {
        Nature::Honest => honest().boxed(),
        Nature::Lying => prop_oneof![8 => honest(), 1 => lie()].boxed(),
    }
}

pub(super) fn history(nature: Nature) -> impl Strategy<Value = History> {
    let seconds = |seconds: &[u64]| {
        let seconds = seconds.iter().map(|seconds| Duration::from_secs(*seconds));
        prop::sample::select(seconds.collect::<Vec<_>>())
    };
    let bad_keys = prop::sample::select(vec![BadKeys::Refuse, BadKeys::Default]);
    let ground = (
        any::<bool>(),
        any::<bool>(),
        prop::bool::weighted(0.7),
        bad_keys,
    );
    let key = prop_oneof![3 => fixed_key(), 1 => entry_key()];
    let copy = (key, text()).prop_map(|(key, text)| (key, fit(key, text)));
    let copy = prop::collection::vec(copy, 0..5);
    let copy = prop::option::weighted(0.3, copy);
    let settings = (seconds(&[30, 6]), seconds(&[600, 60]), any::<u64>());
    let steps = prop::collection::vec(step(nature), 1..70);
    (ground, settings, copy, steps).prop_map(
        move |(
            (layered, trusted, watching, bad_keys),
            (staleness, compare_every, seed),
            copy,
            steps,
        )| {
            History {
                nature,
                layered,
                trusted,
                bad_keys,
                staleness,
                compare_every,
                seed,
                watching,
                copy,
                steps,
            }
        },
    )
}

/// The history as text: proptest prints the shortest one that fails.
impl fmt::Debug for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefixes = if self.layered { "/p@1 over /p" } else { "/p" };
        let progress = if self.trusted { "can" } else { "can't" };
        writeln!(
            f,
            "\nthe store is {:?}, followed below {prefixes}; its progress {progress} be trusted; \
             bad keys at the start: {:?}; stale after {:?}, compared every {:?}; seed {}; {}",
            self.nature,
            self.bad_keys,
            self.staleness,
            self.compare_every,
            self.seed,
            if self.watching {
                "the watch stands"
            } else {
                "a reading was asked for"
            },
        )?;
        if let Some(copy) = &self.copy {
            let copy = copy.iter();
            let copy = copy.map(|(key, text)| {
                format!(
                    "{} = {:?}",
                    key.escape_ascii(),
                    text.escape_ascii().to_string()
                )
            });
            let copy = copy.collect::<Vec<_>>().join(", ");
            writeln!(
                f,
                "  0. there is a fallback, with {copy}; every other of these is in the store"
            )?;
        }
        for (at, step) in self.steps.iter().enumerate() {
            writeln!(f, "{:3}. {step}", at + 1)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Write(changes) => {
                f.write_str("one transaction:")?;
                for (key, text) in changes {
                    let key = key.escape_ascii();
                    match text {
                        Some(text) => write!(f, " put {key} \"{}\",", text.escape_ascii())?,
                        None => write!(f, " delete {key},")?,
                    }
                }
                Ok(())
            }
            Self::Elsewhere(count) => write!(f, "{count} revisions of other people's keys"),
            Self::Compact(back) => write!(f, "compacted, all but the last {back} revisions"),
            Self::Answer(which) => write!(f, "open question no. {which} (mod) is answered"),
            Self::Take => f.write_str("the store computes the answers, which are on their way"),
            Self::Fail(which, kind) => {
                write!(f, "open question no. {which} (mod) fails: {kind:?}")
            }
            Self::Swallow => f.write_str("what is asked now is never answered"),
            Self::Lag(back) => {
                write!(
                    f,
                    "the next watch is served by a member {back} revisions behind"
                )
            }
            Self::CatchUp => f.write_str("the member catches up"),
            Self::Send(range, count) => {
                write!(
                    f,
                    "the watch sends {count} revisions of range {range} as one message"
                )
            }
            Self::Progress => f.write_str("the watch sends progress, if it was asked and may"),
            Self::Arrive(count) => write!(f, "{count} messages of the watch arrive"),
            Self::Deliver => f.write_str("the watch sends all that there is, and it arrives"),
            Self::Break(kind) => write!(f, "the watch breaks: {kind:?}"),
            Self::Hang => f.write_str("the watch says nothing any more"),
            Self::Burst(count) => write!(f, "the next {count} steps are one batch"),
            Self::Sleep(ms) => write!(f, "{ms} ms pass, and nobody answers"),
            Self::Calm(ms) => write!(f, "{ms} ms pass, and everything is answered at once"),
            Self::Refuse(ms, kind) => {
                write!(f, "{ms} ms pass, and everything fails at once: {kind:?}")
            }
            Self::Want(ahead) => write!(f, "somebody waits for the newest revision + {ahead} - 1"),
            Self::Look(which) => write!(f, "subscriber {which} looks"),
            Self::Renew => f.write_str("the program gives another user"),
            Self::Skip(range, count) => {
                write!(
                    f,
                    "LIE: the watch leaves out {count} revisions of range {range}"
                )
            }
            Self::Repeat(range, back) => {
                write!(
                    f,
                    "LIE: the watch repeats the last {back} revisions of range {range}"
                )
            }
            Self::Halve(range) => {
                write!(
                    f,
                    "LIE: the watch sends a revision of range {range} in two halves"
                )
            }
            Self::FalseProgress(ahead) => {
                write!(
                    f,
                    "LIE: asked, the watch says that all is sent, to the newest revision + {ahead}"
                )
            }
            Self::OldReading(back) => {
                write!(
                    f,
                    "LIE: a reading is answered with the state {back} revisions ago"
                )
            }
            Self::Twins { ms, every, back } => write!(
                f,
                "LIE: {ms} ms pass, and two stores that parted {back} revisions ago answer at \
                 once, in turns of {every}"
            ),
            Self::Restore { back, bump, breaks } => {
                write!(
                    f,
                    "LIE: the store is restored as it was {back} revisions ago"
                )?;
                if let Some(bump) = bump {
                    write!(f, ", with its revisions {bump} beyond the old ones")?;
                }
                f.write_str(if *breaks {
                    "; the watch breaks"
                } else {
                    "; the watch stays"
                })
            }
        }
    }
}
