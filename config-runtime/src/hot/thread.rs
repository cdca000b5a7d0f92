//! The loop's own thread: a program whose threads are all busy still gets its configuration.
//!
//! In: the loop. Out: a handle of the runtime that it runs on. It knows nothing of configurations.

use std::future::{Future, pending};
use std::io;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// The time that callbacks have for the last change when the loop has ended.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Waits that long, even if every runtime is blocked. The thread that it uses ends with the future.
pub(super) async fn pass(length: Duration) {
    let (over, is_over) = oneshot::channel();
    let (gone, is_gone) = mpsc::channel::<()>();
    let thread = std::thread::Builder::new().name("hotconfig-timer".to_owned());
    let spawned = thread.spawn(move || {
        if is_gone.recv_timeout(length) == Err(RecvTimeoutError::Timeout) {
            let _ = over.send(());
        }
    });
    if spawned.is_err() || is_over.await.is_err() {
        pending::<()>().await;
    }
    drop(gone);
}

/// Runs the future on a thread that ends with it.
pub(super) fn spawn(run: impl Future<Output = ()> + Send + 'static) -> io::Result<Handle> {
    let runtime = Builder::new_current_thread().enable_time().build()?;
    let handle = runtime.handle().clone();
    std::thread::Builder::new()
        .name("hotconfig".to_owned())
        .spawn(move || {
            runtime.block_on(async {
                run.await;
                // The tasks of callbacks notice the end by themselves, and deliver the last change
                // first.
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
