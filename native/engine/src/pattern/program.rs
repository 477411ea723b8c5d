//! Patterns as instructions for the backtracking engine. Counted repetitions stay counters, so a program is never much
//! larger than its source.

use std::ops::Range;

use regex_syntax::hir::ClassUnicode;

use super::ast::{Ast, Node, NodeId, Repeat, class_contains};

pub(super) type Address = usize;
pub(super) type Register = usize;

#[derive(Debug)]
pub(super) enum Instruction {
    One {
        what: Matcher,
        behind: bool,
    },
    /// A repeated single character, which needs no loop.
    Run(Run),
    Start,
    End,
    WordBoundary {
        negated: bool,
    },
    /// Goes on with the next instruction, and on failure with `second`.
    Split {
        second: Address,
    },
    Jump(Address),
    CaptureOpen {
        index: u32,
    },
    CaptureClose {
        index: u32,
        behind: bool,
    },
    BackReference {
        groups: Vec<u32>,
        behind: bool,
    },
    LoopStart {
        count: Register,
    },
    LoopTest(Loop),
    /// Begins an iteration of the loop whose test is the instruction before.
    LoopEnter(LoopEnter),
    LoopEnd {
        test: Address,
        count: Register,
        entered_at: Register,
        min: usize,
    },
    LookStart {
        height: Register,
        entered_at: Register,
        /// For a negative look-around, where to go on when its body does not match.
        negated_exit: Option<Address>,
    },
    LookEnd {
        height: Register,
        entered_at: Register,
        negated: bool,
    },
    Match,
}

#[derive(Debug)]
pub(super) struct Run {
    pub what: Matcher,
    pub behind: bool,
    pub min: usize,
    pub max: usize,
    pub greedy: bool,
}

#[derive(Debug)]
pub(super) struct Loop {
    pub count: Register,
    pub min: usize,
    pub max: usize,
    pub greedy: bool,
    pub exit: Address,
}

#[derive(Debug)]
pub(super) struct LoopEnter {
    pub count: Register,
    pub entered_at: Register,
    pub captures: Range<u32>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Matcher {
    Char(char),
    Set(usize),
}

/// A class with its ASCII part as a bit map.
#[derive(Debug)]
pub(super) struct Set {
    ascii: u128,
    class: ClassUnicode,
}

impl Set {
    fn new(class: ClassUnicode) -> Set {
        let ascii = (0..128u8).filter(|&byte| class_contains(&class, char::from(byte))).fold(0, |bits, byte| bits | 1 << byte);
        Set { ascii, class }
    }

    pub(super) fn contains(&self, character: char) -> bool {
        if character.is_ascii() {
            return self.ascii >> (character as u32) & 1 == 1;
        }
        class_contains(&self.class, character)
    }
}

#[derive(Debug)]
pub(super) struct Program {
    pub instructions: Vec<Instruction>,
    pub sets: Vec<Set>,
    pub register_count: usize,
    /// A match can only begin at the start of the text.
    pub is_anchored: bool,
}

/// Each capture group has three registers: where it was opened, and where its last match starts and ends.
pub(super) fn capture_registers(index: u32) -> [Register; 3] {
    let first = (index as usize - 1) * 3;
    [first, first + 1, first + 2]
}

pub(super) fn compile(mut ast: Ast) -> Program {
    let sets = std::mem::take(&mut ast.classes).into_iter().map(Set::new).collect();
    let mut compiler = Compiler { ast: &ast, instructions: Vec::new(), register_count: ast.capture_count as usize * 3 };
    compiler.node(ast.root, false);
    compiler.instructions.push(Instruction::Match);
    Program { instructions: compiler.instructions, sets, register_count: compiler.register_count, is_anchored: is_anchored(&ast, ast.root) }
}

struct Compiler<'a> {
    ast: &'a Ast,
    instructions: Vec<Instruction>,
    register_count: usize,
}

impl Compiler<'_> {
    fn register(&mut self) -> Register {
        self.register_count += 1;
        self.register_count - 1
    }

    fn push(&mut self, instruction: Instruction) -> Address {
        self.instructions.push(instruction);
        self.instructions.len() - 1
    }

    /// `behind` reads the text backwards, as the body of a look-behind does.
    fn node(&mut self, node: NodeId, behind: bool) {
        let ast = self.ast;
        match &ast.nodes[node] {
            Node::Empty => {}
            Node::Char(_) | Node::Class(_) => {
                if let Some(what) = self.single(node) {
                    self.push(Instruction::One { what, behind });
                }
            }
            Node::Start => {
                self.push(Instruction::Start);
            }
            Node::End => {
                self.push(Instruction::End);
            }
            Node::WordBoundary { negated } => {
                self.push(Instruction::WordBoundary { negated: *negated });
            }
            Node::Capture { index, body } => {
                self.push(Instruction::CaptureOpen { index: *index });
                self.node(*body, behind);
                self.push(Instruction::CaptureClose { index: *index, behind });
            }
            Node::Look { behind, negated, body } => self.look(*body, *behind, *negated),
            Node::BackReference(groups) => {
                self.push(Instruction::BackReference { groups: groups.clone(), behind });
            }
            Node::Repeat(repeat) => self.repeat(repeat, behind),
            Node::Concat(terms) if behind => {
                terms.iter().rev().for_each(|&term| self.node(term, behind));
            }
            Node::Concat(terms) => terms.iter().for_each(|&term| self.node(term, behind)),
            Node::Alternation(alternatives) => self.alternation(alternatives, behind),
        }
    }

    fn single(&self, node: NodeId) -> Option<Matcher> {
        match self.ast.nodes[node] {
            Node::Char(character) => Some(Matcher::Char(character)),
            Node::Class(id) => Some(Matcher::Set(id)),
            _ => None,
        }
    }

    fn look(&mut self, body: NodeId, behind: bool, negated: bool) {
        let height = self.register();
        let entered_at = self.register();
        let start = self.push(Instruction::LookStart { height, entered_at, negated_exit: None });
        self.node(body, behind);
        self.push(Instruction::LookEnd { height, entered_at, negated });
        let after = self.instructions.len();
        if let Instruction::LookStart { negated_exit, .. } = &mut self.instructions[start] {
            *negated_exit = negated.then_some(after);
        }
    }

    fn alternation(&mut self, alternatives: &[NodeId], behind: bool) {
        let mut jumps = Vec::new();
        for (at, &alternative) in alternatives.iter().enumerate() {
            if at + 1 == alternatives.len() {
                self.node(alternative, behind);
                break;
            }
            let split = self.push(Instruction::Split { second: 0 });
            self.node(alternative, behind);
            jumps.push(self.push(Instruction::Jump(0)));
            let second = self.instructions.len();
            self.instructions[split] = Instruction::Split { second };
        }
        let after = self.instructions.len();
        for jump in jumps {
            self.instructions[jump] = Instruction::Jump(after);
        }
    }

    fn repeat(&mut self, repeat: &Repeat, behind: bool) {
        let min = repeat.min as usize;
        let max = repeat.max.map_or(usize::MAX, |max| max as usize);
        let greedy = repeat.greedy;
        if let Some(what) = self.single(repeat.body) {
            self.push(Instruction::Run(Run { what, behind, min, max, greedy }));
            return;
        }
        let count = self.register();
        let entered_at = self.register();
        self.push(Instruction::LoopStart { count });
        let test = self.push(Instruction::Match);
        self.push(Instruction::LoopEnter(LoopEnter { count, entered_at, captures: repeat.captures.clone() }));
        self.node(repeat.body, behind);
        self.push(Instruction::LoopEnd { test, count, entered_at, min });
        self.instructions[test] = Instruction::LoopTest(Loop { count, min, max, greedy, exit: self.instructions.len() });
    }
}

fn is_anchored(ast: &Ast, node: NodeId) -> bool {
    match &ast.nodes[node] {
        Node::Start => true,
        Node::Capture { body, .. } => is_anchored(ast, *body),
        Node::Repeat(repeat) => repeat.min > 0 && is_anchored(ast, repeat.body),
        Node::Alternation(alternatives) => alternatives.iter().all(|&next| is_anchored(ast, next)),
        Node::Concat(terms) => terms
            .iter()
            .find(|&&term| !matches!(ast.nodes[term], Node::Look { .. } | Node::WordBoundary { .. }))
            .is_some_and(|&term| is_anchored(ast, term)),
        _ => false,
    }
}
