//! The loop's own thread, so that a program whose threads are all busy still gets its
//! configuration.
//!
//! In: the loop. Out: a handle of the runtime that it runs on. It knows nothing of configurations.

use std::future::Future;
use std::io;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Handle};

/// How long callbacks may take to be told of the last change when the loop has ended.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Runs this on a thread that ends with it.
pub(super) fn spawn(run: impl Future<Output = ()> + Send + 'static) -> io::Result<Handle> {
    let runtime = Builder::new_current_thread().enable_time().build()?;
    let handle = runtime.handle().clone();
    std::thread::Builder::new()
        .name("hotconfig".to_owned())
        .spawn(move || {
            runtime.block_on(async {
                run.await;
                // The tasks of callbacks find the end by themselves, and say the last change first.
                let metrics = Handle::current().metrics();
                let ended = Instant::now();
                while metrics.num_alive_tasks() > 0 && ended.elapsed() < LAST_WORDS {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            });
            // A callback that blocks must not keep this thread.
            runtime.shutdown_background();
        })?;
    Ok(handle)
}
