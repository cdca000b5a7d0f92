//! A program of plain threads: no runtime of its own, and a thread that looks at every turn.
//!
//! ```text
//! cargo run --package hotconfig-examples --example plain_threads
//! ```
#![expect(clippy::print_stdout, reason = "what it found is what it is for")]

use std::error::Error;
use std::thread;
use std::time::Duration;

use hotconfig::store::Memory;
use hotconfig::{Hot, HotConfig};

#[derive(HotConfig, Clone, Debug)]
#[hot(prefix = "/configs/plain-threads")]
struct Work {
    /// How much is done in one turn.
    #[hot(default = 8, range(1..=64))]
    batch: u64,
    /// Whether there is more to do.
    #[hot(default = true)]
    go_on: bool,
}

fn main() -> Result<(), Box<dyn Error>> {
    // In a service: `Etcd::builder(["http://127.0.0.1:2379"]).build()?`
    let store = Memory::new();
    // The configuration is followed on a thread of its own. The start is the only thing to wait
    // for, and whatever polls a future will do.
    let hot = pollster::block_on(Hot::<Work>::builder(store.clone()).start())?;

    let mut reader = hot.reader();
    let worker = thread::spawn(move || {
        let (mut turns, mut done) = (0_u64, 0_u64);
        // About one atomic load a turn. Both fields are of one revision.
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
