//! One process of an etcd: how it is called, ended, frozen, and asked for its health.
//!
//! In: where a member listens, where its data is, and flags. Out: a process that is gone when
//! its handle is. It knows nothing of the other members but their addresses.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::binary::{self, Version};
use crate::wait::LIMIT;

/// Why a process did not become healthy.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Somebody else has one of its ports; with its log.
    PortTaken(String),
    /// To join, it asked the others, and none answered, or one did not know yet that it was
    /// added; with its log.
    NotYetKnown(String),
    /// Anything else; with its log.
    Other(String),
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::PortTaken(what) | Self::NotYetKnown(what) | Self::Other(what) => {
                f.write_str(what)
            }
        }
    }
}

/// Who a member is.
pub(crate) struct Member<'a> {
    pub(crate) name: &'a str,
    pub(crate) data: &'a Path,
    /// The URL for clients.
    pub(crate) client: &'a str,
    /// The URL for the other members, and the one where it listens for them.
    pub(crate) peer: &'a str,
    pub(crate) listen_peer: &'a str,
    /// The port where health is asked for.
    pub(crate) health: u16,
    /// All members, as `name=peer,…`.
    pub(crate) cluster: &'a str,
    pub(crate) heartbeat: Duration,
    pub(crate) election: Duration,
    pub(crate) flags: &'a [OsString],
}

impl Member<'_> {
    /// How it is called.
    pub(crate) fn command(&self) -> Command {
        let mut command = etcd_tool(binary::etcd());
        command
            .args(["--name", self.name, "--log-level", "error"])
            .args(["--logger", "zap"])
            .arg("--data-dir")
            .arg(self.data)
            .args(["--listen-client-urls", self.client])
            .args(["--advertise-client-urls", self.client])
            .args(["--listen-peer-urls", self.listen_peer])
            .args(["--initial-advertise-peer-urls", self.peer])
            .args(["--initial-cluster", self.cluster])
            // Health is asked for without TLS and without a user.
            .arg("--listen-metrics-urls")
            .arg(format!("http://127.0.0.1:{}", self.health))
            .args(["--heartbeat-interval", &millis(self.heartbeat)])
            .args(["--election-timeout", &millis(self.election)]);
        if binary::version() >= Version::new(3, 5, 0) {
            // The data must outlive the process, not the machine.
            command.arg("--unsafe-no-fsync");
        }
        command.args(self.flags);
        command
    }
}

fn millis(duration: Duration) -> String {
    duration.as_millis().to_string()
}

/// A program of etcd's, without the variables that it would read as flags.
pub(crate) fn etcd_tool(program: &Path) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("ETCD_") || text.starts_with("ETCDCTL_") {
            command.env_remove(name);
        }
    }
    command
}

/// A process, or the place of one.
///
/// Dropping it kills the process.
#[derive(Debug)]
pub(crate) struct Process {
    child: Option<Child>,
    log: PathBuf,
}

impl Process {
    /// None yet; what it prints will be in that file.
    pub(crate) fn new(log: PathBuf) -> Self {
        Self { child: None, log }
    }

    /// What it has printed since it was started last.
    pub(crate) fn log(&self) -> String {
        match std::fs::read(&self.log) {
            Ok(log) => String::from_utf8_lossy(&log).into_owned(),
            Err(error) => format!("(no log: {error})"),
        }
    }

    /// Starts it. One that runs is killed first.
    pub(crate) fn start(&mut self, mut command: Command) -> io::Result<()> {
        self.end()?;
        let log = File::create(&self.log)?;
        let child = command
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        self.child = Some(child);
        Ok(())
    }

    /// Waits until it is healthy. One that does not become so is killed: it must not stay and
    /// hold the ports.
    pub(crate) async fn healthy(&mut self, port: u16) -> Result<(), Failure> {
        let began = Instant::now();
        let ended = loop {
            match self.child.as_mut().map(Child::try_wait) {
                Some(Ok(None)) => {}
                Some(Ok(Some(status))) => break format!("the etcd ended ({status})"),
                Some(Err(error)) => break format!("the etcd can't be watched: {error}"),
                None => break "the etcd was not started".to_owned(),
            }
            if is_healthy(port).await {
                return Ok(());
            }
            if began.elapsed() > LIMIT {
                break format!("the etcd was not healthy after {:.0?}", began.elapsed());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        };
        let _ = self.end();
        let log = self.log();
        if log.contains("address already in use") {
            Err(Failure::PortTaken(log))
        } else if log.contains("member count is unequal")
            || log.contains("could not retrieve cluster information")
        {
            Err(Failure::NotYetKnown(log))
        } else {
            Err(Failure::Other(format!("{ended}; its log:\n{log}")))
        }
    }

    /// Whether it ended by itself.
    #[cfg(test)]
    pub(crate) fn has_ended(&mut self) -> bool {
        let child = self.child.as_mut();
        child.is_some_and(|child| matches!(child.try_wait(), Ok(Some(_))))
    }

    /// Whether it was started and not ended by us.
    pub(crate) fn is_started(&self) -> bool {
        self.child.is_some()
    }

    /// Ends it at once (`kill -9`), as a crash would.
    pub(crate) fn end(&mut self) -> io::Result<()> {
        if let Some(mut child) = self.child.take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    /// Ends it at once.
    ///
    /// # Panics
    ///
    /// When the process can't be ended.
    pub(crate) fn kill(&mut self) {
        if let Err(error) = self.end() {
            panic!("the etcd can't be killed: {error}");
        }
    }

    /// Freezes it (`SIGSTOP`): its connections stay open and say nothing.
    ///
    /// # Panics
    ///
    /// When it is not running.
    #[cfg(unix)]
    pub(crate) fn stop(&self) {
        use rustix::process::{Signal, WaitId, WaitIdOptions, waitid};

        let process = self.signal(Signal::STOP);
        // Its threads stop one by one, and until the last has, it may still answer. What
        // is not taken away by the waiting is there for a second call of this.
        let stopped = WaitIdOptions::STOPPED | WaitIdOptions::NOWAIT;
        if let Err(error) = waitid(WaitId::Pid(process), stopped) {
            panic!("the etcd did not stop: {error}");
        }
    }

    /// Lets it go on (`SIGCONT`).
    ///
    /// # Panics
    ///
    /// When it is not running.
    #[cfg(unix)]
    pub(crate) fn cont(&self) {
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
}

impl Drop for Process {
    fn drop(&mut self) {
        // Nothing can be done about a failure here, and a second panic would abort.
        let _ = self.end();
    }
}

/// Removes a member's data; nothing there is fine.
///
/// # Panics
///
/// When it can't be removed.
pub(crate) fn remove_data(data: &Path) {
    match std::fs::remove_dir_all(data) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => panic!("the etcd's data can't be removed: {error}"),
    }
}

/// Whether the member has a leader and answers a linearisable read.
async fn is_healthy(port: u16) -> bool {
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
