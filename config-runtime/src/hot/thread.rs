//! The loop's own thread, which runs even if all other threads of the program are busy.
//!
//! In: the loop. Out: a handle of the runtime that it runs on. It knows nothing of configurations.

use std::future::pending;
use std::io;
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

use crate::store::backend::BoxFuture;

/// The time that callbacks have for the last change when the loop has ended.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Waits that long, even if every runtime is blocked. The thread that it uses ends with the future.
pub(super) async fn pass(length: Duration) {
    let (over, is_over) = oneshot::channel();
    let thread = thread::Builder::new().name("hotconfig-timer".to_owned());
    let spawned = thread.spawn(move || {
        let begun = Instant::now();
        while !over.is_closed() {
            let left = length.saturating_sub(begun.elapsed());
            if left.is_zero() {
                let _ = over.send(());
                break;
            }
            thread::park_timeout(left);
        }
    });
    let Ok(spawned) = spawned else {
        return pending().await;
    };
    let mut timer = Timer {
        is_over,
        thread: spawned.thread().clone(),
    };
    if (&mut timer.is_over).await.is_err() {
        pending::<()>().await;
    }
}

/// A thread that waits. When this is dropped, the thread wakes and ends.
struct Timer {
    is_over: oneshot::Receiver<()>,
    thread: Thread,
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.is_over.close();
        self.thread.unpark();
    }
}

/// Runs the future on a thread that ends with it.
pub(super) fn spawn(run: BoxFuture<'static, ()>) -> io::Result<Handle> {
    let runtime = Builder::new_current_thread().enable_time().build()?;
    let handle = runtime.handle().clone();
    thread::Builder::new()
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
