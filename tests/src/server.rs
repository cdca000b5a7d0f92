//! One etcd member in a process of its own: started, killed, stopped, restarted.
//!
//! In go flags; out comes an endpoint that answers. Its data lies in a folder of its
//! own, in memory where there is room, and goes with it.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::binary::{self, Version};
use crate::folder::Folder;
use crate::ports::Port;
use crate::wait::LIMIT;

/// The name of the only member.
const NAME: &str = "n1";

/// Flags for a [`Server`] before it is started.
#[derive(Clone, Debug, Default)]
pub struct Builder {
    tls: bool,
    flags: Vec<OsString>,
}

impl Builder {
    /// Adds a flag, such as `.flag("--max-txn-ops=10")`. A flag that the server is
    /// given anyway is replaced.
    #[must_use]
    pub fn flag(mut self, flag: impl AsRef<OsStr>) -> Self {
        self.flags.push(flag.as_ref().to_owned());
        self
    }

    /// Clients connect over TLS, and the server shows them this certificate (PEM).
    #[must_use]
    pub fn tls(mut self, certificate: &Path, key: &Path) -> Self {
        self.tls = true;
        for (name, path) in [("--cert-file", certificate), ("--key-file", key)] {
            self.flags.push(name.into());
            self.flags.push(path.into());
        }
        self
    }

    /// Starts a member with an empty store, and returns once it is healthy.
    ///
    /// # Panics
    ///
    /// When there is no etcd, or when it does not become healthy; with its log.
    pub async fn start(self) -> Server {
        let mut last = String::new();
        // Somebody else may take a port between its choice and its use.
        for _ in 0..10 {
            let mut server = Server {
                folder: Folder::new(),
                client: Port::free(),
                peer: Port::free(),
                health: Port::free(),
                builder: self.clone(),
                child: None,
            };
            match server.launch().await {
                Ok(()) => return server,
                Err(Failure::PortTaken(log)) => last = log,
                Err(Failure::Other(what)) => panic!("{what}"),
            }
        }
        panic!("no free ports for an etcd in ten attempts; the last one's log:\n{last}");
    }
}

enum Failure {
    PortTaken(String),
    Other(String),
}

/// A running etcd with one member and a store of its own.
///
/// Dropping it kills the process and removes the data. A server in a `static` is
/// never dropped, so don't keep one there.
#[derive(Debug)]
pub struct Server {
    child: Option<Child>,
    builder: Builder,
    client: Port,
    peer: Port,
    health: Port,
    // Last, so that the process is gone before its data is.
    folder: Folder,
}

impl Server {
    /// Starts a member with an empty store, and returns once it is healthy.
    ///
    /// # Panics
    ///
    /// When there is no etcd, or when it does not become healthy; with its log.
    pub async fn start() -> Self {
        Self::builder().start().await
    }

    /// For a server with flags of its own.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Where clients connect, such as `http://127.0.0.1:12379`. It stays the same
    /// through restarts.
    pub fn endpoint(&self) -> String {
        let scheme = if self.builder.tls { "https" } else { "http" };
        format!("{scheme}://127.0.0.1:{}", self.client.number())
    }

    /// The number of the port where clients connect.
    pub fn port(&self) -> u16 {
        self.client.number()
    }

    /// A bare client without a user or TLS, to write what a test needs to be there.
    ///
    /// # Panics
    ///
    /// When the client can't be made.
    pub async fn client(&self) -> etcd_client::Client {
        match etcd_client::Client::connect([self.endpoint()], None).await {
            Ok(client) => client,
            Err(error) => panic!("no client for {}: {error}", self.endpoint()),
        }
    }

    /// The version of etcd.
    pub fn version(&self) -> Version {
        binary::version()
    }

    /// Where the member keeps its data. To copy it or to put another one in its
    /// place, [`kill`](Self::kill) the member first.
    pub fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// What the server has printed so far.
    pub fn log(&self) -> String {
        match std::fs::read(self.log_path()) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) => format!("(no log: {error})"),
        }
    }

    /// Ends the process at once (`kill -9`), as a crash would. Its data stays.
    ///
    /// # Panics
    ///
    /// When the process can't be ended.
    pub fn kill(&mut self) {
        if let Err(error) = self.end() {
            panic!("the etcd can't be killed: {error}");
        }
    }

    /// Starts it again with the same data and the same ports, and returns once it is
    /// healthy. A running one is killed first.
    ///
    /// # Panics
    ///
    /// When it does not become healthy; with its log.
    pub async fn restart(&mut self) {
        self.kill();
        let mut last = String::new();
        // The ports are as they were, so all there is to do is to wait for them.
        for _ in 0..20 {
            match self.launch().await {
                Ok(()) => return,
                Err(Failure::PortTaken(log)) => last = log,
                Err(Failure::Other(what)) => panic!("{what}"),
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        panic!("the etcd's ports did not become free again; its log:\n{last}");
    }

    /// Kills it and removes its data. After [`restart`](Self::restart) it has an
    /// empty store and the same cluster and member ids as before.
    ///
    /// # Panics
    ///
    /// When the process can't be ended or the data can't be removed.
    pub fn wipe(&mut self) {
        self.kill();
        match std::fs::remove_dir_all(self.data_dir()) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => panic!("the etcd's data can't be removed: {error}"),
        }
    }

    /// Freezes the process (`SIGSTOP`): its connections stay open and say nothing.
    ///
    /// # Panics
    ///
    /// When the process is not running.
    #[cfg(unix)]
    pub fn stop(&self) {
        use rustix::process::{Signal, WaitId, WaitIdOptions, waitid};

        let process = self.signal(Signal::STOP);
        // Its threads stop one by one, and until the last has, it may still answer. What
        // is not taken away by the waiting is there for a second call of this.
        let stopped = WaitIdOptions::STOPPED | WaitIdOptions::NOWAIT;
        if let Err(error) = waitid(WaitId::Pid(process), stopped) {
            panic!("the etcd did not stop: {error}");
        }
    }

    /// Lets a frozen process go on (`SIGCONT`).
    ///
    /// # Panics
    ///
    /// When the process is not running.
    #[cfg(unix)]
    pub fn cont(&self) {
        self.signal(rustix::process::Signal::CONT);
    }

    #[cfg(unix)]
    fn signal(&self, signal: rustix::process::Signal) -> rustix::process::Pid {
        // The child has not been waited for, so its id can't belong to another process.
        let Some(child) = &self.child else {
            panic!("the etcd is not running");
        };
        let process = rustix::process::Pid::from_child(child);
        if let Err(error) = rustix::process::kill_process(process, signal) {
            panic!("the etcd can't be sent {signal:?}: {error}");
        }
        process
    }

    fn end(&mut self) -> io::Result<()> {
        if let Some(mut child) = self.child.take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    fn log_path(&self) -> PathBuf {
        self.folder.path().join("etcd.log")
    }

    /// Starts the process and waits until it is healthy.
    async fn launch(&mut self) -> Result<(), Failure> {
        let began = Instant::now();
        let child = self.spawn().map_err(|error| {
            Failure::Other(format!(
                "{} can't be started: {error}",
                binary::etcd().display()
            ))
        })?;
        let child = self.child.insert(child);
        let health = self.health.number();
        let ended = loop {
            match child.try_wait() {
                Ok(None) => {}
                Ok(Some(status)) => break format!("the etcd ended ({status})"),
                Err(error) => break format!("the etcd can't be watched: {error}"),
            }
            if healthy(health).await {
                return Ok(());
            }
            if began.elapsed() > LIMIT {
                break format!("the etcd was not healthy after {:.0?}", began.elapsed());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        };
        // Whatever it was, it must not stay and hold the ports.
        let _ = self.end();
        let log = self.log();
        if log.contains("address already in use") {
            Err(Failure::PortTaken(log))
        } else {
            Err(Failure::Other(format!("{ended}; its log:\n{log}")))
        }
    }

    fn spawn(&self) -> io::Result<Child> {
        let peer = format!("http://127.0.0.1:{}", self.peer.number());
        let log = File::create(self.log_path())?;
        let mut command = Command::new(binary::etcd());
        // An `ETCD_…` variable would be read as a flag.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("ETCD_") {
                command.env_remove(name);
            }
        }
        command
            .args(["--name", NAME, "--log-level", "error", "--logger", "zap"])
            .arg("--data-dir")
            .arg(self.data_dir())
            .args(["--listen-client-urls", &self.endpoint()])
            .args(["--advertise-client-urls", &self.endpoint()])
            .args(["--listen-peer-urls", &peer])
            .args(["--initial-advertise-peer-urls", &peer])
            .args(["--initial-cluster", &format!("{NAME}={peer}")])
            // Health is asked for without TLS and without a user.
            .arg("--listen-metrics-urls")
            .arg(format!("http://127.0.0.1:{}", self.health.number()))
            // A single member need not wait long for votes.
            .args(["--heartbeat-interval", "20", "--election-timeout", "200"]);
        if binary::version() >= Version::new(3, 5, 0) {
            // The data must outlive the process, not the machine.
            command.arg("--unsafe-no-fsync");
        }
        command
            .args(&self.builder.flags)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Nothing can be done about a failure here, and a second panic would abort.
        let _ = self.end();
    }
}

/// Whether the member has a leader and answers a linearisable read.
async fn healthy(port: u16) -> bool {
    const REQUEST: &[u8] = b"GET /health HTTP/1.0\r\nHost: localhost\r\n\r\n";
    let ask = async {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
        stream.write_all(REQUEST).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        io::Result::Ok(answer)
    };
    match tokio::time::timeout(Duration::from_secs(5), ask).await {
        Ok(Ok(answer)) => {
            answer
                .lines()
                .next()
                .is_some_and(|line| line.contains(" 200 "))
                && answer.contains(r#""health":"true""#)
        }
        _ => false,
    }
}
