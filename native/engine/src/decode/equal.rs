//! When two JSON values are equal: numbers by value, strings by their characters, objects whatever the order of their members.

use super::tape::{EntryId, Kind, Tape};
use crate::rules::decimal::Decimal;
use std::hash::{DefaultHasher, Hash, Hasher};

/// A JSON text and its tape.
#[derive(Debug, Clone, Copy)]
pub struct Document<'d> {
    /// The text.
    pub bytes: &'d [u8],
    /// Its values.
    pub tape: &'d Tape,
}

/// How two values are alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Likeness {
    /// They are equal.
    Equal,
    /// They are not.
    Unequal,
    /// They, or values within them, are of unlike types: `1` and `"1"`.
    Unlike,
}

impl Kind {
    /// Whether a value of this type says by itself that it is not one of `other`. Null is like nothing but itself.
    fn is_comparable(self, other: Kind) -> bool {
        let class = |kind| match kind {
            Kind::Null => 0,
            Kind::True | Kind::False => 1,
            Kind::Number => 2,
            Kind::Text | Kind::EscapedText => 3,
            Kind::Array => 4,
            Kind::Object => 5,
        };
        class(self) == class(other) || self == Kind::Null || other == Kind::Null
    }
}

impl Document<'_> {
    /// A hash of every value, the same for equal ones. One pass, from the last value to the first.
    ///
    /// The hash is keyed (SipHash), so that collisions are hard to make; equality never rests on it alone.
    pub fn hashes(self) -> Vec<u64> {
        let mut hashes = vec![0; self.tape.len()];
        for id in (0..self.tape.len() as EntryId).rev() {
            hashes[id as usize] = self.hash(id, &hashes);
        }
        hashes
    }

    fn hash(self, id: EntryId, within: &[u64]) -> u64 {
        let mut hasher = DefaultHasher::new();
        let kind = self.tape.entry(id).kind;
        match kind {
            Kind::Null | Kind::True | Kind::False => (kind as u8).hash(&mut hasher),
            Kind::Number => self.number(id).hash(&mut hasher),
            Kind::Text | Kind::EscapedText => self.tape.text(id, self.bytes).hash(&mut hasher),
            Kind::Array => {
                hasher.write_u8(b'[');
                self.tape.items(id).for_each(|item| hasher.write_u64(within[item as usize]));
            }
            Kind::Object => {
                hasher.write_u8(b'{');
                let pairs = self.tape.members(id).map(|(name, value)| (within[name as usize], within[value as usize]));
                let mut pairs: Vec<_> = pairs.collect();
                pairs.sort_unstable();
                pairs.hash(&mut hasher);
            }
        }
        hasher.finish()
    }

    fn number(self, id: EntryId) -> Option<Decimal> {
        Decimal::parse(&self.bytes[self.tape.range(id)])
    }

    /// True when `mine` equals the value `theirs` of `other`.
    pub fn equals(self, mine: EntryId, other: Document<'_>, theirs: EntryId) -> bool {
        self.compare(mine, other, theirs, true) == Likeness::Equal
    }

    /// How `mine` is like the value `theirs` of `other`. Whatever the order, a pair within that is not equal decides before unlike types do.
    pub(crate) fn likeness(self, mine: EntryId, other: Document<'_>, theirs: EntryId) -> Likeness {
        self.compare(mine, other, theirs, false)
    }

    /// `is_quick` ends at the first pair that is not equal, for whatever reason.
    fn compare(self, mine: EntryId, other: Document<'_>, theirs: EntryId, is_quick: bool) -> Likeness {
        let mut pairs = vec![(mine, theirs)];
        let mut found = Likeness::Equal;
        while let Some((mine, theirs)) = pairs.pop() {
            let (one, two) = (self.tape.entry(mine), other.tape.entry(theirs));
            let is_equal = match (one.kind, two.kind) {
                (Kind::Number, Kind::Number) => self.number(mine) == other.number(theirs),
                (Kind::Text | Kind::EscapedText, Kind::Text | Kind::EscapedText) => {
                    self.tape.text(mine, self.bytes) == other.tape.text(theirs, other.bytes)
                }
                (Kind::Array, Kind::Array) if one.count == two.count => {
                    pairs.extend(self.tape.items(mine).zip(other.tape.items(theirs)));
                    true
                }
                (Kind::Object, Kind::Object) if one.count == two.count => {
                    let (ours, others) = (self.sorted(mine), other.sorted(theirs));
                    pairs.extend(ours.iter().zip(&others).map(|(one, two)| (one.1, two.1)));
                    ours.iter().zip(&others).all(|(one, two)| one.0 == two.0)
                }
                (one, two) => one == two && !matches!(one, Kind::Array | Kind::Object),
            };
            match is_equal {
                true => {}
                false if is_quick || one.kind.is_comparable(two.kind) => return Likeness::Unequal,
                false => found = Likeness::Unlike,
            }
        }
        found
    }

    fn sorted(self, object: EntryId) -> Vec<(Vec<u8>, EntryId)> {
        let members = self.tape.members(object).map(|(name, value)| (self.tape.text(name, self.bytes).into_owned(), value));
        let mut members: Vec<_> = members.collect();
        members.sort();
        members
    }
}
