//! The origin of a field's value.
//!
//! In: the results of `layers` and `apply`. Out: one [`Origin`] for each leaf of a snapshot. It
//! carries keys and revisions, and the bytes of a key for `describe`; never those of a secret.

use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::Revision;
use crate::wording::shown;

/// The origin of a field's value.
///
/// It serializes to a map, with `kind` as one of `key`, `fallback`, `default`, `fixed` and
/// `last_good`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Origin {
    /// A key of the store.
    #[non_exhaustive]
    Key {
        /// The whole key, `/configs/users/prod/db/pool_size`.
        #[serde(serialize_with = "shared_text")]
        key: Arc<str>,
        /// The revision that wrote it.
        revision: Revision,
        /// The layer of its prefix; 0 is the highest, which hides the others.
        layer: usize,
        /// The key's value, for `describe`; `None` for a secret.
        #[doc(hidden)]
        #[serde(skip)]
        text: Option<OriginText>,
    },
    /// The fallback file: the store has not been read since the start, or its change of this key is
    /// held.
    #[non_exhaustive]
    Fallback {
        /// The whole key, `/configs/users/prod/db/pool_size`.
        #[serde(serialize_with = "shared_text")]
        key: Arc<str>,
        /// The revision that had written it when the copy was made.
        revision: Revision,
        /// The key's value in the copy, for `describe`; `None` for a secret.
        #[doc(hidden)]
        #[serde(skip)]
        text: Option<OriginText>,
    },
    /// The default that the field declares: no layer has the key.
    Default,
    /// The program itself, through `Hot::fixed`.
    Fixed,
    /// The last good value, while a change of the field is held, with the origin of that value.
    #[non_exhaustive]
    LastGood {
        /// The origin of that value.
        origin: Box<Origin>,
    },
}

fn shared_text<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(text)
}

/// The bytes of a key.
#[derive(Clone, PartialEq, Eq)]
pub struct OriginText(Arc<[u8]>);

impl fmt::Debug for OriginText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown(&self.0))
    }
}

impl Origin {
    /// A key of the store.
    pub(crate) fn key(
        key: impl Into<Arc<str>>,
        revision: Revision,
        layer: usize,
        text: Option<Arc<[u8]>>,
    ) -> Self {
        Self::Key {
            key: key.into(),
            revision,
            layer,
            text: text.map(OriginText),
        }
    }

    /// A key of the fallback file.
    pub(crate) fn fallback(
        key: impl Into<Arc<str>>,
        revision: Revision,
        text: Option<Arc<[u8]>>,
    ) -> Self {
        Self::Fallback {
            key: key.into(),
            revision,
            text: text.map(OriginText),
        }
    }

    /// The value of the key, shortened; `None` for a secret, and if there is no key.
    pub(crate) fn text(&self) -> Option<String> {
        match self {
            Self::Key { text, .. } | Self::Fallback { text, .. } => {
                text.as_ref().map(|OriginText(text)| shown(text))
            }
            Self::LastGood { origin } => origin.text(),
            _ => None,
        }
    }

    /// The same origin, marked as the last good value during a held change; idempotent.
    #[must_use]
    pub(crate) fn held(self) -> Self {
        match self {
            held @ Self::LastGood { .. } => held,
            origin => Self::LastGood {
                origin: Box::new(origin),
            },
        }
    }

    /// The same origin, marked as the last good value if a change is held, and otherwise unmarked.
    #[must_use]
    pub(crate) fn standing_in(self, held: bool) -> Self {
        match self {
            origin if held => origin.held(),
            Self::LastGood { origin } => *origin,
            origin => origin,
        }
    }

    /// Whether a change of the field is held, so that its last good value stays in use.
    pub fn is_held(&self) -> bool {
        matches!(self, Self::LastGood { .. })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key { key, revision, .. } => write!(f, "{key} (revision {revision})"),
            Self::Fallback { key, revision, .. } => {
                write!(f, "{key} (revision {revision}), from the fallback file")
            }
            Self::Default => f.write_str("the default"),
            Self::Fixed => f.write_str("the program"),
            Self::LastGood { origin } => write!(f, "the last good value, from {origin}"),
        }
    }
}
