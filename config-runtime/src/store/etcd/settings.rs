//! The settings of an [`Etcd`], checked before anything is contacted.
//!
//! In: endpoints, a user, [`Tls`], time limits. Out: [`EtcdSettings`] that a connection can be
//! made of, or an error. It knows no connection.

use std::fmt;
use std::time::Duration;

use etcd_client::ConnectOptions;
use iri_string::types::UriStr;

use super::Etcd;
use super::errors::invalid;
use super::shared::{EtcdShared, User};
use super::tls::{Tls, TlsMaterial, TlsReloader};
use crate::store::StoreError;

/// etcd's own `--grpc-keepalive-min-time`: a client that pings more often is cut off.
const MIN_KEEP_ALIVE: Duration = Duration::from_secs(5);

/// The maximum of a limit: `Duration::MAX` would overflow `Instant`.
const MAX_LIMIT: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Builds an [`Etcd`]; see [`Etcd::builder`].
///
/// ```
/// use std::time::Duration;
/// use hotconfig::store::Etcd;
///
/// let etcd = Etcd::builder(["http://10.0.0.1:2379", "http://10.0.0.2:2379"])
///     .call_timeout(Duration::from_secs(2))
///     .build()?;
///
/// let nowhere = Etcd::builder(Vec::<String>::new()).build();
/// assert!(nowhere.is_err(), "there is nothing to connect to");
/// # Ok::<(), hotconfig::store::StoreError>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `build`"]
pub struct EtcdBuilder {
    settings: EtcdSettings,
    user: Option<User>,
    tls: Option<Tls>,
}

/// The settings of a connection, which do not change.
#[derive(Clone)]
pub(super) struct EtcdSettings {
    pub(super) endpoints: Vec<String>,
    pub(super) connect_timeout: Duration,
    pub(super) call_timeout: Duration,
    pub(super) keep_alive: (Duration, Duration),
    pub(super) decode_limit: usize,
    pub(super) page_size: u32,
}

impl fmt::Debug for EtcdSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // `build` rejects a password or a path in an endpoint, but they can still be here.
        let place = |text: &str| text.split(['/', '?', '#']).next().map(str::to_owned);
        let shown = |endpoint: &String| match endpoint.rsplit_once('@') {
            Some((_, text)) => place(text).map(|place| format!("***@{place}")),
            None => match endpoint.split_once("://") {
                Some((scheme, text)) => place(text).map(|place| format!("{scheme}://{place}")),
                None => place(endpoint),
            },
        };
        let endpoints: Vec<_> = self.endpoints.iter().filter_map(shown).collect();
        f.debug_struct("Settings")
            .field("endpoints", &endpoints)
            .field("connect_timeout", &self.connect_timeout)
            .field("call_timeout", &self.call_timeout)
            .field("keep_alive", &self.keep_alive)
            .field("decode_limit", &self.decode_limit)
            .field("page_size", &self.page_size)
            .finish()
    }
}

impl EtcdBuilder {
    pub(super) fn new(endpoints: Vec<String>) -> Self {
        Self {
            settings: EtcdSettings {
                endpoints,
                connect_timeout: Duration::from_secs(2),
                call_timeout: Duration::from_secs(5),
                keep_alive: (Duration::from_secs(10), Duration::from_secs(3)),
                decode_limit: 64 << 20,
                page_size: 10_000,
            },
            user: None,
            tls: None,
        }
    }

    /// Logs in as this user. Without a user, or if the server's authentication is disabled, calls
    /// are anonymous.
    ///
    /// Each of the two connections logs in once, and again when its token has expired. The server
    /// checks a password with bcrypt, which takes it tens of milliseconds. If the password changes
    /// while the program runs, set the new one with [`Etcd::set_user`].
    pub fn user(mut self, name: impl Into<String>, password: impl Into<String>) -> Self {
        self.user = Some(User::new(name, password));
        self
    }

    /// Sets the TLS material of both sides; all endpoints must be `https`.
    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Sets the time that one endpoint has to accept a connection; 2 s by default.
    ///
    /// With a longer limit a call waits longer for a host that is gone, before it tries another.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.settings.connect_timeout = limit.min(MAX_LIMIT);
        self
    }

    /// Sets the time limit of one call, including its retries; 5 s by default. A page of a
    /// [reading](Self::page_size) is a call, and so is opening a watch.
    ///
    /// With several endpoints each attempt gets at most half of it. With a shorter limit a silent
    /// server is noticed sooner, but a slow one may be taken for a silent one.
    pub fn call_timeout(mut self, limit: Duration) -> Self {
        self.settings.call_timeout = limit.min(MAX_LIMIT);
        self
    }

    /// Sets the keep-alive. A connection in use is pinged after this time without traffic, 10 s by
    /// default and at least 5 s. If no answer comes within the timeout, 3 s by default, it is
    /// closed.
    ///
    /// A silent server under a watch is noticed after at most the sum of both. A ping is 17 bytes.
    /// An etcd disconnects a client that pings more often than every 5 s, unless it was started
    /// with another `--grpc-keepalive-min-time`.
    pub fn keep_alive(mut self, interval: Duration, timeout: Duration) -> Self {
        self.settings.keep_alive = (interval.min(MAX_LIMIT), timeout.min(MAX_LIMIT));
        self
    }

    /// Sets the maximum size of a message, in bytes; 64 MiB by default.
    ///
    /// It bounds the memory that one answer can take. A bigger page is requested again in halves. A
    /// bigger burst of changes ends the watch, and everything is read again. A single key with its
    /// value must fit.
    pub fn decode_limit(mut self, bytes: usize) -> Self {
        self.settings.decode_limit = bytes;
        self
    }

    /// Sets the maximum number of keys that one call reads; 10,000 by default.
    ///
    /// Smaller pages take less memory at a time and longer in total, because the server counts the
    /// whole range again for each. Lower it if 10,000 values can't be transferred within the [time
    /// limit](Self::call_timeout). If the revision of a reading is compacted between two pages, the
    /// reading restarts with pages ten times as big, up to four times.
    pub fn page_size(mut self, keys: u32) -> Self {
        self.settings.page_size = keys;
        self
    }

    /// Checks the settings, and reads the files of [`Tls`]. Contacts nothing.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::store::ErrorKind::Invalid), with the mistake and without the
    /// password.
    pub fn build(self) -> Result<Etcd, StoreError> {
        let mut settings = self.settings;
        if settings.endpoints.is_empty() {
            return Err(invalid("found no endpoint; expected at least one"));
        }
        let secured = self.tls.is_some();
        for endpoint in &mut settings.endpoints {
            *endpoint = checked(endpoint, secured)?;
        }
        let https = |endpoint: &&String| endpoint.starts_with("https:");
        let of_https = settings.endpoints.iter().filter(https).count();
        if of_https != 0 && of_https != settings.endpoints.len() {
            return Err(invalid(
                "found both http and https endpoints; expected one scheme for all",
            ));
        }
        let tls = match self.tls {
            Some(tls) => Some(tls),
            None if of_https > 0 => Some(Tls::new()),
            None => None,
        };
        let tls = match tls {
            Some(tls) => {
                let material = tls.read()?;
                Some(TlsReloader::new(tls, material))
            }
            None => None,
        };
        if let Some(user) = &self.user {
            user.check()?;
        }
        for (what, limit) in [
            ("connect timeout", settings.connect_timeout),
            ("call timeout", settings.call_timeout),
            ("keep-alive timeout", settings.keep_alive.1),
        ] {
            if limit.is_zero() {
                return Err(invalid(format!(
                    "the {what} is zero; expected a longer time"
                )));
            }
        }
        if settings.keep_alive.0 < MIN_KEEP_ALIVE {
            return Err(invalid(format!(
                "the keep-alive interval is {:?}; expected at least {MIN_KEEP_ALIVE:?}, because \
                 etcd disconnects clients that ping more often",
                settings.keep_alive.0
            )));
        }
        if settings.page_size == 0 {
            return Err(invalid("the page size is 0; expected at least 1 key"));
        }
        if settings.decode_limit == 0 {
            return Err(invalid("the decode limit is 0; expected at least 1 byte"));
        }
        Ok(Etcd::new(EtcdShared::new(settings, self.user, tls)))
    }
}

impl EtcdSettings {
    /// The options of etcd-client, without the user: with one, connecting would wait for an answer,
    /// and fail without one.
    pub(super) fn options(&self, material: Option<&TlsMaterial>) -> ConnectOptions {
        let (interval, timeout) = self.keep_alive;
        let options = ConnectOptions::new()
            .with_connect_timeout(self.connect_timeout)
            .with_keep_alive(interval, timeout)
            // etcd forbids pings on a connection without a call or a watch, and closes it.
            .with_keep_alive_while_idle(false)
            // A member that lost its leader ends a watch with an error, instead of letting it hang.
            .with_require_leader(true);
        match material {
            Some(material) => options.with_tls(material.options(self.connect_timeout)),
            None => options,
        }
    }
}

/// The endpoint with its scheme, if it is one.
fn checked(endpoint: &str, secured: bool) -> Result<String, StoreError> {
    // The text before an `@` may be a password, and the message would go to a log.
    if endpoint.contains('@') {
        return Err(invalid(
            "found a user in an endpoint; set it with `EtcdBuilder::user`",
        ));
    }
    let full = match (endpoint.contains("://"), secured) {
        (true, _) => endpoint.to_owned(),
        (false, true) => format!("https://{endpoint}"),
        (false, false) => format!("http://{endpoint}"),
    };
    let wrong = |what: &str| {
        invalid(format!(
            "{endpoint:?} is not an endpoint: {what}; expected one like http://127.0.0.1:2379"
        ))
    };
    let uri = UriStr::new(&full).map_err(|_| wrong("it is not a URI"))?;
    let scheme = uri.scheme_str();
    let default_port = match scheme {
        "https" => 443,
        "http" if !secured => 80,
        "http" => return Err(wrong("TLS requires https")),
        other => return Err(wrong(&format!("unknown scheme {other:?}"))),
    };
    let has_path = !matches!(uri.path_str(), "" | "/");
    if has_path || uri.query().is_some() || uri.fragment().is_some() {
        return Err(wrong("it has a path, a query or a fragment"));
    }
    let authority = uri.authority_components();
    let authority = authority.filter(|authority| !authority.host().is_empty());
    let authority = authority.ok_or_else(|| wrong("it has no host"))?;
    let port = match authority.port() {
        None | Some("") => default_port,
        Some(port) => port
            .parse::<u16>()
            .map_err(|_| wrong("its port is above 65535"))?,
    };
    Ok(format!("{scheme}://{}:{port}", authority.host()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::ErrorKind;

    fn refused(builder: EtcdBuilder) -> String {
        let error = builder.build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        error.message().to_owned()
    }

    fn good() -> EtcdBuilder {
        Etcd::builder(["http://127.0.0.1:2379"])
    }

    #[test]
    fn endpoints_are_checked_and_completed() {
        for (given, expected) in [
            ("http://127.0.0.1:2379", "http://127.0.0.1:2379"),
            ("http://127.0.0.1:2379/", "http://127.0.0.1:2379"),
            ("etcd-1.internal:2379", "http://etcd-1.internal:2379"),
            ("[::1]:2379", "http://[::1]:2379"),
            ("https://etcd.internal", "https://etcd.internal:443"),
        ] {
            assert_eq!(checked(given, false).unwrap(), expected);
        }
        assert_eq!(
            checked("127.0.0.1:2379", true).unwrap(),
            "https://127.0.0.1:2379"
        );
        for wrong in [
            "",
            "http://",
            "etcd://127.0.0.1:2379",
            "http://127.0.0.1:2379/v3",
            "http://a b:1",
            "http://127.0.0.1:99999",
            "unix:///run/etcd.sock",
        ] {
            refused(Etcd::builder([wrong]));
        }
        refused(Etcd::builder(Vec::<String>::new()));
        refused(Etcd::builder(["http://127.0.0.1:1", "https://127.0.0.1:2"]));
        refused(good().tls(Tls::new()));
    }

    #[test]
    fn limits_without_end_are_kept_within_a_year() {
        let endless = good()
            .connect_timeout(Duration::MAX)
            .call_timeout(Duration::MAX)
            .keep_alive(Duration::MAX, Duration::MAX)
            .settings;
        let limits = [
            endless.connect_timeout,
            endless.call_timeout,
            endless.keep_alive.0,
            endless.keep_alive.1,
        ];
        assert_eq!(limits, [MAX_LIMIT; 4]);
    }

    #[test]
    fn limits_that_could_not_work_are_refused() {
        let second = Duration::from_secs(1);
        assert!(refused(good().keep_alive(second * 4, second)).contains("5s"));
        refused(good().keep_alive(second * 5, Duration::ZERO));
        refused(good().call_timeout(Duration::ZERO));
        refused(good().connect_timeout(Duration::ZERO));
        refused(good().page_size(0));
        refused(good().decode_limit(0));
        refused(good().user("", "password"));
        good().keep_alive(second * 5, second).build().unwrap();
    }

    #[test]
    fn files_that_are_not_pem_are_refused() {
        let https = || Etcd::builder(["https://127.0.0.1:2379"]);
        let not = "-----BEGIN NOTHING-----\n";
        assert!(refused(https().tls(Tls::new().ca(not))).contains("authority"));
        assert!(refused(https().tls(Tls::new().identity("", ""))).contains("client's certificate"));
        refused(https().tls(Tls::new().domain_name("not a name")));
    }

    #[test]
    fn drill_39_no_password_is_shown() {
        let builder = good().user("reader", "open sesame");
        assert!(!format!("{builder:?}").contains("sesame"));
        let etcd = format!("{:?}", builder.build().unwrap());
        assert!(etcd.contains("reader") && !etcd.contains("sesame"));
        let shown = format!(
            "{:?}",
            Etcd::builder(["http://here:1/?sesame", "there:2/sesame"])
        );
        assert!(
            shown.contains("[\"http://here:1\", \"there:2\"]"),
            "{shown}"
        );
        let builder = Etcd::builder(["http://reader:open@sesame@127.0.0.1:2379/?sesame"]);
        let shown = format!("{builder:?}");
        assert!(shown.contains("[\"***@127.0.0.1:2379\"]"), "{shown}");
        assert!(
            !shown.contains("sesame") && !shown.contains("open"),
            "{shown}"
        );
        let error = refused(builder);
        assert!(!error.contains("sesame"), "{error}");
    }
}
