//! A JSON text taken apart once: its values one behind the other, each container before what is in it.

use super::error::{JsonError, Reason};
use super::scan::{MAX_DEPTH, Scanner};
use std::borrow::Cow;

/// One value of the text, or the name of a member.
#[derive(Debug)]
pub(super) struct Node<'a> {
    /// Where it begins.
    pub(super) at: usize,
    pub(super) item: Item<'a>,
}

#[derive(Debug)]
pub(super) enum Item<'a> {
    Null,
    Boolean(bool),
    /// As it is written.
    Number(&'a str),
    /// Borrowed from the text unless it holds escapes.
    Text(Cow<'a, str>),
    /// How many nodes are in it, at any depth.
    List(usize),
    /// The same; names and values take turns.
    Object(usize),
}

impl Item<'_> {
    const fn len(&self) -> usize {
        match self {
            Self::List(len) | Self::Object(len) => *len,
            _ => 0,
        }
    }
}

/// Everything that a text says.
pub(super) struct Tape<'a>(Vec<Node<'a>>);

impl<'a> Tape<'a> {
    pub(super) fn of(text: &'a str) -> Result<Self, JsonError> {
        let mut scanner = Scanner::of(text);
        // One allocation serves most texts.
        let mut nodes = Vec::with_capacity((text.len() / 12).clamp(8, 64));
        match value(&mut scanner, &mut nodes, 0).and_then(|()| scanner.finish()) {
            Ok(()) => Ok(Self(nodes)),
            Err(reason) => Err(JsonError::new(scanner.offset(), reason)),
        }
    }

    /// The whole.
    pub(super) fn value(&self) -> Result<Json<'_, 'a>, JsonError> {
        Values(&self.0).next().ok_or_else(|| Reason::UnexpectedEnd.into())
    }
}

fn value<'a>(scanner: &mut Scanner<'a>, nodes: &mut Vec<Node<'a>>, depth: usize) -> Result<(), Reason> {
    let next = scanner.need()?;
    let at = scanner.offset();
    let item = match next {
        b'{' | b'[' => return container(scanner, nodes, depth, next == b'{'),
        b'"' => Item::Text(scanner.string()?),
        b't' => scanner.literal("true").map(|()| Item::Boolean(true))?,
        b'f' => scanner.literal("false").map(|()| Item::Boolean(false))?,
        b'n' => scanner.literal("null").map(|()| Item::Null)?,
        b'-' | b'0'..=b'9' => Item::Number(scanner.number()?.text),
        _ => return Err(Reason::UnexpectedByte),
    };
    nodes.push(Node { at, item });
    Ok(())
}

fn container<'a>(
    scanner: &mut Scanner<'a>,
    nodes: &mut Vec<Node<'a>>,
    depth: usize,
    object: bool,
) -> Result<(), Reason> {
    if depth == MAX_DEPTH {
        return Err(Reason::TooDeep);
    }
    let (at, place, close) = (scanner.offset(), nodes.len(), if object { b'}' } else { b']' });
    scanner.bump();
    nodes.push(Node { at, item: Item::Null });
    if !scanner.eat(close) {
        loop {
            if object {
                scanner.need()?;
                let at = scanner.offset();
                nodes.push(Node { at, item: Item::Text(scanner.string()?) });
                scanner.expect(b':')?;
            }
            value(scanner, nodes, depth + 1)?;
            if !scanner.eat(b',') {
                break;
            }
        }
        scanner.expect(close)?;
    }
    let len = nodes.len() - place - 1;
    nodes[place].item = if object { Item::Object(len) } else { Item::List(len) };
    Ok(())
}

/// A value with all that is in it.
#[derive(Clone, Copy, Debug)]
pub struct Json<'t, 'a> {
    pub(super) node: &'t Node<'a>,
    inside: &'t [Node<'a>],
}

impl<'t, 'a> Json<'t, 'a> {
    /// What a container holds; of an object, names and values in turns.
    pub(super) const fn values(self) -> Values<'t, 'a> {
        Values(self.inside)
    }
}

/// Values that stand beside each other.
#[derive(Clone, Debug)]
pub struct Values<'t, 'a>(&'t [Node<'a>]);

impl Values<'_, '_> {
    /// How many there are, with everything in them.
    pub(super) const fn nodes(&self) -> usize {
        self.0.len()
    }
}

impl<'t, 'a> Iterator for Values<'t, 'a> {
    type Item = Json<'t, 'a>;

    fn next(&mut self) -> Option<Json<'t, 'a>> {
        let (node, rest) = self.0.split_first()?;
        let (inside, rest) = rest.split_at_checked(node.item.len())?;
        self.0 = rest;
        Some(Json { node, inside })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(text: &str) -> (usize, Reason) {
        let error = Tape::of(text).err().unwrap();
        (error.offset, error.reason)
    }

    #[test]
    fn containers_know_what_is_in_them() {
        let tape = Tape::of(r#" {"a": [1, {"b": null}], "c\n": [] , "d": true} "#).unwrap();
        let whole = tape.value().unwrap();
        assert!(matches!(whole.node, Node { at: 1, item: Item::Object(10) }));
        let places: Vec<usize> = whole.values().map(|value| value.node.at).collect();
        assert_eq!(places, [2, 7, 25, 32, 37, 42]);
        assert_eq!(whole.values().nth(1).unwrap().values().count(), 2);
    }

    #[test]
    fn what_is_no_json_is_refused_where_it_goes_wrong() {
        assert_eq!(reason(""), (0, Reason::UnexpectedEnd));
        assert_eq!(reason("[1,]"), (3, Reason::UnexpectedByte));
        assert_eq!(reason("{\"a\" 1}"), (5, Reason::UnexpectedByte));
        assert_eq!(reason("{\"a\": tru}"), (9, Reason::UnexpectedByte));
        assert_eq!(reason("[1}"), (2, Reason::UnexpectedByte));
        assert_eq!(reason("{1: 2}"), (1, Reason::UnexpectedByte));
        assert_eq!(reason("1 1"), (2, Reason::UnexpectedByte));
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(Tape::of(&nested(MAX_DEPTH)).is_ok());
        assert_eq!(reason(&nested(MAX_DEPTH + 1)), (MAX_DEPTH, Reason::TooDeep));
    }
}
