//! A way to a server that can be cut, stalled and slowed: a TCP proxy on the loopback interface.
//!
//! In: the port of a server. Out: a port that leads to it as well or as badly as it is told. It
//! knows nothing of what is said on the way, and holds at most one piece of it at a time in each
//! direction.

use std::net::Ipv4Addr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::ports::Port;

/// The most that is on its way, in each direction of each connection.
const PIECE: usize = 16 << 10;

/// What becomes of new connections while the way is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Nothing listens: they are refused.
    Refuse,
    /// They are accepted, and closed at once.
    Close,
}

/// How the way is.
#[derive(Clone, Debug, Default)]
struct Way {
    cut: Option<Cut>,
    /// Whether nothing is delivered to the server, and to the client.
    stalled: [bool; 2],
    /// How long each piece takes.
    latency: Duration,
    /// At most so many bytes a second, in each direction of each connection.
    rate: Option<u32>,
}

/// A proxy in front of one server. Dropping it closes all of its connections.
#[derive(Debug)]
pub struct Proxy {
    port: Port,
    way: watch::Sender<Way>,
    accepted: watch::Receiver<u64>,
    /// Whether something listens, which the task says.
    listens: watch::Receiver<bool>,
}

impl Proxy {
    /// Begins to listen, and leads to that port. Must be called in a tokio runtime.
    ///
    /// # Panics
    ///
    /// When there is no port to listen on.
    pub async fn start(to: u16) -> Self {
        let (port, listener) = listen_somewhere().await;
        let (way, seen) = watch::channel(Way::default());
        let (count, accepted) = watch::channel(0);
        let (says, listens) = watch::channel(true);
        tokio::spawn(serve(port.number(), listener, to, seen, count, says));
        Self {
            port,
            way,
            accepted,
            listens,
        }
    }

    /// Where clients connect.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port.number())
    }

    /// How many connections there have been.
    pub fn accepted(&self) -> u64 {
        *self.accepted.borrow()
    }

    /// Closes all connections, and does that to new ones, until [`Proxy::heal`]. Returns once new
    /// ones meet it.
    pub async fn cut(&self, how: Cut) {
        self.way.send_modify(|way| way.cut = Some(how));
        self.until(how == Cut::Close).await;
    }

    /// Keeps connections open, and new ones too, but delivers nothing to the server, to the
    /// client, or to both.
    pub fn stall(&self, to_server: bool, to_client: bool) {
        self.way
            .send_modify(|way| way.stalled = [to_server, to_client]);
    }

    /// Each piece of at most 16 KiB takes that long, and at most so many bytes are delivered in
    /// a second, in each direction of each connection.
    pub fn slow(&self, latency: Duration, bytes_per_second: Option<u32>) {
        self.way
            .send_modify(|way| (way.latency, way.rate) = (latency, bytes_per_second));
    }

    /// The way is as good as ever. What was stalled is delivered.
    pub async fn heal(&self) {
        self.way.send_replace(Way::default());
        self.until(true).await;
    }

    async fn until(&self, listens: bool) {
        // An error would say that the runtime is shutting down.
        let _ = self.listens.clone().wait_for(|now| *now == listens).await;
    }
}

/// Listens on a free port. Another program may take a port between its choice and its use.
async fn listen_somewhere() -> (Port, TcpListener) {
    let mut last = None;
    for _ in 0..10 {
        let port = Port::free();
        match listen(port.number()).await {
            Ok(listener) => return (port, listener),
            Err(error) => last = Some(error),
        }
    }
    panic!("no port for a proxy in ten attempts: {last:?}");
}

async fn listen(port: u16) -> std::io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await
}

/// Accepts connections until the handle is gone.
async fn serve(
    port: u16,
    first: TcpListener,
    to: u16,
    mut way: watch::Receiver<Way>,
    count: watch::Sender<u64>,
    says: watch::Sender<bool>,
) {
    let mut listener = Some(first);
    loop {
        let cut = way.borrow_and_update().cut;
        if cut == Some(Cut::Refuse) {
            listener = None;
        } else if listener.is_none() {
            match listen(port).await {
                Ok(again) => listener = Some(again),
                // Somebody has it for the moment, such as an outgoing connection.
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
            if listener.is_none() && way.has_changed().is_ok() {
                continue;
            }
        }
        says.send_if_modified(|now| {
            std::mem::replace(now, listener.is_some()) != listener.is_some()
        });
        tokio::select! {
            changed = way.changed() => if changed.is_err() {
                return;
            },
            accepted = accept(listener.as_ref()) => {
                count.send_modify(|count| *count += 1);
                // Closed at once where the way is cut.
                if way.borrow().cut.is_none() {
                    tokio::spawn(carry(accepted, to, way.clone()));
                }
            }
        }
    }
}

/// The next connection; never, where nothing listens.
async fn accept(listener: Option<&TcpListener>) -> TcpStream {
    if let Some(listener) = listener {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => return stream,
                // Out of file descriptors, or gone before it was accepted.
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }
    std::future::pending().await
}

/// One connection, until one of its ends closes it or the way is cut.
async fn carry(client: TcpStream, to: u16, mut way: watch::Receiver<Way>) {
    let mut cut = way.clone();
    let both = async {
        // Nothing reaches the server, not even the greeting.
        if way.wait_for(|way| !way.stalled[0]).await.is_err() {
            return;
        }
        let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, to)).await else {
            return;
        };
        let _ = (client.set_nodelay(true), server.set_nodelay(true));
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = server.into_split();
        tokio::select! {
            () = pump(from_client, to_server, 0, way.clone()) => {}
            () = pump(from_server, to_client, 1, way) => {}
        }
    };
    tokio::select! {
        () = both => {}
        _ = cut.wait_for(|way| way.cut.is_some()) => {}
    }
}

/// One direction, piece by piece.
async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    direction: usize,
    mut way: watch::Receiver<Way>,
) {
    let mut piece = vec![0; PIECE];
    loop {
        let length = match from.read(&mut piece).await {
            Ok(0) | Err(_) => return,
            Ok(length) => length,
        };
        let (latency, rate) = {
            let way = way.borrow();
            (way.latency, way.rate)
        };
        let size = u32::try_from(length).unwrap_or(u32::MAX);
        let crawl = rate.map_or(0.0, |rate| f64::from(size) / f64::from(rate.max(1)));
        let wait = latency + Duration::from_secs_f64(crawl);
        if !wait.is_zero() {
            // Healed meanwhile, it need not wait any longer.
            let healed = way.wait_for(|way| way.latency.is_zero() && way.rate.is_none());
            let _ = tokio::time::timeout(wait, healed).await;
        }
        let open = way.wait_for(|way| !way.stalled.get(direction).is_some_and(|stalled| *stalled));
        if open.await.is_err() {
            return;
        }
        let Some(piece) = piece.get(..length) else {
            return;
        };
        if to.write_all(piece).await.is_err() {
            return;
        }
    }
}
