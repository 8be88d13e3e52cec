//! Configuration as the user wrote it, read into valid types; an invalid one never becomes a value.
//!
//! A host walks its own configuration object once and hands over a [`Value`]; the module that owns the configuration
//! reads it through [`Reader`], which knows every name of every field ([`Names`]), so that an error names the field, the
//! unit and the range as the user would write them.

mod reader;
mod value;

pub use reader::{Names, Reader};
pub(crate) use value::render_number;
pub use value::{Unit, Value};
