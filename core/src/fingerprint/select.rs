//! Which fields of a body count: JSON Pointers (RFC 6901) to leave out, or to keep alone.
//!
//! - `exclude` leaves out what a pointer names: `/timestamp`, `/items/0/seen`, `/a~1b` (the name `a/b`), `/m~0n` (`m~n`).
//! - `include` keeps what a pointer names and the objects and arrays on the way to it, nothing beside them. A string,
//!   number or `null` found on the way stays, so that a body of another shape never passes for the expected one.
//! - `exclude` wins. A pointer that finds nothing does nothing. Places in arrays are those of the body as sent, and what is
//!   left out closes the gap. Everything, also what is left out, must be strict JSON.

use super::order::Name;
use crate::error::ConfigError;
use crate::json::quoted;

/// A checked list of pointers to keep and to leave out; [`Selection::default`] keeps everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    pointers: Vec<Pointer>,
    /// Only what an `include` names is kept.
    restricted: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Pointer {
    tokens: Vec<Token>,
    exclude: bool,
}

/// One step: a name in an object and, if it is written as one, a place in an array.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Token {
    name: String,
    index: Option<usize>,
}

impl Selection {
    /// Checks and compiles pointers. Each is empty (the whole body; only to include) or starts with `/`, and `~` stands
    /// only in `~0` and `~1`.
    pub fn new<I, E>(include: I, exclude: E) -> Result<Self, ConfigError>
    where
        I: IntoIterator<Item: AsRef<str>>,
        E: IntoIterator<Item: AsRef<str>>,
    {
        let mut pointers = Vec::new();
        for pointer in include {
            pointers.push(Pointer::new("include", pointer.as_ref())?);
        }
        let restricted = !pointers.is_empty() && pointers.iter().all(|pointer| !pointer.tokens.is_empty());
        for pointer in exclude {
            let pointer = Pointer::new("exclude", pointer.as_ref())?;
            if pointer.tokens.is_empty() {
                return Err(ConfigError::new(
                    "exclude",
                    "\"\"",
                    "a JSON Pointer to a part of the body, not to all of it",
                ));
            }
            pointers.push(pointer);
        }
        Ok(Self { pointers, restricted })
    }

    /// Whether every field counts.
    #[must_use]
    pub fn keeps_all(&self) -> bool {
        !self.restricted && self.pointers.iter().all(|pointer| !pointer.exclude)
    }
}

impl Pointer {
    fn new(field: &str, text: &str) -> Result<Self, ConfigError> {
        let malformed = || {
            ConfigError::new(
                field,
                quoted(text),
                "JSON Pointers such as /created_at or /items/0/id, with ~0 for ~ and ~1 for / in a name",
            )
        };
        let mut tokens = Vec::new();
        if let Some(path) = text.strip_prefix('/') {
            for token in path.split('/') {
                tokens.push(Token::new(token).ok_or_else(malformed)?);
            }
        } else if !text.is_empty() {
            return Err(malformed());
        }
        Ok(Self { tokens, exclude: field == "exclude" })
    }
}

impl Token {
    fn new(text: &str) -> Option<Self> {
        let mut name = String::new();
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            name.push(match c {
                '~' => match chars.next()? {
                    '0' => '~',
                    '1' => '/',
                    _ => return None,
                },
                other => other,
            });
        }
        let is_index = name == "0" || name.starts_with(|c: char| matches!(c, '1'..='9'));
        let index = name.parse().ok().filter(|_| is_index);
        Some(Self { name, index })
    }
}

/// What becomes of one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// Nothing of it counts.
    Drop,
    /// All of it counts, except what a longer pointer excludes.
    Keep,
    /// On the way to an included part: a scalar counts, of a container what the pointers name.
    Through,
}

/// Follows a body down and up again, and knows at each step which pointers lead through here.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'s> {
    selection: &'s Selection,
    levels: Vec<Level>,
    /// The pointers that lead through each open container, innermost last, then those through the next value.
    live: Vec<&'s Pointer>,
    /// What becomes of the next value, and where in the output it begins.
    verdict: Verdict,
    start: usize,
}

/// An open container.
#[derive(Clone, Copy, Debug)]
struct Level {
    /// Its pointers in `live`.
    from: usize,
    to: usize,
    verdict: Verdict,
    start: usize,
    /// The place of its next element.
    index: usize,
}

impl<'s> Cursor<'s> {
    /// A cursor that has not entered the root yet.
    pub(super) fn new(selection: &'s Selection) -> Self {
        Self { selection, levels: Vec::new(), live: Vec::new(), verdict: Verdict::Keep, start: 0 }
    }

    /// Back before the root.
    pub(super) fn clear(&mut self) {
        *self = Self::new(self.selection);
    }

    /// A name has come: the value after it is next.
    pub(super) fn name(&mut self, name: Name<'_>) {
        self.step(|token| name.is(&token.name));
    }

    /// A value begins, at `start` of the output.
    pub(super) fn before(&mut self, start: usize, in_array: bool) {
        self.start = start;
        if in_array && let Some(level) = self.levels.last_mut() {
            let index = level.index;
            level.index += 1;
            self.step(|token| token.index == Some(index));
        } else if self.levels.is_empty() {
            self.live.clear();
            self.live.extend(&self.selection.pointers);
            self.verdict = if self.selection.restricted { Verdict::Through } else { Verdict::Keep };
        }
    }

    /// The value that began turns out to be a container.
    pub(super) fn enter(&mut self) {
        let from = self.levels.last().map_or(0, |level| level.to);
        let (verdict, start) = (self.verdict, self.start);
        self.levels.push(Level { from, to: self.live.len(), verdict, start, index: 0 });
    }

    /// The innermost container ends: where it began, if it is to be dropped.
    pub(super) fn leave(&mut self) -> Option<usize> {
        let level = self.levels.pop()?;
        self.live.truncate(level.from);
        (level.verdict == Verdict::Drop).then_some(level.start)
    }

    /// A scalar has ended: where it began, if it is to be dropped.
    pub(super) fn dropped_scalar(&self) -> Option<usize> {
        (self.verdict == Verdict::Drop).then_some(self.start)
    }

    /// Goes to a child of the innermost container: which pointers lead there, and what they say of it.
    fn step(&mut self, is_here: impl Fn(&Token) -> bool) {
        let depth = self.levels.len();
        let Some(level) = self.levels.last() else { return };
        self.live.truncate(level.to);
        let mut verdict = if level.verdict == Verdict::Through { Verdict::Drop } else { Verdict::Keep };
        // Includes come before excludes in the list, so an exclude has the last word.
        for i in level.from..level.to {
            let pointer = self.live[i];
            if !pointer.tokens.get(depth - 1).is_some_and(&is_here) {
                continue;
            }
            self.live.push(pointer);
            let ends_here = pointer.tokens.len() == depth;
            verdict = match (pointer.exclude, ends_here) {
                (true, true) => Verdict::Drop,
                (false, true) => Verdict::Keep,
                (false, false) if verdict == Verdict::Drop => Verdict::Through,
                _ => verdict,
            };
        }
        self.verdict = verdict;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_pointers_are_refused_by_name() {
        for bad in ["at", "at/", "/a~", "/a~2", "#/a"] {
            let error = Selection::new([""; 0], [bad]).unwrap_err();
            assert_eq!((error.field.as_str(), error.value), ("exclude", format!("{bad:?}")));
            assert_eq!(Selection::new([bad], [""; 0]).unwrap_err().field, "include");
        }
        assert!(Selection::new([""; 0], [""]).is_err(), "nothing would be left");
    }

    #[test]
    fn a_selection_that_names_nothing_keeps_all() {
        assert!(Selection::default().keeps_all());
        assert!(Selection::new([""], [""; 0]).unwrap().keeps_all());
        assert!(!Selection::new(["/a"], [""; 0]).unwrap().keeps_all());
        assert!(!Selection::new([""], ["/a"]).unwrap().keeps_all());
    }
}
