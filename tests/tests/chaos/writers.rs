//! Those who write: single values, transactions, deletes, leases, bad values, and what is none of
//! our business.
//!
//! In: the members' endpoints and a seed. Out: writes. Whether one of them was done is for the
//! recorder to find out: an error says nothing of that. The families of `config.rs` are kept to.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use etcd_client::{Client, ConnectOptions, DeleteOptions, Error, PutOptions, Txn, TxnOp};
use tokio::sync::{RwLock, mpsc};
use tokio::task::JoinHandle;

use crate::config::{NEIGHBOUR, PREFIX, TXN};

/// A good value of a key that nothing else was written with: the key and the revision.
pub(crate) type Written = (&'static str, u64);

/// What all writers share.
pub(crate) struct Desk {
    pub(crate) endpoints: Vec<String>,
    /// Held for writing while nobody may write.
    pub(crate) gate: RwLock<()>,
    /// Every number is written once.
    next: AtomicU64,
    pub(crate) done: AtomicU64,
    pub(crate) written: mpsc::UnboundedSender<Written>,
}

impl Desk {
    pub(crate) fn new(
        endpoints: Vec<String>,
        written: mpsc::UnboundedSender<Written>,
    ) -> Arc<Self> {
        Arc::new(Self {
            endpoints,
            gate: RwLock::new(()),
            next: AtomicU64::new(2),
            done: AtomicU64::new(0),
            written,
        })
    }

    pub(crate) fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }
}

fn key(name: &str) -> String {
    format!("{PREFIX}{name}")
}

fn put(name: &str, value: impl Into<Vec<u8>>) -> TxnOp {
    TxnOp::put(key(name), value, None)
}

fn delete(name: &str) -> TxnOp {
    TxnOp::delete(key(name), None)
}

/// Starts a writer.
pub(crate) fn start(desk: &Arc<Desk>, seed: u64) -> JoinHandle<()> {
    let desk = Arc::clone(desk);
    tokio::spawn(async move {
        let mut writer = Writer {
            random: fastrand::Rng::with_seed(seed),
            desk,
            client: None,
        };
        loop {
            writer.once().await;
            let pause = writer.random.u64(1..40);
            tokio::time::sleep(Duration::from_millis(pause)).await;
        }
    })
}

struct Writer {
    random: fastrand::Rng,
    desk: Arc<Desk>,
    client: Option<Client>,
}

/// Fields with rules of their own.
const OWN: [&str; 7] = ["need", "a0", "a1", "a2", "maybe", "text", "list"];

impl Writer {
    async fn once(&mut self) {
        let desk = Arc::clone(&self.desk);
        let _open = desk.gate.read().await;
        let client = match &self.client {
            Some(client) => client.clone(),
            None => {
                // Another member each time: this one may be gone for long.
                let endpoint = self.random.choice(&desk.endpoints).cloned();
                let options = ConnectOptions::new()
                    .with_connect_timeout(Duration::from_millis(500))
                    .with_timeout(Duration::from_millis(1_000));
                let made = Client::connect(endpoint.as_slice(), Some(options)).await;
                let Ok(client) = made else {
                    return;
                };
                self.client = Some(client.clone());
                client
            }
        };
        match self.write(client).await {
            Ok(()) => drop(desk.done.fetch_add(1, Ordering::Relaxed)),
            Err(_) => self.client = None,
        }
    }

    fn good(&mut self, name: &str) -> String {
        let number = self.desk.number();
        match name {
            "text" => format!("text {number}"),
            "list" => format!("[{number},{}]", number / 2),
            _ => number.to_string(),
        }
    }

    fn bad(&mut self, name: &str) -> Vec<u8> {
        let bad: &[&[u8]] = match name {
            "need" => &[b"0", b"-1", b"", b"x"],
            "text" => &[b"", b"UPPER", b"\xff\xfe", &[b'a'; 41]],
            "list" => &[b"[1,", b"{}", b"x", b"[-1]"],
            "maybe" => &[b"x", b"-1", b"99999999999999999999999"],
            _ => &[b"0", b"x", b"1.5", b"1000000000001", b"\xff"],
        };
        self.random.choice(bad).copied().unwrap_or(b"").to_vec()
    }

    fn own(&mut self) -> &'static str {
        self.random.choice(OWN).unwrap_or("a0")
    }

    /// Several different fields with rules of their own.
    fn some(&mut self) -> Vec<&'static str> {
        let count = self.random.usize(2..5);
        self.random.choose_multiple(OWN, count)
    }

    async fn write(&mut self, mut client: Client) -> Result<(), Error> {
        match self.random.u32(0..100) {
            0..28 => {
                let name = self.own();
                let value = self.good(name);
                let done = client.put(key(name), value, None).await?;
                let revision = done
                    .header()
                    .map_or(0, etcd_client::ResponseHeader::revision);
                if let (true, Ok(revision)) = (name.starts_with('a'), u64::try_from(revision)) {
                    let _ = self.desk.written.send((name, revision));
                }
            }
            28..34 => {
                let name = self.own();
                let there = client.get(key(name), None).await?;
                if let Some(pair) = there.kvs().first() {
                    client.put(key(name), pair.value(), None).await?;
                }
            }
            34..40 => {
                let name = self.own();
                let value = self.bad(name);
                client.put(key(name), value, None).await?;
            }
            40..50 => {
                let names = self.some();
                let puts: Vec<_> = names
                    .iter()
                    .map(|name| put(name, self.good(name)))
                    .collect();
                client.txn(Txn::new().and_then(puts)).await?;
            }
            50..56 => {
                let names = self.some();
                let wrong = self.random.usize(..names.len());
                let puts: Vec<_> = names
                    .iter()
                    .enumerate()
                    .map(|(place, name)| {
                        if place == wrong {
                            put(name, self.bad(name))
                        } else {
                            put(name, self.good(name))
                        }
                    })
                    .collect();
                client.txn(Txn::new().and_then(puts)).await?;
            }
            56..66 => {
                let number = self.desk.number();
                let mut puts: Vec<_> = TXN
                    .iter()
                    .map(|name| put(name, number.to_string()))
                    .collect();
                match self.random.u32(..4) {
                    0 => puts.push(put("a1", self.good("a1"))),
                    1 => puts.push(put("a2", self.bad("a2"))),
                    _ => {}
                }
                client.txn(Txn::new().and_then(puts)).await?;
            }
            66..68 => {
                let deletes: Vec<_> = TXN.iter().map(|name| delete(name)).collect();
                client.txn(Txn::new().and_then(deletes)).await?;
            }
            68..73 => {
                let name = self.own();
                if name != "need" || self.random.u32(..3) == 0 {
                    client.delete(key(name), None).await?;
                }
                if self.random.bool() {
                    let value = self.good(name);
                    client.put(key(name), value, None).await?;
                }
            }
            73..77 => {
                let names = self.some();
                let mixed: Vec<_> = names
                    .iter()
                    .enumerate()
                    .map(|(place, name)| {
                        if place == 0 && *name != "need" {
                            delete(name)
                        } else if self.random.u32(..4) == 0 {
                            put(name, self.bad(name))
                        } else {
                            put(name, self.good(name))
                        }
                    })
                    .collect();
                client.txn(Txn::new().and_then(mixed)).await?;
            }
            77..87 => self.pair(client).await?,
            87..90 => {
                let lease = client.lease_grant(self.random.i64(1..3), None).await?;
                let on_it = PutOptions::new().with_lease(lease.id());
                let value = self.good("leased");
                client.put(key("leased"), value, Some(on_it)).await?;
            }
            90 => self.many(client).await?,
            91..93 => {
                let name = format!("nope/{}", self.random.u32(..5));
                // Big enough for some answers to be too big.
                let value = vec![b'x'; self.random.usize(..20_000)];
                if self.random.bool() {
                    client.put(key(&name), value, None).await?;
                } else {
                    client.delete(key(&name), None).await?;
                }
            }
            93..98 => {
                let name = self.own();
                let value = self.bad(name);
                client
                    .put(format!("{NEIGHBOUR}{name}"), value, None)
                    .await?;
            }
            _ => {
                for _ in 0..60 {
                    let name = self.own();
                    let value = self.good(name);
                    client.put(key(name), value, None).await?;
                }
            }
        }
        Ok(())
    }

    /// A revision that changes many keys.
    async fn many(&mut self, mut client: Client) -> Result<(), Error> {
        let below = DeleteOptions::new().with_prefix();
        match self.random.u32(..6) {
            // Everything, at once: what is needed is missing until it is written again.
            0 => {
                client.delete(key(""), Some(below)).await?;
                let value = self.good("need");
                client.put(key("need"), value, None).await?;
            }
            1 => drop(client.delete(key("nope/many/"), Some(below)).await?),
            _ => {
                let number = self.desk.number();
                let mut puts: Vec<_> = (0..100)
                    .map(|place| put(&format!("nope/many/{place}"), number.to_string()))
                    .collect();
                puts.push(put("a0", self.good("a0")));
                client.txn(Txn::new().and_then(puts)).await?;
            }
        }
        Ok(())
    }

    /// Two values that are only valid together; never bad by themselves, and with a default in
    /// place of either always valid.
    async fn pair(&mut self, mut client: Client) -> Result<(), Error> {
        let min = self.random.u64(..=1_000_000);
        let max = self.random.u64(..=1_000_000);
        let texts = (min.to_string(), max.to_string());
        match self.random.u32(..10) {
            0..3 => drop(client.put(key("pair/min"), texts.0, None).await?),
            3..6 => drop(client.put(key("pair/max"), texts.1, None).await?),
            6 => {
                let both = ["pair/min", "pair/max"].map(delete);
                client.txn(Txn::new().and_then(both)).await?;
            }
            // First the one, then the other.
            7 => {
                client
                    .put(key("pair/min"), (min.max(max)).to_string(), None)
                    .await?;
                let above = (min.max(max) + 1).to_string();
                client.put(key("pair/max"), above, None).await?;
            }
            _ => {
                let both = [put("pair/min", texts.0), put("pair/max", texts.1)];
                client.txn(Txn::new().and_then(both)).await?;
            }
        }
        Ok(())
    }
}
