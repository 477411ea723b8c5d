//! The syntax tree of a pattern. It is an arena, so that neither building nor dropping a deeply nested tree recurses.

use std::ops::Range;

use regex_syntax::hir::ClassUnicode;

pub(super) type NodeId = usize;
pub(super) type ClassId = usize;

#[derive(Debug)]
pub(super) enum Node {
    Empty,
    Char(char),
    Class(ClassId),
    Start,
    End,
    WordBoundary {
        negated: bool,
    },
    Capture {
        index: u32,
        body: NodeId,
    },
    Look {
        behind: bool,
        negated: bool,
        body: NodeId,
    },
    /// More than one group is meant when alternatives share a group name.
    BackReference(Vec<u32>),
    Repeat(Repeat),
    Concat(Vec<NodeId>),
    Alternation(Vec<NodeId>),
}

#[derive(Debug)]
pub(super) struct Repeat {
    pub body: NodeId,
    pub min: u32,
    /// `None` is no upper bound.
    pub max: Option<u32>,
    pub greedy: bool,
    /// The capture groups inside the body, which each iteration resets.
    pub captures: Range<u32>,
}

#[derive(Debug, Default)]
pub(super) struct Ast {
    pub nodes: Vec<Node>,
    pub root: NodeId,
    /// Each class is stored once, however often the pattern writes it.
    pub classes: Vec<ClassUnicode>,
    /// How many capture groups there are, without the whole match.
    pub capture_count: u32,
    /// The deepest nesting of groups and where it begins in the source.
    pub depth: usize,
    pub depth_offset: usize,
    /// Look-around or a back-reference, which no finite automaton of ours can run.
    pub needs_backtracking: bool,
    /// Where the first inline modifier group stands.
    pub modifiers_offset: Option<usize>,
    /// The classes hold more ranges than the limit, and some were left out: the tree is good for its syntax alone.
    pub is_truncated: bool,
}

impl Ast {
    pub(super) fn push(&mut self, node: Node) -> NodeId {
        self.nodes.push(node);
        self.nodes.len() - 1
    }
}

pub(super) fn class_contains(class: &ClassUnicode, character: char) -> bool {
    let ranges = class.ranges();
    let after = ranges.partition_point(|range| range.start() <= character);
    after > 0 && character <= ranges[after - 1].end()
}
