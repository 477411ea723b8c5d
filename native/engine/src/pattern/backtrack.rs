//! The backtracking engine for look-around and back-references, with the order of trial that ECMA-262 prescribes. It
//! keeps its own stack and counts every step against a budget, so that no pattern can overflow, hang or fill memory.

use std::cell::RefCell;

use super::Match;
use super::ast::Ast;
use super::program::{Address, Instruction, Loop, LoopEnter, Matcher, Program, Register, Run, capture_registers, compile};

/// The stack may hold this many entries of 32 bytes; a match that needs more is undecided.
const STACK_ENTRIES_MAX: usize = 1 << 20;

/// A thread keeps a stack of this many entries for its next match.
const STACK_ENTRIES_KEPT: usize = 1 << 14;

/// The value of a register that holds no position.
const UNSET: usize = usize::MAX;

#[derive(Debug)]
enum Entry {
    /// Try again from here.
    Choice { address: Address, position: usize },
    /// Give the register its old value back.
    Undo { register: Register, old: usize },
    /// A greedy run, which can still give characters back from `far` down to `near`.
    Greedy { address: Address, near: usize, far: usize },
    /// A lazy run, which can still take `left` characters more.
    Lazy { address: Address, position: usize, left: usize },
    /// The bottom of a positive look-around.
    Barrier,
}

#[derive(Debug, Default)]
struct Scratch {
    stack: Vec<Entry>,
    registers: Vec<usize>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

#[derive(Debug)]
pub(super) struct Backtracker {
    program: Program,
}

impl Backtracker {
    pub(super) fn compile(ast: Ast) -> Backtracker {
        Backtracker { program: compile(ast) }
    }

    /// Text that is not UTF-8 breaks the contract of the caller, and is undecided rather than guessed at.
    pub(super) fn search(&self, text: &[u8], step_budget: u64) -> Match {
        let Ok(text) = std::str::from_utf8(text) else {
            return Match::Undecided;
        };
        SCRATCH.with_borrow_mut(|scratch| {
            let mut machine = Machine {
                program: &self.program,
                text,
                stack: &mut scratch.stack,
                registers: &mut scratch.registers,
                steps_left: step_budget,
                address: 0,
                position: 0,
            };
            let result = machine.search();
            scratch.stack.clear();
            scratch.stack.shrink_to(STACK_ENTRIES_KEPT);
            result
        })
    }
}

/// What an instruction came to.
enum Outcome {
    Next,
    Failure,
    Match,
    OutOfBudget,
}

impl Outcome {
    fn of(holds: bool) -> Outcome {
        if holds { Outcome::Next } else { Outcome::Failure }
    }
}

struct Machine<'m> {
    program: &'m Program,
    text: &'m str,
    stack: &'m mut Vec<Entry>,
    registers: &'m mut Vec<usize>,
    steps_left: u64,
    address: Address,
    position: usize,
}

impl Machine<'_> {
    /// A failed attempt undoes all it did, so that the next one needs no cleaning.
    fn search(&mut self) -> Match {
        self.stack.clear();
        self.registers.clear();
        self.registers.resize(self.program.register_count, UNSET);
        let mut start = 0;
        loop {
            match self.match_at(start) {
                Match::No if self.program.is_anchored => return Match::No,
                Match::No => {}
                decided => return decided,
            }
            match self.text[start..].chars().next() {
                Some(character) => start += character.len_utf8(),
                None => return Match::No,
            }
        }
    }

    fn match_at(&mut self, start: usize) -> Match {
        self.address = 0;
        self.position = start;
        loop {
            if self.stack.len() > STACK_ENTRIES_MAX || !self.spend(1) {
                return Match::Undecided;
            }
            match self.step() {
                Outcome::Next => {}
                Outcome::Match => return Match::Yes,
                Outcome::OutOfBudget => return Match::Undecided,
                Outcome::Failure if self.resume() => {}
                Outcome::Failure => return Match::No,
            }
        }
    }

    /// False when the budget does not hold that many steps more.
    fn spend(&mut self, steps: usize) -> bool {
        match self.steps_left.checked_sub(steps as u64) {
            Some(left) => {
                self.steps_left = left;
                true
            }
            None => false,
        }
    }

    fn step(&mut self) -> Outcome {
        let program = self.program;
        let address = self.address;
        self.address += 1;
        match &program.instructions[address] {
            Instruction::One { what, behind } => Outcome::of(self.take(*what, *behind)),
            Instruction::Run(run) => self.run(address, run),
            Instruction::Start => Outcome::of(self.position == 0),
            Instruction::End => Outcome::of(self.position == self.text.len()),
            Instruction::WordBoundary { negated } => Outcome::of(self.is_word_boundary() != *negated),
            Instruction::Split { second } => {
                self.push_choice(*second);
                Outcome::Next
            }
            Instruction::Jump(target) => {
                self.address = *target;
                Outcome::Next
            }
            Instruction::CaptureOpen { index } => {
                self.set(capture_registers(*index)[0], self.position);
                Outcome::Next
            }
            Instruction::CaptureClose { index, behind } => self.close_capture(*index, *behind),
            Instruction::BackReference { groups, behind } => self.back_reference(groups, *behind),
            Instruction::LoopStart { count } => {
                self.set(*count, 0);
                Outcome::Next
            }
            Instruction::LoopTest(test) => self.test_loop(address, test),
            Instruction::LoopEnter(enter) => self.enter_loop(enter),
            Instruction::LoopEnd { test, count, entered_at, min } => {
                self.address = *test;
                // An iteration beyond the minimum must not be empty, or the loop would never end.
                let is_needed = self.registers[*count] <= *min;
                Outcome::of(is_needed || self.registers[*entered_at] != self.position)
            }
            Instruction::LookStart { height, entered_at, negated_exit } => {
                self.registers[*height] = self.stack.len();
                self.registers[*entered_at] = self.position;
                match negated_exit {
                    Some(exit) => self.push_choice(*exit),
                    None => self.stack.push(Entry::Barrier),
                }
                Outcome::Next
            }
            Instruction::LookEnd { height, entered_at, negated } => self.end_look(*height, *entered_at, *negated),
            Instruction::Match => Outcome::Match,
        }
    }

    /// Goes back to the latest choice, undoing what was done since. False when there is none.
    fn resume(&mut self) -> bool {
        while let Some(entry) = self.stack.pop() {
            match entry {
                Entry::Barrier => {}
                Entry::Undo { register, old } => self.registers[register] = old,
                Entry::Choice { address, position } => {
                    self.address = address;
                    self.position = position;
                    return true;
                }
                Entry::Greedy { address, near, far } => {
                    if self.give_back(address, near, far) {
                        return true;
                    }
                }
                Entry::Lazy { address, position, left } => {
                    if self.take_more(address, position, left) {
                        return true;
                    }
                }
            }
        }
        false
    }

    fn push_choice(&mut self, address: Address) {
        self.stack.push(Entry::Choice { address, position: self.position });
    }

    fn set(&mut self, register: Register, value: usize) {
        let old = std::mem::replace(&mut self.registers[register], value);
        if old != value {
            self.stack.push(Entry::Undo { register, old });
        }
    }

    /// The character before or after the position, and the position beyond it.
    fn neighbour(&self, behind: bool) -> Option<(char, usize)> {
        if behind {
            let character = self.text[..self.position].chars().next_back()?;
            Some((character, self.position - character.len_utf8()))
        } else {
            let character = self.text[self.position..].chars().next()?;
            Some((character, self.position + character.len_utf8()))
        }
    }

    fn take(&mut self, what: Matcher, behind: bool) -> bool {
        let Some((character, beyond)) = self.neighbour(behind) else {
            return false;
        };
        let fits = match what {
            Matcher::Char(expected) => expected == character,
            Matcher::Set(set) => self.program.sets[set].contains(character),
        };
        if fits {
            self.position = beyond;
        }
        fits
    }

    fn run(&mut self, address: Address, run: &Run) -> Outcome {
        let mut taken = 0;
        while taken < run.min && self.take(run.what, run.behind) {
            taken += 1;
        }
        if taken < run.min {
            return match self.spend(taken) {
                true => Outcome::Failure,
                false => Outcome::OutOfBudget,
            };
        }
        let near = self.position;
        if run.greedy {
            while taken < run.max && self.take(run.what, run.behind) {
                taken += 1;
            }
            if self.position != near {
                self.stack.push(Entry::Greedy { address, near, far: self.position });
            }
        } else if run.max > run.min {
            self.stack.push(Entry::Lazy { address, position: near, left: run.max - run.min });
        }
        match self.spend(taken) {
            true => Outcome::Next,
            false => Outcome::OutOfBudget,
        }
    }

    fn give_back(&mut self, address: Address, near: usize, far: usize) -> bool {
        let Instruction::Run(run) = &self.program.instructions[address] else {
            return false;
        };
        self.position = far;
        let Some((_, nearer)) = self.neighbour(!run.behind) else {
            return false;
        };
        if nearer != near {
            self.stack.push(Entry::Greedy { address, near, far: nearer });
        }
        self.position = nearer;
        self.address = address + 1;
        true
    }

    fn take_more(&mut self, address: Address, position: usize, left: usize) -> bool {
        let Instruction::Run(run) = &self.program.instructions[address] else {
            return false;
        };
        self.position = position;
        if !self.take(run.what, run.behind) {
            return false;
        }
        if left > 1 {
            self.stack.push(Entry::Lazy { address, position: self.position, left: left - 1 });
        }
        self.address = address + 1;
        true
    }

    fn is_word_boundary(&self) -> bool {
        let is_word = |byte: Option<&u8>| byte.is_some_and(|&byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let bytes = self.text.as_bytes();
        let before = self.position.checked_sub(1).and_then(|at| bytes.get(at));
        is_word(before) != is_word(bytes.get(self.position))
    }

    fn close_capture(&mut self, index: u32, behind: bool) -> Outcome {
        let [opened, start, end] = capture_registers(index);
        let opened_at = self.registers[opened];
        let (first, last) = match behind {
            true => (self.position, opened_at),
            false => (opened_at, self.position),
        };
        self.set(start, first);
        self.set(end, last);
        Outcome::Next
    }

    /// A group that has not matched is as good as one that matched the empty text.
    fn back_reference(&mut self, groups: &[u32], behind: bool) -> Outcome {
        let text = self.text.as_bytes();
        let captured = groups.iter().find_map(|&group| {
            let [_, start, end] = capture_registers(group);
            text.get(self.registers[start]..self.registers[end])
        });
        let captured = captured.unwrap_or_default();
        if !self.spend(captured.len() + groups.len()) {
            return Outcome::OutOfBudget;
        }
        let fits = match behind {
            true => text[..self.position].ends_with(captured),
            false => text[self.position..].starts_with(captured),
        };
        if fits {
            self.position = match behind {
                true => self.position - captured.len(),
                false => self.position + captured.len(),
            };
        }
        Outcome::of(fits)
    }

    fn test_loop(&mut self, address: Address, test: &Loop) -> Outcome {
        let count = self.registers[test.count];
        let enter = address + 1;
        self.address = if count < test.min {
            enter
        } else if count >= test.max {
            test.exit
        } else if test.greedy {
            self.push_choice(test.exit);
            enter
        } else {
            self.push_choice(enter);
            test.exit
        };
        Outcome::Next
    }

    fn enter_loop(&mut self, enter: &LoopEnter) -> Outcome {
        self.set(enter.count, self.registers[enter.count] + 1);
        self.set(enter.entered_at, self.position);
        if !self.spend(enter.captures.len()) {
            return Outcome::OutOfBudget;
        }
        for index in enter.captures.clone() {
            let [_, start, end] = capture_registers(index);
            self.set(start, UNSET);
            self.set(end, UNSET);
        }
        Outcome::Next
    }

    fn end_look(&mut self, height: Register, entered_at: Register, negated: bool) -> Outcome {
        let height = self.registers[height];
        if !self.spend(self.stack.len() - height) {
            return Outcome::OutOfBudget;
        }
        if negated {
            while self.stack.len() > height {
                if let Some(Entry::Undo { register, old }) = self.stack.pop() {
                    self.registers[register] = old;
                }
            }
            return Outcome::Failure;
        }
        // The body is not tried again, but what it captured must still be undone when the match fails later.
        let mut kept = height;
        for at in height..self.stack.len() {
            if matches!(self.stack[at], Entry::Undo { .. }) {
                self.stack.swap(kept, at);
                kept += 1;
            }
        }
        self.stack.truncate(kept);
        self.position = self.registers[entered_at];
        Outcome::Next
    }
}
