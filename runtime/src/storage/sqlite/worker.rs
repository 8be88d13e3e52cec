//! A thread of its own for a database: SQLite blocks, and one connection does one thing at a time anyway.

use super::super::StoreError;
use rusqlite::Connection;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};
use std::thread;
use tokio::sync::mpsc::{Sender, channel};
use tokio::sync::oneshot;

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// So many jobs wait for the thread; whoever comes with another waits for a place, for as long as it likes to. A disk that
/// stands still then costs memory for these, and not for everything that is asked meanwhile.
const PLACES: usize = 64;

/// Does what is asked of a connection, in the order in which it is asked. Dropped, it does what it was asked already, and
/// closes the connection.
pub(super) struct Worker(Mutex<Option<Sender<Job>>>);

impl Worker {
    pub(super) fn start(mut connection: Connection) -> Result<Self, StoreError> {
        let (sender, mut jobs) = channel::<Job>(PLACES);
        let work = move || {
            while let Some(job) = jobs.blocking_recv() {
                job(&mut connection);
            }
        };
        let thread = thread::Builder::new().name("once-again-sqlite".into());
        thread.spawn(work).map_err(StoreError::unavailable)?;
        Ok(Self(Mutex::new(Some(sender))))
    }

    /// Does `job`, also when nobody waits for it any more, once it has a place.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        let sender = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let sender = sender.ok_or(StoreError::because("the SQLite store was closed"))?;
        let job: Job = Box::new(move |connection| {
            // Its transaction is rolled back as the panic passes it, so the connection is as good as before.
            let done = catch_unwind(AssertUnwindSafe(|| job(connection)));
            let panicked = StoreError::because("the SQLite store panicked at this operation");
            drop(answer.send(done.unwrap_or(Err(panicked))));
        });
        sender.send(job).await.map_err(|_| StoreError::because(ENDED))?;
        answered.await.unwrap_or(Err(StoreError::because(ENDED)))
    }

    pub(super) fn close(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

const ENDED: &str = "the SQLite store's thread has ended";
