//! Which brackets are open, at one bit each: a document may nest as deep as its author likes.

/// A bracket is curly or square.
pub(crate) type IsCurly = bool;

/// Open brackets.
#[derive(Debug, Default)]
pub(crate) struct Nesting {
    /// Number of open brackets.
    pub(crate) depth: usize,
    /// The innermost 64 or fewer, the last one lowest.
    word: u64,
    /// Those around them, 64 in each.
    outer: Vec<u64>,
}

impl Nesting {
    /// A bracket opens.
    #[inline(always)]
    pub(crate) fn open(&mut self, is_curly: IsCurly) {
        if self.depth > 0 && self.depth.is_multiple_of(64) {
            self.outer.push(self.word);
        }
        self.word = self.word << 1 | u64::from(is_curly);
        self.depth += 1;
    }

    /// A bracket closes; false when it is not of the kind that is open, or none is open.
    #[inline(always)]
    pub(crate) fn close(&mut self, is_curly: IsCurly) -> bool {
        if self.depth == 0 || self.innermost() != is_curly {
            return false;
        }
        self.word >>= 1;
        self.depth -= 1;
        if self.depth > 0 && self.depth.is_multiple_of(64) {
            self.word = self.outer.pop().unwrap_or_default();
        }
        true
    }

    /// The kind of the innermost open bracket.
    #[inline(always)]
    pub(crate) fn innermost(&self) -> IsCurly {
        self.word & 1 == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn remembers_every_kind(kinds in proptest::collection::vec(any::<bool>(), 0..300)) {
            let mut nesting = Nesting::default();
            for &kind in &kinds {
                nesting.open(kind);
            }
            for &kind in kinds.iter().rev() {
                prop_assert!(!nesting.close(!kind));
                prop_assert!(nesting.close(kind));
            }
            prop_assert!(!nesting.close(true));
            prop_assert_eq!(nesting.depth, 0);
        }
    }
}
