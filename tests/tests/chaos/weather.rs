//! What befalls the cluster and the ways to it.
//!
//! In: a seed, and who uses which ways. Out: faults, one after the other, and for each user the
//! times in which nothing led to the store. What users make of it is not known here.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use etcd_client::CompactionOptions;
use hotconfig_tests::{Cluster, Cut, Proxy};

use crate::checker::CutOff;

/// How a proxy is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    Closed,
}

/// One who needs a way to the store.
struct User {
    /// The proxies that it may take; none: it goes straight to the members.
    proxies: Vec<usize>,
    since: Option<Instant>,
    cut_off: Vec<CutOff>,
}

/// The cluster, and a proxy before each member.
pub(crate) struct Weather {
    pub(crate) cluster: Cluster,
    pub(crate) proxies: Vec<Proxy>,
    states: Vec<State>,
    /// The same of the ways that the other members have to each.
    between: Vec<State>,
    users: Vec<User>,
    random: fastrand::Rng,
    pub(crate) snapshots: Vec<PathBuf>,
    saved: u32,
    /// What happened, for people.
    pub(crate) story: Vec<String>,
    began: Instant,
    pub(crate) faults: u64,
}

impl Weather {
    pub(crate) async fn new(cluster: Cluster, seed: u64) -> Self {
        let mut proxies = Vec::new();
        for member in 0..cluster.size() {
            proxies.push(Proxy::start(cluster.port(member)).await);
        }
        Self {
            states: vec![State::Open; proxies.len()],
            between: vec![State::Open; proxies.len()],
            users: Vec::new(),
            random: fastrand::Rng::with_seed(seed),
            snapshots: Vec::new(),
            saved: 0,
            story: Vec::new(),
            began: Instant::now(),
            faults: 0,
            cluster,
            proxies,
        }
    }

    /// Somebody who takes these ways; answers under which number.
    pub(crate) fn user(&mut self, proxies: Vec<usize>) -> usize {
        self.users.push(User {
            proxies,
            since: None,
            cut_off: Vec::new(),
        });
        self.look(Instant::now());
        self.users.len() - 1
    }

    /// When it was cut off, since this was asked last.
    pub(crate) fn cut_off(&mut self, user: usize) -> Vec<CutOff> {
        self.users
            .get_mut(user)
            .map(|user| std::mem::take(&mut user.cut_off))
            .unwrap_or_default()
    }

    pub(crate) fn tell(&mut self, what: impl Into<String>) {
        let at = self.began.elapsed().as_secs_f32();
        self.story.push(format!("  {at:8.2}  {}", what.into()));
    }

    /// Whether the members can agree on anything. Of those that hear some of the others and not
    /// all, nothing is known.
    fn has_quorum(&self) -> bool {
        self.cluster.has_quorum() && self.between.contains(&State::Open)
    }

    /// After a change that began then: who is cut off now, and who no more.
    fn look(&mut self, began: Instant) {
        let quorum = self.has_quorum();
        for user in &mut self.users {
            let straight = user.proxies.is_empty();
            let ways = 0..self.cluster.size();
            let leads = |way: &usize| {
                let open = self.states.get(*way) == Some(&State::Open);
                self.cluster.is_up(*way) && (straight || (open && user.proxies.contains(way)))
            };
            let reached = quorum && ways.into_iter().any(|way| leads(&way));
            match (reached, user.since) {
                (false, None) => user.since = Some(Instant::now()),
                (true, Some(from)) => {
                    user.cut_off.push(CutOff { from, to: began });
                    user.since = None;
                }
                _ => {}
            }
        }
    }

    /// Everything works again: the members are up and healthy, and the ways are good.
    pub(crate) async fn heal(&mut self) {
        let began = Instant::now();
        self.tell("heal");
        for proxy in &self.proxies {
            proxy.heal().await;
        }
        self.states.fill(State::Open);
        self.heal_members_from(began).await;
    }

    /// Nobody is counted as cut off any more, from that time on.
    fn look_as_healed(&mut self, began: Instant) {
        for user in &mut self.users {
            if let Some(from) = user.since.take() {
                user.cut_off.push(CutOff { from, to: began });
            }
        }
    }

    /// The members alone are healed, and hear each other.
    pub(crate) async fn heal_members(&mut self) {
        self.heal_members_from(Instant::now()).await;
    }

    async fn heal_members_from(&mut self, began: Instant) {
        // Before the members are: from here on somebody may be reached.
        self.look_as_healed(began);
        self.join(true).await;
        self.cluster.heal().await;
        self.look(began);
    }

    /// One thing happens. `compact` is the newest revision that nobody here needs the history of.
    pub(crate) async fn strike(&mut self, compact: u64) {
        let began = Instant::now();
        self.faults += 1;
        let members = self.cluster.size();
        let one = self.random.usize(..members);
        let way = self.random.usize(..members);
        let mut what = self.random.u32(0..110);
        // Without a quorum little else can happen.
        if !self.has_quorum() && self.random.bool() {
            what = if self.cluster.has_quorum() { 109 } else { 24 };
        }
        match what {
            0..8 => {
                self.tell(format!("member {one} is killed"));
                self.cluster.kill(one);
            }
            8..14 => {
                self.tell(format!("member {one} is frozen"));
                self.cluster.stop(one);
            }
            14..20 => {
                let leader = self.cluster.leader().await;
                self.tell(format!("the leader, {leader:?}, is lost"));
                if let Some(leader) = leader {
                    if self.random.bool() {
                        self.cluster.kill(leader);
                    } else {
                        self.cluster.stop(leader);
                    }
                }
            }
            20..24 => {
                let all = self.random.bool();
                self.tell(if all {
                    "all are killed"
                } else {
                    "the quorum is lost"
                });
                for member in 0..members {
                    if all || (member != one && self.random.bool()) {
                        self.cluster.kill(member);
                    } else if member != one {
                        self.cluster.stop(member);
                    }
                }
            }
            24..44 => self.mend_members(began),
            44..54 => {
                let how = if self.random.bool() {
                    Cut::Refuse
                } else {
                    Cut::Close
                };
                let all = self.random.u32(..3) == 0;
                let which: Vec<_> = (0..members).filter(|other| all || *other == way).collect();
                self.tell(format!("the ways {which:?} are cut ({how:?})"));
                for way in which {
                    self.proxies[way].cut(how).await;
                    self.states[way] = State::Closed;
                }
            }
            54..64 => {
                let all = self.random.u32(..3) == 0;
                let (up, down) = *self
                    .random
                    .choice(&[(true, true), (false, true), (true, false)])
                    .unwrap_or(&(true, true));
                let which: Vec<_> = (0..members).filter(|other| all || *other == way).collect();
                self.tell(format!("the ways {which:?} are stalled ({up}, {down})"));
                // What was stalled to the client is let through before it is stalled otherwise.
                for way in which {
                    self.look_at_way(way, State::Open, began);
                    self.proxies[way].stall(up, down);
                    if down {
                        self.states[way] = State::Closed;
                    }
                }
            }
            64..70 => {
                let latency = Duration::from_millis(self.random.u64(1..400));
                let rate = self.random.bool().then(|| self.random.u32(2_000..200_000));
                self.tell(format!(
                    "the way {way} is slow: {latency:?}, {rate:?} bytes/s"
                ));
                self.proxies[way].slow(latency, rate);
            }
            70..84 => {
                self.tell(format!("the way {way} is good"));
                self.look_at_way(way, State::Open, began);
                self.proxies[way].heal().await;
            }
            84..90 => self.compact(compact).await,
            90..94 => self.save().await,
            94..96 => {
                if self.cluster.up().len() == members && !self.between.contains(&State::Closed) {
                    self.tell(format!("member {one} is replaced by an empty one"));
                    if let Err(error) = self.cluster.replace(one).await {
                        self.tell(format!("it can't be: {error}"));
                    }
                }
            }
            100..106 => self.part(one, began).await,
            106..110 => {
                let all = self.random.bool();
                self.look_at_between(began);
                self.join(all).await;
            }
            _ => {
                let up = self.cluster.up();
                let which = self.random.choice(&up).copied();
                if let Some(member) = which {
                    self.tell(format!("member {member} is defragmented"));
                    let mut client = self.cluster.client(member).await;
                    let _ = client.defragment().await;
                }
            }
        }
        self.look(began);
    }

    /// Long enough for every limit to pass.
    pub(crate) async fn cut_all(&mut self) {
        self.tell("all ways are cut, for long");
        self.faults += 1;
        for way in 0..self.proxies.len() {
            let how = if self.random.bool() {
                Cut::Refuse
            } else {
                Cut::Close
            };
            if self.random.u32(..3) == 0 {
                self.proxies[way].stall(true, true);
            } else {
                self.proxies[way].cut(how).await;
            }
            self.states[way] = State::Closed;
        }
        self.look(Instant::now());
    }

    /// All ways are good.
    pub(crate) async fn open_all(&mut self) {
        let began = Instant::now();
        self.tell("all ways are good");
        self.states.fill(State::Open);
        self.look(began);
        for proxy in &self.proxies {
            proxy.heal().await;
        }
    }

    /// A member is heard by the others no more, or late, or hears them no more; or nobody hears
    /// anybody.
    async fn part(&mut self, one: usize, began: Instant) {
        let members = self.cluster.size();
        let all = self.random.u32(..4) == 0;
        let how = self.random.u32(..5);
        let latency = Duration::from_millis(self.random.u64(1..300));
        let names = ["cut", "closed", "stalled", "stalled to the others", "slow"];
        let name = names.get(how as usize).copied().unwrap_or_default();
        let which: Vec<_> = (0..members).filter(|other| all || *other == one).collect();
        self.tell(format!("the ways of the others to {which:?} are {name}"));
        if how == 3 {
            // What was stalled in both directions may do more now.
            self.look_at_between(began);
        }
        for member in which {
            let Some(way) = self.cluster.way_to(member) else {
                continue;
            };
            match how {
                0 => way.cut(Cut::Refuse).await,
                1 => way.cut(Cut::Close).await,
                2 => way.stall(true, true),
                3 => way.stall(false, true),
                _ => way.slow(latency, None),
            }
            match how {
                0..3 => self.between[member] = State::Closed,
                3 => self.between[member] = State::Open,
                _ => {}
            }
        }
    }

    /// The members hear each other again, or those that hear one of them.
    async fn join(&mut self, all: bool) {
        let one = self.random.usize(..self.cluster.size());
        for member in (0..self.cluster.size()).filter(|member| all || *member == one) {
            if let Some(way) = self.cluster.way_to(member) {
                way.heal().await;
            }
            self.between[member] = State::Open;
        }
        let which = if all {
            "all".to_owned()
        } else {
            one.to_string()
        };
        self.tell(format!("the ways of the others to {which} are good"));
    }

    /// From then on the members may hear each other.
    fn look_at_between(&mut self, began: Instant) {
        let states = std::mem::replace(&mut self.between, vec![State::Open]);
        self.look(began);
        self.between = states;
    }

    /// A way that may lead to the store again, as of then.
    fn look_at_way(&mut self, way: usize, state: State, began: Instant) {
        self.states[way] = state;
        self.look(began);
    }

    /// Those that are down or frozen come back, or one of them.
    fn mend_members(&mut self, began: Instant) {
        let all = self.random.bool();
        let down: Vec<_> = (0..self.cluster.size())
            .filter(|member| !self.cluster.is_up(*member))
            .collect();
        for member in down {
            self.tell(format!("member {member} comes back"));
            self.cluster.cont(member);
            self.cluster.revive(member);
            if !all {
                break;
            }
        }
        self.look(began);
    }

    async fn compact(&mut self, newest: u64) {
        let revision = newest.saturating_sub(self.random.u64(..30));
        let mut options = CompactionOptions::new();
        if self.random.bool() {
            options = options.with_physical();
        }
        let up = self.cluster.up().first().copied();
        let Some(member) = up.filter(|_| self.has_quorum()) else {
            return;
        };
        let mut client = self.cluster.client(member).await;
        let asked = i64::try_from(revision).unwrap_or(i64::MAX);
        let done = client.compact(asked, Some(options)).await;
        let failed = done.err().map(|error| error.to_string());
        self.tell(format!(
            "compaction at {revision}: {}",
            failed.as_deref().unwrap_or("done")
        ));
    }

    async fn save(&mut self) {
        let up = self.cluster.up().first().copied();
        let Some(member) = up.filter(|_| self.has_quorum()) else {
            return;
        };
        self.saved += 1;
        let file = self
            .cluster
            .folder()
            .join(format!("snapshot-{}", self.saved));
        match self.cluster.save(member, &file).await {
            Ok(()) => {
                self.tell(format!("snapshot {} is saved", self.saved));
                self.snapshots.push(file);
                if self.snapshots.len() > 3 {
                    let _ = std::fs::remove_file(self.snapshots.remove(0));
                }
            }
            Err(error) => self.tell(format!("no snapshot: {error}")),
        }
    }

    /// A number of the same seed.
    pub(crate) fn random(&mut self) -> &mut fastrand::Rng {
        &mut self.random
    }
}
