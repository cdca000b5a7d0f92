//! The reasons for which a value is rejected.
//!
//! In: the words of a codec, a rule or a user's function. Out: a [`Reason`] or an [`Invalid`],
//! which a message prints; for a secret, only the parts that may be shown. It knows no keys, no
//! revisions and no store.

use std::fmt;

use crate::wording;

/// The reason why bytes or a value were rejected, and the expected form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    wrong: String,
    expected: Option<String>,
    /// Whether `expected` names values, one of which may be the right one: not shown for a secret.
    names_values: bool,
    /// If set, only the value's shape may be shown, with these names.
    shape: Option<FieldNames>,
}

/// The names of a struct's fields.
pub(crate) type FieldNames = &'static [&'static str];

impl Reason {
    /// Creates a reason from the mistake, in lower case and without a full stop:
    /// ``"`abc` is not a number"``.
    pub fn new(wrong: impl Into<String>) -> Self {
        Self {
            wrong: wrong.into(),
            expected: None,
            names_values: false,
            shape: None,
        }
    }

    /// Restricts the message to the value's shape and these names, because an unreadable value may
    /// contain a secret.
    pub(crate) fn of_shape(mut self, names: FieldNames) -> Self {
        self.shape = Some(names);
        self
    }

    /// The part of the rejected value that a message may show.
    pub(crate) fn excerpt(&self, raw: &[u8]) -> String {
        match self.shape {
            Some(names) => wording::outline(raw, names),
            None => wording::excerpt(raw),
        }
    }

    /// Adds the expected form, `a whole number from 0 to 255`. It must not depend on the value.
    #[must_use]
    pub fn with_expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    /// Adds an expected form that names values; it is left out for a secret.
    pub(crate) fn expected_value(self, expected: impl Into<String>) -> Self {
        Self {
            names_values: true,
            ..self.with_expected(expected)
        }
    }

    /// The mistake; may contain a part of the value.
    pub fn wrong(&self) -> &str {
        &self.wrong
    }

    /// The expected form; never contains a part of the value.
    pub fn expected(&self) -> Option<&str> {
        self.expected.as_deref()
    }

    /// The reason for a required key that is absent.
    pub(crate) fn missing() -> Self {
        Self::new("the key is missing").with_expected("a value: the field has no default")
    }

    /// The same reason for a secret: `wrong` replaces words that may quote it, and an expected form
    /// that names values is left out.
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

/// The error of a `validate` function: the reason, and the expected form.
///
/// ```
/// use hotconfig::Invalid;
///
/// fn even(value: &u32) -> Result<(), Invalid> {
///     if value % 2 == 0 {
///         Ok(())
///     } else {
///         Err(Invalid::new("is odd").with_expected("an even number"))
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
    /// Creates a rejection with this reason.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            expected: None,
        }
    }

    /// Adds the expected form: `an even number`. It is printed for secrets too, so it must not
    /// depend on the value.
    #[must_use]
    pub fn with_expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    /// The reason.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The expected form, if it was given.
    pub fn expected(&self) -> Option<&str> {
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

/// Collects the reasons for which the rules of one field reject a value.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct Reasons {
    reasons: Vec<Reason>,
}

impl Reasons {
    /// Adds a reason.
    pub fn push(&mut self, reason: Reason) {
        self.reasons.push(reason);
    }

    pub(crate) fn extend(&mut self, reasons: Vec<Reason>) {
        self.reasons.extend(reasons);
    }

    /// The collected reasons.
    pub fn into_vec(self) -> Vec<Reason> {
        self.reasons
    }
}
