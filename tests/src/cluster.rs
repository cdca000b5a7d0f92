//! Several members of one etcd, each in a process of its own: killed, frozen, replaced, wiped,
//! saved and restored.
//!
//! In: how many, and flags. Out: endpoints that stay the same whatever happens to the members
//! behind them. A member that is down stays down until it is started again; what its clients
//! make of it is not known here.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use etcd_client::{Client, ConnectOptions, MemberAddOptions};

use crate::binary::{self, Version};
use crate::folder::Folder;
use crate::ports::Port;
use crate::process::{Failure, Member, Process, etcd_tool, remove_data};
use crate::proxy::Proxy;
use crate::wait::LIMIT;

/// How long one call of an operator may take.
const CALL: Duration = Duration::from_secs(5);

/// Flags for a [`Cluster`] before it is started.
#[derive(Clone, Debug)]
pub struct ClusterBuilder {
    members: usize,
    flags: Vec<OsString>,
    proxied: bool,
}

impl ClusterBuilder {
    /// Puts a proxy before each member, through which the others connect to it. What a member says
    /// to the others goes over connections that they make to it.
    #[must_use]
    pub fn with_proxies_between(mut self) -> Self {
        self.proxied = true;
        self
    }

    /// Adds a flag for every member. One that they are given anyway is replaced.
    #[must_use]
    pub fn flag(mut self, flag: impl AsRef<OsStr>) -> Self {
        self.flags.push(flag.as_ref().to_owned());
        self
    }

    /// Starts the members with an empty store, and returns once all are healthy.
    ///
    /// # Panics
    ///
    /// When there is no etcd, or when one does not become healthy; with its log.
    pub async fn start(self) -> Cluster {
        let mut last = String::new();
        // Somebody else may take a port between its choice and its use.
        for _ in 0..10 {
            let mut cluster = Cluster::new(&self);
            if self.proxied {
                for one in &mut cluster.members {
                    one.proxy = Some(Proxy::start(one.peer.number()).await);
                }
            }
            match cluster.launch().await {
                Ok(()) => return cluster,
                Err(Failure::PortTaken(log)) => last = log,
                Err(failure) => panic!("{failure}"),
            }
        }
        panic!("no free ports for a cluster in ten attempts; the last log:\n{last}");
    }
}

/// A running etcd with several members.
///
/// Dropping it kills the processes and removes the data. Members are named by their number, from 0.
#[derive(Debug)]
pub struct Cluster {
    members: Vec<One>,
    flags: Vec<OsString>,
    // Last, so that the processes are gone before their data is.
    folder: Folder,
}

/// One member.
#[derive(Debug)]
struct One {
    name: String,
    process: Process,
    client: Port,
    peer: Port,
    /// Before the port for the other members.
    proxy: Option<Proxy>,
    health: Port,
    /// Whether it is frozen.
    stopped: bool,
    /// Whether it was added to a cluster that was there already.
    joins: bool,
    /// Who belonged to the cluster when it joined, itself included: `name=peer,…`.
    known: Option<String>,
    standing: Standing,
}

/// Whether one belongs to the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Member,
    /// It was to be taken out, and nobody said that it was.
    Leaving,
    /// It has no data, and is to be added.
    Out,
}

impl One {
    fn new(number: usize, folder: &Path) -> Self {
        let name = format!("n{number}");
        Self {
            process: Process::new(folder.join(format!("{name}.log"))),
            client: Port::free(),
            peer: Port::free(),
            proxy: None,
            health: Port::free(),
            stopped: false,
            joins: false,
            known: None,
            standing: Standing::Member,
            name,
        }
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.client.number())
    }

    fn peer_url(&self) -> String {
        match &self.proxy {
            Some(proxy) => proxy.endpoint(),
            None => self.listen_url(),
        }
    }

    /// Where it listens for the others.
    fn listen_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.peer.number())
    }
}

impl Cluster {
    /// Starts that many members with an empty store, and returns once all are healthy.
    ///
    /// # Panics
    ///
    /// When there is no etcd, or when one does not become healthy; with its log.
    pub async fn start(members: usize) -> Self {
        Self::builder(members).start().await
    }

    /// For a cluster with flags of its own.
    pub fn builder(members: usize) -> ClusterBuilder {
        ClusterBuilder {
            members,
            flags: Vec::new(),
            proxied: false,
        }
    }

    fn new(builder: &ClusterBuilder) -> Self {
        let folder = Folder::new();
        Self {
            members: (0..builder.members)
                .map(|number| One::new(number, folder.path()))
                .collect(),
            flags: builder.flags.clone(),
            folder,
        }
    }

    /// How many members there are, running or not.
    pub fn size(&self) -> usize {
        self.members.len()
    }

    /// How many make a quorum.
    pub fn quorum(&self) -> usize {
        self.members.len() / 2 + 1
    }

    /// Where clients reach each member. It stays the same whatever happens.
    pub fn endpoints(&self) -> Vec<String> {
        self.members.iter().map(One::url).collect()
    }

    /// The port where clients reach that member.
    pub fn port(&self, member: usize) -> u16 {
        self.one(member).client.number()
    }

    /// The way of the others to that member, if there is a proxy in it.
    pub fn way_to(&self, member: usize) -> Option<&Proxy> {
        self.one(member).proxy.as_ref()
    }

    /// A bare client of that member alone, whose calls end after five seconds.
    ///
    /// # Panics
    ///
    /// When the client can't be made.
    pub async fn client(&self, member: usize) -> Client {
        let options = ConnectOptions::new()
            .with_connect_timeout(CALL)
            .with_timeout(CALL);
        match Client::connect([self.one(member).url()], Some(options)).await {
            Ok(client) => client,
            Err(error) => panic!("no client for {}: {error}", self.one(member).url()),
        }
    }

    /// What that member has printed since it was started last.
    pub fn log(&self, member: usize) -> String {
        self.one(member).process.log()
    }

    /// Whether that member runs: neither killed nor frozen.
    pub fn is_up(&self, member: usize) -> bool {
        let one = self.one(member);
        one.process.is_started() && !one.stopped
    }

    /// The members that run.
    pub fn up(&self) -> Vec<usize> {
        (0..self.size())
            .filter(|member| self.is_up(*member))
            .collect()
    }

    /// Whether enough of them run.
    pub fn has_quorum(&self) -> bool {
        self.up().len() >= self.quorum()
    }

    /// Which member leads, if one that runs says so.
    pub async fn leader(&self) -> Option<usize> {
        for member in self.up() {
            let mut client = self.client(member).await;
            let Ok(status) = client.status().await else {
                continue;
            };
            let id = status.header().map(etcd_client::ResponseHeader::member_id);
            if id == Some(status.leader()) {
                return Some(member);
            }
        }
        None
    }

    /// Ends a member at once (`kill -9`). Its data stays.
    ///
    /// # Panics
    ///
    /// When the process can't be ended.
    pub fn kill(&mut self, member: usize) {
        let one = self.one_mut(member);
        one.process.kill();
        one.stopped = false;
    }

    /// Ends all of them at once, as a power cut would.
    ///
    /// # Panics
    ///
    /// When a process can't be ended.
    pub fn kill_all(&mut self) {
        for member in 0..self.size() {
            self.kill(member);
        }
    }

    /// Freezes a member (`SIGSTOP`), if it runs.
    ///
    /// # Panics
    ///
    /// When the process does not stop.
    #[cfg(unix)]
    pub fn stop(&mut self, member: usize) {
        if self.is_up(member) {
            let one = self.one_mut(member);
            one.process.stop();
            one.stopped = true;
        }
    }

    /// Lets a frozen member go on.
    ///
    /// # Panics
    ///
    /// When it can't be told so.
    #[cfg(unix)]
    pub fn cont(&mut self, member: usize) {
        let one = self.one_mut(member);
        if one.stopped {
            one.process.cont();
            one.stopped = false;
        }
    }

    /// Starts a member with the data that it has, without waiting for it. One that runs goes on; one
    /// whose replacement is not complete waits for [`Self::heal`].
    ///
    /// # Panics
    ///
    /// When it can't be started.
    pub fn revive(&mut self, member: usize) {
        if self.one(member).standing == Standing::Member
            && !self.one(member).process.is_started()
            && let Err(failure) = self.spawn(member)
        {
            panic!("{failure}");
        }
    }

    /// Lets all that are frozen go on, starts all that are down, and returns once all are healthy.
    ///
    /// # Panics
    ///
    /// When one does not become healthy; with its log.
    pub async fn heal(&mut self) {
        for member in 0..self.size() {
            #[cfg(unix)]
            self.cont(member);
            self.revive(member);
        }
        let began = Instant::now();
        for member in 0..self.size() {
            while self.one(member).standing != Standing::Member {
                if let Err(error) = self.complete(member).await {
                    assert!(began.elapsed() < LIMIT, "a member can't be added: {error}");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
        for member in 0..self.size() {
            loop {
                let one = self.one_mut(member);
                let port = one.health.number();
                match one.process.healthy(port).await {
                    Ok(()) => break,
                    // Its ports were free, are its own, and will be free again; and whom it asked
                    // will hear of it.
                    Err(Failure::PortTaken(_) | Failure::NotYetKnown(_))
                        if began.elapsed() < LIMIT =>
                    {
                        tokio::time::sleep(Duration::from_millis(100)).await;
                        self.revive(member);
                    }
                    Err(failure) => panic!("{failure}"),
                }
            }
        }
    }

    /// Takes a member out, removes its data, and adds it again as a new and empty one, which
    /// begins to catch up. The others must be a quorum.
    ///
    /// # Errors
    ///
    /// What the others said; [`Self::heal`] does the rest then.
    ///
    /// # Panics
    ///
    /// When its process can't be ended, or its data can't be removed.
    pub async fn replace(&mut self, member: usize) -> Result<(), etcd_client::Error> {
        let mut client = self.other(member).await;
        if let Some(old) = self.id(&mut client, member).await? {
            self.one_mut(member).standing = Standing::Leaving;
            client.member_remove(old).await?;
        }
        self.taken_out(member);
        // The one that was taken out may have led.
        let mut left = 3;
        loop {
            match self.complete(member).await {
                Err(_) if left > 0 => left -= 1,
                done => return done,
            }
        }
    }

    /// A client of another member that runs.
    async fn other(&self, member: usize) -> Client {
        let other = self.up().into_iter().find(|up| *up != member).unwrap_or(0);
        self.client(other).await
    }

    /// Under which id the others know it, if they do.
    async fn id(
        &self,
        client: &mut Client,
        member: usize,
    ) -> Result<Option<u64>, etcd_client::Error> {
        let peer = self.one(member).peer_url();
        let listed = client.member_list().await?;
        let mut listed = listed.members().iter();
        let found = listed.find(|one| one.peer_urls().contains(&peer));
        Ok(found.map(etcd_client::Member::id))
    }

    /// Its data is of no use any more.
    fn taken_out(&mut self, member: usize) {
        self.kill(member);
        remove_data(&self.data_dir(member));
        let known = self.peers();
        let one = self.one_mut(member);
        (one.joins, one.known, one.standing) = (true, Some(known), Standing::Out);
    }

    /// Adds a member that was taken out, if it is out, and starts it.
    async fn complete(&mut self, member: usize) -> Result<(), etcd_client::Error> {
        let mut client = self.other(member).await;
        let standing = self.one(member).standing;
        if standing == Standing::Leaving && self.id(&mut client, member).await?.is_none() {
            self.taken_out(member);
        }
        if self.one(member).standing == Standing::Out {
            // A member that starts before it was added ends by itself.
            let peer = self.one(member).peer_url();
            let added = client.member_add([peer], None::<MemberAddOptions>).await;
            match added {
                // It was done, and the answer was lost.
                Err(error) if error.to_string().contains("already exists") => {}
                added => drop(added?),
            }
        }
        self.one_mut(member).standing = Standing::Member;
        self.revive(member);
        Ok(())
    }

    /// Kills all members and removes their data. [`Self::heal`] starts an empty store with the
    /// same cluster and member ids as at the beginning.
    ///
    /// # Panics
    ///
    /// When that can't be done.
    pub fn wipe(&mut self) {
        self.kill_all();
        for member in 0..self.size() {
            remove_data(&self.data_dir(member));
            let one = self.one_mut(member);
            (one.joins, one.known, one.standing) = (false, None, Standing::Member);
        }
    }

    /// Saves a snapshot of the store to a file, from a member that runs (`etcdctl snapshot save`).
    ///
    /// # Errors
    ///
    /// What the program said.
    pub async fn save(&self, member: usize, file: &Path) -> Result<(), String> {
        let mut command = etcd_tool(&binary::etcdctl());
        command
            .env("ETCDCTL_API", "3")
            .args(["--endpoints", &self.one(member).url()])
            .args(["--command-timeout", "5s", "snapshot", "save"])
            .arg(file);
        finish(command).await
    }

    /// Kills all members and gives each the state of that snapshot (`snapshot restore`), with the
    /// same URLs and the same token. [`Self::heal`] starts them.
    ///
    /// # Errors
    ///
    /// What the program said; the members are down and have no data then.
    ///
    /// # Panics
    ///
    /// When the processes can't be ended, or their data can't be removed.
    pub async fn restore(&mut self, file: &Path) -> Result<(), String> {
        self.wipe();
        let cluster = self.peers();
        for member in 0..self.size() {
            let mut command = if binary::version() >= Version::new(3, 5, 0) {
                etcd_tool(&binary::etcdutl())
            } else {
                etcd_tool(&binary::etcdctl())
            };
            let one = self.one(member);
            command
                .env("ETCDCTL_API", "3")
                .args(["snapshot", "restore"])
                .arg(file)
                .args(["--name", &one.name])
                .args(["--initial-cluster", &cluster])
                .args(["--initial-advertise-peer-urls", &one.peer_url()])
                .arg("--data-dir")
                .arg(self.data_dir(member));
            finish(command).await?;
        }
        Ok(())
    }

    /// A folder that goes with the cluster, for snapshots.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    #[expect(clippy::expect_used, reason = "a test names members that there are")]
    fn one(&self, member: usize) -> &One {
        self.members.get(member).expect("there is such a member")
    }

    #[expect(clippy::expect_used, reason = "a test names members that there are")]
    fn one_mut(&mut self, member: usize) -> &mut One {
        self.members
            .get_mut(member)
            .expect("there is such a member")
    }

    fn data_dir(&self, member: usize) -> PathBuf {
        self.folder.path().join(&self.one(member).name)
    }

    /// All members, as `--initial-cluster` wants them.
    fn peers(&self) -> String {
        let peers = self.members.iter();
        let peers: Vec<_> = peers
            .map(|one| format!("{}={}", one.name, one.peer_url()))
            .collect();
        peers.join(",")
    }

    async fn launch(&mut self) -> Result<(), Failure> {
        for member in 0..self.size() {
            self.spawn(member)?;
        }
        for one in &mut self.members {
            one.process.healthy(one.health.number()).await?;
        }
        Ok(())
    }

    fn spawn(&mut self, member: usize) -> Result<(), Failure> {
        let data = self.data_dir(member);
        let one = self.one(member);
        let cluster = one.known.clone().unwrap_or_else(|| self.peers());
        let state = if one.joins { "existing" } else { "new" };
        let mut flags = vec![
            "--initial-cluster-state".into(),
            state.into(),
            // Else nobody is taken out of a cluster that has not been whole for five seconds.
            "--strict-reconfig-check=false".into(),
        ];
        flags.extend(self.flags.iter().cloned());
        let command = Member {
            name: &one.name,
            data: &data,
            client: &one.url(),
            peer: &one.peer_url(),
            listen_peer: &one.listen_url(),
            health: one.health.number(),
            cluster: &cluster,
            // A leader is missed in less than a second, but not by a busy machine.
            heartbeat: Duration::from_millis(50),
            election: Duration::from_millis(500),
            flags: &flags,
        }
        .command();
        let one = self.one_mut(member);
        one.stopped = false;
        one.process.start(command).map_err(|error| {
            Failure::Other(format!(
                "{} can't be started: {error}",
                binary::etcd().display()
            ))
        })
    }
}

/// Runs a program to its end.
async fn finish(mut command: std::process::Command) -> Result<(), String> {
    let run = tokio::task::spawn_blocking(move || {
        let output = command.output();
        match output {
            Ok(output) if output.status.success() => Ok(()),
            Ok(output) => Err(format!(
                "{command:?} ended with {}: {}{}",
                output.status,
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            )),
            Err(error) => Err(format!("{command:?} can't be run: {error}")),
        }
    });
    run.await.unwrap_or_else(|error| Err(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eventually;

    /// Takes out a member, starts it without adding it, and waits for its end. After that,
    /// [`Cluster::heal`] adds it.
    async fn start_too_early(cluster: &mut Cluster, member: usize) {
        cluster.taken_out(member);
        cluster.one_mut(member).standing = Standing::Member;
        cluster.revive(member);
        let process = std::cell::RefCell::new(&mut cluster.one_mut(member).process);
        eventually("it ends by itself", || async {
            process.borrow_mut().has_ended()
        })
        .await;
        cluster.one_mut(member).standing = Standing::Out;
    }

    async fn remove(cluster: &Cluster, member: usize) {
        let mut client = cluster.other(member).await;
        let old = cluster.id(&mut client, member).await.unwrap().unwrap();
        client.member_remove(old).await.unwrap();
    }

    #[tokio::test]
    async fn a_member_that_started_before_it_was_known_is_started_again() {
        let mut cluster = Cluster::start(3).await;
        remove(&cluster, 1).await;
        start_too_early(&mut cluster, 1).await;
        cluster.heal().await;
        assert_eq!(cluster.up(), [0, 1, 2]);
    }

    #[tokio::test]
    async fn a_member_that_found_no_other_is_started_again() {
        let mut cluster = Cluster::start(3).await;
        remove(&cluster, 1).await;
        cluster.kill_all();
        start_too_early(&mut cluster, 1).await;
        cluster.heal().await;
        assert_eq!(cluster.up(), [0, 1, 2]);
    }
}
