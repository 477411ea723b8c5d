//! One record against a plan in which several nodes may look at one value.
//!
//! The record is read once, strictly, onto a [`Tape`]; the nodes then go over the tape, where what is within a value is skipped in one step.
//! A list of pairs of a node and a value is worked off, so that neither the depth of the record nor a chain of references takes stack.
//! Only alternatives (`anyOf`, `not`, …) are asked in turn, by [`Run::probe`].
//!
//! The work is bounded by nodes × values: without references each node has one place in the schema, and so meets each value once; a node
//! that references share remembers what it was asked (`seen`, `known`), and so decides each value once.

use super::Reported;
use super::scalar::{check_boolean, check_null, check_number, check_text};
use crate::decode::equal::Document;
use crate::decode::tape::{EntryId, Kind};
use crate::limits::{Limits, PROBE_DEPTH_MAX};
use crate::pattern::Match;
use crate::rules::number::shape;
use crate::schema::plan::*;
use rustc_hash::{FxHashMap, FxHashSet};

/// What a probe says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Yes,
    No,
    /// The rule says why it could not be decided.
    Undecided(RuleId),
}

/// Buffers that are kept from record to record.
#[derive(Debug, Default)]
pub(super) struct Memory {
    work: Vec<(NodeId, EntryId)>,
    found: Vec<Reported>,
    /// Shared nodes that were, or are being, checked against a value.
    seen: FxHashSet<(NodeId, EntryId)>,
    /// What shared nodes have answered.
    known: FxHashMap<(NodeId, EntryId), Answer>,
    hashes: Vec<u64>,
    depth: usize,
}

/// One record.
pub(super) struct Run<'r> {
    pub(super) plan: &'r Plan,
    pub(super) limits: &'r Limits,
    pub(super) document: Document<'r>,
    pub(super) memory: &'r mut Memory,
}

impl Run<'_> {
    /// Checks the record, and tells `report` what is wrong with it.
    pub(super) fn check(&mut self, mut report: impl FnMut(Reported)) {
        self.memory.work.clear();
        self.memory.seen.clear();
        self.memory.known.clear();
        self.memory.hashes.clear();
        self.memory.work.push((self.plan.root, 0));
        while let Some((id, at)) = self.memory.work.pop() {
            if self.plan.node(id).is_shared && !self.memory.seen.insert((id, at)) {
                continue;
            }
            self.visit(id, at);
            self.memory.found.drain(..).for_each(&mut report);
        }
    }

    fn refuse(&mut self, rule: RuleId, at: EntryId) {
        self.memory.found.push(Reported { rule, at, value: Some(at), name: None });
    }

    /// Checks a value for all that one node asks of it, and puts what further nodes are to look at on the list.
    fn visit(&mut self, id: NodeId, at: EntryId) {
        let plan = self.plan;
        let node = plan.node(id);
        let base = self.memory.work.len();
        let Document { bytes, tape } = self.document;
        let found = &mut self.memory.found;
        let refuse = |rule| found.push(Reported { rule, at, value: Some(at), name: None });
        match tape.entry(at).kind {
            Kind::Null => check_null(node, refuse),
            Kind::True => check_boolean(node, true, refuse),
            Kind::False => check_boolean(node, false, refuse),
            Kind::Number => {
                let text = &bytes[tape.range(at)];
                check_number(node, shape(text), text, refuse);
            }
            Kind::Text | Kind::EscapedText => check_text(node, &tape.text(at, bytes), self.limits.pattern_steps_max, refuse),
            Kind::Array => self.array(node, at),
            Kind::Object => self.object(node, at),
        }
        if let Some(also) = &node.also {
            self.also(also, at);
        }
        // The list is worked off from its end, and what is found is to come in the order of the record.
        self.memory.work[base..].reverse();
    }

    fn composite(&mut self, node: &Node, types: Types, at: EntryId) {
        if !node.types.has(types) {
            self.refuse(node.type_rule, at);
        }
        for allowed in &node.values {
            let is_listed = allowed.composites.as_ref().is_some_and(|composites| {
                let hash = self.hash(at);
                composites.has(self.document, at, hash)
            });
            if !is_listed {
                self.refuse(allowed.rule, at);
            }
        }
        if let Some(rule) = node.never {
            self.refuse(rule, at);
        }
    }

    /// The hash of a value; those of all values are made when the first is asked for.
    fn hash(&mut self, at: EntryId) -> u64 {
        if self.memory.hashes.is_empty() {
            self.memory.hashes = self.document.hashes();
        }
        self.memory.hashes[at as usize]
    }

    fn array(&mut self, node: &Node, at: EntryId) {
        self.composite(node, Types::ARRAY, at);
        let Some(rules) = &node.array else { return };
        let tape = self.document.tape;
        let count = u64::from(tape.entry(at).count);
        super::check_count(rules.count_min, rules.count_max, count, |rule| self.refuse(rule, at));
        let prefix = rules.more.as_ref().map_or(&[][..], |more| &more.prefix);
        let nodes = prefix.iter().copied().map(Some).chain(std::iter::repeat(rules.items));
        let pairs = tape.items(at).zip(nodes).filter_map(|(item, node)| Some((node?, item)));
        self.memory.work.extend(pairs);
        let Some(more) = &rules.more else { return };
        if let Some(contains) = &more.contains {
            self.contains(contains, at);
        }
        if let Some(rule) = more.unique
            && self.has_twins(at)
        {
            self.refuse(rule, at);
        }
    }

    fn contains(&mut self, contains: &Contains, at: EntryId) {
        let (mut yes, mut open, mut why) = (0, 0, 0);
        for item in self.document.tape.items(at) {
            match self.probe(contains.node, item) {
                Answer::Yes => yes += 1,
                Answer::No => {}
                Answer::Undecided(rule) => (open, why) = (open + 1, rule),
            }
        }
        let max = contains.max.map_or(u64::MAX, |(_, max)| max);
        if yes + open < contains.min {
            self.refuse(contains.min_rule, at);
        }
        match contains.max {
            Some((rule, _)) if yes > max => self.refuse(rule, at),
            _ if open > 0 && (yes < contains.min || yes + open > max) => self.refuse(why, at),
            _ => {}
        }
    }

    /// True when two items of an array are equal.
    fn has_twins(&mut self, at: EntryId) -> bool {
        let document = self.document;
        let mut items: Vec<_> = document.tape.items(at).map(|item| (self.hash(item), item)).collect();
        items.sort_unstable();
        let alike = items.chunk_by(|one, other| one.0 == other.0).filter(|alike| alike.len() > 1);
        alike.into_iter().any(|alike| {
            let items = || alike.iter().map(|(_, item)| *item);
            items().enumerate().any(|(at, item)| items().take(at).any(|before| document.equals(before, document, item)))
        })
    }

    fn object(&mut self, node: &Node, at: EntryId) {
        self.composite(node, Types::OBJECT, at);
        let Some(rules) = &node.object else { return };
        let Document { bytes, tape } = self.document;
        let mut met = Met::new(rules.properties.len());
        let mut next = 0;
        for (name, value) in tape.members(at) {
            let text = tape.text(name, bytes);
            let is_next = rules.properties.get(next).is_some_and(|property| property.name.as_bytes() == &*text);
            let index = if is_next { Some(next) } else { rules.by_name.get(&*text).map(|&index| index as usize) };
            let mut is_known = false;
            if let Some(index) = index {
                met.mark(index);
                next = index + 1;
                if let Some(node) = rules.properties[index].node {
                    is_known = true;
                    self.memory.work.push((node, value));
                }
            }
            if let Some(more) = &rules.more {
                is_known |= self.member(more, &text, name, value);
                if let (false, Some(node)) = (is_known, more.additional) {
                    self.memory.work.push((node, value));
                }
            }
            if let (false, Some(rule)) = (is_known, rules.additional) {
                self.memory.found.push(Reported { rule, at: value, value: None, name: None });
            }
        }
        for (index, property) in rules.properties.iter().enumerate() {
            if let Some(rule) = property.required
                && !met.has(index)
            {
                self.memory.found.push(Reported { rule, at, value: None, name: Some(property.name.clone()) });
            }
        }
        super::check_count(rules.count_min, rules.count_max, u64::from(tape.entry(at).count), |rule| self.refuse(rule, at));
        for DependentRequired { name, asked } in rules.more.iter().flat_map(|more| &more.dependent) {
            if !self.has_member(at, name) {
                continue;
            }
            for (other, rule) in asked {
                if !self.has_member(at, other.as_bytes()) {
                    self.memory.found.push(Reported { rule: *rule, at, value: None, name: Some(other.clone()) });
                }
            }
        }
    }

    /// Checks a member for `patternProperties` and `propertyNames`. True when a pattern matches its name.
    fn member(&mut self, more: &MoreObjectRules, text: &[u8], name: EntryId, value: EntryId) -> bool {
        let mut is_known = false;
        for property in &more.patterns {
            match property.pattern.matches(text, self.limits.pattern_steps_max) {
                Match::Yes => self.memory.work.push((property.node, value)),
                Match::No => continue,
                Match::Undecided => self.refuse(property.undecided, value),
            }
            is_known = true;
        }
        if let Some((rule, node)) = more.names {
            let refused = match self.probe(node, name) {
                Answer::Yes => return is_known,
                Answer::No => rule,
                Answer::Undecided(rule) => rule,
            };
            self.memory.found.push(Reported { rule: refused, at: value, value: None, name: None });
        }
        is_known
    }

    fn has_member(&self, object: EntryId, wanted: &[u8]) -> bool {
        let Document { bytes, tape } = self.document;
        tape.members(object).any(|(name, _)| *tape.text(name, bytes) == *wanted)
    }

    fn also(&mut self, also: &Applicators, at: EntryId) {
        self.memory.work.extend(also.all.iter().map(|&node| (node, at)));
        if let Some((rule, nodes)) = &also.any {
            self.any(*rule, nodes, at);
        }
        if let Some((none, several, nodes)) = &also.one {
            self.one(*none, *several, nodes, at);
        }
        if let Some((rule, node)) = also.not {
            match self.probe(node, at) {
                Answer::Yes => self.refuse(rule, at),
                Answer::No => {}
                Answer::Undecided(why) => self.refuse(why, at),
            }
        }
        if let Some(condition) = &also.condition {
            let then = match self.probe(condition.test, at) {
                Answer::Yes => condition.yes,
                Answer::No => condition.no,
                Answer::Undecided(why) => {
                    self.refuse(why, at);
                    None
                }
            };
            self.memory.work.extend(then.map(|node| (node, at)));
        }
        if self.document.tape.entry(at).kind == Kind::Object {
            for (name, node) in &also.dependent {
                if self.has_member(at, name) {
                    self.memory.work.push((*node, at));
                }
            }
        }
    }

    fn any(&mut self, rule: RuleId, nodes: &[NodeId], at: EntryId) {
        let mut refused = rule;
        for &node in nodes {
            match self.probe(node, at) {
                Answer::Yes => return,
                Answer::No => {}
                Answer::Undecided(why) => refused = why,
            }
        }
        self.refuse(refused, at);
    }

    fn one(&mut self, none: RuleId, several: RuleId, nodes: &[NodeId], at: EntryId) {
        let (mut matches, mut open) = (0, None);
        for &node in nodes {
            match self.probe(node, at) {
                Answer::Yes => matches += 1,
                Answer::No => {}
                Answer::Undecided(why) => open = Some(why),
            }
            if matches > 1 {
                return self.refuse(several, at);
            }
        }
        match (matches, open) {
            (_, Some(why)) => self.refuse(why, at),
            (0, None) => self.refuse(none, at),
            _ => {}
        }
    }

    /// Asks whether a value meets a node, and stops at the first thing that it does not.
    fn probe(&mut self, id: NodeId, at: EntryId) -> Answer {
        let is_shared = self.plan.node(id).is_shared;
        if is_shared && let Some(&known) = self.memory.known.get(&(id, at)) {
            return known;
        }
        if self.memory.depth >= PROBE_DEPTH_MAX {
            return Answer::Undecided(Builtin::Undecided.id());
        }
        self.memory.depth += 1;
        let (work, found) = (self.memory.work.len(), self.memory.found.len());
        let mut answer = Answer::Yes;
        self.memory.work.push((id, at));
        let mut is_first = true;
        while self.memory.work.len() > work && answer != Answer::No {
            let (id, at) = self.memory.work.pop().unwrap_or((id, at));
            if self.plan.node(id).is_shared && !is_first {
                let within = self.probe(id, at);
                if within != Answer::Yes {
                    answer = within;
                }
                continue;
            }
            is_first = false;
            self.visit(id, at);
            for reported in self.memory.found.drain(found..) {
                let is_open = self.plan.rule(reported.rule).is_undecided();
                answer = match answer {
                    Answer::No => Answer::No,
                    _ if is_open => Answer::Undecided(reported.rule),
                    _ => Answer::No,
                };
            }
        }
        self.memory.work.truncate(work);
        self.memory.depth -= 1;
        if is_shared {
            self.memory.known.insert((id, at), answer);
        }
        answer
    }
}

/// Which properties of the schema an object has.
struct Met {
    first: u64,
    more: Vec<u64>,
}

impl Met {
    fn new(properties: usize) -> Met {
        Met { first: 0, more: vec![0; properties.saturating_sub(64).div_ceil(64)] }
    }

    fn mark(&mut self, at: usize) {
        *if at < 64 { &mut self.first } else { &mut self.more[at / 64 - 1] } |= 1 << (at % 64);
    }

    fn has(&self, at: usize) -> bool {
        (if at < 64 { self.first } else { self.more[at / 64 - 1] }) >> (at % 64) & 1 == 1
    }
}
