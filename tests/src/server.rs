//! One etcd member in a process of its own: started, killed, stopped, restarted.
//!
//! In go flags; out comes an endpoint that answers. Its data lies in a folder of its
//! own, in memory where there is room, and goes with it.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::binary::{self, Version};
use crate::folder::Folder;
use crate::ports::Port;
use crate::process::{Failure, Member, Process, remove_data};

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
            let folder = Folder::new();
            let mut server = Server {
                process: Process::new(folder.path().join("etcd.log")),
                folder,
                client: Port::free(),
                peer: Port::free(),
                health: Port::free(),
                builder: self.clone(),
            };
            match server.launch().await {
                Ok(()) => return server,
                Err(Failure::PortTaken(log)) => last = log,
                Err(failure) => panic!("{failure}"),
            }
        }
        panic!("no free ports for an etcd in ten attempts; the last one's log:\n{last}");
    }
}

/// A running etcd with one member and a store of its own.
///
/// Dropping it kills the process and removes the data. A server in a `static` is
/// never dropped, so don't keep one there.
#[derive(Debug)]
pub struct Server {
    process: Process,
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
        self.process.log()
    }

    /// Ends the process at once (`kill -9`), as a crash would. Its data stays.
    ///
    /// # Panics
    ///
    /// When the process can't be ended.
    pub fn kill(&mut self) {
        self.process.kill();
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
                Err(failure) => panic!("{failure}"),
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
        remove_data(&self.data_dir());
    }

    /// Freezes the process (`SIGSTOP`): its connections stay open and say nothing.
    ///
    /// # Panics
    ///
    /// When the process is not running.
    #[cfg(unix)]
    pub fn stop(&self) {
        self.process.stop();
    }

    /// Lets a frozen process go on (`SIGCONT`).
    ///
    /// # Panics
    ///
    /// When the process is not running.
    #[cfg(unix)]
    pub fn cont(&self) {
        self.process.cont();
    }

    /// Starts the process and waits until it is healthy.
    async fn launch(&mut self) -> Result<(), Failure> {
        let peer = format!("http://127.0.0.1:{}", self.peer.number());
        let member = Member {
            name: NAME,
            data: &self.data_dir(),
            client: &self.endpoint(),
            peer: &peer,
            listen_peer: &peer,
            health: self.health.number(),
            cluster: &format!("{NAME}={peer}"),
            // A single member need not wait long for votes.
            heartbeat: Duration::from_millis(20),
            election: Duration::from_millis(200),
            flags: &self.builder.flags,
        };
        self.process.start(member.command()).map_err(|error| {
            Failure::Other(format!(
                "{} can't be started: {error}",
                binary::etcd().display()
            ))
        })?;
        self.process.healthy(self.health.number()).await
    }
}
