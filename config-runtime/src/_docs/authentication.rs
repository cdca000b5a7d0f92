//! This page shows how to set users, passwords and certificates, and how to renew them.
//!
//! ```no_run
//! # #[cfg(feature = "etcd")]
//! # fn build() -> Result<(), hotconfig::store::StoreError> {
//! use hotconfig::store::{Etcd, Tls};
//!
//! let tls = Tls::new()
//!     .ca_file("/etc/etcd/ca.pem")
//!     .identity_files("/etc/etcd/client.pem", "/etc/etcd/client-key.pem");
//! let etcd = Etcd::builder(["https://etcd-1:2379", "https://etcd-2:2379"])
//!     .user("user-service", "password")
//!     .tls(tls)
//!     .build()?;
//!
//! // Later, after the password was changed on the server:
//! etcd.set_user("user-service", "another password")?;
//! # Ok(())
//! # }
//! ```
//!
//! # Users
//!
//! The user needs one permission: READ on the keys below the prefix. In etcd that is a range, from
//! `/configs/users/prod/` to `/configs/users/prod0`:
//!
//! ```text
//! etcdctl role add user-service
//! etcdctl role grant-permission user-service read --prefix=true /configs/users/prod/
//! etcdctl user grant-role user-service user-service
//! ```
//!
//! A denial names the missing permission: `the user "user-service" needs READ on
//! ["/configs/users/prod/", "/configs/users/prod0")`.
//!
//! Permission denied is an error, never an empty configuration. A start does not wait for it to
//! pass, see [Starting](super::starting). In a running program the known configuration stays in
//! use, the loop retries after a back-off, and [`Status::failure`](crate::Status::failure) has the
//! reason.
//!
//! # Tokens and passwords
//!
//! If etcd rejects a token, the same call logs in again and is repeated. This covers simple tokens
//! and JWT, and also tokens that became old because the permissions of another user were changed.
//!
//! [`Etcd::set_user`](crate::store::Etcd::set_user) replaces the user or the password of a running
//! program. Open watches continue, as in etcd, with the permissions that they were opened with.
//!
//! # Certificates
//!
//! - `https` endpoints without [`Tls`](crate::store::Tls) trust the certificate authorities of the
//!   system. [`ca_file`](crate::store::Tls::ca_file) replaces those.
//! - [`identity_files`](crate::store::Tls::identity_files) sets the certificate of the client. An
//!   etcd with `--client-cert-auth` requires one.
//! - Files that change are read again before the next connection. A certificate that is renewed on
//!   disk needs no restart.
//! - If the new files cannot be used, the last usable ones stay in use. The events `tls_changed`
//!   and `tls_refused` report both cases, see [Health checks and metrics](super::health).
//!
//! # Secrets in the program
//!
//! Passwords and keys appear in no `Debug` output and in no message. A URL that contains a password
//! is rejected by [`EtcdBuilder::build`](crate::store::EtcdBuilder::build).
