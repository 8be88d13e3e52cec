//! The Python binding: converts between Python and core, and decides nothing.

use pyo3::prelude::*;

/// The extension module `once_again._core`.
#[pymodule]
mod _core {
    use pyo3::prelude::*;

    /// The version of the decision core inside this module.
    #[pyfunction]
    fn core_version() -> &'static str {
        once_again_core::VERSION
    }
}
