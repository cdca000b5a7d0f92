//! A gate between clients and a server, on loopback: it lets in as many connections as it is
//! told, lets the bytes of those that are open rest, and cuts them.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

#[derive(Clone, Copy)]
struct State {
    /// How many connections are let in, from the first one on.
    lets_in: usize,
    /// Connections before this one are cut.
    cut_before: usize,
    /// Of these nothing goes through.
    silent: (usize, usize),
}

impl State {
    fn speaks(&self, number: usize) -> bool {
        !(self.silent.0..self.silent.1).contains(&number)
    }
}

/// A gate; dropping it cuts everything.
pub(crate) struct Gate {
    address: SocketAddr,
    state: watch::Sender<State>,
    knocked: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Gate {
    /// A gate to a server on this port that lets everybody in.
    pub(crate) async fn to(port: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (state, follow) = watch::channel(State {
            lets_in: usize::MAX,
            cut_before: 0,
            silent: (0, 0),
        });
        let knocked = Arc::new(AtomicUsize::new(0));
        let task = tokio::spawn(accept(listener, port, follow, Arc::clone(&knocked)));
        Self {
            address,
            state,
            knocked,
            task,
        }
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many connections have come so far.
    pub(crate) fn knocked(&self) -> usize {
        self.knocked.load(Ordering::SeqCst)
    }

    /// Lets in that many connections from the beginning on; the others wait.
    pub(crate) fn let_in(&self, connections: usize) {
        self.state.send_modify(|state| state.lets_in = connections);
    }

    /// Nothing goes through those that are open, in either direction, and nobody is told.
    pub(crate) fn silence(&self) {
        self.silence_from(0);
    }

    /// The same for those that are open, from this one on.
    pub(crate) fn silence_from(&self, first: usize) {
        let knocked = self.knocked();
        self.state
            .send_modify(|state| state.silent = (first, knocked));
    }

    /// What was held back goes on.
    pub(crate) fn speak(&self) {
        self.state.send_modify(|state| state.silent = (0, 0));
    }

    /// Ends the connections that are open.
    pub(crate) fn cut(&self) {
        let knocked = self.knocked();
        self.state.send_modify(|state| state.cut_before = knocked);
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.cut();
        self.task.abort();
    }
}

async fn accept(
    listener: TcpListener,
    port: u16,
    state: watch::Receiver<State>,
    knocked: Arc<AtomicUsize>,
) {
    while let Ok((client, _)) = listener.accept().await {
        let number = knocked.fetch_add(1, Ordering::SeqCst);
        let mut state = state.clone();
        tokio::spawn(async move {
            let entered = until(&mut state, |state| number < state.lets_in).await;
            let server = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await;
            let (true, Ok(server)) = (entered, server) else {
                return;
            };
            for stream in [&client, &server] {
                let _ = stream.set_nodelay(true);
            }
            let (from_client, to_client) = client.into_split();
            let (from_server, to_server) = server.into_split();
            let mut cut = state.clone();
            tokio::select! {
                () = carry(from_client, to_server, number, state.clone()) => {}
                () = carry(from_server, to_client, number, state) => {}
                _ = until(&mut cut, |state| number < state.cut_before) => {}
            }
        });
    }
}

/// Waits until this holds; `false` where the gate is gone. It keeps no lock.
async fn until(state: &mut watch::Receiver<State>, holds: impl Fn(&State) -> bool) -> bool {
    state.wait_for(|state| holds(state)).await.is_ok()
}

async fn carry(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    number: usize,
    mut state: watch::Receiver<State>,
) {
    let mut piece = vec![0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut piece).await {
        let speaks = until(&mut state, |state| state.speaks(number)).await;
        if !speaks || to.write_all(&piece[..length]).await.is_err() {
            return;
        }
    }
}
