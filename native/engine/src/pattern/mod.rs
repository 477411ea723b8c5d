//! JSON Schema's `pattern`, with the exact meaning of `new RegExp(source, 'u').test(text)` in ECMA-262.
//!
//! A pattern runs on the fastest engine that keeps its meaning: place by place when all texts that match have the same
//! places, a dense automaton, a lazily built one when the dense one would be too large, and a backtracking engine under a
//! budget of steps for look-around, back-references and repetitions too large to expand. Property tables are those of Unicode 16.

mod ast;
mod backtrack;
mod class;
mod cursor;
mod dfa;
mod group;
mod linear;
mod parser;
mod places;
mod portable;
mod program;
mod property;
mod property_names;
mod property_ranges;
#[cfg(test)]
mod tests;

use std::fmt;

use backtrack::Backtracker;
use linear::Linear;

pub(crate) use property::{cased, category_or_script};

/// Groups may nest this many levels deep in a compiled pattern.
pub const NESTING_LEVELS_MAX: usize = 250;

/// The classes of one pattern may hold this many ranges of code points together.
pub const CLASS_RANGES_MAX: usize = 500_000;

/// What a pattern says of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// Some part of the text matches.
    Yes,
    /// No part of the text matches.
    No,
    /// The budget of steps ran out before the answer was known.
    Undecided,
}

/// Why a pattern cannot be compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternError {
    /// Bytes of UTF-8 before the fault in the source.
    pub offset: usize,
    /// One sentence that says what is wrong and what to write instead.
    pub message: String,
}

impl PatternError {
    fn new(offset: usize, message: impl Into<String>) -> PatternError {
        PatternError { offset, message: message.into() }
    }
}

impl fmt::Display for PatternError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} (at byte {})", self.message, self.offset)
    }
}

impl std::error::Error for PatternError {}

#[derive(Debug)]
enum Engine {
    Linear(Linear),
    Backtracking(Backtracker),
}

/// A compiled pattern.
pub struct Pattern {
    source: String,
    engine: Engine,
}

impl Pattern {
    /// Compiles a pattern, or says what is wrong with it.
    pub fn compile(source: &str) -> Result<Pattern, PatternError> {
        let ast = parser::parse(source)?;
        if let Some(offset) = ast.modifiers_offset {
            return Err(PatternError::new(
                offset,
                "inline modifiers are not supported; spell both cases out, as in [Aa], or write [^] for any character",
            ));
        }
        if ast.depth > NESTING_LEVELS_MAX {
            let message = format!("groups nest deeper than {NESTING_LEVELS_MAX} levels; write the pattern with fewer nested groups");
            return Err(PatternError::new(ast.depth_offset, message));
        }
        if ast.is_truncated {
            let message =
                format!("the classes hold more than {CLASS_RANGES_MAX} ranges of characters together; write fewer or simpler classes");
            return Err(PatternError::new(0, message));
        }
        let linear = if ast.needs_backtracking { None } else { Linear::compile(&ast) };
        let engine = match linear {
            Some(linear) => Engine::Linear(linear),
            None => Engine::Backtracking(Backtracker::compile(ast)),
        };
        Ok(Pattern { source: source.to_owned(), engine })
    }

    /// The pattern as it was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// False when the pattern runs on the backtracking engine, which alone spends steps and may answer `Undecided`.
    pub fn is_linear(&self) -> bool {
        matches!(self.engine, Engine::Linear(_))
    }

    /// True when some part of `text`, which must be valid UTF-8, matches. For a pattern that [is linear](Pattern::is_linear); another matches nothing.
    #[inline]
    pub fn is_match(&self, text: &[u8]) -> bool {
        match &self.engine {
            Engine::Linear(linear) => linear.is_match(text),
            Engine::Backtracking(_) => false,
        }
    }

    /// Searches `text`, which must be valid UTF-8. A step is a few nanoseconds; the linear engines spend none.
    #[inline]
    pub fn matches(&self, text: &[u8], step_budget: u64) -> Match {
        match &self.engine {
            Engine::Linear(linear) if linear.is_match(text) => Match::Yes,
            Engine::Linear(_) => Match::No,
            Engine::Backtracking(backtracker) => backtracker.search(text, step_budget),
        }
    }
}

/// The tables of an automaton would drown what a reader looks for.
impl fmt::Debug for Pattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Pattern").field("source", &self.source).field("is_linear", &self.is_linear()).finish_non_exhaustive()
    }
}

/// The pattern in signs that the crate `regex` reads as ECMA-262 does; `None` where there are none for it.
pub(crate) fn portable(source: &str) -> Option<String> {
    portable::write(&parser::parse(source).ok()?)
}

/// The format `regex` of JSON Schema: whether the source follows the grammar of ECMA-262 (2025) with the `u` flag,
/// which includes inline modifiers and any size, whether or not `Pattern::compile` supports them.
pub fn is_ecma_regex(source: &str) -> bool {
    parser::parse(source).is_ok()
}
