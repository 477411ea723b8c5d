//! A set of strings that is asked millions of times a second.

use crate::word::short_word;
use rustc_hash::FxHashSet;

/// Up to this many strings are looked for one after the other.
const SMALL_SET: usize = 12;

/// The strings of an `enum`.
#[derive(Debug, Default, Clone)]
pub struct TextSet {
    /// Strings of at most 8 bytes, as their bytes (zero-padded) and their length.
    short: Vec<(u64, u8)>,
    all: FxHashSet<Box<[u8]>>,
    only_short: bool,
}

impl TextSet {
    /// The set of `texts`.
    pub fn new<'a>(texts: impl IntoIterator<Item = &'a str>) -> TextSet {
        let all: FxHashSet<Box<[u8]>> = texts.into_iter().map(|text| text.as_bytes().into()).collect();
        let only_short = all.len() <= SMALL_SET && all.iter().all(|text| text.len() <= 8);
        let mut short: Vec<_> = if only_short { all.iter().map(|text| (short_word(text), text.len() as u8)).collect() } else { Vec::new() };
        short.sort_unstable();
        TextSet { short, all, only_short }
    }

    /// True when `text` is in the set.
    #[inline]
    pub fn has(&self, text: &[u8]) -> bool {
        if self.only_short {
            if text.len() > 8 {
                return false;
            }
            let key = (short_word(text), text.len() as u8);
            return self.short.contains(&key);
        }
        self.all.contains(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn has_what_was_put_in(texts in proptest::collection::vec("[ab\0]{0,9}", 0..20), other in "[ab\0]{0,9}") {
            let set = TextSet::new(texts.iter().map(String::as_str));
            for text in &texts {
                prop_assert!(set.has(text.as_bytes()));
            }
            prop_assert_eq!(set.has(other.as_bytes()), texts.contains(&other));
        }
    }
}
