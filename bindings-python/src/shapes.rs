//! Dicts that look alike, as the lines of an order do: recognised by their keys being the same objects, in the same order.
//!
//! Readers of JSON make each key of a text once, and so does Python for names in a program. While a value is walked
//! nothing in it can change or go, so an object's address tells it.

use std::rc::Rc;

use once_again_core::fingerprint::Shape;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

/// Wider dicts are told one by one: they seldom come in long lists, and their values would burden the stack.
const WIDEST: usize = 16;
const SLOTS: usize = 16;

/// The shapes met so far, each in the slot that its width and first key choose; a newcomer takes the slot over.
#[derive(Default)]
pub(crate) struct Shapes {
    slots: [Slot; SLOTS],
}

#[derive(Default)]
enum Slot {
    #[default]
    Vacant,
    /// Met once, which may have been the only time.
    Met {
        first: usize,
        width: usize,
    },
    Known(Rc<Known>),
}

/// A shape, and the addresses of its keys as they come.
pub(crate) struct Known {
    keys: Vec<usize>,
    pub(crate) names: Shape,
}

/// A dict's values as they come.
pub(crate) type Values<'py> = [Option<Bound<'py, PyAny>>; WIDEST];

impl Shapes {
    /// The shape of a dict like one that was met before, with its values.
    pub(crate) fn find<'py>(&mut self, dict: &Bound<'py, PyDict>) -> Option<(Rc<Known>, Values<'py>)> {
        let width = dict.len();
        if !(2..=WIDEST).contains(&width) {
            return None;
        }
        let mut entries = dict.iter();
        let (first, first_value) = entries.next()?;
        let first = first.as_ptr().addr();
        // Objects are aligned to 16 bytes.
        let slot = &mut self.slots[((first >> 4) ^ width) % SLOTS];
        let known = match slot {
            Slot::Known(known) if known.keys.len() == width && known.keys[0] == first => Rc::clone(known),
            Slot::Met { first: before, width: wide } if (*before, *wide) == (first, width) => {
                let known = Rc::new(Known::of(dict)?);
                *slot = Slot::Known(Rc::clone(&known));
                known
            }
            _ => {
                *slot = Slot::Met { first, width };
                return None;
            }
        };
        let mut values = Values::default();
        values[0] = Some(first_value);
        for (((key, value), expected), place) in entries.zip(&known.keys[1..]).zip(&mut values[1..]) {
            if key.as_ptr().addr() != *expected {
                return None;
            }
            *place = Some(value);
        }
        Some((known, values))
    }
}

impl Known {
    fn of(dict: &Bound<'_, PyDict>) -> Option<Self> {
        let keys: Option<Vec<_>> =
            dict.iter().map(|(key, _)| key.cast_into_exact::<PyString>().ok()).collect();
        let keys = keys?;
        let names: Option<Vec<_>> = keys.iter().map(|key| key.to_str().ok()).collect();
        let names = Shape::new(names?)?;
        Some(Self { keys: keys.iter().map(|key| key.as_ptr().addr()).collect(), names })
    }
}
