//! From what etcd and the way to it say, to the kinds of [`StoreError`].
//!
//! In: an error of etcd-client, or the reason of a cancelled watch. Out: a [`Failure`], which
//! becomes a [`StoreError`] once it is known what was asked and of whom. The texts are etcd's
//! own: the codes alone say too little, since several errors share one, and some servers give
//! the reason of a cancelled watch without any.

use std::error::Error as _;
use std::time::Duration;

use etcd_client::Error;

use crate::store::{ErrorKind, StoreError};

/// The most characters of somebody else's text that a message repeats.
const LONGEST: usize = 400;

/// What went wrong, before it is known what was asked.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) kind: ErrorKind,
    pub(super) message: String,
    /// Whether it may only say that our token is not valid any more.
    pub(super) log_in: bool,
}

impl Failure {
    pub(super) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            log_in: kind == ErrorKind::Unauthenticated,
        }
    }

    /// No answer in that time.
    pub(super) fn silent(limit: Duration) -> Self {
        Self::new(ErrorKind::Timeout, format!("no answer within {limit:?}"))
    }

    /// Why etcd cancelled a watcher. `fresh` where it was never granted: then etcd says
    /// "permission denied" for a token that has expired, too.
    pub(super) fn cancelled(reason: &str, compact_revision: i64, fresh: bool) -> Self {
        if compact_revision > 0 {
            return Self::new(
                ErrorKind::Compacted,
                format!("the history begins at revision {compact_revision} now"),
            );
        }
        let kind = by_text(reason).unwrap_or(ErrorKind::Cancelled);
        let reason = if reason.is_empty() {
            "the server gave no reason"
        } else {
            reason
        };
        let mut failure = Self::new(kind, quoted(reason));
        failure.log_in |= fresh && kind == ErrorKind::Denied;
        failure
    }

    /// Whether another endpoint, or a new connection, may do better.
    pub(super) fn is_of_the_way(&self) -> bool {
        matches!(self.kind, ErrorKind::Unreachable | ErrorKind::Timeout)
    }

    /// With what was asked, and of whom.
    pub(super) fn into_error(self, asked: &str, endpoints: &str) -> StoreError {
        StoreError::new(
            self.kind,
            format!("{asked}: {} (etcd at {endpoints})", self.message),
        )
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::GRpcStatus(status) => {
                let kind = of_status(&status);
                let mut message = status.message().to_owned();
                if let Some(cause) = root_cause(&status)
                    && !message.contains(&cause)
                {
                    message = format!("{message}: {cause}");
                }
                if message.is_empty() {
                    message = format!("{:?}", status.code());
                }
                Self::new(kind, quoted(&message))
            }
            Error::WatchError(message) => Self::new(ErrorKind::Unreachable, quoted(&message)),
            other => Self::new(ErrorKind::Other, quoted(&other.to_string())),
        }
    }
}

fn of_status(status: &tonic::Status) -> ErrorKind {
    use tonic::Code;

    let text = status.message();
    if let Some(kind) = by_text(text) {
        return kind;
    }
    // An error that the server sent has no source; one of the connection has.
    let broken = status.source().is_some();
    match status.code() {
        Code::Unavailable => ErrorKind::Unreachable,
        Code::DeadlineExceeded => ErrorKind::Timeout,
        Code::PermissionDenied => ErrorKind::Denied,
        Code::Unauthenticated => ErrorKind::Unauthenticated,
        Code::Unknown | Code::Internal | Code::Cancelled if broken => ErrorKind::Unreachable,
        Code::Cancelled => ErrorKind::Cancelled,
        _ => ErrorKind::Other,
    }
}

/// What etcd's and the transport's own words mean, whatever code they came with.
fn by_text(text: &str) -> Option<ErrorKind> {
    const KNOWN: [(&str, ErrorKind); 18] = [
        ("Timeout expired", ErrorKind::Timeout),
        ("permission denied", ErrorKind::Denied),
        ("invalid auth token", ErrorKind::Unauthenticated),
        ("revision of auth store is old", ErrorKind::Unauthenticated),
        ("authentication failed", ErrorKind::Unauthenticated),
        // What is said to a call without a token, where one is needed.
        ("user name is empty", ErrorKind::Unauthenticated),
        ("user name not found", ErrorKind::Unauthenticated),
        ("has been compacted", ErrorKind::Compacted),
        // Only a store that went back in time has yet to reach a revision it once gave.
        ("is a future revision", ErrorKind::Compacted),
        ("message length too large", ErrorKind::TooBig),
        ("message larger than max", ErrorKind::TooBig),
        ("request is too large", ErrorKind::TooBig),
        ("no leader", ErrorKind::Unreachable),
        ("server stopped", ErrorKind::Unreachable),
        ("transport is closing", ErrorKind::Unreachable),
        ("transport error", ErrorKind::Unreachable),
        ("h2 protocol error", ErrorKind::Unreachable),
        ("error reading a body", ErrorKind::Unreachable),
    ];
    let known = KNOWN.iter().find(|(words, _)| text.contains(words));
    known.map(|(_, kind)| *kind)
}

/// The innermost cause: "tcp connect error" alone does not say that it was refused.
fn root_cause(status: &tonic::Status) -> Option<String> {
    let mut cause = status.source()?;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    Some(cause.to_string())
}

/// Somebody else's text for a message: on one line, and not endless.
fn quoted(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .take(LONGEST)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use etcd_client::Error;
    use tonic::{Code, Status};

    use super::*;

    fn kind(code: Code, text: &str) -> ErrorKind {
        Failure::from(Error::GRpcStatus(Status::new(code, text))).kind
    }

    #[test]
    fn errors_of_etcd_are_told_apart() {
        use ErrorKind::{
            Cancelled, Compacted, Denied, Other, Timeout, TooBig, Unauthenticated, Unreachable,
        };
        for (code, text, expected) in [
            (Code::Unavailable, "tcp connect error", Unreachable),
            (Code::Unavailable, "etcdserver: no leader", Unreachable),
            (
                Code::Unavailable,
                "etcdserver: request timed out",
                Unreachable,
            ),
            (
                Code::Unknown,
                "h2 protocol error: error reading a body from connection",
                Unreachable,
            ),
            (Code::Unknown, "transport error", Unreachable),
            (Code::Cancelled, "Timeout expired", Timeout),
            (Code::Cancelled, "context canceled", Cancelled),
            (Code::DeadlineExceeded, "context deadline exceeded", Timeout),
            (
                Code::PermissionDenied,
                "etcdserver: permission denied",
                Denied,
            ),
            (
                Code::Unauthenticated,
                "etcdserver: invalid auth token",
                Unauthenticated,
            ),
            (
                Code::InvalidArgument,
                "etcdserver: revision of auth store is old",
                Unauthenticated,
            ),
            (
                Code::InvalidArgument,
                "etcdserver: authentication failed, invalid user ID or password",
                Unauthenticated,
            ),
            (
                Code::InvalidArgument,
                "etcdserver: user name is empty",
                Unauthenticated,
            ),
            (
                Code::OutOfRange,
                "Error, decoded message length too large: found 5 bytes, the limit is: 4 bytes",
                TooBig,
            ),
            (
                Code::ResourceExhausted,
                "grpc: trying to send message larger than max (5 vs. 4)",
                TooBig,
            ),
            (
                Code::ResourceExhausted,
                "etcdserver: mvcc: database space exceeded",
                Other,
            ),
            (
                Code::OutOfRange,
                "etcdserver: mvcc: required revision has been compacted",
                Compacted,
            ),
            (
                Code::OutOfRange,
                "etcdserver: mvcc: required revision is a future revision",
                Compacted,
            ),
            (Code::Unknown, "something else", Other),
        ] {
            assert_eq!(kind(code, text), expected, "{code:?}: {text}");
        }
    }

    #[test]
    fn what_a_server_says_stays_on_one_line_and_ends() {
        let text = format!("a\nb\x1b[31m{}", "x".repeat(10_000));
        let error = Failure::from(Error::GRpcStatus(Status::new(Code::Unknown, text)))
            .into_error("reading /a/", "http://127.0.0.1:2379");
        assert!(!error.message().chars().any(char::is_control));
        assert!(error.message().len() < 1_000);
        assert!(error.message().starts_with("reading /a/: a b"));
        assert!(error.message().contains("http://127.0.0.1:2379"));
    }
}
