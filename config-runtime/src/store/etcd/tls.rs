//! How both sides of a connection prove who they are, also where the files change while it runs.
//!
//! In: PEM, given or in files. Out: what etcd-client is told, and whether that is still what the
//! files say. It knows no connection.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use etcd_client::{Certificate, Identity, TlsOptions};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};

use super::settings::invalid;
use crate::event;
use crate::store::StoreError;

/// How often the files are looked at, at most.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// How an [`Etcd`](super::Etcd) with `https` endpoints proves who both sides are.
///
/// ```no_run
/// use hotconfig::store::{Etcd, Tls};
///
/// let tls = Tls::new()
///     .ca_file("/etc/etcd/ca.pem")
///     .identity_files("/etc/etcd/client.pem", "/etc/etcd/client-key.pem");
/// let etcd = Etcd::builder(["https://etcd.internal:2379"]).tls(tls).build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// What is given as a file is read by `build()`, and again while the program runs: once the files
/// have changed, the next call makes a new connection with what they say now. A certificate that
/// is renewed on disk needs no restart. Watches that are open go on over the connection that they
/// have, until the server ends it. Where the files can't be used, say because they are half
/// written, or the key is not the certificate's, the last ones that could stay in use, and a
/// warning is logged.
#[derive(Clone, Default)]
pub struct Tls {
    ca: Option<Pem>,
    identity: Option<(Pem, Pem)>,
    domain_name: Option<String>,
}

/// PEM, as it was read.
type Bytes = Arc<[u8]>;

/// PEM, or where it lies.
#[derive(Clone)]
enum Pem {
    Given(Bytes),
    File(PathBuf),
}

impl Tls {
    /// The system's certificate authorities, and no identity of our own.
    ///
    /// `https` endpoints without any [`Tls`] are the same.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The certificate authorities to trust, as PEM, in place of the system's.
    #[must_use]
    pub fn ca(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.ca = Some(Pem::Given(pem.into().into()));
        self
    }

    /// The same from a file, which may be replaced while the program runs.
    #[must_use]
    pub fn ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.ca = Some(Pem::File(path.into()));
        self
    }

    /// The certificate (with those of its issuers, if it has any) and the key that this client
    /// shows, as PEM. An etcd with `--client-cert-auth` wants one.
    #[must_use]
    pub fn identity(
        mut self,
        certificate_pem: impl Into<Vec<u8>>,
        key_pem: impl Into<Vec<u8>>,
    ) -> Self {
        let given = |pem: Vec<u8>| Pem::Given(pem.into());
        self.identity = Some((given(certificate_pem.into()), given(key_pem.into())));
        self
    }

    /// The same from files, which may be replaced while the program runs. One file may hold both.
    #[must_use]
    pub fn identity_files(
        mut self,
        certificate: impl Into<PathBuf>,
        key: impl Into<PathBuf>,
    ) -> Self {
        self.identity = Some((Pem::File(certificate.into()), Pem::File(key.into())));
        self
    }

    /// The name that the servers' certificates are for, where it is not the endpoints' host.
    #[must_use]
    pub fn domain_name(mut self, name: impl Into<String>) -> Self {
        self.domain_name = Some(name.into());
        self
    }

    /// Whether a certificate is shown to the servers.
    pub(super) fn has_identity(&self) -> bool {
        self.identity.is_some()
    }

    fn has_files(&self) -> bool {
        let of_file = |pem: &Pem| matches!(pem, Pem::File(_));
        self.ca.as_ref().is_some_and(of_file)
            || matches!(&self.identity, Some((certificate, key)) if of_file(certificate) || of_file(key))
    }

    /// Reads what is in files, and checks all of it.
    pub(super) fn read(&self) -> Result<Proof, StoreError> {
        if let Some(name) = &self.domain_name {
            ServerName::try_from(name.as_str())
                .map_err(|_| invalid(format!("{name:?} is not a domain name")))?;
        }
        Ok(Proof {
            ca: self.read_ca()?,
            identity: self.read_identity()?,
            domain_name: self.domain_name.clone(),
        })
    }

    fn read_ca(&self) -> Result<Option<Bytes>, StoreError> {
        let Some(ca) = &self.ca else {
            return Ok(None);
        };
        Ok(Some(ca.certificates("the certificate authority")?))
    }

    fn read_identity(&self) -> Result<Option<(Bytes, Bytes)>, StoreError> {
        let Some((certificate, key)) = &self.identity else {
            return Ok(None);
        };
        let certificate = certificate.certificates("the client's certificate")?;
        Ok(Some((certificate, key.key("the client's key")?)))
    }
}

/// What was set; never the key.
impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls")
            .field("ca", &self.ca)
            .field("identity", &self.identity)
            .field("domain_name", &self.domain_name)
            .finish()
    }
}

/// Where it lies; never what it says.
impl fmt::Debug for Pem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Given(_) => f.write_str("(given)"),
            Self::File(path) => path.fmt(f),
        }
    }
}

impl Pem {
    fn bytes(&self, whose: &str) -> Result<Bytes, StoreError> {
        match self {
            Self::Given(pem) => Ok(Arc::clone(pem)),
            Self::File(path) => match std::fs::read(path) {
                Ok(pem) => Ok(pem.into()),
                Err(error) => Err(invalid(format!(
                    "{whose} can't be read from {}: {error}",
                    path.display()
                ))),
            },
        }
    }

    fn certificates(&self, whose: &str) -> Result<Bytes, StoreError> {
        let pem = self.bytes(whose)?;
        let mut found = 0;
        for certificate in CertificateDer::pem_slice_iter(&pem) {
            certificate
                .map_err(|error| invalid(format!("{whose}{} is not PEM: {error}", self.place())))?;
            found += 1;
        }
        if found == 0 {
            return Err(invalid(format!(
                "{whose}{} has no certificate in it",
                self.place()
            )));
        }
        Ok(pem)
    }

    fn key(&self, whose: &str) -> Result<Bytes, StoreError> {
        let pem = self.bytes(whose)?;
        PrivateKeyDer::from_pem_slice(&pem)
            .map_err(|error| invalid(format!("{whose}{} is not PEM: {error}", self.place())))?;
        Ok(pem)
    }

    /// Where it lies, for a message.
    fn place(&self) -> String {
        match self {
            Self::Given(_) => String::new(),
            Self::File(path) => format!(" in {}", Path::display(path)),
        }
    }
}

/// What a connection proves itself with: read, and each part of it good by itself.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Proof {
    ca: Option<Bytes>,
    identity: Option<(Bytes, Bytes)>,
    domain_name: Option<String>,
}

impl Proof {
    /// What etcd-client is told. Shaking hands takes no longer than connecting may.
    pub(super) fn options(&self, handshake: Duration) -> TlsOptions {
        let mut options = TlsOptions::new().timeout(handshake);
        options = match &self.ca {
            Some(ca) => options.ca_certificate(Certificate::from_pem(ca)),
            // Left to itself, etcd-client trusts no authority at all.
            None => options.with_enabled_roots(),
        };
        if let Some((certificate, key)) = &self.identity {
            options = options.identity(Identity::from_pem(certificate, key));
        }
        if let Some(name) = &self.domain_name {
            options = options.domain_name(name);
        }
        options
    }
}

/// The proof that is in use, and the files that it came from.
pub(super) struct Proofs {
    tls: Tls,
    state: Mutex<State>,
}

struct State {
    /// What the files said last, and how often they said something else.
    latest: (u64, Proof),
    /// The identity that a connection could be made with last.
    good: Option<(Bytes, Bytes)>,
    looked: Instant,
    /// What was logged last, so that it is logged once.
    warned: Option<String>,
}

impl Proofs {
    pub(super) fn new(tls: Tls, proof: Proof) -> Self {
        Self {
            tls,
            state: Mutex::new(State {
                latest: (0, proof),
                good: None,
                looked: Instant::now(),
                warned: None,
            }),
        }
    }

    pub(super) fn tls(&self) -> &Tls {
        &self.tls
    }

    /// What the files say, and a number that grows when it is something else. A file that can't
    /// be used says what it said before.
    pub(super) fn latest(&self) -> (u64, Proof) {
        let mut state = self.lock();
        if self.tls.has_files() && state.looked.elapsed() >= LOOK_EVERY {
            state.looked = Instant::now();
            let mut proof = state.latest.1.clone();
            let mut wrong = None;
            match self.tls.read_ca() {
                Ok(ca) => proof.ca = ca,
                Err(error) => wrong = Some(error),
            }
            match self.tls.read_identity() {
                Ok(identity) => proof.identity = identity,
                Err(error) => wrong = Some(error),
            }
            if proof != state.latest.1 {
                state.latest = (state.latest.0 + 1, proof);
                state.warned = None;
                event::tls_changed();
            }
            if let Some(wrong) = wrong {
                state.warn(wrong.message());
            }
        }
        state.latest.clone()
    }

    /// A connection could be made with it.
    pub(super) fn is_good(&self, proof: Proof) {
        self.lock().good = proof.identity;
    }

    /// No connection can be made with this, since its key is not its certificate's. Answers the
    /// same with an identity that one could be made with.
    pub(super) fn instead(&self, proof: Proof, why: &str) -> Option<Proof> {
        let mut state = self.lock();
        let good = state.good.clone()?;
        state.warn(why);
        Some(Proof {
            identity: Some(good),
            ..proof
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn warn(&mut self, why: &str) {
        if self.warned.as_deref() != Some(why) {
            self.warned = Some(why.to_owned());
            event::tls_refused(why);
        }
    }
}

impl fmt::Debug for Proofs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tls.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drill_39_a_key_is_never_shown() {
        let tls = Tls::new().identity("a certificate", "a secret key");
        assert!(!format!("{tls:?}").contains("secret"));
        let tls = Tls::new().identity_files("client.pem", "client.key");
        assert!(format!("{tls:?}").contains("client.key"));
    }

    #[test]
    fn a_file_that_is_missing_or_is_not_pem_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        let read = || match Tls::new().ca_file(&path).read() {
            Ok(_) => panic!("it was read"),
            Err(error) => error.message().to_owned(),
        };
        assert!(read().contains("ca.pem"), "{}", read());
        std::fs::write(&path, "nothing").unwrap();
        assert!(read().contains("ca.pem") && read().contains("no certificate"));
    }
}
