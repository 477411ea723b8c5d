//! A dense automaton in a small table of our own: one lookup a byte, no branch but the early exit.

use std::collections::HashMap;

use regex_automata::Anchored;
use regex_automata::dfa::{Automaton, StartKind, dense};
use regex_automata::nfa::thompson::NFA;
use regex_automata::util::primitives::StateID;
use regex_automata::util::start;

/// The dense automaton may take this many bytes while it is built.
const BUILD_BYTES_MAX: usize = 512 << 10;

/// What its construction may take besides, in bytes, which bounds the time to a few milliseconds.
const CONSTRUCTION_BYTES_MAX: usize = 256 << 10;

/// A table may hold this many transitions of two bytes, which is what a `u16` can address.
const TRANSITIONS_MAX: usize = 1 << 16;

/// States are row offsets into `transitions`. Row 0 refuses for good and the next row accepts for good.
#[derive(Debug)]
pub(super) struct Table {
    transitions: Box<[u16]>,
    /// The column of each byte.
    columns: Box<[u8; 256]>,
    start: u16,
    /// The row that accepts, which is also the length of a row.
    accept: u16,
}

impl Table {
    /// `None` when the automaton would be larger than the limits above.
    pub(super) fn build(nfa: &NFA) -> Option<Table> {
        let config = dense::Config::new()
            .start_kind(StartKind::Anchored)
            .accelerate(false)
            .dfa_size_limit(Some(BUILD_BYTES_MAX))
            .determinize_size_limit(Some(CONSTRUCTION_BYTES_MAX));
        let dfa = dense::Builder::new().configure(config).build_from_nfa(nfa).ok()?;
        pack(&dfa)
    }

    #[inline]
    pub(super) fn is_match(&self, text: &[u8]) -> bool {
        let mut state = self.start;
        for &byte in text {
            state = self.transitions[usize::from(state) + usize::from(self.columns[usize::from(byte)])];
            if state <= self.accept {
                return state == self.accept;
            }
        }
        // The last column of a row is the end of the text.
        self.transitions[usize::from(state) + usize::from(self.accept) - 1] == self.accept
    }

    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.transitions.len() * 2 + self.columns.len()
    }
}

/// The number of the state that refuses for good.
const REFUSE: u32 = 0;
/// The number of the state that accepts for good.
const ACCEPT: u32 = 1;

/// The states of a dense automaton as they are found, numbered after the two above.
struct Numbering<'a> {
    dfa: &'a dense::DFA<Vec<u32>>,
    numbers: HashMap<StateID, u32>,
    found: Vec<StateID>,
}

impl Numbering<'_> {
    fn number(&mut self, id: StateID) -> u32 {
        if self.dfa.is_dead_state(id) {
            return REFUSE;
        }
        if self.dfa.is_match_state(id) {
            return ACCEPT;
        }
        let next = self.found.len() as u32 + 2;
        let number = *self.numbers.entry(id).or_insert(next);
        if number == next {
            self.found.push(id);
        }
        number
    }
}

fn pack(dfa: &dense::DFA<Vec<u32>>) -> Option<Table> {
    let classes = dfa.byte_classes();
    let bytes: Vec<u8> = classes.representatives(0..=255).filter_map(|unit| unit.as_u8()).collect();
    let width = bytes.len() + 1;
    let mut numbering = Numbering { dfa, numbers: HashMap::new(), found: Vec::new() };
    let from_text_start = start::Config::new().anchored(Anchored::Yes);
    let start = numbering.number(dfa.start_state(&from_text_start).ok()?);
    let mut numbers = vec![REFUSE; width];
    numbers.resize(2 * width, ACCEPT);
    let mut at = 0;
    while let Some(&id) = numbering.found.get(at) {
        at += 1;
        for &byte in &bytes {
            numbers.push(numbering.number(dfa.next_state(id, byte)));
        }
        numbers.push(numbering.number(dfa.next_eoi_state(id)));
        if numbers.len() > TRANSITIONS_MAX {
            return None;
        }
    }
    let row = |number: u32| u16::try_from(number as usize * width).ok();
    let mut columns = Box::new([0; 256]);
    for byte in 0..=255 {
        columns[usize::from(byte)] = classes.get(byte);
    }
    Some(Table { transitions: numbers.into_iter().map(row).collect::<Option<_>>()?, columns, start: row(start)?, accept: row(ACCEPT)? })
}
