//! The example `axum_service` does what it shows: its limits and its log follow a real etcd.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what it expects by failing"
)]

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::thread;

use etcd_client::{Client, Txn, TxnOp};
use hotconfig_tests::{LIMIT, Server, eventually, example};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

const PREFIX: &str = "/configs/users/test";

fn command(etcd: &Server) -> Command {
    let mut command = Command::new(example("axum_service"));
    command
        .args(["--etcd", &etcd.endpoint(), "--listen", "127.0.0.1:0"])
        .args(["--app", "users", "--env", "test"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// The example in a process of its own. Dropping it kills the process.
struct Service {
    child: Child,
    address: String,
    log: Arc<Mutex<String>>,
}

impl Service {
    /// Starts it and returns once it is ready.
    fn start(etcd: &Server, arguments: &[&str]) -> Self {
        let mut child = command(etcd).args(arguments).spawn().unwrap();
        let log = Arc::default();
        collect(child.stderr.take().unwrap(), Arc::clone(&log));
        let stdout = child.stdout.take().unwrap();
        let mut service = Self {
            child,
            address: String::new(),
            log,
        };
        let (lines, printed) = mpsc::channel();
        thread::spawn(move || {
            let lines_of = BufReader::new(stdout).lines();
            lines_of
                .map_while(Result::ok)
                .try_for_each(|line| lines.send(line))
        });
        let line = match printed.recv_timeout(LIMIT) {
            Ok(line) => line,
            Err(RecvTimeoutError::Timeout) => {
                panic!("it was not ready in {LIMIT:?}: {}", service.log())
            }
            Err(RecvTimeoutError::Disconnected) => panic!("it ended: {}", service.log()),
        };
        let address = line.strip_prefix("listening on http://");
        address
            .unwrap_or_else(|| panic!("it printed {line:?}"))
            .clone_into(&mut service.address);
        service
    }

    /// What it has logged so far.
    fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    async fn get(&self, path: &str) -> Answer {
        self.get_as(path, "").await
    }

    async fn get_as(&self, path: &str, header: &str) -> Answer {
        get(self.address.clone(), path.to_owned(), header.to_owned()).await
    }

    async fn status_of(&self, path: &str) -> u16 {
        self.get(path).await.status
    }

    /// A request that takes this long.
    fn work(&self, ms: u64) -> JoinHandle<Answer> {
        let path = format!("/work?ms={ms}");
        tokio::spawn(get(self.address.clone(), path, String::new()))
    }

    /// The request that takes the only place, once it has it.
    async fn occupied(&self, ms: u64) -> JoinHandle<Answer> {
        let request = Mutex::new(self.work(ms));
        eventually("the only place to be taken", async || {
            let turned_away = self.status_of("/").await == 503;
            let mut request = request.lock().unwrap();
            // It may have come while the question above had the place.
            if request.is_finished() {
                *request = self.work(ms);
                return false;
            }
            turned_away
        })
        .await;
        request.into_inner().unwrap()
    }

    /// Waits until `/config` has a line with all of these.
    async fn shows(&self, parts: &[&str]) {
        eventually(&format!("a line of /config with {parts:?}"), async || {
            self.get("/config").await.has_line_with(parts)
        })
        .await;
    }

    async fn is_ready(&self) {
        eventually("a service that is ready", async || {
            self.status_of("/readyz").await == 200
        })
        .await;
    }

    /// Waits until it is not, for this reason.
    async fn is_not_ready(&self, because: &str) {
        eventually(&format!("not ready: {because}"), async || {
            let answer = self.get("/readyz").await;
            answer.status == 503 && answer.has_line_with(&["not ready: last confirmed ", because])
        })
        .await;
    }

    /// The exit status, once the process has ended by itself.
    async fn ended(&mut self) -> ExitStatus {
        let mut status = None;
        eventually("the service to end", || {
            status = self.child.try_wait().unwrap();
            std::future::ready(status.is_some())
        })
        .await;
        status.unwrap()
    }

    #[cfg(unix)]
    fn signal(&self, signal: rustix::process::Signal) {
        // The child has not been waited for, so its id can't belong to another process.
        let process = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(process, signal).unwrap();
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Where it has ended already, there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads on a thread, so that the process never waits for a reader.
fn collect(mut from: impl Read + Send + 'static, to: Arc<Mutex<String>>) {
    thread::spawn(move || {
        let mut piece = [0; 4096];
        while let Ok(length @ 1..) = from.read(&mut piece) {
            to.lock()
                .unwrap()
                .push_str(&String::from_utf8_lossy(&piece[..length]));
        }
    });
}

#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn has_line_with(&self, parts: &[&str]) -> bool {
        self.body
            .lines()
            .any(|line| parts.iter().all(|part| line.contains(part)))
    }
}

/// An answer of HTTP/1.0 ends with its connection: nothing to parse.
async fn get(address: String, path: String, header: String) -> Answer {
    let mut stream = TcpStream::connect(&address).await.unwrap();
    let request = format!("GET {path} HTTP/1.0\r\nHost: {address}\r\n{header}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer
        .split_once("\r\n\r\n")
        .unwrap_or_else(|| panic!("{answer:?}"));
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    Answer {
        status: status.unwrap_or_else(|| panic!("{head:?}")),
        head: head.to_ascii_lowercase(),
        body: body.to_owned(),
    }
}

/// Writes keys below the prefix, in one transaction.
async fn put(client: &mut Client, pairs: &[(&str, &str)]) {
    let puts: Vec<_> = pairs
        .iter()
        .map(|(key, value)| TxnOp::put(format!("{PREFIX}/{key}"), *value, None))
        .collect();
    client.txn(Txn::new().and_then(puts)).await.unwrap();
}

#[tokio::test]
async fn a_slow_request_is_cut_off_once_the_time_limit_is_below_it() {
    let etcd = Server::start().await;
    let mut client = etcd.client().await;
    put(&mut client, &[("http/timeout", "1m")]).await;
    let service = Service::start(&etcd, &[]);
    let slow = "/work?ms=300";
    assert_eq!(service.get(slow).await.body, "worked for 300 ms\n");

    put(&mut client, &[("http/timeout", "10ms")]).await;
    eventually("the request to be cut off", async || {
        service.status_of(slow).await == 504
    })
    .await;

    put(&mut client, &[("http/timeout", "1m")]).await;
    eventually("the request to be let through", async || {
        service.status_of(slow).await == 200
    })
    .await;
}

#[tokio::test]
async fn with_a_concurrency_of_one_the_second_request_is_turned_away() {
    let etcd = Server::start().await;
    let mut client = etcd.client().await;
    put(&mut client, &[("http/timeout", "1m")]).await;
    let service = Service::start(&etcd, &[]);
    let first = service.work(30_000);
    assert_eq!(service.status_of("/").await, 200);
    first.abort();

    put(&mut client, &[("http/concurrency", "1")]).await;
    let first = service.occupied(30_000).await;
    let second = service.get("/").await;
    assert_eq!(second.status, 503);
    assert!(second.head.contains("\r\nretry-after: "), "{second:?}");
    assert_eq!(
        service.status_of("/healthz").await,
        200,
        "who asks for its health gets in"
    );

    // Whoever hangs up gives the place back.
    first.abort();
    eventually("the place to be free", async || {
        service.status_of("/").await == 200
    })
    .await;
}

#[tokio::test]
async fn requests_are_logged_once_the_level_is_debug() {
    let etcd = Server::start().await;
    let mut client = etcd.client().await;
    let service = Service::start(&etcd, &[]);
    service.get("/before").await;

    put(&mut client, &[("log_level", "debug")]).await;
    eventually("a request in the log", async || {
        service.get("/after").await;
        service.log().contains("path=\"/after\"")
    })
    .await;
    // A line is written before its request is answered, so it would stand above.
    assert!(!service.log().contains("/before"), "{}", service.log());
}

#[tokio::test]
async fn p07_a_bad_value_changes_nothing_and_the_last_good_one_is_shown() {
    let etcd = Server::start().await;
    let mut client = etcd.client().await;
    put(
        &mut client,
        &[("http/timeout", "1m"), ("http/concurrency", "7")],
    )
    .await;
    let service = Service::start(&etcd, &[]);
    assert!(
        service
            .get("/config")
            .await
            .has_line_with(&["http/timeout", "  1m"])
    );

    put(
        &mut client,
        &[("http/timeout", "10m"), ("http/concurrency", "9")],
    )
    .await;
    service.shows(&["http/timeout", "  1m", "last good"]).await;
    service
        .shows(&["http/concurrency", "  7", "last good"])
        .await;
    assert_eq!(service.status_of("/work?ms=20").await, 200);
    // The last good values serve, so it is ready; what is held is said.
    service.is_ready().await;
    let status = service.get("/status").await;
    let held = ["is held (", "http/timeout", "http/concurrency"];
    assert!(status.has_line_with(&held), "{status:?}");
    assert!(status.has_line_with(&["http/timeout", "10m"]), "{status:?}");

    // It stops no other key, and the next good value takes its place.
    put(&mut client, &[("log_level", "warn")]).await;
    service.shows(&["log_level", "  warn"]).await;
    put(&mut client, &[("http/timeout", "30s")]).await;
    service
        .shows(&["http/timeout", "  30s  (", "revision"])
        .await;
    service
        .shows(&["http/concurrency", "  9  (", "revision"])
        .await;
}

#[tokio::test]
async fn a_token_is_asked_for_can_be_replaced_and_is_shown_to_nobody() {
    let etcd = Server::start().await;
    let mut client = etcd.client().await;
    put(&mut client, &[("token", "hunter2"), ("log_level", "trace")]).await;
    let service = Service::start(&etcd, &[]);
    assert_eq!(service.status_of("/config").await, 401);
    let config = service
        .get_as("/config", "Authorization: Bearer hunter2\r\n")
        .await;
    assert!(config.has_line_with(&["token", "***"]), "{config:?}");
    assert!(!config.body.contains("hunter"), "{config:?}");

    put(&mut client, &[("token", "hunter3")]).await;
    eventually("the new token to be asked for", async || {
        service
            .get_as("/config", "Authorization: Bearer hunter3\r\n")
            .await
            .status
            == 200
    })
    .await;
    let old = service
        .get_as("/config", "Authorization: Bearer hunter2\r\n")
        .await;
    assert_eq!(old.status, 401);
    // One that is refused is held without a word of it.
    put(&mut client, &[("token", "")]).await;
    assert_eq!(service.status_of("/status").await, 401);
    let status = Mutex::new(String::new());
    eventually("the bad token to be held", async || {
        let header = "Authorization: Bearer hunter3\r\n";
        let answer = service.get_as("/status", header).await;
        let held = answer.has_line_with(&["is held (", "/token"]);
        *status.lock().unwrap() = answer.body;
        held
    })
    .await;
    let status = status.into_inner().unwrap();
    assert!(!status.contains("hunter"), "{status}");
    assert!(!service.log().contains("hunter"), "{}", service.log());
}

#[cfg(unix)]
#[tokio::test]
async fn p09_it_serves_without_etcd_says_so_and_catches_up() {
    let mut etcd = Server::start().await;
    put(&mut etcd.client().await, &[("http/concurrency", "7")]).await;
    let service = Service::start(&etcd, &["--staleness", "1s"]);
    service.is_ready().await;

    etcd.kill();
    service.is_not_ready("cannot be reached").await;
    assert_eq!(service.status_of("/healthz").await, 200, "it is alive");
    assert_eq!(service.status_of("/work?ms=1").await, 200);
    assert!(
        service
            .get("/config")
            .await
            .has_line_with(&["http/concurrency", "  7"])
    );

    // Frozen, it can't be back before the change is made.
    service.signal(rustix::process::Signal::STOP);
    etcd.restart().await;
    put(&mut etcd.client().await, &[("http/concurrency", "8")]).await;
    service.signal(rustix::process::Signal::CONT);
    service.shows(&["http/concurrency", "  8"]).await;
    service.is_ready().await;
}

#[cfg(unix)]
#[tokio::test]
async fn p09_drill_27_a_frozen_etcd_makes_it_not_ready_with_the_cause_and_a_thawed_one_ready() {
    let etcd = Server::start().await;
    let service = Service::start(&etcd, &["--staleness", "2s"]);
    service.is_ready().await;
    etcd.stop();
    service.is_not_ready("expected at most 2s: ").await;
    // Its socket is open, so that nothing but its silence tells.
    assert_eq!(service.status_of("/healthz").await, 200, "it is alive");
    assert!(service.get("/status").await.has_line_with(&["stale: "]));
    etcd.cont();
    service.is_ready().await;
}

#[cfg(unix)]
#[tokio::test]
async fn sigterm_lets_requests_end_and_then_the_service_ends_well() {
    let etcd = Server::start().await;
    let mut client = etcd.client().await;
    let settings = [("http/timeout", "1m"), ("http/concurrency", "1")];
    put(&mut client, &settings).await;
    let mut service = Service::start(&etcd, &[]);
    let request = service.occupied(2_000).await;

    service.signal(rustix::process::Signal::TERM);
    assert_eq!(request.await.unwrap().body, "worked for 2000 ms\n");
    assert!(service.ended().await.success(), "{}", service.log());
}

#[tokio::test]
async fn p07_a_start_with_bad_keys_names_them_all_and_fails() {
    let etcd = Server::start().await;
    let bad = [
        ("http/timeout", "1h"),
        ("http/concurrency", "many"),
        ("log_level", "loud"),
    ];
    put(&mut etcd.client().await, &bad).await;

    let mut child = command(&etcd).spawn().unwrap();
    let log = Arc::default();
    collect(child.stderr.take().unwrap(), Arc::clone(&log));
    let mut service = Service {
        child,
        address: String::new(),
        log,
    };

    assert_eq!(service.ended().await.code(), Some(1));
    let named = |log: &str| {
        bad.iter()
            .all(|(key, _)| log.contains(&format!("{PREFIX}/{key}")))
    };
    eventually("all keys in the error", async || named(&service.log())).await;
}
