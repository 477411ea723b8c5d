//! Patterns that say what stands at each place of a text, as those of codes do (`^[A-Z]{2}-[0-9]{4}$`): no automaton, since no place
//! depends on the one before it, and eight of them are asked at once.

use super::ast::{Ast, Node, NodeId};
use crate::word::{HIGHS, Ranges, first_word, short_word};

/// A text may have so many places; the automata are for longer ones.
const PLACES_MAX: usize = 128;

/// A place may have so many ranges of characters.
const RANGES_MAX: usize = 4;

/// What may stand at one place: ranges of ASCII, both ends included.
type Place = Vec<(u8, u8)>;

/// All texts that match have one length, and a class of ASCII for each of their places.
#[derive(Debug)]
pub(super) struct Places {
    length: usize,
    words: Box<[Word]>,
}

/// Eight places, or all where there are fewer.
#[derive(Debug)]
struct Word {
    /// The first of them.
    at: usize,
    first: Ranges,
    /// Of each byte one of all these ranges is asked.
    others: Box<[Ranges]>,
}

impl Places {
    /// `None` for any other pattern.
    pub(super) fn compile(ast: &Ast) -> Option<Places> {
        let Node::Concat(terms) = &ast.nodes[ast.root] else { return None };
        let [start, terms @ .., end] = terms.as_slice() else { return None };
        if !matches!((&ast.nodes[*start], &ast.nodes[*end]), (Node::Start, Node::End)) {
            return None;
        }
        let mut places = Vec::new();
        for &term in terms {
            take(ast, term, &mut places)?;
        }
        let length = places.len();
        if length == 0 {
            return None;
        }
        // The last word of eight may overlap with the one before it.
        let starts = (0..length).step_by(8).map(|at| at.min(length.saturating_sub(8)));
        Some(Places { length, words: starts.map(|at| Word::new(at, &places[at..length.min(at + 8)])).collect() })
    }

    #[inline]
    pub(super) fn is_match(&self, text: &[u8]) -> bool {
        if text.len() != self.length {
            return false;
        }
        if text.len() < 8 {
            return self.words.first().is_some_and(|word| word.holds(short_word(text)));
        }
        self.words.iter().all(|word| text.get(word.at..).and_then(first_word).is_some_and(|read| word.holds(read)))
    }
}

impl Word {
    fn new(at: usize, places: &[Place]) -> Word {
        let count = places.iter().map(Vec::len).max().unwrap_or(1);
        let mut ranges = (0..count).map(|range| {
            let (mut low, mut high) = ([0; 8], [0x7F; 8]);
            for (lane, place) in places.iter().enumerate() {
                // A place with fewer ranges than others is asked the same one again.
                (low[lane], high[lane]) = place[range.min(place.len() - 1)];
            }
            Ranges::new(low, high)
        });
        let first = ranges.next().unwrap_or(Ranges::new([0; 8], [0x7F; 8]));
        Word { at, first, others: ranges.collect() }
    }

    #[inline(always)]
    fn holds(&self, word: u64) -> bool {
        let within = self.others.iter().fold(self.first.within(word), |within, ranges| within | ranges.within(word));
        within & !word & HIGHS == HIGHS
    }
}

/// Adds the places of `node`. `None` when it has not the same ones for every text, or not of ASCII alone.
fn take(ast: &Ast, node: NodeId, places: &mut Vec<Place>) -> Option<()> {
    match &ast.nodes[node] {
        Node::Empty => {}
        Node::Char(character) => {
            let byte = u8::try_from(*character).ok().filter(u8::is_ascii)?;
            places.push(vec![(byte, byte)]);
        }
        Node::Class(id) => {
            let ranges = ast.classes[*id].ranges();
            if ranges.is_empty() || ranges.len() > RANGES_MAX {
                return None;
            }
            let ascii = |end: char| u8::try_from(end).ok().filter(u8::is_ascii);
            places.push(ranges.iter().map(|range| Some((ascii(range.start())?, ascii(range.end())?))).collect::<Option<_>>()?);
        }
        Node::Capture { body, .. } => take(ast, *body, places)?,
        Node::Repeat(repeat) if repeat.max == Some(repeat.min) => {
            let mut body = Vec::new();
            take(ast, repeat.body, &mut body)?;
            let count = repeat.min as usize;
            if body.len().checked_mul(count)? > PLACES_MAX {
                return None;
            }
            places.extend(std::iter::repeat_n(body, count).flatten());
        }
        Node::Concat(terms) => {
            for &term in terms {
                take(ast, term, places)?;
            }
        }
        _ => return None,
    }
    (places.len() <= PLACES_MAX).then_some(())
}
