//! Which names of one object were met: for what is required, and for names that stand twice.

use crate::schema::plan::{NodeId, ObjectRules};
use std::collections::BTreeSet;

/// Names of the record at hand beyond this many in one object are looked up in a tree: a record could be made to spoil a hash.
const LINEAR_NAMES: usize = 16;

/// The names of one object that were met.
#[derive(Debug)]
pub(super) struct Names {
    /// One bit per property of the schema.
    seen: u64,
    /// Further bits, for schemas with more than 64 properties.
    seen_more: Vec<u64>,
    /// The property that is likely to come next.
    next: usize,
    pub(super) count: u64,
    others: Vec<Box<[u8]>>,
    others_beyond: BTreeSet<Box<[u8]>>,
}

impl Names {
    pub(super) fn new(rules: Option<&ObjectRules>) -> Names {
        let more = rules.map_or(0, |rules| rules.properties.len().saturating_sub(64).div_ceil(64));
        Names { seen: 0, seen_more: vec![0; more], next: 0, count: 0, others: Vec::new(), others_beyond: BTreeSet::new() }
    }

    /// The length of the next name as it mostly stands, and its subschema, when it is that of the property that is likely to come.
    #[inline(always)]
    pub(super) fn predicted(&self, rules: &ObjectRules, bytes: &[u8]) -> Option<(usize, NodeId)> {
        let property = rules.properties.get(self.next)?;
        let length = property.token.as_ref()?.leads(bytes)?;
        if self.has(self.next) { None } else { Some((length, property.node?)) }
    }

    /// The property that was predicted was met.
    #[inline(always)]
    pub(super) fn pass(&mut self) {
        self.mark(self.next);
        self.next += 1;
    }

    /// The property called `name`: mostly the one after that which came before.
    #[inline]
    pub(super) fn find(&mut self, rules: &ObjectRules, name: &[u8]) -> Option<usize> {
        let predicted = rules.properties.get(self.next).is_some_and(|property| property.name.as_bytes() == name);
        let found = if predicted { self.next } else { *rules.by_name.get(name)? as usize };
        self.next = found + 1;
        Some(found)
    }

    #[inline]
    pub(super) fn has(&self, at: usize) -> bool {
        let word = if at < 64 { self.seen } else { self.seen_more[at / 64 - 1] };
        word >> (at % 64) & 1 == 1
    }

    /// True when it is certain that all of the properties were met.
    #[inline]
    pub(super) fn has_all(&self, rules: &ObjectRules) -> bool {
        matches!(rules.properties.len(), 1..=64) && self.seen == u64::MAX >> (64 - rules.properties.len())
    }

    /// False when it was met before.
    #[inline]
    pub(super) fn mark(&mut self, at: usize) -> bool {
        let is_new = !self.has(at);
        let word = if at < 64 { &mut self.seen } else { &mut self.seen_more[at / 64 - 1] };
        *word |= 1 << (at % 64);
        self.count += u64::from(is_new);
        is_new
    }

    /// The same for a name that the schema does not have.
    pub(super) fn mark_other(&mut self, name: &[u8]) -> bool {
        let is_new = if self.others.len() < LINEAR_NAMES {
            let is_new = !self.others.iter().any(|other| **other == *name);
            if is_new {
                self.others.push(name.into());
            }
            is_new
        } else {
            !self.others.iter().any(|other| **other == *name) && self.others_beyond.insert(name.into())
        };
        self.count += u64::from(is_new);
        is_new
    }
}
