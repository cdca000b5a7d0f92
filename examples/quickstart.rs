//! A tour in six steps: a struct, its keys, a change, a transaction, a bad value, a delete.
//!
//! ```text
//! cargo xtask demo                                   # on a store in this process
//! cargo xtask demo --etcd http://127.0.0.1:2379      # the same on an etcd
//! cargo xtask demo --etcd http://127.0.0.1:2379 --interactive
//! ```
//!
//! With `--interactive` it keeps running and prints every change, for example one that you make
//! with `etcdctl put`. The tour writes only below `/configs/hotconfig-demo/tour`.
//!
//! `README.md` shows the code between the comments `ANCHOR`, and some of the output.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the tour prints its steps"
)]

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use etcd_client::{Client, DeleteOptions, Txn, TxnOp};
use hotconfig::store::{Etcd, Memory};
use hotconfig::{Hot, HotConfig, Invalid, Reached, Revision, Secret, Update, field};

// ANCHOR: config
/// Settings of the user service.
#[derive(HotConfig, Clone, Debug)]
#[hot(prefix = "/configs/{app}/{env}")]
struct UserService {
    /// Minimum level of log messages.
    #[hot(default = "info", one_of("debug", "info", "warn", "error"))]
    log_level: String,
    #[hot(nested)]
    db: Pool,
    #[hot(nested)]
    limits: Limits,
}

#[derive(HotConfig, Clone, Debug)]
struct Pool {
    #[hot(secret)]
    dsn: Secret<String>,
    /// Maximum number of open connections.
    #[hot(default = 8, range(1..=64))]
    pool_size: u32,
    #[hot(default = "30s")]
    idle_timeout: Duration,
}

#[derive(HotConfig, Clone, Debug)]
#[hot(validate = rate_within_burst)]
struct Limits {
    /// Requests per second.
    #[hot(default = 1_000, range(1..=100_000))]
    rate: u32,
    #[hot(default = 2_000)]
    burst: u32,
}

fn rate_within_burst(limits: &Limits) -> Result<(), Invalid> {
    if limits.rate <= limits.burst {
        Ok(())
    } else {
        Err(Invalid::new("`rate` must not exceed `burst`"))
    }
}
// ANCHOR_END: config

const PREFIX: &str = "/configs/hotconfig-demo/tour";
const LIMIT: Duration = Duration::from_secs(5);

type Outcome<R = ()> = Result<R, Box<dyn Error>>;

#[tokio::main]
async fn main() -> ExitCode {
    match tour().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn tour() -> Outcome {
    let arguments = Arguments::read()?;
    let mut store = Writer::open(arguments.etcd.as_deref()).await?;
    store.clear().await?;
    store
        .put("db/dsn", "postgres://users:hunter2@db/users")
        .await?;

    heading("1. Every field has a key");
    let builder = match &arguments.etcd {
        Some(url) => Hot::<UserService>::builder(Etcd::builder([url.as_str()]).build()?),
        None => Hot::<UserService>::builder(store.memory()?),
    };
    let hot = builder
        .var("app", "hotconfig-demo")
        .var("env", "tour")
        .start()
        .await?;
    print!("{}", hot.describe());

    heading("2. A key changes: the subscriber of its field is notified");
    let mut size = hot.watch(field!(UserService, db.pool_size));
    store.put("db/pool_size", "16").await?;
    let change = size.changed().await.ok_or("the loop ended")?;
    println!(
        "db.pool_size: {} -> {} at revision {}",
        change.previous(),
        change.current(),
        number(change.revision())
    );
    expect(
        *change.previous() == 8 && *change.current() == 16,
        "8 -> 16",
    )?;

    heading("3. A transaction of two keys is published as one change");
    let mut limits = hot.changes(field!(UserService, limits));
    store
        .put_both(("limits/rate", "5000"), ("limits/burst", "6000"))
        .await?;
    let Some(Update::Changed(change)) = limits.next().await else {
        return Err("the change of `limits` was missed".into());
    };
    println!(
        "limits: {:?} -> {:?} at revision {}",
        change.previous(),
        change.current(),
        number(change.revision())
    );
    expect(
        change.current().rate == 5_000 && change.current().burst == 6_000,
        "both at once",
    )?;

    heading("4. A bad value is rejected: the last good one stays in use");
    let revision = store.put("db/pool_size", "900").await?;
    match hot.wait_for(revision, LIMIT).await? {
        Reached::Held(held) => println!("{held}"),
        other => return Err(format!("expected the change to be held, got {other:?}").into()),
    }
    println!("db.pool_size is still {}", hot.load().db.pool_size);
    expect(hot.load().db.pool_size == 16, "the last good value")?;

    heading("5. A key is deleted: its field returns to the default");
    store.delete("db/pool_size").await?;
    let change = size.changed().await.ok_or("the loop ended")?;
    println!(
        "db.pool_size: {} -> {}",
        change.previous(),
        change.current()
    );
    expect(
        *change.current() == 8 && hot.status().held.is_empty(),
        "the default, nothing held",
    )?;

    heading("6. Every value has an origin");
    print!("{}", hot.describe());

    if arguments.interactive {
        follow(&hot, arguments.etcd.is_some()).await?;
    }
    hot.shutdown().await;
    store.clear().await
}

/// Prints every change, until ctrl-c.
async fn follow(hot: &Hot<UserService>, etcd: bool) -> Outcome {
    heading("Following; press ctrl-c to end");
    if etcd {
        println!("try: etcdctl put {PREFIX}/db/pool_size 32");
        println!("     etcdctl put {PREFIX}/db/pool_size many");
        println!("     etcdctl del {PREFIX}/db/pool_size");
    } else {
        println!("only this process can write to its own store: add --etcd URL");
    }
    let mut level = hot.changes(field!(UserService, log_level));
    let mut db = hot.changes(field!(UserService, db));
    let mut limits = hot.changes(field!(UserService, limits));
    let mut look = tokio::time::interval(Duration::from_millis(10));
    let mut before = hot.status();
    loop {
        tokio::select! {
            update = level.next() => print_update("log_level", update)?,
            update = db.next() => print_update("db", update)?,
            update = limits.next() => print_update("limits", update)?,
            _ = look.tick() => {
                let now = hot.status();
                for held in now.held.iter().filter(|held| !before.held.contains(held)) {
                    println!("{held}");
                }
                for unknown in now.unknown.iter().filter(|key| !before.unknown.contains(key)) {
                    println!("{unknown}");
                }
                before = now;
            }
            ended = tokio::signal::ctrl_c() => return Ok(ended?),
        }
    }
}

fn print_update<V: std::fmt::Debug + 'static>(name: &str, update: Option<Update<V>>) -> Outcome {
    match update {
        Some(Update::Changed(change)) => println!(
            "{name}: {:?} -> {:?} at revision {}",
            change.previous(),
            change.current(),
            number(change.revision())
        ),
        Some(Update::Missed(missed)) => println!("{name}: {missed} changes were missed"),
        Some(_) => println!("{name}: news of a kind that this program does not know"),
        None => return Err("the loop ended".into()),
    }
    Ok(())
}

fn heading(text: &str) {
    println!("\n{text}\n{}", "-".repeat(text.len()));
}

fn number(revision: Option<Revision>) -> String {
    revision.map_or_else(|| "none".to_owned(), |revision| revision.to_string())
}

/// Ends the tour with an error if a step did not work.
fn expect(holds: bool, what: &str) -> Outcome {
    if holds {
        Ok(())
    } else {
        Err(format!("the tour went wrong: expected {what}").into())
    }
}

struct Arguments {
    etcd: Option<String>,
    interactive: bool,
}

impl Arguments {
    fn read() -> Outcome<Self> {
        let mut read = Self {
            etcd: None,
            interactive: false,
        };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--etcd" => read.etcd = Some(arguments.next().ok_or("--etcd needs a URL")?),
                "--interactive" => read.interactive = true,
                other => {
                    return Err(format!(
                        "unknown argument `{other}`; expected `--etcd URL` or `--interactive`"
                    )
                    .into());
                }
            }
        }
        Ok(read)
    }
}

/// Changes keys, as an operator would.
enum Writer {
    Memory(Memory),
    Etcd(Box<Client>),
}

impl Writer {
    async fn open(etcd: Option<&str>) -> Outcome<Self> {
        Ok(match etcd {
            Some(url) => Self::Etcd(Box::new(Client::connect([url], None).await?)),
            None => Self::Memory(Memory::new()),
        })
    }

    fn memory(&self) -> Outcome<Memory> {
        match self {
            Self::Memory(memory) => Ok(memory.clone()),
            Self::Etcd(_) => Err("the store is an etcd".into()),
        }
    }

    async fn put(&mut self, key: &str, value: &str) -> Outcome<Revision> {
        let key = format!("{PREFIX}/{key}");
        Ok(match self {
            Self::Memory(memory) => memory.put(key, value),
            Self::Etcd(client) => revision(client.put(key, value, None).await?.header()),
        })
    }

    async fn put_both(&mut self, one: (&str, &str), other: (&str, &str)) -> Outcome {
        let [one, other] = [one, other].map(|(key, value)| (format!("{PREFIX}/{key}"), value));
        match self {
            Self::Memory(memory) => {
                memory
                    .transaction()
                    .put(one.0, one.1)
                    .put(other.0, other.1)
                    .commit()?;
            }
            Self::Etcd(client) => {
                let puts = [one, other].map(|(key, value)| TxnOp::put(key, value, None));
                client.txn(Txn::new().and_then(puts)).await?;
            }
        }
        Ok(())
    }

    async fn delete(&mut self, key: &str) -> Outcome {
        let key = format!("{PREFIX}/{key}");
        match self {
            Self::Memory(memory) => drop(memory.delete(key)),
            Self::Etcd(client) => drop(client.delete(key, None).await?),
        }
        Ok(())
    }

    /// Deletes the keys of the tour.
    async fn clear(&mut self) -> Outcome {
        let all = format!("{PREFIX}/");
        match self {
            Self::Memory(memory) => drop(memory.delete_prefix(all)),
            Self::Etcd(client) => {
                let below = DeleteOptions::new().with_prefix();
                client.delete(all, Some(below)).await?;
            }
        }
        Ok(())
    }
}

fn revision(header: Option<&etcd_client::ResponseHeader>) -> Revision {
    Revision::from(header.map_or(0, etcd_client::ResponseHeader::revision))
}
