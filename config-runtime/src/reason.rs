//! Why a value is rejected.
//!
//! In: the words of a codec, a rule or a user's function. Out: a [`Reason`] or an [`Invalid`],
//! which a message prints; of a secret only the parts that may be shown. It knows no keys, no
//! revisions and no store.

use std::fmt;

use crate::wording;

/// Why bytes or a value were refused, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    wrong: String,
    expected: Option<String>,
    /// The words name values, one of which may be the right one: not to be told of a secret.
    names_values: bool,
    /// Of the value only its shape may be shown, with these names.
    shape: Option<FieldNames>,
}

/// The names that a struct has.
pub(crate) type FieldNames = &'static [&'static str];

impl Reason {
    /// What was wrong, in lower case and without a full stop: ``"`abc` is not a number"``.
    pub fn new(wrong: impl Into<String>) -> Self {
        Self {
            wrong: wrong.into(),
            expected: None,
            names_values: false,
            shape: None,
        }
    }

    /// Whether there is a secret in the value was not seen, since it could not be read: of what
    /// stands there only the shape is shown, and of its names only those that are known.
    pub(crate) fn of_shape(mut self, names: FieldNames) -> Self {
        self.shape = Some(names);
        self
    }

    /// What a message may show of the value that was refused.
    pub(crate) fn excerpt(&self, raw: &[u8]) -> String {
        match self.shape {
            Some(names) => wording::outline(raw, names),
            None => wording::excerpt(raw),
        }
    }

    /// What would be right, `a whole number from 0 to 255`. It must not depend on the value.
    #[must_use]
    pub fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    /// What would be right, in words that name values: of a secret they are left out.
    pub(crate) fn expected_value(self, expected: impl Into<String>) -> Self {
        Self {
            names_values: true,
            ..self.expected(expected)
        }
    }

    /// What was wrong; may print a part of the value.
    pub fn wrong(&self) -> &str {
        &self.wrong
    }

    /// What would be right; never prints a part of the value.
    pub fn right(&self) -> Option<&str> {
        self.expected.as_deref()
    }

    /// Why a required key that is absent is a problem.
    pub(crate) fn missing() -> Self {
        Self::new("the key is missing").expected("a value: the field has no default")
    }

    /// The same of a secret: `wrong` stands for words that may quote it, and what would be right
    /// is not said where that names values.
    pub(crate) fn of_secret(self, wrong: &str) -> Self {
        Self {
            wrong: wrong.to_owned(),
            expected: self.expected.filter(|_| !self.names_values),
            names_values: false,
            shape: self.shape,
        }
    }
}

/// The message for a secret, instead of an error that may quote it.
pub(crate) const SECRET_DOES_NOT_FIT: &str = "the value, which is a secret, does not fit";

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.wrong)?;
        match &self.expected {
            Some(expected) => write!(f, "; expected {expected}"),
            None => Ok(()),
        }
    }
}

/// What a `validate` function answers to refuse a value: why, and what would be right.
///
/// ```
/// use hotconfig::Invalid;
///
/// fn even(value: &u32) -> Result<(), Invalid> {
///     if value % 2 == 0 {
///         Ok(())
///     } else {
///         Err(Invalid::new("is odd").expected("an even number"))
///     }
/// }
/// # assert!(even(&2).is_ok() && even(&3).is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    message: String,
    expected: Option<String>,
}

impl Invalid {
    /// Refuses, for this reason.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            expected: None,
        }
    }

    /// What would be right: `an even number`. It is printed for secrets too, so it must not
    /// depend on the value.
    #[must_use]
    pub fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    /// The reason.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What would be right, where it was said.
    pub fn right(&self) -> Option<&str> {
        self.expected.as_deref()
    }
}

impl From<&str> for Invalid {
    fn from(message: &str) -> Self {
        Self::new(message)
    }
}

impl From<String> for Invalid {
    fn from(message: String) -> Self {
        Self::new(message)
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Invalid {}

/// Takes what the rules of one field refuse.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct Reasons {
    reasons: Vec<Reason>,
}

impl Reasons {
    /// Refuses the value.
    pub fn push(&mut self, reason: Reason) {
        self.reasons.push(reason);
    }

    pub(crate) fn extend(&mut self, reasons: Vec<Reason>) {
        self.reasons.extend(reasons);
    }

    /// What was refused.
    pub fn into_vec(self) -> Vec<Reason> {
        self.reasons
    }
}
