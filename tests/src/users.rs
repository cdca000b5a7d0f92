//! Who may: users, roles and the tokens that they log in with.
//!
//! In: a server, and who may read what. Out: a server that lets in nobody else.

use std::path::Path;

use etcd_client::{Client, ConnectOptions, Permission, PermissionType};

use crate::server::Server;

/// The password of a user that [`with_users`] made.
pub fn password(user: &str) -> String {
    format!("{user}'s password")
}

/// Makes these users, each with a role of its own name that may read below these prefixes, and
/// `root`; then switches authentication on.
///
/// # Panics
///
/// When the server does not do it.
pub async fn with_users(server: &Server, users: &[(&str, &[&str])]) {
    let mut root = server.client().await;
    for (user, prefixes) in [("root", [].as_slice())].iter().chain(users) {
        done(root.role_add(*user).await);
        for prefix in *prefixes {
            done(root.role_grant_permission(*user, read(prefix)).await);
        }
        done(root.user_add(*user, password(user), None).await);
        done(root.user_grant_role(*user, *user).await);
    }
    done(root.auth_enable().await);
}

/// A client that has just logged in as `root`: tokens that are older than the last change of a
/// user may be worth nothing.
///
/// # Panics
///
/// When it is not let in.
pub async fn root(server: &Server) -> Client {
    as_user(server, "root").await
}

/// A client that has just logged in as this user.
///
/// # Panics
///
/// When it is not let in.
pub async fn as_user(server: &Server, user: &str) -> Client {
    let options = ConnectOptions::new().with_user(user, password(user));
    done(Client::connect([server.endpoint()], Some(options)).await)
}

/// The permission to read below this prefix, which ends with a slash.
pub fn read(prefix: &str) -> Permission {
    Permission::new(PermissionType::Read, prefix).with_prefix()
}

/// The flag by which an etcd gives out JWT, signed with an elliptic key that is put into this
/// folder, which end after that many seconds.
///
/// # Panics
///
/// When the key can't be made or written.
pub fn jwt_es256(folder: &Path, seconds: u32) -> String {
    let key = done(rcgen::KeyPair::generate());
    let (private, public) = (folder.join("jwt.key"), folder.join("jwt.pub"));
    done(std::fs::write(&private, key.serialize_pem()));
    done(std::fs::write(&public, key.public_key_pem()));
    format!(
        "--auth-token=jwt,pub-key={},priv-key={},sign-method=ES256,ttl={seconds}s",
        public.display(),
        private.display()
    )
}

/// The same with a secret that signs and verifies.
///
/// # Panics
///
/// When the secret can't be written.
pub fn jwt_hs256(folder: &Path, seconds: u32) -> String {
    let secret = folder.join("jwt.secret");
    let text: String = std::iter::repeat_with(fastrand::alphanumeric)
        .take(64)
        .collect();
    done(std::fs::write(&secret, text));
    format!(
        "--auth-token=jwt,priv-key={},sign-method=HS256,ttl={seconds}s",
        secret.display()
    )
}

fn done<R, E: std::fmt::Display>(result: Result<R, E>) -> R {
    match result {
        Ok(done) => done,
        Err(error) => panic!("the server's users: {error}"),
    }
}
