//! Dead letters in memory: bounded, and none vanishes silently.

use crate::error::ConfigError;
use crate::spec::{Names, Reader, Unit, Value};
use serde::Serialize;
use std::collections::BTreeMap;

/// How much a box holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BoxConfig {
    /// Letters: 1 to 10 000 000.
    pub max_letters: u32,
}

impl Default for BoxConfig {
    /// 10 000 letters.
    fn default() -> Self {
        Self { max_letters: 10_000 }
    }
}

impl BoxConfig {
    const NAMES: &[Names] = &[Names(&[("max_letters", None)])];

    /// Reads an object that holds `max_letters` and nothing else.
    pub fn read(value: &Value, path: &str) -> Result<Self, ConfigError> {
        let reader = Reader::new(value, Unit::Millis, Self::NAMES, path)?;
        let max_letters =
            reader.integer("max_letters", 1, 10_000_000)?.and_then(|max| u32::try_from(max).ok());
        Ok(max_letters.map_or_else(Self::default, |max_letters| Self { max_letters }))
    }
}

/// What became of a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It is kept.
    Kept,
    /// It is kept in place of the letter with the same id, which is what it was before it failed again.
    Replaced,
    /// There is no room: whoever brought it says it aloud, whole.
    Full,
}

impl Put {
    /// The answer in one word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Replaced => "replaced",
            Self::Full => "full",
        }
    }
}

/// What a box holds, and what passed through it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct BoxStats {
    /// Letters in it now.
    pub letters: u64,
    /// Letters it took since it was made.
    pub kept: u64,
    /// Letters for which there was no room.
    pub refused: u64,
}

/// Letters by id, the oldest first.
#[derive(Clone, Debug, Default)]
pub struct DeadLetterBox {
    config: BoxConfig,
    /// The number a letter was taken under, which is its place in line, by its id.
    places: BTreeMap<String, u64>,
    letters: BTreeMap<u64, String>,
    kept: u64,
    refused: u64,
}

impl DeadLetterBox {
    /// An empty box.
    #[must_use]
    pub fn new(config: BoxConfig) -> Self {
        Self { config, ..Self::default() }
    }

    /// Takes a letter, or says that it is full. A full box drops nothing to make room: the oldest letter waits for somebody
    /// just as the newest does.
    pub fn put(&mut self, id: &str, letter: String) -> Put {
        if let Some(place) = self.places.get(id) {
            self.letters.insert(*place, letter);
            return Put::Replaced;
        }
        if self.letters.len() >= self.config.max_letters as usize {
            self.refused = self.refused.saturating_add(1);
            return Put::Full;
        }
        self.places.insert(id.into(), self.kept);
        self.letters.insert(self.kept, letter);
        self.kept = self.kept.saturating_add(1);
        Put::Kept
    }

    /// The letter with this id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&str> {
        self.letters.get(self.places.get(id)?).map(String::as_str)
    }

    /// At most `limit` letters, the oldest first.
    pub fn list(&self, limit: usize) -> impl Iterator<Item = &str> {
        self.letters.values().take(limit).map(String::as_str)
    }

    /// Takes a letter out; false when it is not there (any more).
    pub fn remove(&mut self, id: &str) -> bool {
        self.places.remove(id).is_some_and(|place| self.letters.remove(&place).is_some())
    }

    /// What it holds, and what passed through it.
    #[must_use]
    pub fn stats(&self) -> BoxStats {
        BoxStats { letters: self.letters.len() as u64, kept: self.kept, refused: self.refused }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holding(max_letters: u32) -> DeadLetterBox {
        DeadLetterBox::new(BoxConfig { max_letters })
    }

    #[test]
    fn a_full_box_keeps_what_it_has_and_counts_what_it_refused() {
        let mut letters = holding(2);
        assert_eq!(letters.put("b", "1".into()), Put::Kept);
        assert_eq!(letters.put("a", "2".into()), Put::Kept);
        assert_eq!(letters.put("c", "3".into()), Put::Full);
        assert_eq!(letters.list(9).collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(letters.stats(), BoxStats { letters: 2, kept: 2, refused: 1 });
        assert_eq!(letters.get("c"), None);
    }

    #[test]
    fn a_letter_that_comes_again_keeps_its_place_even_in_a_full_box() {
        let mut letters = holding(2);
        letters.put("a", "first".into());
        letters.put("b", "second".into());
        assert_eq!(letters.put("a", "again".into()), Put::Replaced);
        assert_eq!(letters.list(9).collect::<Vec<_>>(), ["again", "second"]);
        assert_eq!(letters.stats(), BoxStats { letters: 2, kept: 2, refused: 0 });
    }

    #[test]
    fn what_is_taken_out_leaves_room() {
        let mut letters = holding(1);
        letters.put("a", "1".into());
        assert!(letters.remove("a"));
        assert!(!letters.remove("a"));
        assert_eq!(letters.put("b", "2".into()), Put::Kept);
        assert_eq!(letters.list(9).collect::<Vec<_>>(), ["2"]);
    }

    #[test]
    fn a_list_is_as_long_as_was_asked_for() {
        let mut letters = holding(9);
        for id in ["x", "y", "z"] {
            letters.put(id, id.into());
        }
        assert_eq!(letters.list(2).collect::<Vec<_>>(), ["x", "y"]);
        assert_eq!(letters.list(0).count(), 0);
    }

    #[test]
    fn ten_thousand_letters_unless_told_otherwise() {
        let read = |json: &str| BoxConfig::read(&crate::json::parse(json).unwrap(), "");
        assert_eq!(read("{}"), Ok(BoxConfig { max_letters: 10_000 }));
        assert_eq!(read(r#"{"maxLetters": 5}"#), Ok(BoxConfig { max_letters: 5 }));
        let error = read(r#"{"maxLetters": 0}"#).unwrap_err();
        assert_eq!(error.to_string(), "maxLetters: got 0, expected a whole number from 1 to 10000000");
    }
}
