//! Who may: users, tokens, roles and certificates, through a whole configuration on a real etcd.
//! Whatever is taken away is said, and never looks like an empty configuration; whatever is given
//! again is found without a restart.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what it expects by failing"
)]

use std::future::Future;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use etcd_client::Client;
use hotconfig::store::{ErrorKind, Etcd, EtcdBuilder, StoreError, Tls};
use hotconfig::{Hot, HotBuilder, HotConfig, StartError};
use hotconfig_tests::certificates::Authority;
use hotconfig_tests::users::{self, jwt_es256, jwt_hs256, password, root};
use hotconfig_tests::{LIMIT, Server, chain, etcdctl, eventually};

/// The default tells an empty configuration from what the server holds.
#[derive(HotConfig, Clone, Debug, PartialEq)]
#[hot(prefix = "/configs/{app}/{env}")]
struct Service {
    #[hot(default = 8)]
    pool_size: u32,
}

const PREFIX: &str = "/configs/users/prod/";
const KEY: &str = "/configs/users/prod/pool_size";
const READER: (&str, &[&str]) = ("reader", &[PREFIX]);

fn builder(server: &Server) -> EtcdBuilder {
    Etcd::builder([server.endpoint()]).call_timeout(Duration::from_secs(3))
}

fn reader(server: &Server) -> Etcd {
    let builder = builder(server).user("reader", password("reader"));
    builder.build().unwrap()
}

fn hot(etcd: &Etcd) -> HotBuilder<Service> {
    Hot::<Service>::builder(etcd.clone())
        .var("app", "users")
        .var("env", "prod")
        .backoff(Duration::from_millis(10), Duration::from_millis(200))
}

async fn soon<R>(what: &str, happens: impl Future<Output = R>) -> R {
    let waited = tokio::time::timeout(LIMIT, happens).await;
    waited.unwrap_or_else(|_| panic!("in vain: {what}"))
}

async fn put(client: &mut Client, value: u32) {
    client.put(KEY, value.to_string(), None).await.unwrap();
}

async fn is(hot: &Hot<Service>, value: u32) {
    eventually(&format!("the value to be {value}"), || async {
        hot.load().pool_size == value && hot.status().failure.is_none()
    })
    .await;
}

async fn fails(hot: &Hot<Service>, kind: ErrorKind) -> StoreError {
    eventually(&format!("the status to say {kind}"), || async {
        let failure = hot.status().failure;
        failure.is_some_and(|failure| failure.kind() == kind)
    })
    .await;
    hot.status().failure.unwrap()
}

async fn says(hot: &Hot<Service>, words: &str) {
    eventually(&format!("the status to say {words:?}"), || async {
        let failure = hot.status().failure;
        failure.is_some_and(|failure| chain(&failure).contains(words))
    })
    .await;
}

async fn no_start(builder: HotBuilder<Service>) -> StoreError {
    match soon("an answer", builder.start()).await {
        Err(StartError::Store { source: error, .. }) => error,
        Err(other) => panic!("{other}"),
        Ok(hot) => panic!("it started with {:?}", hot.load()),
    }
}

/// Waits until every token is worth nothing that was given out before this was called and is not
/// used meanwhile.
async fn tokens_to_expire(server: &Server) {
    // A simple token lives on while it is used, so each one is tried once.
    let mut fresh = Vec::new();
    for _ in 0..20 {
        fresh.push(users::as_user(server, "reader").await);
    }
    for mut client in fresh {
        if client.get(KEY, None).await.is_err() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    panic!("the tokens do not expire");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_follows_and_a_wrong_password_is_said_to_be_one() {
    let server = Server::start().await;
    users::with_users(&server, &[READER]).await;
    let hot_one = hot(&reader(&server)).start().await.unwrap();
    put(&mut root(&server).await, 16).await;
    is(&hot_one, 16).await;
    assert!(hot_one.status().is_fresh());

    let wrong = builder(&server).user("reader", "a guess").build().unwrap();
    let error = no_start(hot(&wrong)).await;
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert!(chain(&error).contains("\"reader\""), "{error}");
    assert!(!chain(&error).contains("guess"), "{error}");

    let nobody = builder(&server).build().unwrap();
    let error = no_start(hot(&nobody)).await;
    assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error}");
}

/// What holds whatever the tokens are.
async fn tokens_expire(flag: String) {
    let mut server = Server::builder().flag(flag).start().await;
    users::with_users(&server, &[READER]).await;
    let etcd = reader(&server);
    // Nothing is asked between the changes that keeps a token in use.
    let idle = Duration::from_secs(600);
    let follower = hot(&etcd).staleness_limit(idle).start().await.unwrap();
    put(&mut root(&server).await, 16).await;
    is(&follower, 16).await;

    tokens_to_expire(&server).await;
    put(&mut root(&server).await, 17).await;
    is(&follower, 17).await;
    // Another configuration on the same connections: its calls and its watch find the token worn
    // out, and nobody hears of it.
    let second = hot(&etcd).staleness_limit(idle).start().await.unwrap();
    put(&mut root(&server).await, 18).await;
    is(&second, 18).await;
    is(&follower, 18).await;

    server.restart().await;
    let mut client = root(&server).await;
    put(&mut client, 19).await;
    is(&second, 19).await;
    is(&follower, 19).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn drill_20_simple_tokens_expire_and_are_forgotten_by_a_restart() {
    Box::pin(tokens_expire("--auth-token-ttl=2".to_owned())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn drill_20_signed_tokens_expire() {
    let folder = tempfile::tempdir().unwrap();
    Box::pin(tokens_expire(jwt_es256(folder.path(), 2))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn drill_20_another_users_change_makes_every_signed_token_old_and_nobody_notices() {
    let folder = tempfile::tempdir().unwrap();
    let flag = jwt_hs256(folder.path(), 600);
    let cheap = "--bcrypt-cost=4";
    let server = Server::builder().flag(flag).flag(cheap).start().await;
    users::with_users(&server, &[READER]).await;
    let etcd = reader(&server);
    // Reads everything again and again, and so comes upon every change.
    let often = Duration::from_millis(100);
    let follower = hot(&etcd).compare_interval(often).start().await.unwrap();
    for number in 0..20 {
        let mut admin = root(&server).await;
        let name = format!("another-{number}");
        admin.user_add(name, "password", None).await.unwrap();
        let read = hot(&etcd).start().await.unwrap();
        put(&mut root(&server).await, 100 + number).await;
        is(&read, 100 + number).await;
        eventually("the follower to follow", || async {
            let status = follower.status();
            assert_eq!(status.failure, None);
            follower.load().pool_size == 100 + number
        })
        .await;
        assert!(follower.status().connected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn p04_a_password_that_changed_is_given_anew_while_the_program_runs() {
    let server = Server::start().await;
    users::with_users(&server, &[READER]).await;
    put(&mut root(&server).await, 16).await;
    let etcd = reader(&server);
    let often = Duration::from_millis(200);
    // So long a rest that only the new password can end it.
    let long = 8 * LIMIT;
    let follower = hot(&etcd)
        .compare_interval(often)
        .backoff(long, 2 * long)
        .start()
        .await
        .unwrap();
    assert_eq!(follower.load().pool_size, 16);

    let mut admin = root(&server).await;
    admin
        .user_change_password("reader", "another password")
        .await
        .unwrap();
    let error = fails(&follower, ErrorKind::Unauthenticated).await;
    assert!(chain(&error).contains("set_user"), "{error}");
    put(&mut root(&server).await, 17).await;
    // The last good stays.
    fails(&follower, ErrorKind::Unauthenticated).await;
    assert_eq!(follower.load().pool_size, 16);

    // Any clone will do.
    let clone = etcd.clone();
    clone.set_user("", "nobody").unwrap_err();
    clone.set_user("reader", "another password").unwrap();
    assert!(!format!("{etcd:?}").contains("another password"));
    is(&follower, 17).await;
    put(&mut root(&server).await, 18).await;
    is(&follower, 18).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn p04_a_deleted_user_is_said_and_another_takes_its_place() {
    let server = Server::start().await;
    users::with_users(&server, &[READER, ("second", &[PREFIX])]).await;
    let etcd = reader(&server);
    let often = Duration::from_millis(200);
    let follower = hot(&etcd).compare_interval(often).start().await.unwrap();
    put(&mut root(&server).await, 16).await;
    is(&follower, 16).await;
    let mut admin = root(&server).await;
    admin.user_delete("reader").await.unwrap();
    fails(&follower, ErrorKind::Unauthenticated).await;
    put(&mut root(&server).await, 17).await;
    assert_eq!(follower.load().pool_size, 16);
    etcd.set_user("second", password("second")).unwrap();
    is(&follower, 17).await;
}

/// Does what the message of a denial says, for this role.
fn grant_as_told(server: &Server, error: &StoreError, role: &str) {
    let message = chain(&error);
    let from = message.find("etcdctl role grant-permission").unwrap();
    let told = message.get(from..).unwrap();
    let (told, _) = told.split_once("` (etcd at").unwrap();
    let arguments = told.split(' ').skip(1).map(|word| match word {
        "ROLE" => role,
        word => word,
    });
    let done = Command::new(etcdctl())
        .env("ETCDCTL_API", "3")
        .args(["--endpoints", &server.endpoint()])
        .args(["--user", "root", "--password", &password("root")])
        .args(arguments)
        .output()
        .unwrap();
    assert!(done.status.success(), "{told}: {done:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn drill_23_a_role_that_is_granted_late_is_found() {
    let server = Server::start().await;
    let mut anybody = server.client().await;
    put(&mut anybody, 16).await;
    users::with_users(&server, &[("reader", &[])]).await;
    let etcd = reader(&server);

    let error = no_start(hot(&etcd)).await;
    assert_eq!(error.kind(), ErrorKind::Denied);
    for part in [
        "reading /configs/users/prod/: the user \"reader\" needs READ on ",
        "[\"/configs/users/prod/\", \"/configs/users/prod0\")",
        "grant it with `etcdctl role grant-permission ROLE --prefix=true read ",
        &server.endpoint(),
    ] {
        assert!(chain(&error).contains(part), "{error}");
    }

    let waiting = hot(&etcd).defaults_without_store();
    let waiting = soon("a start", waiting.start()).await.unwrap();
    let error = fails(&waiting, ErrorKind::Denied).await;
    assert_eq!(waiting.load().pool_size, 8);
    assert!(!waiting.status().is_fresh() && !waiting.status().connected);
    assert_eq!(waiting.status().revision, None);

    grant_as_told(&server, &error, "reader");
    is(&waiting, 16).await;
    assert!(waiting.status().is_fresh());
}

#[tokio::test(flavor = "multi_thread")]
async fn p15_a_role_that_is_revoked_is_said_and_the_last_good_stays() {
    let mut server = Server::start().await;
    users::with_users(&server, &[READER]).await;
    let etcd = reader(&server);
    let limit = Duration::from_millis(1500);
    let idle = Duration::from_secs(600);
    let watching = hot(&etcd).staleness_limit(idle).start().await.unwrap();
    let asking = hot(&etcd)
        .compare_interval(Duration::from_millis(200))
        .staleness_limit(limit)
        .start()
        .await
        .unwrap();
    put(&mut root(&server).await, 16).await;
    is(&watching, 16).await;
    is(&asking, 16).await;

    let mut admin = root(&server).await;
    let all = etcd_client::RoleRevokePermissionOptions::new().with_prefix();
    admin
        .role_revoke_permission("reader", PREFIX, Some(all))
        .await
        .unwrap();
    // Who asks is denied, and says so; a watch that is open goes on.
    fails(&asking, ErrorKind::Denied).await;
    put(&mut root(&server).await, 17).await;
    is(&watching, 17).await;
    eventually("the status to say stale, and why", || async {
        let stale = asking.status().stale;
        stale.is_some_and(|stale| stale.cause.to_string().contains("permission denied"))
    })
    .await;
    assert_eq!(asking.load().pool_size, 16);

    // Without its watch, the other one is denied, too.
    server.restart().await;
    fails(&watching, ErrorKind::Denied).await;
    assert_eq!(watching.load().pool_size, 17);

    let mut admin = root(&server).await;
    admin
        .role_grant_permission("reader", users::read(PREFIX))
        .await
        .unwrap();
    is(&watching, 17).await;
    is(&asking, 17).await;
    put(&mut root(&server).await, 18).await;
    is(&watching, 18).await;
    is(&asking, 18).await;
}

/// A server that wants a certificate of an authority that it finds in `clients.pem`, and shows
/// one for `etcd.test` of the authority `servers`.
async fn secured(folder: &Path, servers: &Authority, clients: &Authority) -> Server {
    servers.sign("etcd.test").write(folder, "server");
    let trusted = folder.join("clients.pem");
    std::fs::write(&trusted, clients.pem()).unwrap();
    Server::builder()
        .tls(&folder.join("server.pem"), &folder.join("server.key"))
        .flag("--client-cert-auth")
        .flag(format!("--trusted-ca-file={}", trusted.display()))
        .start()
        .await
}

/// What the server's own operator writes with.
async fn operator(server: &Server, servers: &Authority, clients: &Authority) -> Client {
    let mine = clients.sign("operator");
    let tls = etcd_client::TlsOptions::new()
        .ca_certificate(etcd_client::Certificate::from_pem(servers.pem()))
        .identity(etcd_client::Identity::from_pem(mine.certificate, mine.key))
        .domain_name("etcd.test");
    let options = etcd_client::ConnectOptions::new().with_tls(tls);
    Client::connect([server.endpoint()], Some(options))
        .await
        .unwrap()
}

fn of_files(server: &Server, folder: &Path) -> Etcd {
    let tls = Tls::new()
        .ca_file(folder.join("ca.pem"))
        .identity_files(folder.join("client.pem"), folder.join("client.key"))
        .domain_name("etcd.test");
    builder(server).tls(tls).build().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn p04_certificates_that_are_replaced_on_disk_are_used_without_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (servers, clients) = (Authority::new("servers"), Authority::new("clients"));
    let mut server = secured(folder, &servers, &clients).await;
    std::fs::write(folder.join("ca.pem"), servers.pem()).unwrap();
    clients.sign("first").write(folder, "client");

    let etcd = of_files(&server, folder);
    let often = Duration::from_millis(200);
    let follower = hot(&etcd).compare_interval(often).start().await.unwrap();
    put(&mut operator(&server, &servers, &clients).await, 16).await;
    is(&follower, 16).await;

    // Half of the new pair is there: no call fails.
    let second = clients.sign("second");
    std::fs::write(folder.join("client.pem"), &second.certificate).unwrap();
    for value in 17..22 {
        put(&mut operator(&server, &servers, &clients).await, value).await;
        is(&follower, value).await;
        // A call that is made while the files don't fit.
        let other = hot(&etcd).start().await.unwrap();
        assert_eq!(other.load().pool_size, value);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    std::fs::write(folder.join("client.key"), "half of a k").unwrap();
    let other = hot(&etcd).start().await.unwrap();
    assert_eq!(other.load().pool_size, 21);

    // Both authorities are replaced, on the server too: it now trusts nobody it knew.
    let (servers, clients) = (Authority::new("new"), Authority::new("newer"));
    servers.sign("etcd.test").write(folder, "server");
    std::fs::write(folder.join("clients.pem"), clients.pem()).unwrap();
    server.restart().await;
    put(&mut operator(&server, &servers, &clients).await, 30).await;
    says(&follower, "Tls::ca_file").await;

    std::fs::write(folder.join("ca.pem"), servers.pem()).unwrap();
    says(&follower, "may require another client certificate").await;
    assert_eq!(follower.load().pool_size, 21);

    clients.sign("third").write(folder, "client");
    is(&follower, 30).await;
    put(&mut operator(&server, &servers, &clients).await, 31).await;
    is(&follower, 31).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_that_do_not_fit_are_named_and_nothing_hangs() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (servers, clients) = (Authority::new("servers"), Authority::new("clients"));
    let server = secured(folder, &servers, &clients).await;
    let mine = clients.sign("mine");
    let start = async |tls: Tls| {
        let etcd = builder(&server).tls(tls).build().unwrap();
        let limit = Duration::from_millis(1500);
        no_start(hot(&etcd).start_timeout(limit)).await
    };
    let good = || {
        Tls::new()
            .ca(servers.pem())
            .identity(mine.certificate.as_str(), mine.key.as_str())
            .domain_name("etcd.test")
    };
    let stranger = Authority::new("strangers").sign("mine");
    for (tls, kind, parts) in [
        // An authority that is not ours.
        (
            good().ca(clients.pem()),
            ErrorKind::Unreachable,
            ["UnknownIssuer", "Tls::ca"],
        ),
        // The certificate is for another name.
        (
            good().domain_name("another.test"),
            ErrorKind::Unreachable,
            ["another.test", "etcd.test"],
        ),
        // The server does not know who signed ours, or wants one.
        (
            good().identity(stranger.certificate.as_str(), stranger.key.as_str()),
            ErrorKind::Unreachable,
            ["may require another client certificate", "Tls::identity"],
        ),
        (
            Tls::new().ca(servers.pem()).domain_name("etcd.test"),
            ErrorKind::Unreachable,
            ["certificate", "Tls::identity"],
        ),
        // A key of another certificate.
        (
            good().identity(mine.certificate.as_str(), stranger.key.as_str()),
            ErrorKind::Invalid,
            ["key", "certificate"],
        ),
    ] {
        let error = start(tls).await;
        assert_eq!(error.kind(), kind, "{error}");
        for part in parts {
            assert!(chain(&error).contains(part), "{part}: {error}");
        }
        assert!(chain(&error).contains(&server.endpoint()), "{error}");
    }
    let etcd = builder(&server).tls(good()).build().unwrap();
    hot(&etcd).start().await.unwrap();

    let missing = Tls::new().identity_files(folder.join("client.pem"), folder.join("client.key"));
    let error = builder(&server).tls(missing).build().unwrap_err();
    assert!(chain(&error).contains("client.pem"), "{error}");
}
