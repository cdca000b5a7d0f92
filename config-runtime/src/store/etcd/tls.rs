//! TLS material: certificates and keys, and their reloading when the files change.
//!
//! In: PEM, inline or in files. Out: options of etcd-client, and a number that grows when the files
//! change. It knows no connection.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use etcd_client::{Certificate, Identity, TlsOptions};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};

use super::errors::invalid;
use crate::event;
use crate::store::StoreError;

/// The shortest time between two readings of the files.
const CHECK_INTERVAL: Duration = Duration::from_millis(200);

/// The TLS settings of an [`Etcd`](super::Etcd) with `https` endpoints: the identities of both
/// sides.
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
/// Files are read by `build()`, and again while the program runs: once they have changed, the next
/// call makes a new connection with their new content. A certificate that is renewed on disk needs
/// no restart. Open watches stay on their connection until the server ends it. If the files can't
/// be used, for example because they are half written, or the key does not belong to the
/// certificate, the last usable ones stay in use, and a warning is logged.
#[derive(Clone, Default)]
pub struct Tls {
    ca: Option<Pem>,
    identity: Option<(Pem, Pem)>,
    domain_name: Option<String>,
}

/// PEM, as it was read.
type PemBytes = Arc<[u8]>;

/// PEM, or its path.
#[derive(Clone)]
enum Pem {
    Inline(PemBytes),
    Path(PathBuf),
}

impl Tls {
    /// Trusts the system's certificate authorities, without an identity for this client.
    ///
    /// `https` endpoints without any [`Tls`] are the same.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the certificate authorities to trust, as PEM, in place of the system's.
    #[must_use]
    pub fn ca(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.ca = Some(Pem::Inline(pem.into().into()));
        self
    }

    /// Sets the same from a file, which may be replaced while the program runs.
    #[must_use]
    pub fn ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.ca = Some(Pem::Path(path.into()));
        self
    }

    /// Sets the identity that this client presents, as PEM: the certificate (with those of its
    /// issuers, if it has any) and the key. An etcd with `--client-cert-auth` requires one.
    #[must_use]
    pub fn identity(
        mut self,
        certificate_pem: impl Into<Vec<u8>>,
        key_pem: impl Into<Vec<u8>>,
    ) -> Self {
        let given = |pem: Vec<u8>| Pem::Inline(pem.into());
        self.identity = Some((given(certificate_pem.into()), given(key_pem.into())));
        self
    }

    /// Sets the same from files, which may be replaced while the program runs. One file may contain
    /// both.
    #[must_use]
    pub fn identity_files(
        mut self,
        certificate: impl Into<PathBuf>,
        key: impl Into<PathBuf>,
    ) -> Self {
        self.identity = Some((Pem::Path(certificate.into()), Pem::Path(key.into())));
        self
    }

    /// Sets the name that the servers' certificates are for, if it is not the endpoints' host.
    #[must_use]
    pub fn domain_name(mut self, name: impl Into<String>) -> Self {
        self.domain_name = Some(name.into());
        self
    }

    /// Whether a certificate is presented to the servers.
    pub(super) fn has_identity(&self) -> bool {
        self.identity.is_some()
    }

    fn has_files(&self) -> bool {
        let of_file = |pem: &Pem| matches!(pem, Pem::Path(_));
        self.ca.as_ref().is_some_and(of_file)
            || matches!(&self.identity, Some((certificate, key)) if of_file(certificate) || of_file(key))
    }

    /// Reads the files, and checks all of the material.
    pub(super) fn read(&self) -> Result<TlsMaterial, StoreError> {
        if let Some(name) = &self.domain_name {
            ServerName::try_from(name.as_str()).map_err(|_| {
                invalid(format!(
                    "{name:?} is not a domain name; expected one such as `etcd.internal`"
                ))
            })?;
        }
        Ok(TlsMaterial {
            ca: self.read_ca()?,
            identity: self.read_identity()?,
            domain_name: self.domain_name.clone(),
        })
    }

    fn read_ca(&self) -> Result<Option<PemBytes>, StoreError> {
        let Some(ca) = &self.ca else {
            return Ok(None);
        };
        Ok(Some(ca.certificates("the certificate authority")?))
    }

    fn read_identity(&self) -> Result<Option<(PemBytes, PemBytes)>, StoreError> {
        let Some((certificate, key)) = &self.identity else {
            return Ok(None);
        };
        let certificate = certificate.certificates("the client's certificate")?;
        Ok(Some((certificate, key.key("the client's key")?)))
    }
}

/// Shows the settings, never the key.
impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls")
            .field("ca", &self.ca)
            .field("identity", &self.identity)
            .field("domain_name", &self.domain_name)
            .finish()
    }
}

/// Shows the path, never the content.
impl fmt::Debug for Pem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inline(_) => f.write_str("(given)"),
            Self::Path(path) => path.fmt(f),
        }
    }
}

impl Pem {
    fn bytes(&self, name: &str) -> Result<PemBytes, StoreError> {
        match self {
            Self::Inline(pem) => Ok(Arc::clone(pem)),
            Self::Path(path) => match std::fs::read(path) {
                Ok(pem) => Ok(pem.into()),
                Err(error) => Err(invalid(format!(
                    "{name} can't be read from {}: {error}",
                    path.display()
                ))),
            },
        }
    }

    fn certificates(&self, name: &str) -> Result<PemBytes, StoreError> {
        let pem = self.bytes(name)?;
        let mut found = 0;
        for certificate in CertificateDer::pem_slice_iter(&pem) {
            certificate
                .map_err(|error| invalid(format!("{name}{} is not PEM: {error}", self.place())))?;
            found += 1;
        }
        if found == 0 {
            return Err(invalid(format!(
                "{name}{} contains no certificate; expected at least one in PEM",
                self.place()
            )));
        }
        Ok(pem)
    }

    fn key(&self, name: &str) -> Result<PemBytes, StoreError> {
        let pem = self.bytes(name)?;
        PrivateKeyDer::from_pem_slice(&pem).map_err(|error| {
            invalid(format!(
                "{name}{} is not a private key in PEM: {error}",
                self.place()
            ))
        })?;
        Ok(pem)
    }

    /// The path, for a message.
    fn place(&self) -> String {
        match self {
            Self::Inline(_) => String::new(),
            Self::Path(path) => format!(" in {}", path.display()),
        }
    }
}

/// The material that a connection is made with: read, and each part valid by itself.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct TlsMaterial {
    ca: Option<PemBytes>,
    identity: Option<(PemBytes, PemBytes)>,
    domain_name: Option<String>,
}

impl TlsMaterial {
    /// The options of etcd-client. The handshake has the time limit of connecting.
    pub(super) fn options(&self, handshake: Duration) -> TlsOptions {
        let mut options = TlsOptions::new().timeout(handshake);
        options = match &self.ca {
            Some(ca) => options.ca_certificate(Certificate::from_pem(ca)),
            // By default etcd-client trusts no authority at all.
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

/// The material in use, and the files that it is read from again.
pub(super) struct TlsReloader {
    tls: Tls,
    state: Mutex<ReloadState>,
}

struct ReloadState {
    /// The last content of the files, and the number of its changes.
    latest: (u64, TlsMaterial),
    /// The last identity that a connection could be made with.
    good: Option<(PemBytes, PemBytes)>,
    checked_at: Instant,
    /// The last warning, so that it is logged once.
    warned: Option<String>,
}

impl TlsReloader {
    pub(super) fn new(tls: Tls, material: TlsMaterial) -> Self {
        Self {
            tls,
            state: Mutex::new(ReloadState {
                latest: (0, material),
                good: None,
                checked_at: Instant::now(),
                warned: None,
            }),
        }
    }

    pub(super) fn config(&self) -> &Tls {
        &self.tls
    }

    /// The material in the files, and a number that grows with each change. For a file that can't
    /// be used, the last content that could is returned.
    pub(super) fn latest(&self) -> (u64, TlsMaterial) {
        let mut state = self.lock();
        if self.tls.has_files() && state.checked_at.elapsed() >= CHECK_INTERVAL {
            state.checked_at = Instant::now();
            let mut material = state.latest.1.clone();
            let mut wrong = None;
            match self.tls.read_ca() {
                Ok(ca) => material.ca = ca,
                Err(error) => wrong = Some(error),
            }
            match self.tls.read_identity() {
                Ok(identity) => material.identity = identity,
                Err(error) => wrong = Some(error),
            }
            if material != state.latest.1 {
                state.latest = (state.latest.0 + 1, material);
                state.warned = None;
                event::tls_changed();
            }
            if let Some(wrong) = wrong {
                state.warn(wrong.message());
            }
        }
        state.latest.clone()
    }

    /// Notes that a connection could be made with this material.
    pub(super) fn mark_good(&self, material: TlsMaterial) {
        self.lock().good = material.identity;
    }

    /// This material with the last identity that a connection could be made with. For material
    /// whose key does not match its certificate.
    pub(super) fn last_good(&self, material: TlsMaterial, why: &str) -> Option<TlsMaterial> {
        let mut state = self.lock();
        let good = state.good.clone()?;
        state.warn(why);
        Some(TlsMaterial {
            identity: Some(good),
            ..material
        })
    }

    fn lock(&self) -> MutexGuard<'_, ReloadState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ReloadState {
    fn warn(&mut self, why: &str) {
        if self.warned.as_deref() != Some(why) {
            self.warned = Some(why.to_owned());
            event::tls_refused(why);
        }
    }
}

impl fmt::Debug for TlsReloader {
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
