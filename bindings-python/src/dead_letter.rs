//! Dead letters in memory. A letter is text to us: Python writes and reads it.

use std::sync::{Mutex, PoisonError};

use once_again_core::dead_letter::{BoxConfig, DeadLetterBox};
use pyo3::prelude::*;

use crate::error::refused;
use crate::spec;

/// A bounded box of letters, shared by threads. Its lock is held for core's work only, never while Python runs.
#[pyclass(frozen, module = "once_again._core")]
pub(crate) struct Letters(Mutex<DeadLetterBox>);

#[pymethods]
impl Letters {
    /// A box bounded as the fields say.
    #[new]
    fn new(fields: &Bound<'_, PyAny>) -> PyResult<Self> {
        let config = BoxConfig::read(&spec::read(fields)?, "").map_err(refused)?;
        Ok(Self(Mutex::new(DeadLetterBox::new(config))))
    }

    /// What became of a letter: `kept`, `replaced` or `full`.
    fn put(&self, id: &str, letter: String) -> &'static str {
        self.with(|letters| letters.put(id, letter)).name()
    }

    /// The letter with this id.
    fn get(&self, id: &str) -> Option<String> {
        self.with(|letters| letters.get(id).map(Into::into))
    }

    /// At most `limit` letters, the oldest first.
    fn list(&self, limit: usize) -> Vec<String> {
        self.with(|letters| letters.list(limit).map(Into::into).collect())
    }

    /// Takes a letter out; false when it is not there.
    fn remove(&self, id: &str) -> bool {
        self.with(|letters| letters.remove(id))
    }

    /// Letters it holds, letters it took, letters for which there was no room.
    fn stats(&self) -> (u64, u64, u64) {
        let stats = self.with(|letters| letters.stats());
        (stats.letters, stats.kept, stats.refused)
    }
}

impl Letters {
    fn with<R>(&self, work: impl FnOnce(&mut DeadLetterBox) -> R) -> R {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
