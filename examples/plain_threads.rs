//! A program of plain threads, without an async runtime: a worker reads the configuration in its
//! loop.
//!
//! ```text
//! cargo run --package hotconfig-examples --example plain_threads
//! ```
#![expect(clippy::print_stdout, reason = "the example prints its result")]

use std::error::Error;
use std::thread;
use std::time::Duration;

use hotconfig::store::Memory;
use hotconfig::{Hot, HotConfig};

#[derive(HotConfig, Clone, Debug)]
#[hot(prefix = "/configs/plain-threads")]
struct Work {
    /// Items per turn.
    #[hot(default = 8, range(1..=64))]
    batch: u64,
    /// Whether the worker continues.
    #[hot(default = true)]
    go_on: bool,
}

fn main() -> Result<(), Box<dyn Error>> {
    // In a service: `Etcd::builder(["http://127.0.0.1:2379"]).build()?`
    let store = Memory::new();
    // The loop has its own thread. Only the start must be awaited, and any executor can do that.
    let hot = pollster::block_on(Hot::<Work>::builder(store.clone()).start())?;

    let mut reader = hot.reader();
    let worker = thread::spawn(move || {
        let (mut turns, mut done) = (0_u64, 0_u64);
        // About one atomic load per turn. Both fields are of one revision.
        while let Work { batch, go_on: true } = *reader.get() {
            turns += 1;
            done += batch;
        }
        (turns, done)
    });

    let revision = store.put("/configs/plain-threads/batch", "16");
    pollster::block_on(hot.wait_for(revision, Duration::from_secs(5)))?;
    store.put("/configs/plain-threads/go_on", "false");
    let (turns, done) = worker.join().map_err(|_| "the worker panicked")?;
    println!("{done} done in {turns} turns");
    pollster::block_on(hot.shutdown());
    Ok(())
}
