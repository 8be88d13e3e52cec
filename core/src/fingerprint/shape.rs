//! The names of objects that look alike, quoted and put in order once.
//!
//! A list of records repeats its names in every record. A host that can see that two of its objects have the same names
//! in the same order, by comparing pointers for instance, makes one [`Shape`] of them and tells each object's members by
//! their rank: nothing is escaped, compared or moved again.

use super::order::{Name, prefix};
use crate::json::quote;

/// Names in canonical order, each with its place among the names as given.
#[derive(Clone, Debug)]
pub struct Shape {
    text: Vec<u8>,
    members: Vec<Member>,
}

/// `"name":` in the shape's text.
#[derive(Clone, Copy, Debug)]
struct Member {
    prefix: u64,
    start: usize,
    /// Of the name, before its closing quote.
    end: usize,
    place: usize,
}

impl Shape {
    /// The shape of an object whose names, not escaped, come in this order; `None` if a name comes twice.
    pub fn new<'n>(names: impl IntoIterator<Item = &'n str>) -> Option<Self> {
        let (mut text, mut members) = (Vec::new(), Vec::new());
        for (place, name) in names.into_iter().enumerate() {
            let start = text.len();
            quote(name, &mut text);
            let end = text.len() - 1;
            members.push(Member { prefix: prefix(&text[..end], start + 1), start, end, place });
            text.push(b':');
        }
        let name = |member: &Member| Name(&text[member.start + 1..member.end]);
        members.sort_unstable_by(|a, b| a.prefix.cmp(&b.prefix).then_with(|| name(a).cmp(name(b))));
        let twice = members.windows(2).any(|pair| name(&pair[0]).cmp(name(&pair[1])).is_eq());
        (!twice).then_some(Self { text, members })
    }

    /// The places of the members, in the order in which they are to be told.
    #[must_use]
    pub fn places(&self) -> impl ExactSizeIterator<Item = usize> {
        self.members.iter().map(|member| member.place)
    }

    /// The quoted name of a rank with its colon, and its prefix; nothing for a rank there is not.
    pub(super) fn name(&self, rank: usize) -> Option<(&[u8], u64)> {
        let member = self.members.get(rank)?;
        Some((&self.text[member.start..member.end + 2], member.prefix))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fingerprint::{Selection, Writer};
    use crate::json::Reason;

    /// Tells `{name: place}` for each name, in the shape's order.
    fn told(names: &[&str], writer: &mut Writer<'_>) -> Result<String, Reason> {
        let shape = Shape::new(names.iter().copied()).expect("distinct names");
        writer.begin_array()?;
        for _ in 0..2 {
            writer.begin_object()?;
            for (rank, place) in shape.places().enumerate() {
                writer.ranked_name(&shape, rank)?;
                writer.integer(&place.to_string())?;
            }
            writer.end_object()?;
        }
        writer.end_array()?;
        Ok(String::from_utf8(writer.finish()?.to_vec()).expect("UTF-8"))
    }

    #[test]
    fn members_are_told_in_canonical_order_under_their_own_names() {
        let names = ["sku", "on", "\u{fb33}", "", "quantity_of_lines", "quantity_of_items", "a\"b", "😂"];
        let object = r#"{"":3,"a\"b":6,"on":1,"quantity_of_items":5,"quantity_of_lines":4,"sku":0,"😂":7,"#;
        let object = format!("{object}\"\u{fb33}\":2}}");
        assert_eq!(told(&names, &mut Writer::new()), Ok(format!("[{object},{object}]")));
    }

    #[test]
    fn a_selection_sees_the_names_of_a_shape() {
        let selection = Selection::new::<_, [&str; 0]>(["/1/b"], []).expect("a pointer");
        assert_eq!(told(&["b", "a"], &mut Writer::selecting(&selection)), Ok(r#"[{"b":0}]"#.into()));
    }

    #[test]
    fn a_name_twice_makes_no_shape() {
        assert!(Shape::new(["a", "b", "a"]).is_none());
        assert!(Shape::new(["customer_name", "customer_name"]).is_none());
        assert!(Shape::new([]).is_some());
    }

    #[test]
    fn a_rank_that_is_none_and_a_name_out_of_place_are_refused() {
        let shape = Shape::new(["a"]).expect("one name");
        let mut writer = Writer::new();
        assert_eq!(writer.ranked_name(&shape, 0), Err(Reason::OutOfPlace));
        assert_eq!(writer.begin_object(), Ok(()));
        assert_eq!(writer.ranked_name(&shape, 1), Err(Reason::OutOfPlace));
        assert_eq!(writer.ranked_name(&shape, 0), Ok(()));
        assert_eq!(writer.ranked_name(&shape, 0), Err(Reason::OutOfPlace));
    }

    #[test]
    fn ranks_told_twice_or_out_of_order_are_still_checked() {
        let shape = Shape::new(["b", "a"]).expect("two names");
        let mut writer = Writer::new();
        assert_eq!(writer.begin_object(), Ok(()));
        for rank in [1, 0] {
            assert_eq!(writer.ranked_name(&shape, rank), Ok(()));
            assert_eq!(writer.null(), Ok(()));
        }
        assert_eq!(writer.end_object(), Ok(()));
        assert_eq!(writer.finish(), Ok(&br#"{"a":null,"b":null}"#[..]));
        writer.clear();
        assert_eq!(writer.begin_object(), Ok(()));
        assert_eq!(writer.ranked_name(&shape, 0), Ok(()));
        assert_eq!(writer.null(), Ok(()));
        assert_eq!(writer.ranked_name(&shape, 0), Err(Reason::DuplicateName));
    }
}
