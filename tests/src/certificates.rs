//! Certificates: an authority of its own, and what it signs.
//!
//! In: names. Out: PEM, in memory or in files. It knows no server.

use std::fmt::Display;
use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

/// A certificate authority.
#[derive(Debug)]
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

/// A certificate with its key.
#[derive(Clone, Debug)]
pub struct Signed {
    /// The certificate, as PEM.
    pub certificate: String,
    /// Its key, as PEM.
    pub key: String,
}

impl Authority {
    /// A new one, which nobody trusts yet.
    ///
    /// # Panics
    ///
    /// When there is no randomness.
    pub fn new(name: &str) -> Self {
        let key = done(KeyPair::generate());
        let mut params = named(name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = done(params.self_signed(&key)).pem();
        Self {
            issuer: Issuer::new(params, key),
            pem,
        }
    }

    /// Its own certificate, as PEM.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// A certificate for this name: of a host, or of a user.
    ///
    /// # Panics
    ///
    /// When it is no name.
    pub fn sign(&self, name: &str) -> Signed {
        let key = done(KeyPair::generate());
        Signed {
            certificate: done(named(name).signed_by(&key, &self.issuer)).pem(),
            key: key.serialize_pem(),
        }
    }
}

impl Signed {
    /// Writes both into this folder, as `<name>.pem` and `<name>.key`.
    ///
    /// # Panics
    ///
    /// When they can't be written.
    pub fn write(&self, folder: &Path, name: &str) {
        done(std::fs::write(
            folder.join(format!("{name}.pem")),
            &self.certificate,
        ));
        done(std::fs::write(
            folder.join(format!("{name}.key")),
            &self.key,
        ));
    }
}

fn named(name: &str) -> CertificateParams {
    let mut params = done(CertificateParams::new([name.to_owned()]));
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

fn done<R, E: Display>(result: Result<R, E>) -> R {
    match result {
        Ok(done) => done,
        Err(error) => panic!("a certificate: {error}"),
    }
}
