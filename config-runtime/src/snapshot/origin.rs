//! Where the value of a field came from.
//!
//! In: what `layers` and `apply` found out. Out: one [`Origin`] for each leaf of a snapshot. It
//! carries keys and revisions, and the bytes of a key for `describe`; never those of a secret.

use std::fmt;
use std::sync::Arc;

use crate::Revision;
use crate::wording::shown;

/// Where the value of a field came from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// A key of the store.
    #[non_exhaustive]
    Key {
        /// The whole key, `/configs/users/prod/db/pool_size`.
        key: Arc<str>,
        /// The revision that wrote it.
        revision: Revision,
        /// Which prefix it lies under, 0 being the lowest layer.
        layer: usize,
        /// What stands there, for `describe`; `None` for a secret.
        #[doc(hidden)]
        text: Option<OriginText>,
    },
    /// The fallback file: the store has not been read since the start, or what it has for this
    /// key is held.
    #[non_exhaustive]
    Fallback {
        /// The whole key, `/configs/users/prod/db/pool_size`.
        key: Arc<str>,
        /// The revision that had written it when the copy was made.
        revision: Revision,
        /// What stood there, for `describe`; `None` for a secret.
        #[doc(hidden)]
        text: Option<OriginText>,
    },
    /// The default that the field declares: no layer has the key.
    Default,
    /// The program itself, through `Hot::fixed`.
    Fixed,
    /// The last good value, while a change of the field is held; with the origin of that value.
    LastGood(Box<Origin>),
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

    /// A key as the fallback file has it.
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

    /// What stands in the key, shortened; `None` for a secret, and where there is no key.
    pub(crate) fn text(&self) -> Option<String> {
        match self {
            Self::Key { text, .. } | Self::Fallback { text, .. } => {
                text.as_ref().map(|OriginText(text)| shown(text))
            }
            Self::LastGood(origin) => origin.text(),
            _ => None,
        }
    }

    /// The same value, now standing in for a held change; twice is the same as once.
    #[must_use]
    pub(crate) fn held(self) -> Self {
        match self {
            held @ Self::LastGood(_) => held,
            origin => Self::LastGood(Box::new(origin)),
        }
    }

    /// The same value, standing in for a held change or, where nothing is held any more, not.
    #[must_use]
    pub(crate) fn standing_in(self, held: bool) -> Self {
        match self {
            origin if held => origin.held(),
            Self::LastGood(origin) => *origin,
            origin => origin,
        }
    }

    /// Whether a change of the field is held, so that its last good value stands in.
    pub fn is_held(&self) -> bool {
        matches!(self, Self::LastGood(_))
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
            Self::LastGood(origin) => write!(f, "the last good value, from {origin}"),
        }
    }
}
