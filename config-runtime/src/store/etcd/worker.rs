//! A thread with a runtime and connections `C`, which runs jobs.
//!
//! In: jobs, from any thread and any runtime or none. Out: their answers. It knows no etcd. The
//! first job starts the thread, which ends when the [`Worker`] is dropped; nothing waits for that.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tokio::runtime::Builder;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::sync::oneshot;

use crate::event;
use crate::store::backend::BoxFuture;
use crate::store::{ErrorKind, StoreError};

/// Something to run on the thread, with its connections.
type Job<C> = Box<dyn FnOnce(Arc<C>) -> BoxFuture<'static, ()> + Send>;

/// Makes the connections, on the thread.
type Connect<C> = Arc<dyn Fn() -> C + Send + Sync>;

/// The handle on the thread, which runs as long as the handle exists.
pub(super) struct Worker<C> {
    thread: &'static str,
    connect: Connect<C>,
    jobs: Mutex<Option<UnboundedSender<Job<C>>>>,
}

impl<C: Send + Sync + 'static> Worker<C> {
    /// Creates a worker whose thread will have that name.
    pub(super) fn new(
        thread: &'static str,
        connect: impl Fn() -> C + Send + Sync + 'static,
    ) -> Self {
        Self {
            thread,
            connect: Arc::new(connect),
            jobs: Mutex::new(None),
        }
    }

    /// Runs this on the thread. Dropping the answer ends the work.
    pub(super) async fn ask<R: Send + 'static>(
        &self,
        work: impl FnOnce(Arc<C>) -> BoxFuture<'static, Result<R, StoreError>> + Send + 'static,
    ) -> Result<R, StoreError> {
        let (mut answer, answered) = oneshot::channel();
        self.send(Box::new(move |connections| {
            let work = work(connections);
            Box::pin(async move {
                let done = tokio::select! {
                    done = work => done,
                    () = answer.closed() => return,
                };
                // If the caller is gone, the answer is no longer needed.
                let _ = answer.send(done);
            })
        }))?;
        answered.await.unwrap_or_else(|_| Err(ended(self.thread)))
    }

    fn send(&self, mut job: Job<C>) -> Result<(), StoreError> {
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = &*jobs {
            match running.send(job) {
                Ok(()) => return Ok(()),
                Err(refused) => job = refused.0,
            }
        }
        let (sender, receiver) = mpsc::unbounded_channel();
        let (name, connect) = (self.thread, Arc::clone(&self.connect));
        thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || run(name, &connect, receiver))
            .map_err(|error| {
                StoreError::new(
                    ErrorKind::Other,
                    format!("the thread {name} can't be started: {error}"),
                )
            })?;
        // The thread can't be gone yet; if it is, the caller notices the missing answer.
        let _ = sender.send(job);
        *jobs = Some(sender);
        Ok(())
    }
}

impl<C> fmt::Debug for Worker<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker").finish_non_exhaustive()
    }
}

/// The error for an answer that will never come, since the thread of that name is gone.
pub(super) fn ended(thread: &str) -> StoreError {
    StoreError::new(
        ErrorKind::Other,
        format!("the thread {thread} ended before it answered"),
    )
}

fn run<C: 'static>(name: &str, connect: &Connect<C>, mut jobs: UnboundedReceiver<Job<C>>) {
    // Made here and not by the caller: a runtime must not be dropped in an async context.
    let runtime = Builder::new_current_thread()
        .thread_name("hotconfig-dns")
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            event::thread_failed(name, &error);
            return;
        }
    };
    runtime.block_on(async move {
        let connections = Arc::new(connect());
        while let Some(job) = jobs.recv().await {
            tokio::spawn(job(Arc::clone(&connections)));
        }
    });
    // A name lookup can't be interrupted, and its answer is no longer needed.
    runtime.shutdown_background();
}
