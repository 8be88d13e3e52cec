//! The text being written and its open objects, which are put in order as they end.

use super::order::Name;
use super::select::{Cursor, Selection};
use crate::json::{MAX_DEPTH, Reason};
use core::cmp::Ordering;

/// Canonical text in the making. Objects are ordered in place, so that no name is ever copied into a string of its own.
#[derive(Clone, Debug, Default)]
pub(super) struct Output<'s> {
    pub(super) text: Vec<u8>,
    /// Present if the selection leaves anything out.
    pub(super) cursor: Option<Cursor<'s>>,
    open: Vec<Container>,
    /// The members of all open objects, innermost last.
    members: Vec<Member>,
}

#[derive(Clone, Copy, Debug)]
struct Container {
    array: bool,
    /// Where its first entry begins.
    start: usize,
    /// Where its members begin in `members`.
    first_member: usize,
    /// Its members so far stand in order, and all of them count.
    in_order: bool,
}

/// `"name":value`, without the comma before it.
#[derive(Clone, Copy, Debug)]
struct Member {
    prefix: u64,
    start: usize,
    /// After the name, before its closing quote.
    name_end: usize,
    /// Known when its object ends.
    end: usize,
    dropped: bool,
}

impl<'s> Output<'s> {
    pub(super) fn selecting(selection: &'s Selection) -> Self {
        Self { cursor: (!selection.keeps_all()).then(|| Cursor::new(selection)), ..Self::default() }
    }

    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.open.clear();
        self.members.clear();
        if let Some(cursor) = &mut self.cursor {
            cursor.clear();
        }
    }

    /// Whether the innermost open container is an array; `None` when none is open.
    #[inline]
    pub(super) fn in_array(&self) -> Option<bool> {
        self.open.last().map(|container| container.array)
    }

    /// A container opens, whose first entry begins at `start`.
    #[inline]
    pub(super) fn open(&mut self, array: bool, start: usize) -> Result<(), Reason> {
        if self.open.len() == MAX_DEPTH {
            return Err(Reason::TooDeep);
        }
        if self.open.is_empty() {
            // Enough for most bodies at once, instead of growing four times.
            self.open.reserve(16);
            self.members.reserve(32);
        }
        self.open.push(Container { array, start, first_member: self.members.len(), in_order: true });
        if let Some(cursor) = &mut self.cursor {
            cursor.enter();
        }
        Ok(())
    }

    /// Whether a name with this prefix is compared with the one before it letter by letter.
    #[inline]
    pub(super) fn is_tie(&self, prefix: u64) -> bool {
        self.members.last().is_some_and(|previous| previous.prefix == prefix)
    }

    /// A member begins at `start`; its name ends at `name_end`, before the closing quote. The text need not be there yet,
    /// unless [`Output::is_tie`].
    #[inline]
    pub(super) fn name(&mut self, prefix: u64, start: usize, name_end: usize) -> Result<(), Reason> {
        let Some(object) = self.open.last_mut() else { return Err(Reason::OutOfPlace) };
        if object.in_order
            && self.members.len() > object.first_member
            && let Some(previous) = self.members.last()
            && prefix <= previous.prefix
        {
            let follows = prefix == previous.prefix
                && match previous.name(&self.text).cmp(Name(&self.text[start + 1..name_end])) {
                    Ordering::Less => true,
                    Ordering::Equal => return Err(Reason::DuplicateName),
                    Ordering::Greater => false,
                };
            object.in_order = follows;
        }
        self.members.push(Member { prefix, start, name_end, end: 0, dropped: false });
        Ok(())
    }

    /// Whether [`Output::close`] has work to do, for which all text must be there.
    #[inline]
    pub(super) fn is_disordered(&self) -> bool {
        self.open.last().is_some_and(|container| !container.in_order)
    }

    /// The innermost container ends; its closing bracket comes next.
    #[inline]
    pub(super) fn close(&mut self) -> Result<(), Reason> {
        let Some(container) = self.open.pop() else { return Err(Reason::OutOfPlace) };
        if !container.in_order {
            self.put_in_order(&container)?;
        }
        self.members.truncate(container.first_member);
        Ok(())
    }

    /// Takes back the value that begins at `start`: in an object its name must stay, since it may not come twice.
    pub(super) fn drop_value(&mut self, start: usize) {
        self.text.truncate(start);
        if let Some(container) = self.open.last_mut()
            && !container.array
        {
            container.in_order = false;
            if let Some(member) = self.members.last_mut() {
                member.dropped = true;
            }
            // Stands for a value until the object is rewritten without this member.
            self.text.push(b'0');
        }
    }

    /// Rewrites the members of `object` in order and without what was dropped.
    fn put_in_order(&mut self, object: &Container) -> Result<(), Reason> {
        let members = &mut self.members[object.first_member..];
        let mut end = self.text.len();
        for member in members.iter_mut().rev() {
            member.end = end;
            end = member.start.saturating_sub(1);
        }
        members.sort_unstable_by(|a, b| a.cmp(b, &self.text));
        if members.windows(2).any(|pair| pair[0].cmp(&pair[1], &self.text).is_eq()) {
            return Err(Reason::DuplicateName);
        }
        let old_end = self.text.len();
        for member in members.iter().filter(|member| !member.dropped) {
            if self.text.len() > old_end {
                self.text.push(b',');
            }
            self.text.extend_from_within(member.start..member.end);
        }
        let length = self.text.len() - old_end;
        self.text.copy_within(old_end.., object.start);
        self.text.truncate(object.start + length);
        Ok(())
    }
}

impl Member {
    fn name<'t>(&self, text: &'t [u8]) -> Name<'t> {
        Name(&text[self.start + 1..self.name_end])
    }

    #[inline]
    fn cmp(&self, other: &Self, text: &[u8]) -> Ordering {
        self.prefix.cmp(&other.prefix).then_with(|| self.name(text).cmp(other.name(text)))
    }
}
