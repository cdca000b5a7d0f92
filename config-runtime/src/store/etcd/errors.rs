//! From the errors of etcd and of the connection to the kinds of [`StoreError`].
//!
//! In: an error of etcd-client, or the reason of a cancelled watch. Out: a [`Failure`], which
//! becomes a [`StoreError`] once the call and the endpoints are known. It matches etcd's own texts,
//! because several errors share a code, and some servers cancel a watch without one.

use std::error::Error as _;
use std::time::Duration;

use etcd_client::Error;

use crate::store::{ErrorKind, Range, StoreError};
use crate::wording::misleads;

/// The maximum number of characters of a server's text that a message repeats.
const MAX_QUOTED: usize = 400;

/// The number of fresh logins that may help within one call, if a token may have expired.
const ONE_LOGIN: u32 = 1;
/// The same, if a change of another user made the token old: changes may go on meanwhile.
const MANY_LOGINS: u32 = 16;

/// The description of a call, for messages.
#[derive(Debug, Clone)]
pub(super) struct CallContext {
    what: String,
    ranges: Vec<Range>,
}

impl CallContext {
    /// An action like "reading", on these ranges.
    pub(super) fn for_ranges(doing: &str, ranges: &[Range]) -> Self {
        let names: Vec<&str> = ranges.iter().map(Range::start).collect();
        Self {
            what: format!("{doing} {}", names.join(", ")),
            ranges: ranges.to_vec(),
        }
    }

    /// An action that concerns no keys.
    pub(super) fn without_ranges(what: &str) -> Self {
        Self {
            what: what.to_owned(),
            ranges: Vec::new(),
        }
    }

    /// The same with more detail.
    pub(super) fn with_detail(mut self, more: &str) -> Self {
        self.what.push_str(more);
        self
    }

    /// The permission that is missing, and the command that grants it.
    fn needs(&self) -> Option<String> {
        let first = self.ranges.first()?;
        let ends = |range: &Range| {
            let end = range.end();
            format!("[{:?}, {:?})", range.start(), String::from_utf8_lossy(&end))
        };
        let all: Vec<String> = self.ranges.iter().map(ends).collect();
        let more = if self.ranges.len() > 1 {
            ", and likewise for the others"
        } else {
            ""
        };
        Some(format!(
            "needs READ on {}; grant it with `etcdctl role grant-permission ROLE \
             --prefix=true read {}`{more}",
            all.join(" and "),
            of_shell(first.start()),
        ))
    }
}

/// Quotes a word for a shell.
fn of_shell(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-@:+,".contains(c);
    if word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// An error, before the context of the call is added.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) kind: ErrorKind,
    pub(super) message: String,
    /// The number of fresh logins that may help: the error may only mean that the token is no
    /// longer valid.
    pub(super) logins: u32,
    /// Whether a TLS connection failed before its first answer.
    pub(super) tls_unconfirmed: bool,
    /// Whether the text is not etcd's but that of a gateway, or of another server at the address.
    foreign: bool,
}

impl Failure {
    pub(super) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        let logins = if kind == ErrorKind::Unauthenticated {
            ONE_LOGIN
        } else {
            0
        };
        Self {
            kind,
            message: message.into(),
            logins,
            tls_unconfirmed: false,
            foreign: false,
        }
    }

    /// The failure of an answer that no etcd sends.
    pub(super) fn strange(message: impl Into<String>) -> Self {
        Self {
            foreign: true,
            ..Self::new(ErrorKind::Other, message)
        }
    }

    /// A failure with the text of a server.
    fn from_server(kind: ErrorKind, message: &str) -> Self {
        let mut failure = Self::new(kind, quoted(message));
        if message.contains(OLD) {
            failure.logins = MANY_LOGINS;
        }
        failure
    }

    /// The failure of a call without an answer in that time.
    pub(super) fn silent(limit: Duration) -> Self {
        Self::new(ErrorKind::Timeout, format!("no answer within {limit:?}"))
    }

    /// The reason why no clients could be made: nothing was contacted yet.
    pub(super) fn unmade(error: Error) -> Self {
        let message = match error {
            Error::TransportError(error) => {
                let cause = root_cause(&error).unwrap_or_else(|| error.to_string());
                format!(
                    "these certificates and this key cannot be used for a connection: {cause}; \
                     check that the key belongs to the certificate"
                )
            }
            other => other.to_string(),
        };
        Self::new(ErrorKind::Invalid, quoted(&message))
    }

    /// The reason why etcd cancelled a watcher. `fresh` if it was never granted: then etcd reports
    /// "permission denied" for an expired token, too.
    pub(super) fn cancelled(reason: &str, compact_revision: i64, fresh: bool) -> Self {
        if compact_revision > 0 {
            return Self::new(
                ErrorKind::Compacted,
                format!("the history now begins at revision {compact_revision}"),
            );
        }
        let kind = by_text(reason).unwrap_or(ErrorKind::Cancelled);
        let reason = if reason.is_empty() {
            "the server gave no reason"
        } else {
            reason
        };
        let mut failure = Self::from_server(kind, reason);
        if fresh && kind == ErrorKind::Denied {
            failure.logins = failure.logins.max(ONE_LOGIN);
        }
        failure
    }

    /// Marks the failure as one of the login.
    pub(super) fn of_login(mut self, user: &str) -> Self {
        self.message = format!("logging in as {user:?}: {}", self.message);
        if self.kind == ErrorKind::Unauthenticated {
            self.message
                .push_str("; if the password changed, set it with `Etcd::set_user`");
        }
        self
    }

    /// Whether another endpoint, or a new connection, may succeed.
    pub(super) fn is_of_the_way(&self) -> bool {
        self.foreign || matches!(self.kind, ErrorKind::Unreachable | ErrorKind::Timeout)
    }

    /// The error with its context: the call, the user and the endpoints.
    pub(super) fn into_error(
        self,
        context: &CallContext,
        who: &str,
        endpoints: &str,
    ) -> StoreError {
        let what = &context.what;
        let remedy = match (self.kind, context.needs()) {
            (ErrorKind::Denied, Some(needs)) if !self.foreign => format!(": {who} {needs}"),
            _ => match hint(&self.message, self.tls_unconfirmed) {
                Some(hint) => format!("; {hint}"),
                None => String::new(),
            },
        };
        let message = format!("{what}{remedy} (etcd at {endpoints})");
        StoreError::new(self.kind, message).caused_by(self.message)
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
                let foreign = !is_of_etcd(status.message());
                Self {
                    foreign,
                    ..Self::from_server(kind, &message)
                }
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

/// Whether a server's text looks like one of etcd's.
fn is_of_etcd(text: &str) -> bool {
    const OWN: [&str; 3] = ["etcdserver:", "auth:", "mvcc:"];
    by_text(text).is_some() || OWN.iter().any(|own| text.starts_with(own))
}

/// etcd's error for a token that was issued before the last change of a user or a role.
const OLD: &str = "revision of auth store is old";

/// The kind of an error by the text of etcd or of the transport, whatever its code.
fn by_text(text: &str) -> Option<ErrorKind> {
    const KNOWN: [(&str, ErrorKind); 28] = [
        ("Timeout expired", ErrorKind::Timeout),
        ("permission denied", ErrorKind::Denied),
        ("invalid auth token", ErrorKind::Unauthenticated),
        (OLD, ErrorKind::Unauthenticated),
        ("authentication failed", ErrorKind::Unauthenticated),
        // The error of a call without a token, if one is required.
        ("user name is empty", ErrorKind::Unauthenticated),
        ("user name not found", ErrorKind::Unauthenticated),
        ("has been compacted", ErrorKind::Compacted),
        // Only a store that went back in time has not reached a revision that it once returned.
        ("is a future revision", ErrorKind::Compacted),
        // The texts of tonic, of gRPC in Go on both sides, and of etcd.
        ("message length too large", ErrorKind::TooBig),
        ("message larger than max", ErrorKind::TooBig),
        (
            "message after decompression larger than max",
            ErrorKind::TooBig,
        ),
        ("request is too large", ErrorKind::TooBig),
        ("too many operations in txn", ErrorKind::Refused),
        ("duplicate key given in txn", ErrorKind::Refused),
        // Temporary errors of one member: another may succeed.
        ("no leader", ErrorKind::Unreachable),
        ("not leader", ErrorKind::Unreachable),
        ("leader changed", ErrorKind::Unreachable),
        ("not supported for learner", ErrorKind::Unreachable),
        ("unhealthy cluster", ErrorKind::Unreachable),
        ("server stopped", ErrorKind::Unreachable),
        ("request timed out", ErrorKind::Unreachable),
        ("applied index took too long", ErrorKind::Unreachable),
        ("transport is closing", ErrorKind::Unreachable),
        ("client connection is closing", ErrorKind::Unreachable),
        ("transport error", ErrorKind::Unreachable),
        ("h2 protocol error", ErrorKind::Unreachable),
        ("error reading a body", ErrorKind::Unreachable),
    ];
    let known = KNOWN.iter().find(|(words, _)| text.contains(words));
    known.map(|(_, kind)| *kind)
}

/// A hint for an error of a TLS handshake.
fn hint(message: &str, tls_unconfirmed: bool) -> Option<&'static str> {
    const HINTS: [(&str, &str); 5] = [
        (
            "UnknownIssuer",
            "the server's authority is not trusted; set it with `Tls::ca` or `Tls::ca_file`",
        ),
        (
            "not valid for",
            "use an endpoint that the certificate names, or set its name with `Tls::domain_name`",
        ),
        (
            "InvalidContentType",
            "the server does not speak TLS at this address; use `http://` or another port",
        ),
        (
            "fatal alert: CertificateRequired",
            "the server requires a client certificate; set it with `Tls::identity` or \
             `Tls::identity_files`",
        ),
        ("fatal alert", UNWANTED),
    ];
    // The server's alert comes after the connection is established, and is often lost with it.
    const CUT: [&str; 4] = [
        "connection closed",
        "eset by peer",
        "roken pipe",
        "canceled",
    ];
    let known = HINTS.iter().find(|(words, _)| message.contains(words));
    let cut = tls_unconfirmed && CUT.iter().any(|words| message.contains(words));
    known.map(|(_, hint)| *hint).or(cut.then_some(UNWANTED))
}

const UNWANTED: &str = "the server may require another client certificate; set it with \
                        `Tls::identity` or `Tls::identity_files`";

/// The innermost cause: "tcp connect error" alone does not show that it was refused.
fn root_cause(error: &dyn std::error::Error) -> Option<String> {
    let mut cause = error.source()?;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    Some(cause.to_string())
}

/// A server's text for a message: on one line, and of limited length.
fn quoted(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .take(MAX_QUOTED)
        .map(|c| if misleads(c) { ' ' } else { c })
        .collect();
    if text.chars().nth(MAX_QUOTED).is_some() {
        shown.push('…');
    }
    shown
}

/// The error for a setting that no store can be built from.
pub(super) fn invalid(message: impl Into<String>) -> StoreError {
    StoreError::new(ErrorKind::Invalid, message)
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
    #[expect(clippy::too_many_lines, reason = "a table")]
    fn errors_of_etcd_are_told_apart() {
        use ErrorKind::{
            Cancelled, Compacted, Denied, Other, Refused, Timeout, TooBig, Unauthenticated,
            Unreachable,
        };
        // The errors of `etcdserver/api/v3rpc/rpctypes`, of gRPC and of the transport.
        for (code, text, expected) in [
            // The connection, or one member of several.
            (Code::Unavailable, "tcp connect error", Unreachable),
            (Code::Unavailable, "etcdserver: no leader", Unreachable),
            (Code::Unavailable, "etcdserver: leader changed", Unreachable),
            (Code::Unavailable, "etcdserver: server stopped", Unreachable),
            (
                Code::Unavailable,
                "etcdserver: unhealthy cluster",
                Unreachable,
            ),
            (
                Code::Unavailable,
                "etcdserver: request timed out",
                Unreachable,
            ),
            (
                Code::Unavailable,
                "etcdserver: request timed out, possibly due to previous leader failure",
                Unreachable,
            ),
            (
                Code::Unavailable,
                "etcdserver: request timed out, waiting for the applied index took too long",
                Unreachable,
            ),
            (
                Code::FailedPrecondition,
                "etcdserver: not leader",
                Unreachable,
            ),
            // etcd 3.4 and 3.5 give it different codes.
            (
                Code::Unavailable,
                "etcdserver: rpc not supported for learner",
                Unreachable,
            ),
            (
                Code::FailedPrecondition,
                "etcdserver: rpc not supported for learner",
                Unreachable,
            ),
            (
                Code::Unknown,
                "h2 protocol error: error reading a body from connection",
                Unreachable,
            ),
            (Code::Unknown, "transport error", Unreachable),
            (
                Code::Cancelled,
                "grpc: the client connection is closing",
                Unreachable,
            ),
            (
                Code::Unavailable,
                "grpc-status header missing, mapped from HTTP status code 503",
                Unreachable,
            ),
            // No answer in time.
            (Code::Cancelled, "Timeout expired", Timeout),
            (Code::DeadlineExceeded, "context deadline exceeded", Timeout),
            // Permissions and authentication.
            (
                Code::PermissionDenied,
                "etcdserver: permission denied",
                Denied,
            ),
            (Code::Unknown, "etcdserver: permission denied", Denied),
            (
                Code::PermissionDenied,
                "grpc-status header missing, mapped from HTTP status code 403",
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
                Code::FailedPrecondition,
                "etcdserver: user name not found",
                Unauthenticated,
            ),
            // The history.
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
            // Too big for the client, the server or a proxy.
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
                "grpc: received message larger than max (5 vs. 4)",
                TooBig,
            ),
            (
                Code::ResourceExhausted,
                "grpc: received message after decompression larger than max (5 vs. 4)",
                TooBig,
            ),
            (
                Code::InvalidArgument,
                "etcdserver: request is too large",
                TooBig,
            ),
            // Calls that never succeed.
            (
                Code::InvalidArgument,
                "etcdserver: too many operations in txn request",
                Refused,
            ),
            (
                Code::InvalidArgument,
                "etcdserver: duplicate key given in txn request",
                Refused,
            ),
            (Code::Cancelled, "context canceled", Cancelled),
            (Code::Cancelled, "etcdserver: watch canceled", Cancelled),
            // No fresh login, no smaller page and no other endpoint helps.
            (
                Code::ResourceExhausted,
                "etcdserver: mvcc: database space exceeded",
                Other,
            ),
            (
                Code::ResourceExhausted,
                "etcdserver: too many requests",
                Other,
            ),
            (Code::DataLoss, "etcdserver: corrupt cluster", Other),
            (
                Code::Unimplemented,
                "unknown service etcdserverpb.KV",
                Other,
            ),
            (Code::Unknown, "something else", Other),
            (Code::Internal, "", Other),
        ] {
            assert_eq!(kind(code, text), expected, "{code:?}: {text}");
            // The reason of a cancelled watch is the text alone, sometimes with the code before it.
            if text.starts_with("etcdserver") && expected != Other && expected != Cancelled {
                for reason in [
                    text.to_owned(),
                    format!("rpc error: code = {code:?} desc = {text}"),
                ] {
                    let failure = Failure::cancelled(&reason, 0, false);
                    assert_eq!(failure.kind, expected, "{reason}");
                }
            }
        }
    }

    #[test]
    fn a_fresh_login_is_tried_where_it_may_help() {
        let of = |text: &str| {
            let status = Status::new(Code::InvalidArgument, text);
            Failure::from(Error::GRpcStatus(status)).logins
        };
        assert_eq!(of("etcdserver: invalid auth token"), ONE_LOGIN);
        assert_eq!(of("etcdserver: revision of auth store is old"), MANY_LOGINS);
        assert_eq!(of("etcdserver: permission denied"), 0);
        // For a watcher that was never granted, an expired token is reported as denied, too.
        let denied = "etcdserver: permission denied";
        assert_eq!(Failure::cancelled(denied, 0, true).logins, ONE_LOGIN);
        assert_eq!(Failure::cancelled(denied, 0, false).logins, 0);
    }

    #[test]
    fn p15_who_is_denied_learns_what_is_missing_and_how_to_give_it() {
        let denied = |prefixes: &[&str]| {
            let ranges: Vec<Range> = prefixes.iter().map(|one| Range::below(one)).collect();
            let failure = Failure::new(ErrorKind::Denied, "etcdserver: permission denied");
            failure
                .into_error(
                    &CallContext::for_ranges("reading", &ranges),
                    "the user \"reader\"",
                    "http://e",
                )
                .message()
                .to_owned()
        };
        assert_eq!(
            denied(&["/configs/users/prod"]),
            "reading /configs/users/prod/: the user \"reader\" needs READ on \
             [\"/configs/users/prod/\", \"/configs/users/prod0\"); grant it with `etcdctl role \
             grant-permission ROLE --prefix=true read /configs/users/prod/` (etcd at http://e)"
        );
        assert!(denied(&["/a", "/b"]).contains("[\"/a/\", \"/a0\") and [\"/b/\", \"/b0\")"));
        assert!(denied(&["/it's"]).contains(r"read '/it'\''s/'"));
    }

    #[test]
    fn what_a_server_says_stays_on_one_line_and_ends() {
        let text = format!("a\nb\x1b[31m{}", "x".repeat(10_000));
        let error = Failure::from(Error::GRpcStatus(Status::new(Code::Unknown, text))).into_error(
            &CallContext::for_ranges("reading", &[Range::below("/a")]),
            "nobody",
            "http://127.0.0.1:2379",
        );
        assert_eq!(
            error.message(),
            "reading /a/ (etcd at http://127.0.0.1:2379)"
        );
        let source = error.source().unwrap().to_string();
        assert!(!source.chars().any(misleads));
        assert!(
            source.len() < 1_000 && source.starts_with("a b"),
            "{source}"
        );
    }
}
