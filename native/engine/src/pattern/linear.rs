//! Patterns without look-around and back-references, on finite automata: one pass over the text, whatever the pattern.

use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson::{Config, NFA, WhichCaptures};
use regex_automata::util::pool::Pool;
use regex_automata::{Anchored, Input};
use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, Look, Repetition};

use super::CLASS_RANGES_MAX;
use super::ast::{Ast, Node, NodeId};
use super::dfa::Table;
use super::places::Places;

/// The automaton that both engines are made from may take this many bytes; a larger pattern backtracks instead.
const NFA_BYTES_MAX: usize = 4 << 20;

/// The compiler of regex-automata recurses, and at this many levels of groups it takes about 1 MB of stack unoptimized.
const LINEAR_NESTING_LEVELS_MAX: usize = 64;

/// What the lazily built automaton may keep for each thread that uses it at once, in bytes.
const CACHE_BYTES_MAX: usize = 2 << 20;

type CacheMaker = Box<dyn Fn() -> Cache + Send + Sync>;

#[derive(Debug)]
pub(super) enum Linear {
    Places(Places),
    Table(Table),
    /// For automata too large to build whole: states are made as texts need them.
    Lazy(Box<Lazy>),
}

#[derive(Debug)]
pub(super) struct Lazy {
    dfa: DFA,
    caches: Pool<Cache, CacheMaker>,
}

impl Linear {
    /// `None` when the pattern is too large or too deeply nested.
    pub(super) fn compile(ast: &Ast) -> Option<Linear> {
        if ast.depth > LINEAR_NESTING_LEVELS_MAX {
            return None;
        }
        if let Some(places) = Places::compile(ast) {
            return Some(Linear::Places(places));
        }
        let nfa = nfa(ast)?;
        if let Some(table) = Table::build(&nfa) {
            return Some(Linear::Table(table));
        }
        Some(Linear::Lazy(Box::new(Lazy::build(nfa)?)))
    }

    /// The engine for the largest patterns, whatever the size of this one, so that tests can compare the two.
    #[cfg(test)]
    pub(super) fn compile_lazy(ast: &Ast) -> Option<Linear> {
        Some(Linear::Lazy(Box::new(Lazy::build(nfa(ast)?)?)))
    }

    #[inline]
    pub(super) fn is_match(&self, text: &[u8]) -> bool {
        match self {
            Linear::Places(places) => places.is_match(text),
            Linear::Table(table) => table.is_match(text),
            Linear::Lazy(lazy) => lazy.is_match(text),
        }
    }
}

impl Lazy {
    fn build(nfa: NFA) -> Option<Lazy> {
        let config = DFA::config().cache_capacity(CACHE_BYTES_MAX).skip_cache_capacity_check(true);
        let dfa = DFA::builder().configure(config).build_from_nfa(nfa).ok()?;
        let maker = dfa.clone();
        let caches = Pool::new(Box::new(move || maker.create_cache()) as CacheMaker);
        Some(Lazy { dfa, caches })
    }

    fn is_match(&self, text: &[u8]) -> bool {
        let input = Input::new(text).anchored(Anchored::Yes).earliest(true);
        let mut cache = self.caches.get();
        self.dfa
            .try_search_fwd(&mut cache, &input)
            .expect("no byte makes this automaton quit and its cache may be cleared without end")
            .is_some()
    }
}

fn nfa(ast: &Ast) -> Option<NFA> {
    let mut ranges_left = CLASS_RANGES_MAX;
    let hir = translate(ast, ast.root, &mut ranges_left)?;
    let starts_anchored = hir.properties().look_set_prefix().contains(Look::Start);
    let hir = if starts_anchored { hir } else { Hir::concat(vec![any_text(), hir]) };
    let config = Config::new().utf8(false).which_captures(WhichCaptures::None).nfa_size_limit(Some(NFA_BYTES_MAX));
    NFA::compiler().configure(config).build_from_hir(&hir).ok()
}

/// What may come before a match. It takes whole characters, so that no match begins inside one: a search by bytes would
/// find `\B` in the middle of `é`.
fn any_text() -> Hir {
    let any = ClassUnicode::new([ClassUnicodeRange::new('\0', char::MAX)]);
    Hir::repetition(Repetition { min: 0, max: None, greedy: false, sub: Box::new(Hir::class(Class::Unicode(any))) })
}

fn translate(ast: &Ast, node: NodeId, ranges_left: &mut usize) -> Option<Hir> {
    let hir = match &ast.nodes[node] {
        Node::Empty => Hir::empty(),
        Node::Char(character) => Hir::literal(character.encode_utf8(&mut [0; 4]).as_bytes().to_vec()),
        Node::Class(id) => {
            let class = &ast.classes[*id];
            *ranges_left = ranges_left.checked_sub(class.ranges().len())?;
            Hir::class(Class::Unicode(class.clone()))
        }
        Node::Start => Hir::look(Look::Start),
        Node::End => Hir::look(Look::End),
        Node::WordBoundary { negated: false } => Hir::look(Look::WordAscii),
        Node::WordBoundary { negated: true } => Hir::look(Look::WordAsciiNegate),
        Node::Capture { body, .. } => translate(ast, *body, ranges_left)?,
        Node::Repeat(repeat) => Hir::repetition(Repetition {
            min: repeat.min,
            max: repeat.max,
            greedy: repeat.greedy,
            sub: Box::new(translate(ast, repeat.body, ranges_left)?),
        }),
        Node::Concat(terms) => Hir::concat(translate_all(ast, terms, ranges_left)?),
        Node::Alternation(terms) => Hir::alternation(translate_all(ast, terms, ranges_left)?),
        Node::Look { .. } | Node::BackReference(_) => return None,
    };
    Some(hir)
}

fn translate_all(ast: &Ast, nodes: &[NodeId], ranges_left: &mut usize) -> Option<Vec<Hir>> {
    nodes.iter().map(|&node| translate(ast, node, ranges_left)).collect()
}
