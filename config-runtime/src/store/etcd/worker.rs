//! The thread that an [`Etcd`](super::Etcd) lives on.
//!
//! In: jobs, from any thread and any runtime or none. Out: their answers. It knows no etcd. The
//! thread is started by the first job, and ends by itself when nobody is left who could send
//! one; nobody ever waits for its end.

use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tokio::runtime::Builder;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::sync::oneshot;

use super::connection::Lines;
use super::shared::Shared;
use crate::event;
use crate::store::{ErrorKind, StoreError};

/// At most fifteen bytes, so that the system shows it whole.
const NAME: &str = "hotconfig-etcd";

/// Something to start on the thread, with its connections.
type Job = Box<dyn FnOnce(Arc<Lines>) + Send>;

/// The way to the thread. Whoever holds it keeps the thread.
pub(super) struct Worker {
    shared: Arc<Shared>,
    jobs: Mutex<Option<UnboundedSender<Job>>>,
}

impl Worker {
    pub(super) fn new(shared: Shared) -> Self {
        Self {
            shared: Arc::new(shared),
            jobs: Mutex::new(None),
        }
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// Has this done on the thread. Dropping the answer ends the work.
    pub(super) async fn ask<R, F>(
        &self,
        work: impl FnOnce(Arc<Lines>) -> F + Send + 'static,
    ) -> Result<R, StoreError>
    where
        R: Send + 'static,
        F: Future<Output = Result<R, StoreError>> + Send + 'static,
    {
        let (mut answer, answered) = oneshot::channel();
        self.send(Box::new(move |lines| {
            tokio::spawn(async move {
                let done = tokio::select! {
                    done = work(lines) => done,
                    () = answer.closed() => return,
                };
                // Whoever asked may be gone by now; so is the need for the answer.
                let _ = answer.send(done);
            });
        }))?;
        answered.await.unwrap_or_else(|_| Err(ended()))
    }

    fn send(&self, mut job: Job) -> Result<(), StoreError> {
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = &*jobs {
            match running.send(job) {
                Ok(()) => return Ok(()),
                Err(refused) => job = refused.0,
            }
        }
        let (sender, receiver) = mpsc::unbounded_channel();
        let shared = Arc::clone(&self.shared);
        thread::Builder::new()
            .name(NAME.to_owned())
            .spawn(move || run(&shared, receiver))
            .map_err(|error| {
                StoreError::new(
                    ErrorKind::Other,
                    format!("the thread {NAME} can't be started: {error}"),
                )
            })?;
        // The thread can't be gone yet; if it is, its answer is missing, which is noticed.
        let _ = sender.send(job);
        *jobs = Some(sender);
        Ok(())
    }
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker").finish_non_exhaustive()
    }
}

/// What is said where an answer will never come.
pub(super) fn ended() -> StoreError {
    StoreError::new(
        ErrorKind::Other,
        format!("the thread {NAME} ended before it answered"),
    )
}

fn run(shared: &Arc<Shared>, mut jobs: UnboundedReceiver<Job>) {
    // Made here and not by whoever asks: a runtime must not be dropped in an async context.
    let runtime = Builder::new_current_thread()
        .thread_name("hotconfig-dns")
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            event::thread_failed(NAME, &error);
            return;
        }
    };
    runtime.block_on(async move {
        let lines = Arc::new(Lines::new(shared));
        while let Some(job) = jobs.recv().await {
            job(Arc::clone(&lines));
        }
    });
    // Asking for a name can't be interrupted, and nobody wants the answer any more.
    runtime.shutdown_background();
}
